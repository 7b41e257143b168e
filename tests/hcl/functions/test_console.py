from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from tests.hcl.console import ERROR, needs_terraform, worth
from tests.hcl.evaluate.test_console import agrees
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.hcl.evaluate.types import MapValue, Type
from tfcheck.hcl.formats.json import normal
from tfcheck.hcl.functions import all_functions, call
from tfcheck.symbolic.numbers import spell_number
from tfcheck.symbolic.value import Set, Unknown, Value, is_known

FILES: Final = {
    "plain.txt": b"a\n${x}\n",
    "é.json": '{"a": [1, "é"]}'.encode(),
    "empty": b"",
    "binary": b"\xff\x00",
    "t.tftpl": b'%{ for k in xs ~}\n"${k}",\n%{ endfor ~}\n${upper(name)}$${x}',
}
WORDS: Final = (
    *(
        "",
        "a",
        "b",
        "ab",
        "Hello World",
        "a,b,,c",
        "é",
        "Äß ǆ",
        " x \t",
        "\u00a0x",
        "a\nb\r\n",
        "\r\n",
        "/",
        "a/b/../c//",
        "5",
    ),
    *(
        "-1.50",
        "1e3",
        "true",
        "null",
        "<&>\u2028",
        '"\\',
        "${x}",
        "arn:aws:s3:::b/k",
        "$1",
        "a.b",
        "10.0.0.0/8",
        "x" * 70,
        "e\u0301",
    ),
)
NUMBERS: Final = (
    0,
    1,
    2,
    3,
    -1,
    7,
    10,
    -3,
    100,
    1024,
    Fraction(1, 2),
    Fraction(-5, 2),
    Fraction(1, 10),
    1000000,
    2**53,
    10**30,
)
PATTERNS: Final = (
    *(
        "a",
        "a*",
        "(a)|(b)",
        "^a$",
        "(?i)HELLO",
        "[^a-z]+",
        r"\s+",
        r"\d+(?:\.\d+)?",
        "(?P<first>.)(?P<rest>.*)",
        "(?s)a.b",
        r"\b",
        "x*",
    ),
    *(
        "(a|ab)(c|bcd)*",
        "(a*)*",
        "(a*)+",
        "(|a)*",
        "(|a)+",
        "a{2}",
        "x{2,3}?",
        "(?U)a+",
        "[[:alpha:]]",
        r"[\w.]+",
        "$",
        "(?m)^",
        "(",
        "a**",
        r"\1",
    ),
    *(
        "[z-a]",
        "(?=a)",
        "a|b|",
        "",
        "(?m)$",
        r"\x61",
        r"\Qa.\Eb",
        ".",
        "[]a]",
        "[a-]",
        "(?:a|b)+?",
        "([ab])([^,]*)",
        "(?P<a>x)(b)?",
        r"\z",
        "a{,2}",
        "(a?)*?b",
    ),
)
DATES: Final = (
    "2018-01-02T23:12:01Z",
    "2000-02-29T00:00:00+05:30",
    "2023-12-31T12:00:00-08:00",
    "2018-13-02T23:12:01Z",
    "2018-01-02",
    "",
)
LAYOUTS: Final = (
    "DD MMM YYYY hh:mm ZZZ",
    "EEEE, D-M-YY",
    "H:m:s aa AA 'o''clock'",
    "ZZZZ ZZZZZ Z",
    "hh'",
    "QQ",
    "HH",
    "",
)
DURATIONS: Final = ("10m", "-1h30m", "1.5h", "0", "1d", "", "36h5s")
RANGES: Final = (
    "10.0.0.0/8",
    "10.1.2.0/24",
    "192.168.1.7/28",
    "fd00:fd12:3456:7890::/56",
    "0.0.0.0/0",
    "10.0.0.0",
    "x/8",
    "10.0.0.0/33",
    "::/0",
)
FORMATS: Final = (
    *(
        "%s",
        "%d",
        "%v",
        "%q",
        "%t",
        "%5s|",
        "%-5s|",
        "%05d",
        "%+d",
        "% d",
        "%x",
        "%#x",
        "%X",
        "%b",
        "%o",
        "%f",
        "%.2f",
        "%e",
        "%.3e",
        "%g",
    ),
    *(
        "%%",
        "%s-%s",
        "%[2]s %[1]s",
        "%[1]s",
        "%",
        "%z",
        "plain",
        "%8.3f",
        "%08.2f",
        "%.2s",
        "%#v",
        "%s %[1]s",
        "%E",
        "%G",
        "%+.1f",
        "%-8d|",
        "%5[1]d",
        "%[1]5d",
    ),
)
JSONS: Final = (
    '{"a":1,"a":"x"}',
    "[1.50, 1e3, null]",
    '"é\\u00e9"',
    "{",
    "",
    "01",
    '{"a":{"b":[true]}}',
    " 5 ",
    "nul",
    '"\\ud800"',
    "[1,]",
    "-0.10",
    "'a'",
)
CSVS: Final = ("a,b\n1,2\n", 'a\n"x,""y"""\n', "", "a,a\n1,2", "a,b\n1", "a\n\n1\n", "a", "é\r\nx\r\n")


class Files:
    def lookup(self, root: str, name: str) -> Seen:
        raise EvaluationError("no such thing")

    def declared_type(self, name: str) -> Type | None:
        return None

    def read_file(self, path: str) -> bytes | None:
        path = path.removeprefix("./")
        if path not in FILES:
            raise EvaluationError("no such file")
        return FILES[path]

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        return None


class Chance:
    """Arguments by chance, the same for the same seed; sometimes of the wrong type."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def kind(self, name: str) -> Value:
        if name in CHOICES:
            return self.random.choice(CHOICES[name])  # type: ignore[no-any-return]
        return MAKERS[name](self)

    def argument(self, kind: str) -> Value:
        wrong = ("word", "number", "bool", "words", "list", "set", "object", "null")
        made = self.kind(self.random.choice(wrong) if self.random.random() < 0.08 else kind)
        if (
            isinstance(made, dict)
            and all(isinstance(item, str) for item in made.values())
            and self.random.random() < 0.5
        ):
            return MapValue(made)
        return made

    def items(self, *kinds: str, most: int = 4) -> list[Value]:
        kind = self.random.choice(kinds)
        if kind == "word" and self.random.random() < 0.05:
            return [self.random.choice((None, "a", "")) for _ in range(2)]
        return [self.kind(kind) for _ in range(self.random.randint(0, most))]

    def object(self) -> Value:
        keys = self.random.sample(["a", "b", "c", "é", "10", "x y"], self.random.randint(0, 3))
        kind = self.random.choice(("word", "number", "plain"))
        return {key: self.kind(kind) for key in keys}

    def set(self) -> Value:
        try:
            made = call("toset", [self.items("word", "whole", "words")], Files(), see)
        except EvaluationError:
            return Set(())
        return made if isinstance(made, Set) else Set(())


CHOICES: Final[dict[str, tuple[Any, ...]]] = {
    "word": WORDS,
    "number": NUMBERS,
    "whole": tuple(number for number in NUMBERS if isinstance(number, int) and abs(number) < 200),
    "small": (0, 1, 2, 3, -1, 4),
    "bool": (True, False, "true", "false"),
    "null": (None,),
    "pattern": PATTERNS,
    "slashes": (*(f"/{pattern}/" for pattern in PATTERNS), *WORDS),
    "date": DATES,
    "layout": LAYOUTS,
    "duration": DURATIONS,
    "range": RANGES,
    "format": FORMATS,
    "json": JSONS,
    "csv": CSVS,
    "path": (*FILES, "missing", "./empty"),
    "base64": ("YQ==", "YQ", "w6k=", "/w==", "Y\nQ==", "", "=", "YQ=="),
    "encoding": ("UTF-8", "UTF-16LE", "nonsense"),
    "namespace": ("dns", "url", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "x"),
}
MAKERS: Final[dict[str, Callable[[Chance], Value]]] = {
    "plain": lambda chance: chance.kind(chance.random.choice(("word", "number", "bool", "words", "object"))),
    "any": lambda chance: chance.kind(
        chance.random.choice(("word", "number", "bool", "words", "list", "object", "set"))
    ),
    "words": lambda chance: chance.items("word"),
    "letters": lambda chance: [chance.random.choice("abc") for _ in range(chance.random.randint(0, 3))],
    "numbers": lambda chance: chance.items("number", "whole"),
    "bools": lambda chance: chance.items("bool"),
    "list": lambda chance: chance.items("word", "number", "words", "plain", "object"),
    "nested": lambda chance: [chance.kind(chance.random.choice(("list", "set", "word"))) for _ in range(3)],
    "members": lambda chance: chance.kind(chance.random.choice(("words", "set", "numbers", "letters"))),
    "set": Chance.set,
    "object": Chance.object,
    "letter map": lambda chance: {key: chance.kind("letters") for key in "xyz"[: chance.random.randint(0, 3)]},
    "variables": lambda chance: {"x": chance.kind("word"), "xs": chance.kind("words"), "name": chance.kind("word")},
}
#: The kinds of the arguments of every function; a last one in brackets is repeated 0 to 3 times.
ARGUMENTS: Final[dict[str, str]] = {
    **dict.fromkeys(("abs", "ceil", "floor", "signum", "tonumber"), "number"),
    **dict.fromkeys(("chomp", "lower", "upper", "title", "trimspace", "strrev", "tobool", "tostring"), "word"),
    **dict.fromkeys(
        ("base64encode", "base64sha256", "base64sha512", "md5", "sha1", "sha256", "sha512", "urlencode"), "word"
    ),
    **dict.fromkeys(
        ("startswith", "endswith", "strcontains", "trim", "trimprefix", "trimsuffix", "split"), "word word"
    ),
    **dict.fromkeys(("basename", "dirname", "pathexpand"), "word"),
    **dict.fromkeys(("file", "fileexists", "filebase64", "filebase64sha256", "filebase64sha512"), "path"),
    **dict.fromkeys(("filemd5", "filesha1", "filesha256", "filesha512"), "path"),
    **dict.fromkeys(("max", "min"), "[number]"),
    **dict.fromkeys(("alltrue", "anytrue"), "bools"),
    **dict.fromkeys(("setunion", "setintersection"), "members [members]"),
    "setsubtract": "members members",
    **dict.fromkeys(("keys", "values", "tomap"), "object"),
    **dict.fromkeys(("tolist", "toset", "distinct", "reverse"), "list"),
    **dict.fromkeys(("length", "one", "jsonencode", "sensitive", "nonsensitive"), "any"),
    "base64decode": "base64",
    "chunklist": "list small",
    "cidrhost": "range whole",
    "cidrnetmask": "range",
    "cidrsubnet": "range whole whole",
    "cidrsubnets": "range [small]",
    "coalesce": "word [word]",
    "coalescelist": "list [list]",
    "compact": "words",
    "concat": "list [list]",
    "contains": "list word",
    "csvdecode": "csv",
    "element": "list small",
    "flatten": "nested",
    "format": "format [any]",
    "formatdate": "layout date",
    "formatlist": "format [members]",
    "indent": "small word",
    "index": "letters word",
    "join": "word [words]",
    "jsondecode": "json",
    "log": "whole small",
    "lookup": "object word [any]",
    "matchkeys": "words letters letters",
    "merge": "object [object]",
    "parseint": "word whole",
    "pow": "whole small",
    "provider::aws::arn_build": "",
    "range": "small [number]",
    "regex": "pattern word",
    "regexall": "pattern word",
    "replace": "word slashes word",
    "setproduct": "list members",
    "slice": "list small small",
    "sort": "words",
    "substr": "word small small",
    "sum": "numbers",
    "templatefile": "path variables",
    "textdecodebase64": "base64 encoding",
    "textencodebase64": "word encoding",
    "timeadd": "date duration",
    "timecmp": "date date",
    "transpose": "letter map",
    "uuidv5": "namespace word",
    "zipmap": "words list",
}
#: What depends on the machine, needs the provider, or takes no literals.
ELSEWHERE: Final = {"abspath", "fileset", "templatestring", "yamlencode", "yamldecode"} | {
    name for name in all_functions() if name.startswith("provider::")
}
RARE: Final = ("replace", "regex", "regexall", "format", "jsonencode", "substr", "coalesce", "lookup", "flatten")


def argument(name: str, value: Value) -> str:
    """Write an argument. A bare null has no type, and Terraform answers some calls with unknown: typed."""
    return "tostring(null)" if value is None and name not in ("merge", "coalesce") else expression_for(value)


def expression_for(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case list():
            return f"[{', '.join(map(expression_for, value))}]"
        case Set():
            return f"toset([{', '.join(map(expression_for, value.items))}])"
        case MapValue():
            return f"tomap({expression_for(dict(value))})"
        case dict():
            return f"{{{', '.join(f'({quoted(key)}) = {expression_for(item)}' for key, item in value.items())}}}"
        case int() | Fraction():
            return str(spell_number(value))
    raise AssertionError(value)


def quoted(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


def expression(name: str, arguments: list[Value]) -> str:
    called = f"{name}({', '.join(argument(name, value) for value in arguments)})"
    # The console shows nothing that is sensitive.
    return f"nonsensitive({called})" if name == "sensitive" else called


def ours(name: str, arguments: list[Value]) -> Any:
    try:
        return call(name, [composed(argument) for argument in arguments], Files(), see)
    except EvaluationError:
        return ERROR


def composed(value: Value) -> Value:
    """Normalise every string as the evaluator does for literals."""
    match value:
        case str():
            return normal(value)
        case list():
            return [composed(item) for item in value]
        case Set():
            return call("toset", [[composed(item) for item in value.items]], Files(), see)
        case MapValue():
            return MapValue({normal(key): composed(item) for key, item in value.items()})
        case dict():
            return {normal(key): composed(item) for key, item in value.items()}
    return value


def disagrees(name: str, mine: Any, theirs: Any) -> bool:
    if theirs == ERROR:
        return mine != ERROR and is_known(mine)
    if mine == ERROR:
        return True
    if name == "textencodebase64" and isinstance(mine, Unknown):
        return False
    return not agrees(mine, theirs)


def is_beside_the_point(name: str, arguments: list[Value]) -> bool:
    """Whether an answer depends on what our values do not show: the type of a null, the order of large numbers."""
    if name in ("tolist", "toset", "tomap"):
        return arguments == [None]
    if name == "element":  # of a tuple, which all that is written here is, Terraform 1.11 takes no such index
        return isinstance(arguments[1], int) and arguments[1] < 0
    if name == "setproduct":
        return any(10**30 in items for items in arguments if isinstance(items, list))
    return name == "merge" and not all(isinstance(argument, dict) for argument in arguments) and None in arguments


def calls(seed: int, count: int) -> list[tuple[str, list[Value]]]:
    chance = Chance(seed)
    names = [*ARGUMENTS, *RARE, *RARE, *RARE]
    made: list[tuple[str, list[Value]]] = []
    while len(made) < count:
        name = names[len(made) % len(names)]
        *kinds, last = ARGUMENTS[name].replace("letter map", "letter_map").split() or [""]
        if last.startswith("["):
            kinds += [last[1:-1]] * chance.random.randint(0, 3)
        elif last:
            kinds.append(last)
        arguments = [chance.argument(kind.replace("_", " ")) for kind in kinds]
        if not is_beside_the_point(name, arguments):
            made.append((name, arguments))
    return made


def test_every_function_has_arguments() -> None:
    assert set(ARGUMENTS) | ELSEWHERE == set(all_functions())


@needs_terraform
@pytest.mark.parametrize("seed", range(4))
def test_generated_calls_return_what_terraform_returns(seed: int, tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    made = [(name, arguments) for name, arguments in calls(seed, 1200) if not name.startswith("provider::")]
    expressions = [expression(name, arguments) for name, arguments in made]
    answers = worth(expressions, tmp_path)
    mine = [ours(name, arguments) for name, arguments in made]
    wrong = [
        f"{text}\n   terraform: {theirs!r}\n   ours: {value!r}"
        for (name, _), text, theirs, value in zip(made, expressions, answers, mine, strict=True)
        if disagrees(name, value, theirs)
    ]
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong)
    possible = [value for value, theirs in zip(mine, answers, strict=True) if theirs != ERROR]
    decided = [value for value in possible if value == ERROR or is_known(value)]
    assert len(possible) > 500
    assert len(decided) > 0.9 * len(possible), "too much is left open"


@needs_terraform
def test_element_counts_from_the_end_for_a_negative_index(tmp_path: Path) -> None:
    indexes = (-1, -2, -3, -4, -7)
    answers = worth([f'element(tolist(["a", "b", "c"]), {index})' for index in indexes], tmp_path)
    assert answers == [ours("element", [["a", "b", "c"], index]) for index in indexes]
