"""Check what is kept for each object."""

from __future__ import annotations

from itertools import count

from tfcheck.symbolic.caching import cache_by_object
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import NAME, Text, Unknown, spelled_out
from tfcheck.vocabulary.arn import parse_arn

NAMED = Unknown(hole=NAME)


def test_an_object_is_looked_at_once_and_its_equal_anew() -> None:
    numbers = count(1)
    find = cache_by_object(lambda _: next(numbers))
    first, equal = Text(("a", NAMED)), Text(("a", NAMED))
    assert first == equal
    assert [find(each) for each in (first, first, equal, first)] == [1, 1, 2, 1]


def test_equal_texts_keep_their_own_marks() -> None:
    plain, marked = (Text((kind("arn:aws:s3:::b/"), NAMED)) for kind in (str, Sensitive))
    assert plain == marked
    for value, kind in ((plain, str), (marked, Sensitive), (plain, str)):
        found = parse_arn(Unknown(shape=value))
        assert found is not None
        assert isinstance(found.resource, Text)
        assert type(found.resource.pieces[0]) is kind
        spelled = spelled_out(Unknown(shape=value))
        assert isinstance(spelled, Text)
        assert type(spelled.pieces[0]) is kind


def test_what_is_kept_is_bounded() -> None:
    seen: list[object] = []
    find = cache_by_object(seen.append, most=2)
    values = [Text((str(number), NAMED)) for number in range(3)]
    for each in (*values, *values[:1]):
        find(each)
    assert seen == [*values, values[0]]
