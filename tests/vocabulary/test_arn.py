"""The parts of an ARN, whether all of it is known or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tfcheck.symbolic.value import NAME, Text, TextLike, Unknown, text
from tfcheck.vocabulary.arn import Arn, parse_arn

PARTS = st.text(alphabet="ab/*-", max_size=4)
NAMED = Unknown(hole=NAME)


@given(PARTS, PARTS, PARTS, PARTS, st.text(alphabet="ab:/*", max_size=6))
def test_what_is_split_is_written_again(partition: str, service: str, region: str, account: str, resource: str) -> None:
    arn = Arn(partition, service, region, account, resource)
    assert parse_arn(arn.as_text()) == arn


@given(st.text(alphabet="arn:x/", max_size=12))
def test_only_six_parts_beginning_with_arn_are_one(written: str) -> None:
    found = parse_arn(written)
    assert (found is not None) == (written.startswith("arn:") and written.count(":") >= 5)
    assert found is None or found.as_text() == written


@every_row(
    ("value", "expected"),
    [
        (text(["arn:aws:s3:::", NAMED, "/k"]), Arn("aws", "s3", "", "", text([NAMED, "/k"]))),
        (text(["arn:aws:iam::", NAMED, ":role/x"]), Arn("aws", "iam", "", NAMED, "role/x")),
        (text(["arn:aws:iam::", Unknown(), ":role/x"]), None),
        (text(["arn:aws:s3:::b/", Unknown()]), Arn("aws", "s3", "", "", text(["b/", Unknown()]))),
        (Unknown(shape=Text(("arn:aws:s3:::", NAMED))), Arn("aws", "s3", "", "", NAMED)),
        (NAMED, None),
    ],
)
def test_unknown_pieces_stay_in_their_part(value: TextLike, expected: Arn | None) -> None:
    assert parse_arn(value) == expected
