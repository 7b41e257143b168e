"""Check that a value which AWS assigns during apply differs from all values known before."""

from __future__ import annotations

from tests.symbols import symbol
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import NAME, Hole, Truth, Unknown, text

ID = "11111111-2222-3333-4444-555555555555"
NEW = Unknown(symbol("aws_kms_key.new", ("key_id",)), hole=NAME, family="aws_kms_key.key_id", fresh=True)
ARN = text(["arn:aws:kms:eu-west-1:111122223333:key/", NEW])
KNOWN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"


def test_a_known_text_differs_from_one_assigned_during_apply() -> None:
    assert equal(ARN, KNOWN) is Truth.FALSE
    assert equal(KNOWN, ARN) is Truth.FALSE
    assert glob(KNOWN, ARN) is Truth.FALSE
    assert glob(ARN, KNOWN) is Truth.FALSE


def test_a_wildcard_matches_a_text_assigned_during_apply() -> None:
    assert glob("arn:aws:kms:eu-west-1:111122223333:key/*", ARN) is Truth.TRUE
    assert glob("arn:aws:kms:*:111122223333:key/1*", ARN) is Truth.UNKNOWN


def test_a_star_after_a_whole_id_matches_nothing_more() -> None:
    new = Unknown(NEW.symbol, hole=Hole("0123456789abcdef-", False, 36, 36), family=NEW.family, fresh=True)
    arn = text(["arn:aws:kms:eu-west-1:111122223333:key/", new])
    assert glob(f"{KNOWN}*", arn) is glob(f"{KNOWN}**", arn) is Truth.FALSE
    assert glob(f"{KNOWN[:-1]}*", arn) is glob(f"{KNOWN[:-1]}?", arn) is Truth.UNKNOWN
    assert glob(f"{KNOWN}*", ARN) is Truth.UNKNOWN  # it may be longer
    assert glob(f"{KNOWN}*", text([arn, "/x"])) is Truth.UNKNOWN


def test_another_unknown_text_may_equal_one_assigned_during_apply() -> None:
    looked_up = Unknown(symbol("data.aws_kms_key.other", ("key_id",)), hole=NAME)
    assert equal(NEW, looked_up) is Truth.UNKNOWN
    assert equal(NEW, Unknown()) is Truth.UNKNOWN
    assert equal(NEW, NEW) is Truth.TRUE


def test_an_id_that_is_assigned_already_may_be_a_known_one() -> None:
    old = Unknown(symbol("aws_kms_key.old", ("key_id",)), hole=NAME, family="aws_kms_key.key_id")
    assert equal(old, ID) is Truth.UNKNOWN
