from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.symbolic.test_match import texts
from tfcheck.symbolic.beginnings import Beginnings, beginning
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Unknown, text

_TEXTS = texts(["a", "b", "ab", "ba"], 2)


@given(st.lists(_TEXTS, max_size=8), _TEXTS)
def test_every_text_that_may_be_equal_is_found(among: list[TextLike], sought: TextLike) -> None:
    found = Beginnings((at, beginning(each)) for at, each in enumerate(among)).like(beginning(sought))

    assert found == sorted(found)
    assert {at for at, each in enumerate(among) if equal(each, sought) is not Truth.FALSE} <= set(found)


def test_texts_with_another_beginning_are_left_out() -> None:
    among = ["acme", "acme-web", text(["acme-web-", Unknown()]), text(["other-", Unknown()]), Unknown()]
    index = Beginnings((at, beginning(each)) for at, each in enumerate(among))

    assert index.like(beginning("acme-web")) == [1, 4]
    assert index.like(beginning("acme-web-1")) == [2, 4]
    assert index.like(beginning(text(["acme-", Unknown()]))) == [1, 2, 4]
