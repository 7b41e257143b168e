env_bucket = "acme-config-prod"
