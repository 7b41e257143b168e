"""JSON and YAML as Terraform reads and writes them."""
