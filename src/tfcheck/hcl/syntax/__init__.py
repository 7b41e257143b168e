"""Read Terraform's language: tokens, blocks, expressions, templates and their JSON form."""
