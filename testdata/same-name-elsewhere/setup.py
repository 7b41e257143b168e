"""Make in another region what has the names that the plan uses here."""


def setup(session):
    there = {"region_name": "us-east-1"}
    session.client("secretsmanager", **there).create_secret(Name="elsewhere/database", SecretString="x")
    session.client("ssm", **there).put_parameter(Name="/elsewhere/token", Value="x", Type="String")
    session.client("ecr", **there).create_repository(repositoryName="elsewhere")
    session.client("logs", **there).create_log_group(logGroupName="/ecs/elsewhere")
    kms = session.client("kms", **there)
    kms.create_alias(AliasName="alias/elsewhere", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
