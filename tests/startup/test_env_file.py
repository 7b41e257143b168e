"""Environment files are read from S3, and the place of their bucket is asked for."""

from __future__ import annotations

import pytest

from tests.made_world import reference, task
from tests.startup.needs import LATER, needs, rows
from tfcheck.startup import env_file
from tfcheck.symbolic.value import Unknown, Value, display, text


def files(*values: Value) -> dict[str, Value]:
    return {"environmentFiles": [{"type": "s3", "value": value} for value in values]}


def test_an_object_is_read_and_the_place_of_its_bucket_asked_for() -> None:
    assert rows(env_file.RULE, task(files("arn:aws:s3:::cfg/web/prod.env"))) == [
        ("/0/environmentFiles/0", "s3:GetObject", "arn:aws:s3:::cfg/web/prod.env", "error"),
        ("/0/environmentFiles/0", "s3:GetBucketLocation", "arn:aws:s3:::cfg", "warning"),
    ]


def test_a_file_of_a_new_bucket_keeps_the_reference() -> None:
    bucket = reference("aws_s3_bucket.cfg", "arn", "arn:aws:s3:::cfg")
    found = needs(env_file.RULE, task(files(text([bucket, "/web/prod.env"]))))
    assert [display(each.resource) for each in found] == [
        "${aws_s3_bucket.cfg.arn}/web/prod.env",
        "${aws_s3_bucket.cfg.arn}",
    ]
    assert not any(each.necessity.doubt for each in found)


def test_a_list_of_files_that_is_not_known_is_in_doubt() -> None:
    found = needs(env_file.RULE, task({"environmentFiles": LATER}))
    assert [each.pointer for each in found] == ["/0/environmentFiles"] * 2
    assert all("known only after apply" in each.necessity.doubt for each in found)


@pytest.mark.parametrize("value", [None, 7, []])
def test_what_is_not_text_names_no_file(value: Value) -> None:
    assert needs(env_file.RULE, task(files(value))) == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("prod", ""),
        ("s3alias", ""),
        ("prod-1a2b-s3alias", "the alias of an access point"),
        ("prod--ol-s3", "the alias of an Object Lambda access point"),
        ("prod--euw1-az1--x-s3", "a directory bucket"),
        (reference("aws_s3_access_point.prod", "alias", None), "the alias of an access point"),
        (reference("aws_s3_access_point.prod", "bucket", None), ""),
    ],
)
def test_what_is_not_a_bucket_needs_what_is_not_documented(name: str | Unknown, what: str) -> None:
    found = needs(env_file.RULE, task(files(text(["arn:aws:s3:::", name, "/a.env"]))))
    assert [each.necessity.undocumented for each in found] == [what and f"which permissions ECS needs for {what}"] * 2
