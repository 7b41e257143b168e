"""Check that sensitive marks propagate as in `terraform console`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.hcl.console import needs_terraform
from tests.rows import every_row
from tfcheck.hcl.evaluate.elements import LocalScope, evaluate_all
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.marking import is_marked, mark
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.hcl.evaluate.types import Type
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.parse import parse
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.value import Set, Value

SOURCES = """
variable "s" {
  type      = string
  default   = "tok"
  sensitive = true
}
variable "l" {
  type      = list(string)
  default   = ["a", "b"]
  sensitive = true
}
variable "m" {
  type      = map(string)
  default   = { a = "x", b = "y" }
  sensitive = true
}
variable "n" {
  type      = number
  default   = 1
  sensitive = true
}
variable "f" {
  type      = bool
  default   = true
  sensitive = true
}
variable "u" {
  type      = set(string)
  default   = ["a", "b"]
  sensitive = true
}
"""
VALUES: dict[str, Value] = {
    "s": "tok",
    "l": ["a", "b"],
    "m": {"a": "x", "b": "y"},
    "n": 1,
    "f": True,
    "u": Set(("a", "b")),
}


class Variables:
    def lookup(self, root: str, name: str) -> Seen:
        if root != "var" or name not in VALUES:
            raise EvaluationError("no such thing")
        return mark(VALUES[name])

    def declared_type(self, name: str) -> Type | None:
        return None

    def read_file(self, path: str) -> bytes | None:
        return b"a${x}"

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        return None


def judged(expressions: Sequence[str], directory: Path) -> list[bool | None]:
    """Return which expressions are marked for Terraform; None for those that it refuses."""
    (directory / "main.tf").write_text(SOURCES, encoding="utf-8")
    (directory / "t.tpl").write_text("a${x}", encoding="utf-8")
    asked = ", ".join(f"try(issensitive({each}), null)" for each in expressions)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    done = subprocess.run(
        ["terraform", "console"],
        input=f"jsonencode([{asked}])\n",
        capture_output=True,
        text=True,
        cwd=directory,
        env=environment,
        timeout=600,
        check=False,
    )
    if done.returncode != 0:
        middle = len(expressions) // 2
        if not middle:
            return [None]
        return judged(expressions[:middle], directory) + judged(expressions[middle:], directory)
    answers: list[bool | None] = json.loads(json.loads(done.stdout))
    return answers


def ours(expression: str) -> bool | None:
    try:
        return is_marked(see(parse(expression, Place("main.tf", 1)), LocalScope(Variables(), {})))
    except EvaluationError:
        return None


def drawn(depth: int = 3) -> st.SearchStrategy[str]:
    """Draw expressions that use marked values in every way that keeps their type."""
    simple = {
        "T": st.sampled_from(['"a"', "var.s", 'sensitive("b")', '"-"']),
        "L": st.sampled_from(['["a", sensitive("b")]', "var.l", '["a", "b"]', "var.u"]),
        "M": st.sampled_from(['{ a = "x", b = sensitive("y") }', "var.m", '{ a = "x", b = "y" }']),
        "C": st.sampled_from(["true", "var.f", "false", "sensitive(false)"]),
        "N": st.sampled_from(["1", "var.n", "sensitive(2)"]),
    }
    level = simple
    for _ in range(depth):
        level = {kind: st.one_of(simple[kind], *(_filled(each, level) for each in FORMS[kind])) for kind in simple}
    return st.one_of(*level.values())


#: Ways to write a text, a list, a map, a bool and a number; a capital is the place of a part of that kind.
FORMS = {
    "T": [
        *('"p-${T}"', "upper(T)", 'format("%s/%s", T, T)', 'join("-", L)', "(C ? T : T)", 'lookup(M, "a", T)'),
        *("nonsensitive(T)", "jsonencode([L, M, N])", 'replace(T, "a", "b")', "coalesce(T, T)", "try(T, T)"),
        *('"%{if C}${T}%{else}x%{endif}"', '"%{for x in L}${x}%{endfor}"', 'M["a"]', "M.b", "element(tolist(L), 0)"),
        *('templatefile("t.tpl", { x = T })', "tostring(N)", 'trimprefix(T, "a")', "base64encode(T)", "one([T])"),
    ],
    "L": [
        *(
            '["a", T]',
            "[for x in L : x]",
            '[for x in L : "k" if x != "a"]',
            '[for x in ["a"] : T if C]',
            "concat(L, L)",
        ),
        *(
            "reverse(tolist(L))",
            "values(M)",
            "keys(M)",
            "sort(L)",
            "distinct(L)",
            "slice([T, T], 0, 1)",
            "sensitive(L)",
        ),
        *(
            "nonsensitive(L)",
            "compact(L)",
            "flatten([L, [T]])",
            "L[*]",
            'split("-", T)',
            "toset(L)",
            "chunklist([T, T], 1)[0]",
        ),
    ],
    "M": [
        *('{ a = T, b = "y" }', "merge(M, M)", "{ for k, v in M : k => v }", 'zipmap(["a", "b"], [T, T])'),
        *("sensitive(M)", "tomap({ a = T, b = T })", "merge({ b = T }, M)", '{ (T) = "1", a = "2", b = "3" }'),
    ],
    "C": [
        *("T == T", "C && C", "C || C", "!C", "N < N", "contains(L, T)", "can(T)", "L != L", "issensitive(T)"),
        *('startswith(T, "a")', "(C ? C : true)"),
    ],
    "N": ["length(L)", "length(T)", "length(M)", "N + N", "-N", "max(N, N)", "(C ? N : N)"],
}


@st.composite
def _filled(draw: st.DrawFn, form: str, parts: dict[str, st.SearchStrategy[str]]) -> str:
    out: list[str] = []
    for position, char in enumerate(form):
        around = form[position - 1 : position] + form[position + 1 : position + 2]
        out.append(draw(parts[char]) if char in parts and not any(map(str.isalpha, around)) else char)
    return "".join(out)


#: Expressions whose marks were wrong once.
FOUND = [
    '[for x in nonsensitive(toset(var.l)) : "k" if x != "a"]',
    '[for x in nonsensitive([for y in [for z in var.l : "${z}k"] : upper(y)]) : "${x}l"]',
    "nonsensitive({ for k, v in var.m : k => var.s })",
    "nonsensitive({ for k, v in var.m : k => var.s }).a",
    "nonsensitive([for x in var.l : x])[0]",
    'try((var.u != var.l ? var.m.b : "%{for x in ["a", sensitive("b")]}${x}%{endfor}"), "a")',
]


@needs_terraform
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)
@given(expressions=st.lists(drawn(), min_size=40, max_size=80))
@example(expressions=FOUND)
def test_what_is_marked_is_what_terraform_marks(expressions: list[str], tmp_path_factory: object) -> None:
    directory = Path(tmp_path_factory.mktemp("console"))  # type: ignore[attr-defined]
    answers = judged(expressions, directory)
    found = [(each, theirs, ours(each)) for each, theirs in zip(expressions, answers, strict=True)]
    lost = [(each, theirs, mine) for each, theirs, mine in found if theirs is not None and mine is not theirs]
    assert not lost[:5]


@every_row(
    ("expression", "shown"),
    [
        (
            'jsonencode({ group = "/ecs/webshop-db", name = "db", password = sensitive("webshop") })',
            '{"group":"/ecs/(sensitive)-db","name":"db","password":"(sensitive)"}',
        ),
        ('join("-", ["webshop", "db", sensitive("webshop")])', "(sensitive)-db-(sensitive)"),
        ('format("%s/%s", sensitive("aaaaaa"), "aaaaaaab")', "(sensitive)/(sensitive)b"),
        ('upper("shop-${sensitive("shop")}")', "(sensitive)"),
        ('join("", ["abcdefghijklmnopqrstuvwxyz", substr(sensitive("web"), 0, 1)])', "(sensitive)"),
        ('join("", ["0000100020003", sensitive("0002")])', "(sensitive)"),
    ],
)
def test_a_marked_text_that_is_found_elsewhere_too_marks_only_itself(expression: str, shown: str) -> None:
    found = evaluate_all(see(parse(expression, Place("main.tf", 1)), LocalScope(Variables(), {})))
    assert isinstance(found, str)
    assert redact(found) == shown
