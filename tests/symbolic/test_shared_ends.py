"""Check the common beginning and end of two possible texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.symbols import symbol
from tfcheck.hcl.evaluate.conditional import shared_ends
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Text, TextLike, Truth, Unknown, text

MIDDLE = Unknown(reason="which of them")
_LATER = st.sampled_from([Unknown(symbol("aws_x.a", ("arn",))), Unknown(symbol("aws_x.b", ("arn",))), Unknown()])
_TEXTS = st.lists(st.one_of(st.text("ab:/", max_size=4), _LATER), max_size=4).map(text)


@given(st.text("ab:/", max_size=8), st.text("ab:/", max_size=8))
def test_the_common_ends_of_two_texts_are_known(one: str, other: str) -> None:
    found = shared_ends(one, other, MIDDLE)
    parts = found.pieces if found is not None else (MIDDLE,)
    head = parts[0] if isinstance(parts[0], str) else ""
    tail = parts[-1] if isinstance(parts[-1], str) else ""
    for each in (one, other):
        assert each.startswith(head)
        assert each.endswith(tail)
        assert len(each) >= len(head) + len(tail)
    if one != other and head not in (one, other):
        assert one[len(head)] != other[len(head)]


@given(_TEXTS, _TEXTS)
def test_both_texts_stay_possible(one: TextLike, other: TextLike) -> None:
    found = shared_ends(one, other, MIDDLE)
    if found is not None:
        assert equal(found, one) is not Truth.FALSE
        assert equal(found, other) is not Truth.FALSE


def test_equal_unknown_pieces_are_kept() -> None:
    region = Unknown(symbol("provider.aws", ("region",)))
    one, other = (text(["arn:aws:ssm:", region, f":1:parameter/{name}"]) for name in ("app/a", "app/b"))
    assert shared_ends(one, other, MIDDLE) == Text(("arn:aws:ssm:", region, ":1:parameter/app/", MIDDLE))
    assert shared_ends(one, Unknown(), MIDDLE) is None
