from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.symbolic.test_match import texts
from tests.symbols import symbol
from tfcheck.symbolic.beginnings import Beginnings
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PREFIX_SUFFIX, TextLike, Truth, Unknown, text

_TEXTS = texts(["a", "b", "ab", "ba"], 2)


@given(st.lists(_TEXTS, max_size=8), _TEXTS)
def test_every_text_that_may_be_equal_is_found(among: list[TextLike], sought: TextLike) -> None:
    found = Beginnings(enumerate(among)).possible(sought)

    assert list(found) == sorted(found)
    answers = {at: equal(each, sought) for at, each in enumerate(among)}
    assert found == {at: answer for at, answer in answers.items() if answer is not Truth.FALSE}


def test_texts_with_another_beginning_are_left_out() -> None:
    among = ["acme", "acme-web", text(["acme-web-", Unknown()]), text(["other-", Unknown()]), Unknown()]
    index = Beginnings(enumerate(among))

    assert [*index.possible("acme-web")] == [1, 4]
    assert [*index.possible("acme-web-1")] == [2, 4]
    assert [*index.possible(text(["acme-", Unknown()]))] == [1, 2, 4]
    assert [*index.possible("other-1")] == [3, 4]


def test_texts_with_another_ending_or_another_form_are_left_out() -> None:
    generated = [text(["web-", Unknown(symbol(f"aws_x.x{n}", ("id",)), hole=PREFIX_SUFFIX)]) for n in range(3)]
    index = Beginnings(enumerate([*generated, text([Unknown(), "-web"]), text([Unknown(), "-mail"])]))

    assert [*index.possible("web-1")] == []
    assert [*index.possible("web-0123456789abcdef0123456789")] == [0, 1, 2]
    assert [*index.possible(text([Unknown(), "-1-mail"]))] == [4]
