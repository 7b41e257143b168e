"""What is explained where no file is changed: HCL as text, and remedies."""
