from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import yaml

from tests.hcl import yaml_texts
from tests.hcl.console import ERROR, needs_terraform, worth
from tests.hcl.evaluate.test_console import agrees
from tests.hcl.functions.test_console import Chance, composed, expression_for, quoted
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.formats.yaml import decode
from tfcheck.hcl.functions import call
from tfcheck.symbolic.value import NAME, Hole, JsonText, Text, Unknown, Value, is_known, text

ARN: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("arn",)), hole=NAME)
SCALARS: Final = (
    *(
        "y",
        "Yes",
        "on",
        "nO",
        "NO",
        "~",
        "null",
        "0x10",
        "010",
        "0o10",
        "1_000",
        "1.0",
        "1e3",
        ".5",
        "5.",
        "+5",
        "2018-01-02",
        "12:30",
    ),
    *(
        "0b11",
        "-0x1",
        "1e",
        "00",
        "08",
        "1.2.3",
        "10.0.0.0/8",
        "x # c",
        "x#y",
        "its",
        "'it''s'",
        "a b",
        "=",
        "<<",
        "''",
    ),
    *(
        "arn:aws:s3:::b/*",
        "@b",
        "%b",
        "&x 1",
        "*x",
        "!!str 1",
        "!!bool yes",
        "!!bool 'no'",
        "!!bool 1",
        "!!bool x",
        "!!null ~",
        "!!null ''",
        "!!null x",
        "b, c",
        "-",
        "- b",
        "? b",
        "[1, b, {c: d}]",
        '{"a":1}',
        "[]",
        "{}",
        "{a: ,b: 1}",
    ),
    *(
        '"a" b',
        "]",
        "b: c",
        "[a, [b]]",
        "{a: {b: 'c'}}",
        "|\n    x\n    y",
        "|-\n    x\n      y\n",
        ">-\n    x\n    y",
        "é",
        "[a: b]",
        "[a,]",
        "x:y",
    ),
)
TEXTS: Final = (
    *(
        "",
        "a",
        "a: 1\na: 2",
        "---\na: 1\n",
        "- a\n- b\n",
        "a:\n- b\n- c\nd: e",
        "a:\n  - b: 1\n    c: 2\n  - d",
        "- - a\n  - b\n- c",
    ),
    *(
        "  a: 1\n  b: 2",
        "a:\n b:\n  - c\n d: 1",
        "# c\n\na: 1 # d\n\n",
        "a: x\n  y",
        "? a\n: b",
        "1: x",
        "yes: 1",
        "<<: {a: 1}",
        "a:\tb",
    ),
    *(
        "a: 1\n---\nb: 2",
        '{"a": [1,\n 2], "b": null}\n',
        '"x"',
        "a:\n  b\n",
        "-\n  a: 1\n-\n  - 2",
        "a: |\n  x\n\n  y\nb: 1\n",
        "a: >\n  x\n\n  y\n",
    ),
    *(
        "a: 1\n b: 2",
        "a:\n  - b\n c: 1",
        "a: &x 1\nb: *x",
        "a: |+\n  x\n\n",
        "a: |2\n    x\n",
        "a:\n    - b\n    - c:\n        d: 1\n",
        "a : 1",
        "'a b': 1",
    ),
)


def nested(chance: Random, indent: int) -> list[str]:
    """Write a mapping or a list of scalars and of more such."""
    lines = []
    is_list = chance.random() < 0.4
    for key in "abc"[: chance.randint(1, 3)]:
        mark = "-" if is_list else f"{key}:"
        if chance.random() < 0.3 and indent < 6:
            lines += [" " * indent + mark, *nested(chance, indent + 2)]
        else:
            lines.append(" " * indent + f"{mark} {chance.choice([each for each in SCALARS if chr(10) not in each])}")
    return lines


def texts() -> list[str]:
    chance = Random(3)
    return [
        *TEXTS,
        *yaml_texts.TEXTS,
        *(f"k: {scalar}" for scalar in SCALARS),
        *("\n".join(nested(chance, 0)) for _ in range(400)),
    ]


@pytest.fixture(params=["with the C parser", "without it"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read YAML with each of PyYAML's parsers: wheels have the C parser, a build from source may lack it."""
    if request.param == "without it":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    return str(request.param)


@needs_terraform
@pytest.mark.usefixtures("parser")
def test_yamldecode_reads_texts_as_terraform(tmp_path: Path) -> None:
    answers = worth([f"yamldecode({quoted(each)})" for each in texts()], tmp_path)
    wrong = []
    open_ = 0
    for each, theirs in zip(texts(), answers, strict=True):
        ours = decode(each)
        open_ += theirs != ERROR and not is_known(ours)
        if (theirs == ERROR and is_known(ours)) or (theirs != ERROR and not agrees(ours, theirs)):
            wrong.append((each, theirs, ours))
    assert not wrong, "\n".join(map(repr, wrong))
    assert open_ < 0.1 * len(answers)


@needs_terraform
def test_yamlencode_writes_values_as_terraform(tmp_path: Path) -> None:
    chance = Chance(5)
    values = [composed(chance.kind(kind)) for kind in ("any", "object", "list", "nested") for _ in range(100)]
    answers = worth([f"yamlencode({expression_for(value)})" for value in values], tmp_path)
    ours = [call("yamlencode", [value], None, see) for value in values]  # type: ignore[arg-type]
    wrong = [
        (value, theirs, mine)
        for value, theirs, mine in zip(values, answers, ours, strict=True)
        if not agrees(mine, theirs)
    ]
    assert not wrong, "\n".join(map(repr, wrong))
    assert sum(map(is_known, ours)) > 200


def with_holes(*parts: Any) -> Value:
    return decode(text(parts))


def test_unknown_pieces_stay_in_quoted_and_in_long_plain_scalars() -> None:
    value = with_holes('a: "', ARN, '/*"\nb: arn:aws:s3:::', ARN, "/x\nc: |\n  ", ARN, "\n  y\n")
    assert value == {"a": text([ARN, "/*"]), "b": text(["arn:aws:s3:::", ARN, "/x"]), "c": text([ARN, "\ny\n"])}


def test_an_unknown_plain_scalar_is_unknown() -> None:
    value = with_holes("a: ", ARN, "\nb: 1")
    assert isinstance(value, dict)
    assert isinstance(value["a"], Unknown)
    assert value["a"].symbol is None
    assert value["b"] == 1


def test_json_in_place_of_a_value_is_its_structure() -> None:
    assert with_holes("a: ", JsonText({"b": [ARN]}), "\nc: 1") == {"a": {"b": [ARN]}, "c": 1}


@every_row("parts", [("a: [", ARN, "]"), (ARN, ": 1"), ("a: 1\n", ARN), ("a: [b, ", ARN, "]")])
def test_a_structure_that_depends_on_an_unknown_piece_is_unknown(parts: Any) -> None:
    value = with_holes(*parts)
    assert isinstance(value["a"] if isinstance(value, dict) else value, Unknown)


def bombs() -> Iterator[str]:
    """Yield texts that are small, and large or deep once they are read."""
    yield "[" * 5000
    yield "- " * 5000 + "a"
    yield "a: " + json.dumps("x") * 2
    letters = "abcdefghijkl"
    pairs = list(itertools.pairwise(letters))
    yield "a: &a [x, x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairs)
    yield "a: &a {x: y}\n" + "".join(f"{b}: &{b} {{l: *{a}, m: *{a}, n: *{a}, o: *{a}}}\n" for a, b in pairs * 2)
    yield f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]"
    yield "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(500))
    keys = ", ".join(f"k{i}: {i}" for i in range(2000))
    yield f"a: &a {{{keys}}}\nb:\n" + "  <<: *a\n" * 5000


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("bomb", [*bombs()], ids=lambda each: each[:12])
def test_a_hostile_yaml_text_is_unknown(bomb: str) -> None:
    assert isinstance(decode(bomb), Unknown)


def test_aliases_are_resolved_if_the_text_stays_small() -> None:
    text_ = "x-base: &base\n  env: {A: 1}\nservices:\n" + "".join(f"  s{i}:\n    <<: *base\n" for i in range(500))
    value = decode(text_)
    assert isinstance(value, dict)
    services = value["services"]
    assert isinstance(services, dict)
    assert services["s499"] == {"env": {"A": 1}}


def test_a_tag_that_changes_nothing_is_read() -> None:
    assert decode("a: !!bool On\nb: !!bool 'on'\nc: !!null ~\nd: !!null ''") == {
        "a": True,
        "b": "on",
        "c": None,
        "d": "",
    }
    assert isinstance(decode("!!bool x"), Unknown)
    assert isinstance(with_holes("a: !!bool ", ARN, "\n"), Unknown)


def test_unknown_pieces_stay_in_anchors_and_merges() -> None:
    value = with_holes("base: &b\n  file: 'x/", ARN, "'\n  mode: a\nweb:\n  <<: *b\n  mode: b\n")
    assert value == {"base": {"file": text(["x/", ARN]), "mode": "a"}, "web": {"file": text(["x/", ARN]), "mode": "b"}}


LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
FILE: Final = Unknown(symbol=symbol("aws_x.y", ("name",)), hole=Hole(LETTERS, negated=False))
PIECES: Final = (
    *("a: ", "\n", "b: ", "- ", "'", '"', "x", "1", ".", "e", "|-\n  ", ">\n  ", "y", " ", "/"),
    *("arn:", "k", "[", "]", ",", ": ", " #", ":::"),
)
FILLINGS: Final = ("yes", "1", "0x1", "web", "y", "2018", "e3", "null", "")


@needs_terraform
def test_replacing_an_unknown_piece_never_contradicts_an_answer(tmp_path: Path) -> None:
    chance = Random(14)
    rows: list[tuple[Value, list[Any], str]] = []
    while len(rows) < 1500:
        parts: list[Any] = [chance.choice(PIECES) for _ in range(chance.randint(1, 7))]
        parts.insert(chance.randint(0, len(parts)), FILE)
        value = decode(text(parts))
        if not isinstance(value, Unknown):
            rows.append((value, parts, chance.choice(FILLINGS)))
    known = [quoted("".join(filling if each is FILE else each for each in parts)) for _, parts, filling in rows]
    answers = worth([f"yamldecode({each})" for each in known], tmp_path)
    wrong = [
        (value, parts, filling, theirs)
        for (value, parts, filling), theirs in zip(rows, answers, strict=True)
        if theirs != ERROR and not agrees(put(value, filling), theirs)
    ]
    assert not wrong, "\n".join(map(repr, wrong[:20]))


def put(value: Value, filling: str) -> Value:
    """Put `filling` in the place of the one unknown piece."""
    match value:
        case Unknown():
            return filling if value.symbol == FILE.symbol else value
        case Text():
            return text(filling if isinstance(each, Unknown) else each for each in value.pieces)
        case list():
            return [put(each, filling) for each in value]
        case dict():
            return {name: put(each, filling) for name, each in value.items()}
        case _:
            return value


@pytest.mark.parametrize(
    "value",
    [
        {"a": ARN, "b": [text([ARN, "/x"]), 1, None, True]},
        [{"a": Unknown()}],
        {"long": "word " * 30, "é": "snow☃ man", "lines": "a\nb"},
    ],
)
def test_encoded_yaml_is_decoded_back(value: Value) -> None:
    written = call("yamlencode", [value], None, see)  # type: ignore[arg-type]
    assert isinstance(written, Unknown)
    assert decode(written) == value
