"""What exists before the plan: the key, its alias, the secret and the bucket that the configuration looks up."""


def setup(session):
    keys = session.client("kms")
    key = keys.create_key()["KeyMetadata"]["KeyId"]
    keys.create_alias(AliasName="alias/shared", TargetKeyId=key)
    session.client("secretsmanager").create_secret(Name="shop/token", SecretString="t", KmsKeyId=key)
    place = {"LocationConstraint": session.region_name}
    session.client("s3").create_bucket(Bucket="acme-shop-shared", CreateBucketConfiguration=place)
