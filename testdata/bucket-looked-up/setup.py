"""What exists before the plan: the bucket that the configuration looks up."""


def setup(session):
    session.client("s3").create_bucket(
        Bucket="acme-existing-config",
        CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"},
    )
