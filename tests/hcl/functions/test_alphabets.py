"""Check functions on partly unknown strings where the possible characters of the unknown pieces decide."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hcl.functions.test_console import Files
from tests.hcl.functions.test_unknown import leaves_open
from tests.laws import tries
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.functions import call
from tfcheck.symbolic.value import (
    ACCOUNT_ID,
    NAME,
    PREFIX_SUFFIX,
    REGION,
    SECRET_SUFFIX,
    Hole,
    JsonText,
    Set,
    Text,
    Unknown,
    Value,
    one_of,
    pieces,
    text,
)

ACCOUNT: Final = Unknown(symbol=symbol("provider.aws", ("account",)), hole=ACCOUNT_ID)
PLACE: Final = Unknown(symbol=symbol("provider.aws", ("region",)), hole=REGION)
SUFFIX: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("bucket", "suffix")), hole=PREFIX_SUFFIX)
BUCKET: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("bucket",)), hole=NAME)
OPEN: Final = Unknown(symbol=symbol("data.aws_x.y", ("text",)))
ROLE: Final = text(["arn:aws:iam::", ACCOUNT, ":role/service/web"])

END: Final = Unknown(symbol=symbol("aws_secretsmanager_secret.s", ("arn", "end")), hole=SECRET_SUFFIX)
SECRET: Final = text(["arn:aws:secretsmanager:eu-west-1:", ACCOUNT, ":secret:db-", END, ":p::"])


@every_row(
    ("name", "arguments", "result"),
    [
        ("regex", ["[^/]+$", ROLE], "web"),
        ("regex", ["^arn:[^:]*:[^:]*:[^:]*:([0-9]+):role/(.*)$", ROLE], [ACCOUNT, "service/web"]),
        ("regex", ["(?P<account>[0-9]{12}):role", ROLE], {"account": ACCOUNT}),
        ("regex", ["^[a-z]+", text(["ab", ACCOUNT])], "ab"),
        ("regex", [":::([^/]+)", text(["arn:aws:s3:::", BUCKET, "/a"])], [BUCKET]),
        ("regex", ["a(?i)*b", "aaB"], "aaB"),
        ("regexall", ["[a-z]+", text(["a:", ACCOUNT, ":b"])], ["a", "b"]),
        ("regexall", ["x", text(["a", ACCOUNT])], []),
        ("regexall", ["role", ROLE], ["role"]),
        ("regexall", [":s", text([":s:s", SUFFIX, ":s"])], [":s", ":s", ":s"]),
        ("regexall", ["secretsmanager", SECRET], ["secretsmanager"]),
        ("regexall", ["parameter", SECRET], []),
        ("regex", ["arn:aws:secretsmanager:.*:secret:[^:]+", SECRET], text([*pieces(SECRET)[:3], END])),
        (
            "replace",
            [SECRET, "/:secret:/", "/"],
            text(["arn:aws:secretsmanager:eu-west-1:", ACCOUNT, "/db-", END, ":p::"]),
        ),
        ("tolist", [Set((SECRET, ROLE, "arn:aws:s3"))], [ROLE, "arn:aws:s3", SECRET]),
        ("replace", [ROLE, "/^.*role[/]/", ""], "service/web"),
        ("replace", [ROLE, "/[0-9]{12}/", "0"], "arn:aws:iam::0:role/service/web"),
        ("replace", [ROLE, "/^(.*):role[/](.*)$/", "$1:x/$2"], text(["arn:aws:iam::", ACCOUNT, ":x/service/web"])),
        ("replace", [text([BUCKET, ":*"]), "/:[*]$/", ""], BUCKET),
        ("replace", [text(["a-", ACCOUNT, "-b"]), "-", "_"], text(["a_", ACCOUNT, "_b"])),
        ("replace", [text([":x:", ACCOUNT, ":y"]), ":x:", ":z:"], text([":z:", ACCOUNT, ":y"])),
        ("replace", [text(["sns:", PLACE, ":a"]), ":eu-west-1:", ":eu-west-1:"], text(["sns:", PLACE, ":a"])),
        ("length", [text(["a-", ACCOUNT])], 14),
        ("length", [text(["-", SUFFIX])], 27),
        ("substr", [text(["ab", ACCOUNT, "cd"]), 2, 12], ACCOUNT),
        ("substr", [text(["ab", ACCOUNT, "cd"]), -3, 2], text([Unknown(hole=Hole("0123456789", False, 1, 1)), "c"])),
        ("substr", [text(["ab", ACCOUNT, "cd"]), -2, -1], "cd"),
        ("substr", [text(["ab", ACCOUNT, "cd"]), 1, 14], text(["b", ACCOUNT, "c"])),
        ("title", [text(["a b", ACCOUNT])], text(["A B", ACCOUNT])),
        ("title", [text(["a b", SUFFIX, "c"])], text(["A B", SUFFIX, "c"])),
        ("lower", [text(["A-", PLACE])], text(["a-", PLACE])),
        ("upper", [text(["-", SUFFIX])], text(["-", Unknown(hole=Hole("0123456789ABCDEF", False, 26, 26))])),
        ("lower", [text(["-", Unknown(hole=one_of("Blue", "R"))])], text(["-", Unknown(hole=one_of("blue", "r"))])),
        ("upper", [text(["-", Unknown(hole=Hole(":/a", True, 1))])], text(["-", Unknown(hole=Hole("/:", True, 1))])),
        ("trimsuffix", [text(["a-", ACCOUNT]), "-x"], text(["a-", ACCOUNT])),
        ("split", ["-", text(["a-", ACCOUNT, "-b"])], ["a", ACCOUNT, "b"]),
        ("split", ["/", ROLE], [text(["arn:aws:iam::", ACCOUNT, ":role"]), "service", "web"]),
        ("distinct", [["a", ACCOUNT, "a"]], ["a", ACCOUNT]),
        ("length", [[ACCOUNT, "a"]], 2),
    ],
)
def test_a_result_that_the_possible_characters_decide_is_known(
    name: str, arguments: list[Value], result: Value
) -> None:
    found = call(name, arguments, Files(), see)
    if result is None:
        assert isinstance(found, Unknown | Text)
    else:
        assert found == result


@every_row(
    ("name", "arguments"),
    [
        ("regex", ["[^/]+$", text(["a/", OPEN])]),
        ("regex", ["[0-9]{3}$", text(["a", ACCOUNT])]),
        ("regex", ["(?i)a", text(["a", ACCOUNT])]),
        ("regex", ["(ab)+c", text(["ab", SUFFIX])]),
        ("regexall", ["[a-f]", SUFFIX]),
        ("regexall", ["ab", text(["a", SUFFIX])]),
        ("regex", ["AAA", text([Unknown(hole=Hole("A", False, 0, 3)), ACCOUNT])]),
        ("regexall", ["^A{3}0", text([Unknown(hole=Hole("A", False)), Unknown(hole=Hole("0", False))])]),
        ("replace", [SECRET, "/secret/", "x"]),
        ("regexall", ["a1", text(["a", Unknown(hole=Hole(shortest=0))])]),
        ("regex", ["[a-z]+", text(["ab", SUFFIX])]),
        ("tolist", [Set((text(["a", SUFFIX]), "ab"))]),
        ("tolist", [Set((OPEN, 1))]),
        ("replace", [text(["a", PLACE]), "/-/", ""]),
        ("replace", [text(["a", PLACE]), "-", ""]),
        ("substr", [text(["ab", ACCOUNT]), 0, 4]),
        ("substr", [text(["ab", PLACE]), -2, -1]),
        ("length", [PLACE]),
        ("split", ["-", PLACE]),
    ],
)
def test_a_result_that_the_possible_characters_do_not_decide_is_unknown(name: str, arguments: list[Value]) -> None:
    assert isinstance(call(name, arguments, Files(), see), Unknown | Text)


def test_what_a_part_and_its_replacement_share_stays_around_an_unknown_piece() -> None:
    found = call("replace", [text(["sns:", PLACE, ":a"]), ":eu-west-1:", ":eu-central-1:"], Files(), see)
    assert isinstance(found, Text)
    assert (found.pieces[0], found.pieces[2:]) == ("sns:", (":a",))
    shared = text([":", Unknown(symbol=PLACE.symbol, hole=Hole("abx", False)), ":x:"])
    assert isinstance(call("replace", [shared, ":x:", ":z:"], Files(), see), Unknown)


def test_the_beginning_of_base64_is_known() -> None:
    found = call("base64encode", [text(["#!/bin/sh", OPEN])], Files(), see)
    assert isinstance(found, Text)
    assert found.pieces[0] == "IyEvYmluL3No"


@pytest.mark.parametrize("beginning", ["", "a", "#!/bin/sh"])
def test_base64_of_a_partly_unknown_text_can_be_decoded(beginning: str) -> None:
    subject = text([beginning, OPEN, "z"])
    written = call("base64encode", [subject], Files(), see)
    assert call("base64decode", [written], Files(), see) == subject
    assert isinstance(written, Unknown | Text)
    assert isinstance(call("base64decode", [text(["IyEv", written])], Files(), see), Unknown)


#: Alphabets of unknown pieces, small enough for patterns to meet them.
HOLES = (
    Hole("01", False, 2, 2),
    Hole("ab", False, 1),
    Hole("ab-", False, 0),
    Hole("A", False, 0, 3),
    Hole(":/", True, 1),
    Hole("", True),
)
_literals = st.text("ab01:/-A ", max_size=4)
_atoms = st.sampled_from(
    ["a", "b", "0", ":", "/", "-", "[^:]", "[^/]", "[ab]", "[0-9]", "[^:/]", ".", r"\d", r"\w", "A"]
)
_counts = st.sampled_from(["", "", "", "+", "*", "?", "+?", "*?", "{2}"])
_pieces = st.builds(lambda atom, count: atom + count, _atoms, _counts)
_sequences = st.lists(_pieces, min_size=1, max_size=4).map("".join)
_groups = st.builds(lambda before, group, behind: f"{before}({group}){behind}", _sequences, _sequences, _sequences)
_patterns = st.builds(
    lambda start, body, end: start + body + end,
    st.sampled_from(["", "", "^"]),
    st.one_of(_sequences, _groups, st.builds(lambda one, other: f"{one}|{other}", _sequences, _sequences)),
    st.sampled_from(["", "", "$"]),
)


@st.composite
def subjects(draw: st.DrawFn) -> tuple[Value, list[tuple[Unknown, str]]]:
    """Draw a text with one or two unknown pieces, and their values."""
    filled = []
    parts: list[Any] = [draw(_literals)]
    for number in range(draw(st.integers(1, 2))):
        hole = draw(st.sampled_from(HOLES))
        letters = hole.chars if not hole.negated else "".join(each for each in "ab01-A xé" if hole.allows(each))
        piece = Unknown(symbol=symbol(f"aws_x.y{number}", ("name",)), hole=hole)
        longest = hole.shortest + 5 if hole.longest is None else hole.longest
        filled.append((piece, draw(st.text(letters, min_size=hole.shortest, max_size=longest))))
        parts += [piece, draw(_literals)]
    return text(parts), filled


def become(value: Value, filled: list[tuple[Unknown, str]]) -> Value:
    """Replace the unknown pieces of a value by their values."""
    match value:
        case Unknown():
            return next((written for piece, written in filled if piece.symbol == value.symbol), value)
        case Text() | JsonText():
            return text(become(piece, filled) for piece in pieces(value))  # type: ignore[misc]
        case list():
            return [become(each, filled) for each in value]
        case dict():
            return {name: become(each, filled) for name, each in value.items()}
        case Set():
            return Set(tuple(become(each, filled) for each in value.items))
    return value


def outcome(name: str, arguments: list[Value]) -> Value | EvaluationError:
    try:
        return call(name, arguments, Files(), see)
    except EvaluationError as error:
        return error


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[Value], list[tuple[Unknown, str]]]:
    """Draw a call with an unknown text, and the value of that."""
    subject, filled = draw(subjects())
    name = draw(st.sampled_from(sorted(_ARGUMENTS)))
    return name, draw(_ARGUMENTS[name](subject)), filled


_words = st.text("ab01:/-", max_size=3)
_ARGUMENTS: dict[str, Any] = {
    "regex": lambda subject: st.tuples(_patterns | _words, st.just(subject)).map(list),
    "regexall": lambda subject: st.tuples(_patterns | _words, st.just(subject)).map(list),
    "replace": lambda subject: st.tuples(
        st.just(subject),
        _patterns.map(lambda pattern: f"/{pattern}/") | _words,
        st.sampled_from(["", "x", "$1", "<$0>", "-"]) | _words,
    ).map(list),
    "split": lambda subject: st.tuples(_words, st.just(subject)).map(list),
    "substr": lambda subject: st.tuples(st.just(subject), st.integers(-6, 6), st.integers(-1, 6)).map(list),
    "title": lambda subject: st.just([subject]),
    "lower": lambda subject: st.just([subject]),
    "upper": lambda subject: st.just([subject]),
    "length": lambda subject: st.just([subject]),
    "base64encode": lambda subject: st.just([subject]),
    "trimsuffix": lambda subject: st.tuples(st.just(subject), _words).map(list),
    "trimprefix": lambda subject: st.tuples(st.just(subject), _words).map(list),
    "distinct": lambda subject: _words.map(lambda word: [[subject, word, subject, "a"]]),
    "setunion": lambda subject: _words.map(lambda word: [[subject, word], ["a", subject]]),
    "contains": lambda subject: _words.map(lambda word: [[subject, word], "a"]),
    "startswith": lambda subject: st.tuples(st.just(subject), _words).map(list),
}


@tries(500)
@given(calls())
def test_an_answer_holds_for_all_possible_characters_of_unknown_pieces(
    asked: tuple[str, list[Value], list[tuple[Unknown, str]]],
) -> None:
    name, arguments, filled = asked
    answer = outcome(name, arguments)
    known = outcome(name, [become(each, filled) for each in arguments])
    if isinstance(answer, EvaluationError):
        assert isinstance(known, EvaluationError), (answer, known)
    elif isinstance(known, EvaluationError):
        assert isinstance(answer, Unknown), answer
        assert answer.may_fail
    else:
        assert leaves_open(become(answer, filled), known), (answer, known)
