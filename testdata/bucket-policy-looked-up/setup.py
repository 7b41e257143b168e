"""Create a bucket of another stack, with a policy that denies and grants."""

import json
from typing import Any


def setup(session: Any) -> None:
    statements = [
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shared-files/closed/*", "Principal": "*"},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetBucketLocation"],
            "Resource": ["arn:aws:s3:::shared-files", "arn:aws:s3:::shared-files/*"],
            "Principal": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/jobs"}},
        },
    ]
    s3 = session.client("s3")
    region = {"LocationConstraint": session.region_name}
    s3.create_bucket(Bucket="shared-files", CreateBucketConfiguration=region)
    s3.put_bucket_policy(
        Bucket="shared-files", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )
