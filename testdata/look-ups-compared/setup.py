"""Make what other stacks made: two secrets, a key with two aliases, another key."""


def setup(session):
    secrets, kms = session.client("secretsmanager"), session.client("kms")
    secrets.create_secret(Name="shared/database", SecretString="x")
    secrets.create_secret(Name="shared/queue", SecretString="x")
    shared, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName="alias/shared", TargetKeyId=shared)
    kms.create_alias(AliasName="alias/shared-too", TargetKeyId=shared)
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
