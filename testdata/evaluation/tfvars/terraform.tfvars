name     = "acme-tfvars"
suffix   = 20250901
prefixes = ["web", "common", "web"]
