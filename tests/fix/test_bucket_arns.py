"""The ARN of a bucket is written the shorter way."""

from __future__ import annotations

from tfcheck.fix.needed_statements import Reference
from tfcheck.fix.values.spelling import shorter

ARN = Reference("aws_s3_bucket.b.arn")


def test_the_shorter_way_is_for_the_partition_of_the_bucket() -> None:
    by_name = ("arn:aws:s3:::", Reference("aws_s3_bucket.b.bucket"), "/web.env")
    assert shorter(by_name, lambda _: "aws") == (ARN, "/web.env")
    assert shorter(by_name, lambda _: "aws-cn") == by_name
    assert shorter((ARN, "/web.env"), lambda _: "aws") == (ARN, "/web.env")
