"""One run: the input files, what each plan sees of the others, and the resulting report."""
