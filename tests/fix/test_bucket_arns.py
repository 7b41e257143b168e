"""The ARN of a bucket is written as the statements around it write it, otherwise the shorter way."""

from __future__ import annotations

from tests.rows import every_row
from tfcheck.fix.layout.render import text
from tfcheck.fix.values.spelling import adapt_bucket_arns, shorter
from tfcheck.fix.wanted import NeededStatement, Reference

ARN = Reference("aws_s3_bucket.b.arn")


@every_row(
    ("around", "written"),
    [
        ('Resource = "arn:aws:s3:::${aws_s3_bucket.b.bucket}/*"', '"arn:aws:s3:::${aws_s3_bucket.b.bucket}/web.env"'),
        (
            'Resource = "arn:${data.aws_partition.p.partition}:s3:::${aws_s3_bucket.c[0].id}"',
            '"arn:${data.aws_partition.p.partition}:s3:::${aws_s3_bucket.b.id}/web.env"',
        ),
        ('"arn:aws:s3:::${aws_s3_bucket.b.id}/*", aws_s3_bucket.b.arn', '"${aws_s3_bucket.b.arn}/web.env"'),
        ('Resource = "arn:aws:s3:::acme-config"', '"${aws_s3_bucket.b.arn}/web.env"'),
    ],
)
def test_a_bucket_is_named_as_it_is_around(around: str, written: str) -> None:
    needed = NeededStatement("ReadFiles", ("s3:GetObject",), ((ARN, "/web.env"), ("*",)))
    (found,) = adapt_bucket_arns([needed], around)
    assert [text(each) for each in found.resources] == [written, '"*"']


def test_the_shorter_way_is_for_the_partition_of_the_bucket() -> None:
    by_name = ("arn:aws:s3:::", Reference("aws_s3_bucket.b.bucket"), "/web.env")
    assert shorter(by_name, lambda _: "aws") == (ARN, "/web.env")
    assert shorter(by_name, lambda _: "aws-cn") == by_name
    assert shorter((ARN, "/web.env"), lambda _: "aws") == (ARN, "/web.env")


def test_an_element_is_named_as_others_of_its_collection() -> None:
    needed = NeededStatement("ReadSecrets", ("secretsmanager:GetSecretValue",), ((Reference("local.arns.mail"),),))
    (found,) = adapt_bucket_arns([needed], 'resources = [local.arns["db"]]')
    assert text(found.resources[0]) == 'local.arns["mail"]'
    assert adapt_bucket_arns([needed], 'resources = [local.arns["db"], local.arns.mq]') == (needed,)
