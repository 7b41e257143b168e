"""The ARN of an environment file names a bucket and a key, in the partition of the task."""

from __future__ import annotations

import pytest

from tests.checks.made_tasks import FILE, LATER, files, messages
from tests.made_world import MadeResource, MadeWorld, reference
from tests.rows import every_row
from tfcheck.checks import env_file_arn
from tfcheck.symbolic.value import ACCOUNT_ID, Unknown, Value, text


@every_row(
    ("value", "wrong"),
    [
        (FILE, ""),
        ("arn:aws-cn:s3:::cfg/a.env", "names another partition"),
        ("s3://cfg/a.env", "is an address, not an ARN"),
        ("https://cfg.s3.amazonaws.com/a.env", "is an address, not an ARN"),
        ("cfg/web/prod.env", "is not an ARN"),
        ("arn:aws:s3:::cfg", "names a bucket and no key"),
        ("arn:aws:s3:::cfg/", "names a bucket and no key"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/cfg/object/a.env", "has a region or an account"),
        ("arn:aws:s3:cfg/a.env", "has too few parts"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a.env", "is not an ARN of s3"),
        ("", "has no ARN"),
        (None, "has no ARN"),
    ],
)
def test_the_arn_of_a_file_has_bucket_and_key(value: Value, wrong: str) -> None:
    found = messages(env_file_arn.CHECK, files(value))
    assert [wrong in each for each in found] == ([True] if wrong else [])


@pytest.mark.parametrize(("account", "is_wrong"), [(Unknown(hole=ACCOUNT_ID), True), (LATER, False)])
def test_an_account_that_is_not_known_is_still_an_account(account: Unknown, is_wrong: bool) -> None:
    found = messages(env_file_arn.CHECK, files(text(["arn:aws:s3::", account, ":accesspoint/cfg/object/a.env"])))
    assert [("has a region or an account" in each) for each in found] == [True] * is_wrong


BUCKET = MadeResource("aws_s3_bucket.b", {"bucket": reference("aws_s3_bucket.b", "bucket"), "id": LATER, "arn": LATER})


@every_row(
    ("tail", "wrong"),
    [
        ("/web.env", ""),
        ("web.env", "has no slash between bucket and key"),
        ("", "names a bucket and no key"),
        ("-logs/web.env", ""),
        (LATER, ""),
    ],
)
def test_a_slash_follows_the_reference_to_a_bucket(tail: str | Unknown, wrong: str) -> None:
    world = MadeWorld(BUCKET)
    value = text([reference("aws_s3_bucket.b", "arn", "arn:aws:s3:::b"), tail])
    assert [wrong in each for each in messages(env_file_arn.CHECK, files(value), world=world)] == [True] * bool(wrong)
