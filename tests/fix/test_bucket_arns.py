"""The ARN of a bucket is written the shorter way, and any text once."""

from __future__ import annotations

from tests.cases import TESTDATA, Case
from tfcheck.fix.needed_statements import Reference
from tfcheck.fix.values.referable import Referable
from tfcheck.fix.values.spelling import Spelling, shorter
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.vocabulary.address import ModulePath

ARN = Reference("aws_s3_bucket.b.arn")


def test_the_shorter_way_is_for_the_partition_of_the_bucket() -> None:
    by_name = ("arn:aws:s3:::", Reference("aws_s3_bucket.b.bucket"), "/web.env")
    assert shorter(by_name, lambda _: "aws") == (ARN, "/web.env")
    assert shorter(by_name, lambda _: "aws-cn") == by_name
    assert shorter((ARN, "/web.env"), lambda _: "aws") == (ARN, "/web.env")


def test_equal_texts_are_written_once_unless_one_is_marked() -> None:
    world, _ = Case(TESTDATA / "misspelled-grants").fixed()
    spelling = Spelling(world, ModulePath(), Referable(world, ModulePath()))
    first, second = (spelling.spell(f"arn:aws:s3:::elsewhere/{name}.env") for name in ("web", "web"))
    assert first is not None
    assert first is second
    assert spelling.spell(Sensitive("arn:aws:s3:::elsewhere/web.env")) is None
