from __future__ import annotations

import pytest

from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam.action import Action, Actions, names, read_action
from tfcheck.symbolic.value import TextLike, Truth, Unknown, text

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SLOT = Unknown(symbol("x.y", ("action",)))


def entry(written: TextLike) -> Action:
    read = read_action(written)
    assert isinstance(read, Action), read
    return read


@every_row(
    ("written", "answer"),
    [
        ("s3:GetObject", T),
        ("S3:getobject", T),
        ("s3:Get*", T),
        ("s3:GetObjec?", T),
        ("s3:GetObject?", F),
        ("s3:*Object", T),
        ("*", T),
        ("*:*", T),
        ("s3:*", T),
        ("s3:PutObject", F),
        ("ssm:GetObject", F),
        ("s3:", F),
        ("s3:Get Object", F),
        ("s3:Get *", F),
        ("s*:GetObject", U),
        ("s*:PutObject", F),
        ("?3:*", U),
        (SLOT, U),
        (text(["s3:", SLOT]), U),
        (text(["S3:GET", SLOT]), U),
        (text(["ssm:", SLOT]), F),
    ],
)
def test_names(written: TextLike, answer: Truth) -> None:
    assert names(Actions((entry(written),)), "s3:getobject") is answer
    assert names(Actions((entry(written),), negated=True), "s3:getobject") is ~answer


def test_any_entry_will_do() -> None:
    entries = (entry("ssm:*"), entry(SLOT), entry("s3:GetObject"))
    assert names(Actions(entries), "s3:getobject") is T
    assert names(Actions(entries[:2]), "s3:getobject") is U
    assert names(Actions(()), "s3:getobject") is F
    assert names(Actions((), negated=True), "s3:getobject") is T


@pytest.mark.parametrize("written", ["s3:", "s3:Get Object", " s3:*"])
def test_an_action_that_names_nothing_is_strange(written: str) -> None:
    assert entry(written).strange == "names no action"


@pytest.mark.parametrize("written", ["GetObject", "", ":GetObject"])
def test_an_action_without_a_service_is_refused(written: str) -> None:
    assert isinstance(read_action(written), str)
