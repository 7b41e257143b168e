env_file_arn = "arn:aws:s3:::acme-config/web/prod.env"
secret_arn   = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:web/db-AbCdEf"
