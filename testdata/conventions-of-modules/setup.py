"""Make the key of another stack, with its alias."""


def setup(session):
    kms = session.client("kms")
    kms.create_alias(AliasName="alias/shared", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
