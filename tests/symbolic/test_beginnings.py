from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.symbolic.test_match import texts
from tfcheck.symbolic.beginnings import Beginnings
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PREFIX_SUFFIX, Symbol, TextLike, Truth, Unknown, text

_TEXTS = texts(["a", "b", "ab", "ba"], 2)


@given(st.lists(_TEXTS, max_size=8), _TEXTS)
def test_every_text_that_may_be_equal_is_found(among: list[TextLike], sought: TextLike) -> None:
    found = [at for at, _ in Beginnings(enumerate(among)).like(sought)]

    assert found == sorted(found)
    assert {at for at, each in enumerate(among) if equal(each, sought) is not Truth.FALSE} <= set(found)


def test_texts_with_another_beginning_are_left_out() -> None:
    among = ["acme", "acme-web", text(["acme-web-", Unknown()]), text(["other-", Unknown()]), Unknown()]
    index = Beginnings(enumerate(among))

    assert [at for at, _ in index.like("acme-web")] == [1, 4]
    assert [at for at, _ in index.like("acme-web-1")] == [2, 4]
    assert [at for at, _ in index.like(text(["acme-", Unknown()]))] == [1, 2, 4]
    assert [at for at, _ in index.like("other-1", "acme")] == [0, 3, 4]


def test_texts_with_another_ending_or_another_form_are_left_out() -> None:
    generated = [text(["web-", Unknown(Symbol(f"aws_x.x{n}", ("id",)), hole=PREFIX_SUFFIX)]) for n in range(3)]
    index = Beginnings(enumerate([*generated, text([Unknown(), "-web"]), text([Unknown(), "-mail"])]))

    assert [at for at, _ in index.like("web-1")] == []
    assert [at for at, _ in index.like("web-0123456789abcdef0123456789")] == [0, 1, 2]
    assert [at for at, _ in index.like(text([Unknown(), "-1-mail"]))] == [0, 1, 2, 4]
