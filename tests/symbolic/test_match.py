from __future__ import annotations

import itertools
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.symbolic.match import Verbatim, equal, glob, spelling
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import (
    ACCOUNT_ID,
    ANYTHING,
    NAME,
    PARTITION,
    REGION,
    SECRET_SUFFIX,
    Hole,
    JsonText,
    Set,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    pieces,
    text,
)

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def attribute(name: str, hole: Hole = ANYTHING, shape: str | Text | None = None, family: str = "") -> Unknown:
    return Unknown(symbol(name.rpartition(".")[0], (name.rpartition(".")[2],)), hole=hole, shape=shape, family=family)


def joined(*parts: TextLike) -> Text:
    whole = text(parts)
    assert isinstance(whole, Text)
    return whole


NAMED = attribute("aws_s3_bucket.b.arn", shape="arn:aws:s3:::name")
BUCKET = attribute("aws_s3_bucket.b.bucket", NAME)
OTHER = attribute("aws_s3_bucket.o.bucket", NAME)
KEY = attribute("aws_kms_key.a.arn", family="aws_kms_key.arn")
OTHER_KEY = attribute("aws_kms_key.b.arn", family="aws_kms_key.arn")
KEY_ID = attribute("aws_kms_key.a.id", NAME, family="aws_kms_key.id")
OTHER_ID = attribute("aws_kms_key.b.id", NAME, family="aws_kms_key.id")
SUFFIX = attribute("aws_secretsmanager_secret.db.suffix", SECRET_SUFFIX)
ANY = attribute("aws_thing.x.text")
NAMELESS = Unknown()


@every_row(
    ("pattern", "subject", "answer"),
    [
        # known on both sides
        ("*", "", T),
        ("", "", T),
        ("", "a", F),
        ("?", "", F),
        ("cfg/*/prod.env", "cfg/app/prod.env", T),
        ("cfg/*/prod.env", "cfg/prod.env", F),
        ("a*b*c", "abc", T),
        ("a*b*c", "acb", F),
        ("a?c", "a/c", T),
        ("a?*", "ab", T),
        ("a?*", "a", F),
        ("A*", "abc", F),
        ("[a]*", "abc", F),
        ("a\\*", "a*", F),
        ("ab*ba", "aba", F),
        # an unknown part of the subject
        ("db-??????", joined("db-", SUFFIX), T),
        ("db*", joined("db-", SUFFIX), T),
        ("db-?????", joined("db-", SUFFIX), F),
        ("db-*?????", joined("db-", SUFFIX), T),
        ("db", joined("db-", SUFFIX), F),
        ("db-AbCdEf", joined("db-", SUFFIX), U),
        ("db-AbC-Ef", joined("db-", SUFFIX), F),
        ("db-AbCdEf:password::", joined("db-", SUFFIX), F),
        ("?*", BUCKET, T),
        ("??*", BUCKET, U),
        ("?*", ANY, U),
        ("?*", joined(ANY, "x"), T),
        ("*x?", joined(ANY, "xy"), T),
        ("*/*", BUCKET, F),
        ("arn:aws:s3:::*", joined("arn:aws:s3:::", BUCKET), T),
        ("arn:aws:s3:::*-prod", joined("arn:aws:s3:::", BUCKET, "-prod"), T),
        ("arn:aws:s3:::cfg", joined("arn:aws:s3:::", BUCKET), U),
        ("cfg/*", joined(BUCKET, "/x"), U),
        # the same attribute on both sides
        (joined(ANY, "/*"), joined(ANY, "/x"), T),
        (joined(ANY, "/*"), ANY, F),
        (ANY, ANY, T),
        (NAMELESS, NAMELESS, U),
        (joined(BUCKET, "/a"), joined(BUCKET, "/b"), F),
        (joined(BUCKET, "a*"), joined(BUCKET, "b"), F),
        (BUCKET, joined(BUCKET, "-x"), F),
        (joined("*", BUCKET), joined("x", BUCKET), T),
        # shapes are spelled out
        (joined(NAMED, "/*"), "arn:aws:s3:::name/x", T),
        ("arn:aws:s3:::name/x", joined(NAMED, "/x"), T),
        (joined(NAMED, "/*"), "arn:aws:s3:::other/x", F),
        # an unknown part of the pattern
        (ANY, "abc", U),
        (BUCKET, "a/b", F),
        (BUCKET, "abc", U),
        (joined(ANY, "/x"), "abc", F),
        # ... may turn out to hold wildcards, even beside itself
        (attribute("x.y.z", Hole(chars=":")), "a:b", U),
        (attribute("x.y.z", Hole(chars=":*?")), "a:b", F),
        (attribute("x.y.z", Hole(chars=":*", longest=1)), "ab", F),
        (joined(ANY, "/b"), joined(ANY, "/a/b"), U),
        (joined(BUCKET, "/b"), joined(BUCKET, "/a/b"), F),
        (joined(BUCKET, "/*"), joined(OTHER, "/x"), U),
        (joined("arn:aws:s3:::", BUCKET), "arn:aws:s3:::", F),
        # what AWS assigns differs from instance to instance
        (KEY, OTHER_KEY, F),
        (joined("arn:aws:kms:::key/", KEY_ID), joined("arn:aws:kms:::key/", OTHER_ID), F),
        (joined(KEY_ID, "/*"), joined(OTHER_ID, "/x"), F),
        (joined(KEY, "/*"), joined(OTHER_KEY, "/x"), U),
        (joined("*", KEY_ID), joined("x", OTHER_ID), U),
        (joined("*/", KEY_ID), joined("x/", OTHER_ID), F),
        (joined(KEY_ID, "x"), joined(OTHER_ID, "x"), F),
        (joined(KEY_ID, "*"), OTHER_ID, U),
        # JSON inside a string is some text
        ("*", JsonText({}), T),
        ("x", joined("a", JsonText({})), F),
    ],
)
def test_glob(pattern: TextLike, subject: TextLike, answer: Truth) -> None:
    assert glob(pattern, subject) is answer


def test_parts_of_a_shape_are_equal_in_every_text_with_the_attribute() -> None:
    secret = attribute("s.db.arn", shape=joined("secret:db-", Unknown(hole=SECRET_SUFFIX)))
    assert glob(secret, secret) is T
    assert glob(joined(secret, "*"), secret) is T
    better = attribute("s.db.arn", shape=joined("secret:db-", attribute("s.db.suffix", SECRET_SUFFIX)))
    assert glob(secret, better) is T
    assert equal(secret, attribute("s.other.arn", shape=joined("secret:db-", Unknown(hole=SECRET_SUFFIX)))) is U


def test_verbatim_parts_contain_no_wildcards() -> None:
    assert glob(("cfg/", Verbatim("*"), "/*"), "cfg/*/x") is T
    assert glob(("cfg/", Verbatim("*"), "/*"), "cfg/a/x") is F
    assert glob((Verbatim(ANY), "x"), "ax") is U
    assert glob((Verbatim(attribute("a.b.c", Hole(longest=1))),), "ab") is F


@every_row(
    ("a", "b", "answer"),
    [
        ("a", "a", T),
        ("*", "a", F),
        (1, 1.0, T),
        (1, "1", F),
        (True, 1, F),
        (None, False, F),
        (0.1, 0.1, T),
        ([1, ANY], [1, "x"], U),
        ([1, ANY], [2, "x"], F),
        ([1], [1, 2], F),
        ({"a": ANY}, {"a": ANY}, T),
        ({"a": 1}, {"b": 1}, F),
        (Set(("a", "b")), Set(("b", "a")), T),
        (Set(("a", "b")), ["b", "a"], T),
        (Set(("a",)), Set(("b", ANY)), F),
        (Set(("a",)), Set(("a", ANY)), U),
        (Set(()), {}, F),
        (ANY, ANY, T),
        (NAMELESS, NAMELESS, U),
        (KEY, OTHER_KEY, F),
        (KEY, ANY, U),
        (ANY, 1, U),
        (ANY, [1], U),
        (NAMED, 1, F),
        (joined("a", ANY), 1, F),
        (joined("a", ANY), "b", F),
        (joined("a", ANY), joined("a", ANY), T),
        (attribute("x.y.account", ACCOUNT_ID), "123", F),
        (attribute("x.y.account", ACCOUNT_ID), "111122223333", U),
        (JsonText({"a": ANY}), JsonText({"a": ANY}), T),
        (JsonText({"a": [ANY, 1]}), '{"a": ["x", 2]}', F),
        ('{"a": 1}', JsonText({"a": ANY}), U),
        (Sensitive('{"a": 1}'), JsonText({"a": ANY}), U),
        ("{", JsonText({"a": ANY}), F),
        (JsonText({}), ANY, U),
        (JsonText({}), {}, F),
    ],
)
def test_equal(a: Value, b: Value, answer: Truth) -> None:
    assert equal(a, b) is answer
    assert equal(b, a) is answer


def test_decimal_fractions_are_compared_as_written() -> None:
    from fractions import Fraction

    assert equal(0.1, Fraction(1, 10)) is T
    assert equal(Fraction(1, 3), 0.3) is F


def test_a_pattern_with_many_stars_is_matched_quickly() -> None:
    assert glob("*a" * 300 + "b", "a" * 2000) is F
    assert glob(joined("*a" * 100, ANY, "b"), joined("a" * 300, BUCKET, "c")) is F
    assert glob("*a" * 100 + "c", joined("a" * 100, NAMELESS, "a" * 100, NAMELESS, "b")) is F
    many = text([part for _ in range(40) for part in (NAMELESS, "a")])
    assert glob("*?a" * 40 + "*", many) in (T, U)
    assert glob("*b*" * 40, many) is U


# Laws, checked by trying every filling over a small alphabet

_ALPHABET = "ab*"
_HOLES = [
    Hole(longest=2),
    Hole(chars="a", negated=False, longest=2),
    Hole(chars="ab", negated=False, shortest=1, longest=1),
    Hole(chars="*?b", shortest=1, longest=2),
    Hole(chars="ab", negated=False, shortest=1, longest=2, starts="a"),
]
_PARTS = (
    [Unknown(symbol("r", (number,)), hole=hole) for number, hole in enumerate(_HOLES)]
    + [Unknown(hole=hole) for hole in _HOLES[:3]]
    + [Unknown(symbol("f", (number,)), hole=_HOLES[3], family="f") for number in range(2)]
)


def fills(hole: Hole) -> list[str]:
    assert hole.longest is not None
    rest = range(max(0, hole.shortest - len(hole.starts)), hole.longest - len(hole.starts) + 1)
    texts = (hole.starts + "".join(chars) for n in rest for chars in itertools.product(_ALPHABET, repeat=n))
    return [each for each in texts if all(map(hole.allows, each))]


def every_filling(*values: TextLike) -> list[tuple[str, ...]]:
    """Replace the unknown parts in all possible ways: equal symbols alike, members of a family differently."""
    slots: dict[Any, Unknown] = {}
    for at, value in enumerate(values):
        for place, piece in enumerate(pieces(value)):
            if isinstance(piece, Unknown):
                slots[piece.symbol or (at, place)] = piece
    results = []
    for chosen in itertools.product(*(fills(each.hole) for each in slots.values())):
        filling = dict(zip(slots, chosen, strict=True))
        members = [text for slot, text in filling.items() if slots[slot].family]
        if len(set(members)) == len(members):
            results.append(
                tuple(
                    "".join(
                        piece if isinstance(piece, str) else filling[getattr(piece, "symbol", None) or (at, place)]
                        for place, piece in enumerate(pieces(value))
                    )
                    for at, value in enumerate(values)
                )
            )
    return results


def reference_glob(pattern: str, subject: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, subject, re.DOTALL) is not None


def texts(literals: list[str], unknown: int) -> st.SearchStrategy[TextLike]:
    part: st.SearchStrategy[TextLike] = st.sampled_from([*literals, *literals, *_PARTS])
    rows = st.lists(part, max_size=4).filter(lambda row: sum(isinstance(each, Unknown) for each in row) <= unknown)
    return rows.map(text)


def agrees(answer: Truth, facts: set[bool]) -> bool:
    return {T: facts <= {True}, F: facts <= {False}, U: True}[answer]


@given(texts(["a", "b", "*", "?", "ab"], 2), texts(["a", "b", "*", "ba"], 2))
def test_a_glob_answer_holds_for_every_value_of_the_unknowns(pattern: TextLike, subject: TextLike) -> None:
    facts = {reference_glob(*filling) for filling in every_filling(pattern, subject)}
    assert agrees(glob(pattern, subject), facts), (pattern, subject, facts)


@given(texts(["a", "b", "*"], 2), texts(["a", "b", "*"], 2))
def test_an_equality_answer_holds_for_every_value_of_the_unknowns(a: TextLike, b: TextLike) -> None:
    facts = {x == y for x, y in every_filling(a, b)}
    assert agrees(equal(a, b), facts), (a, b, facts)


@given(st.sampled_from([ANYTHING, NAME, Hole("ab", negated=False, shortest=2), REGION, PARTITION]), st.text("aws:-"))
def test_an_unknown_text_differs_from_one_that_its_hole_excludes(hole: Hole, known: str) -> None:
    excluded = not known.startswith(hole.starts) or len(known) < hole.shortest
    excluded = excluded or not all(map(hole.allows, known.removeprefix(hole.starts)))

    assert equal(Unknown(symbol("r"), hole=hole), known) is (F if excluded else U)
    assert equal(known, Unknown(hole=hole)) is (F if excluded else U)


#: So few that many rows of them are equal, some of them spelled in different ways.
_ALIKE: list[TextLike] = [
    *(Unknown(symbol("r", (0,)), reason, hole=hole) for reason in ("one", "another") for hole in (ANYTHING, NAME)),
    *(Unknown(symbol("f", (number,)), family="f") for number in range(2)),
    Unknown(symbol("s"), hole=Hole(longest=1, starts="a")),
    Unknown(symbol("t"), hole=Hole(shortest=2, longest=2, starts="a")),
    Unknown(hole=Hole(longest=0)),
    Unknown(),
    JsonText({"a": Unknown()}),
]
_ROWS: st.SearchStrategy[TextLike] = st.lists(st.sampled_from(["a", "a", "*", *_ALIKE]), max_size=3).map(text)


@given(_ROWS, _ROWS)
def test_texts_with_one_spelling_key_are_definitely_equal(a: TextLike, b: TextLike) -> None:
    if not isinstance(a, JsonText) and not isinstance(b, JsonText):
        alike = spelling(a) is not None and spelling(a) == spelling(b)
        assert alike is (equal(a, b) is T), (a, b)


@given(texts(["a", "b", "*", "?"], 0), texts(["a", "b", "*"], 1))
def test_glob_is_exact_for_one_unknown_piece(pattern: TextLike, subject: TextLike) -> None:
    # What is outside the alphabet of the fillings could make a wider difference; a class of letters only is closed.
    holes = [piece.hole for piece in pieces(subject) if isinstance(piece, Unknown)]
    if any(hole.negated for hole in holes):
        return
    facts = {reference_glob(*filling) for filling in every_filling(pattern, subject)}
    answer = glob(pattern, subject)
    if facts == {False}:
        assert answer is F
    elif facts == {True}:
        assert answer in (T, U)
    else:
        assert answer is U


@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8))
def test_known_texts_are_matched_as_by_a_regular_expression(pattern: str, subject: str) -> None:
    assert glob(pattern, subject) is Truth.of(reference_glob(pattern, subject))
