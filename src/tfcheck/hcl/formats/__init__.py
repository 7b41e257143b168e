"""JSON, YAML and regular expressions as Terraform reads and writes them."""
