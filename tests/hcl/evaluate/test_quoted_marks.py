"""No random expression with marked values shows a part of one, in its value or in the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tfcheck.hcl.evaluate.expressions import evaluate
from tfcheck.hcl.evaluate.marking import mark
from tfcheck.hcl.evaluate.scope import ConstantScope, EvaluationError, Seen
from tfcheck.hcl.functions import all_functions
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.parse import parse
from tfcheck.repository import refusal_error
from tfcheck.symbolic.limits import Allowance, sublimit
from tfcheck.symbolic.symbol import Named, Symbol
from tfcheck.symbolic.value import JsonText, Set, Text, Unknown, Value, display, unknowns

WORD, NUMBER = "qzkvwxjy", 7358231
MARKED: dict[str, Value] = {
    "text": WORD,
    "number": NUMBER,
    "list": [f"{WORD}a", f"{WORD}b"],
    "map": {f"{WORD}k": f"{WORD}v"},
    "object": {"k": WORD, "n": NUMBER, "t": True},
    "pattern": f"(?P<{WORD}>x)(?P<{WORD}>y)",
    "template": f"${{{WORD}}}",
    "json": f'{{"a":"{WORD}",{WORD}}}',
    "yaml": f"a: *{WORD}",
    "arn": f"arn:aws:iam::123456789012:role/{WORD}",
    "format": f"%{WORD} %s",
    "path": f"../{WORD}.txt",
}
PLAIN: dict[str, Value] = {"word": "pub", "two": 2, "words": ["a", "b"], "tags": {"k": "v"}}
OPEN = ("arn", "names")
NAMES = [f"var.{name}" for name in (*MARKED, *MARKED, *PLAIN, *OPEN)]
LITERALS = ('"pub"', "0", '"k"', '","', "true", "null", '["a"]', "{ k = 1 }", '"%s"', '"/x/"')
FUNCTIONS = sorted(each for each in all_functions() if each not in ("sensitive", "nonsensitive", "issensitive"))
PARTS = [WORD[start : start + 3] for start in range(len(WORD) - 2)]
#: Expressions that showed what a loop has bound to a name.
FOUND = (
    "[for b in var.list : var.tags[upper(b)]]",
    "[for b in var.list : upper(var.names[upper(b)])]",
    "[for a, b in var.map : file(upper(a))]",
    "{ for b in var.list : b => templatestring(var.template, {}) if fileexists(upper(b)) }",
)
LEAKS = (*PARTS, *map(str.upper, PARTS), *(each[::-1] for each in PARTS), str(NUMBER), str(NUMBER + 1), str(NUMBER + 2))


class Variables(ConstantScope):
    """A scope with marked, plain and unknown variables."""

    def lookup(self, root: str, name: str) -> Seen:
        if root == "var" and name in MARKED:
            return mark(MARKED[name])
        if root == "var" and name in PLAIN:
            return PLAIN[name]
        if root == "var" and name in OPEN:
            return Unknown(symbol=Symbol(Named("aws_lb.main"), (name,)))
        raise EvaluationError(f"`{root}.{name}` is not defined")

    def read_file(self, path: str) -> bytes | None:
        raise refusal_error(path, "a rule forbids it")


def written(chance: Random, depth: int) -> str:
    """Write a random expression."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(NAMES if chance.random() < 0.85 else LITERALS)
    one, two, three = (written(chance, depth - 1) for _ in range(3))
    call = (
        f"{chance.choice((*FUNCTIONS, 'try', 'can', 'none'))}({', '.join((one, two, three)[: chance.randint(1, 3)])})"
    )
    extremum = f"{chance.choice(('max', 'min'))}({one}, {two})"
    others = (
        f"{one}[{two}]",
        f"{one}.{chance.choice('knx')}",
        f'"a${{{one}}}b${{{two}}}"',
        f"[{one}, {two}]",
        extremum,
    )
    body = three.replace("var.two", "a").replace("var.tags", "b")
    loops = (f"[for a, b in {one} : {body} if {two}]", f"{{ for a, b in {one} : b => {body} }}", f"{one}[*].k")
    rest = (f"{{ ({one}) = {two}, k = {three} }}", f"({one} == {two})", f"({one} ? {two} : {three})", *loops)
    return chance.choice((call, chance.choice(others), chance.choice((*rest, *others))))


def shown(value: Value) -> Iterator[str]:
    """Yield what a report could show of a value."""
    for each in unknowns(value):
        yield from (each.reason, each.where, display(each), display(each.shape or ""))
    match value:
        case str() | Unknown() | Text():
            yield display(value)
        case JsonText():
            yield from shown(value.value)
        case list() | Set():
            for item in value.items if isinstance(value, Set) else value:
                yield from shown(item)
        case dict():
            for item in value.values():
                yield from shown(item)
        case _ if type(value) in (int, float):
            yield str(value)


def test_no_expression_shows_a_part_of_a_marked_value() -> None:
    chance = Random(7)
    for expression in (*FOUND, *(written(chance, chance.choice((1, 1, 2))) for _ in range(4_000))):
        with sublimit(Allowance()):
            found = "\n".join(shown(evaluate(parse(expression, Place("main.tf", 1)), Variables())))
        assert [each for each in LEAKS if each in found] == [], expression
