from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.hcl.console import ERROR, needs_terraform, plain, worth
from tests.hcl.generator import SOURCES, Generator
from tests.hcl.writing import HERE, source
from tests.laws import part
from tfcheck.hcl.evaluate.convert import convert
from tfcheck.hcl.evaluate.elements import LocalScope
from tfcheck.hcl.evaluate.expressions import evaluate
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.hcl.evaluate.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    equal_values,
)
from tfcheck.hcl.syntax.expression import Call
from tfcheck.hcl.syntax.parse import parse
from tfcheck.symbolic.value import Set, Text, Truth, Unknown, Value, is_known

#: Not every seed will do: an empty list or a null of ours does not tell the type that Terraform gives it, so that in
#: some 1 of 2,000 expressions a conditional has an error for Terraform, in the middle of a `try`, that we do not see.
SEEDS = range(10)

VARIABLES: dict[str, Value] = {
    "text": "7",
    "number": Fraction(5, 2),
    "flag": True,
    "none": None,
    "texts": ["b", "a", "1"],
    "numbers": Set((2, 3, 10)),
    "map": {"a": "x", "b": "1"},
    "names": Set(("a", "z")),
    "unset": None,
    "unset_list": None,
    "unset_text": None,
    "part": {"names": None, "all": {"x": None}},
    "no_texts": [],
    "no_rows": [],
    "no_flags": [],
    "no_values": [],
    "no_maps": {},
    "rows": [{"n": "a", "d": None, "p": 80}, {"n": "b", "d": {"x": True}, "p": None}],
    "by_name": {"q": {"n": "a", "d": ["x"]}, "r": {"n": "b", "d": None}},
    "object": {"a": 4, "b": "5", "c": ["1", "x"], "name": False},
}


TYPES: dict[str, Type] = {
    "unset": SetType(STRING),
    "unset_list": ListType(STRING),
    "unset_text": STRING,
    "part": ObjectType({"names": SetType(STRING), "all": MapType(SetType(STRING))}),
    "no_texts": ListType(STRING),
    "no_rows": ListType(ObjectType({"a": STRING, "b": BOOL, "c": SetType(TupleType((NUMBER,)))})),
    "no_flags": ListType(ObjectType({"a": STRING, "b": BOOL})),
    "no_values": ListType(ANY),
    "no_maps": MapType(MapType(STRING)),
    "rows": ListType(ObjectType({"n": STRING, "d": ObjectType({"x": BOOL}), "p": NUMBER})),
    "by_name": MapType(ObjectType({"n": STRING, "d": ListType(STRING)})),
}


class Variables:
    def lookup(self, root: str, name: str) -> Seen:
        if root != "var" or name not in VARIABLES:
            raise EvaluationError("no such thing")
        return convert(VARIABLES[name], TYPES.get(name, ANY))

    def declared_type(self, name: str) -> Type | None:
        return TYPES.get(name)

    def read_file(self, path: str) -> bytes | None:
        return None

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        return None


def typed(value: Any) -> Any:
    """Distinguish bools from numbers in comparisons."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return (type(value) is bool, value)


def agrees(ours: Value, theirs: Any) -> bool:
    """Whether our value is the one of Terraform, or unknown."""
    if isinstance(ours, Unknown | Text):
        return equal_values(ours, theirs) is not Truth.FALSE
    if isinstance(ours, Set):
        ours = list(ours.items)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(agrees, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(agrees(ours[name], theirs[name]) for name in ours)
    return is_known(ours) and bool(typed(plain(ours)) == typed(theirs))


@needs_terraform
@pytest.mark.parametrize("seed", part(SEEDS, 6))
def test_generated_expressions_evaluate_as_in_terraform(seed: int, tmp_path: Path) -> None:
    generator = Generator(seed)
    nodes = [generator.expression() for _ in range(600)]
    written = [source(node) for node in nodes]
    answers = worth(written, tmp_path, sources=SOURCES)
    # Inside of `try` we must know every error that Terraform reports.
    ours = [evaluate(Call("try", (node,), False, HERE), LocalScope(Variables(), {})) for node in nodes]
    wrong = [
        (text, answer, value)
        for text, answer, value in zip(written, answers, ours, strict=True)
        if (answer == ERROR and is_known(value)) or (answer != ERROR and not agrees(value, answer))
    ]
    assert not wrong, "\n".join(f"{text}\n   terraform: {answer}\n   ours: {value}" for text, answer, value in wrong)
    decided = [value for answer, value in zip(answers, ours, strict=True) if answer != ERROR and is_known(value)]
    possible = [answer for answer in answers if answer != ERROR]
    assert len(possible) > 300
    assert len(decided) > 0.9 * len(possible), "too much is left open"


MORE_SOURCES = """
variable "names" {
  type    = set(string)
  default = ["z", "a"]
}
variable "unset" {
  type    = set(string)
  default = null
}
variable "unset_text" {
  type    = string
  default = null
}
variable "unset_list" {
  type    = list(string)
  default = null
}
variable "part" {
  type    = object({ names = optional(set(string)), all = map(set(string)) })
  default = { all = { x = null } }
}
variable "no_texts" {
  type    = list(string)
  default = []
}
variable "no_rows" {
  type    = list(object({ a = string, b = bool, c = set(tuple([number])) }))
  default = []
}
variable "no_flags" {
  type    = list(object({ a = string, b = bool }))
  default = []
}
variable "no_values" {
  type    = list(any)
  default = []
}
variable "no_maps" {
  type    = map(map(string))
  default = {}
}
variable "rows" {
  type    = list(object({ n = string, d = optional(object({ x = bool })), p = optional(number) }))
  default = [{ n = "a", p = 80 }, { n = "b", d = { x = true } }]
}
variable "by_name" {
  type    = map(object({ n = string, d = optional(list(string)) }))
  default = { q = { n = "a", d = ["x"] }, r = { n = "b" } }
}
"""
#: Expressions with a tuple, or what may be one, beside a set; whether we know the value.
BESIDE_A_SET = {
    'true ? ["q", "b", "q"] : var.names': True,
    'false ? var.names : ["q", "b"]': True,
    'length(true ? ["q", "b", "q"] : var.names)': True,
    'join(",", true ? [for each in ["q", "b"] : each] : setintersection(var.names, var.names))': True,
    'sort(true ? concat(["q"], ["b"]) : var.names)': True,
    'sort(true ? split(",", "q,b") : var.names)': True,
    'true ? concat(["q"], ["b", "q"]) : var.names': False,
    'join(",", true ? concat(["q"], ["b"]) : var.names)': False,
    'tolist(true ? concat(["q"], ["b"]) : var.names)[0]': False,
    'element(tolist(true ? split(",", "q,b") : var.names), 0)': False,
    'true ? [["q", "b"]] : [var.names]': True,
    'true ? { a = ["q", "b"] } : { a = var.names }': True,
    'true ? [concat(["q"], ["b"])] : [var.names]': False,
    'true ? { a = split(",", "q,b") } : { a = var.names }': False,
    "coalesce(var.names, [])": True,
    'coalesce(["q", "b"], var.names)': True,
    'coalesce(["q", 1], var.names, ["z"])': True,
    'coalesce(["q", "b"], var.names, tolist(["z"]))': False,
    'coalesce(concat(["q"], ["b"]), var.names)': False,
    'coalesce(["q", "b"], null, var.names)': False,
    "coalesce([{ a = 1 }], var.names)": False,
    'coalesce(var.unset, ["q", "b", "q"])': True,
    'coalesce(var.unset, ["q", 1])': True,
    'coalesce(var.unset_list, ["q", "b"])': True,
    'coalesce(null, ["q", "b"])': True,
    'var.unset == null ? ["q", "b"] : var.unset': True,
    "var.unset != null ? var.unset : [10, 9]": True,
    'var.unset_list == null ? ["q", "b"] : var.unset_list': True,
    'var.part.names == null ? ["q", "b"] : var.part.names': True,
    'coalesce(var.part.names, ["q", "b"])': True,
    'coalesce(var.part.all["x"], ["q", "b"])': True,
    'coalesce(var.part.all.x, ["q", "b"])': True,
    '[for var in [{ unset = null }] : coalesce(var.unset, ["q", "b"])]': True,
}


TYPED_NULLS = {
    "jsonencode(coalesce(var.unset_text, true))": True,
    "jsonencode(coalesce(null, var.unset_text, 5))": True,
    'coalesce(var.unset_text, "x")': True,
    "coalesce(null, true)": True,
    'try(var.unset_list[*], "x")': True,
    'try(var.unset_list.*, "x")': True,
    'try(var.part.names[*], "x")': True,
    "can(var.unset_list[*])": True,
    'try(var.unset_text[*], "x")': True,
    'try(null[*], "x")': True,
    'try([for each in [var.unset_list] : each[*]], "x")': False,
    "try(var.texts[*], [])": True,
    'try(true ? { a = 1, b = null } : { c = [] }, "x")': False,
    'try(true ? { a = 1, b = true } : { c = [] }, "x")': True,
}
#: Expressions with something beside an empty list or map of a declared type.
BESIDE_NOTHING = {
    "true ? [1, true] : var.no_texts": True,
    "false ? var.no_texts : [for each in [1] : each]": True,
    'true ? [{ a = 1, b = "true", c = [] }] : var.no_rows': True,
    "true ? { a = 1, b = true } : var.no_rows[0]": True,
    "true ? [{ a = 1 }] : var.no_values": True,
    "true ? { x = { y = 1 } } : var.no_maps": True,
    'true ? { x = { y = 1, z = "a" } } : var.no_maps': True,
    "true ? [1, true] : (true ? [] : var.texts)": True,
    'true ? [1, 2] : (true ? [] : values({ a = 1, b = "x" }))': True,
    'true ? { a = 1 } : (true ? {} : { b = "x" })': True,
    "[for each in [true ? [] : var.texts] : true ? [1, true] : each][0]": True,
    "true ? [1, 2] : tolist(true ? [] : var.texts)": True,
    'true ? [1, "a"] : tolist([])': True,
    "concat(var.no_texts, tolist([1]))": False,
    "concat(tolist([]), [1])": True,
    "concat(var.no_texts, [1])": True,
    'concat(var.no_rows, [{ a = 1, b = "true", c = [] }])': True,
    "concat(var.no_rows, [for each in [1] : { a = each, b = true, c = [] }])": True,
    "concat(var.no_rows, true ? [{ a = 1, b = true, c = [] }] : [])": False,
    'concat(var.no_flags, true ? [{ a = "x", b = true }] : [])': True,
    'concat(var.no_flags, true ? [{ a = "x", b = 1 }] : [])': True,
    'concat(var.no_flags, true ? [{ a = "x", b = "true" }] : [])': True,
    'concat(var.no_flags, true ? [{ a = "x", b = true, d = 1 }] : [])': False,
    'concat(var.no_flags, true ? [{ a = "x", b = true, d = [] }] : [])': True,
}
#: Elements with a null where others have a structure: its type decides whether Terraform makes one list of them.
ROWS = {
    "coalesce(var.rows, [])": True,
    "coalesce([], var.rows)": True,
    "coalesce(var.by_name, {})": True,
    "[for each in coalesce(var.rows, []) : each.d]": True,
    "true ? var.rows : []": True,
    "true ? [] : var.rows": True,
    "true ? var.by_name : {}": True,
    "tolist(var.rows)": True,
    "toset(var.rows)": True,
    "tomap(var.by_name)": True,
    "concat(var.rows, [])": True,
    "flatten([var.rows, []])": True,
    'coalesce([{ n = "a", d = null }], [])': True,
    'coalesce([{ n = "a", d = null }, { n = "b", d = "y" }], [])': True,
    'coalesce([{ n = "a", d = null }, { n = "b", d = { x = 1 } }], [])': False,
    "coalesce({ q = { d = null }, r = { d = [1] } }, {})": False,
    'try(tolist([{ n = "a", d = null }, { n = "b", d = { x = 1 } }]), "x")': False,
    'try(tomap({ q = { d = null }, r = { d = [1] } }), "x")': False,
    'try(toset([{ d = null }, { d = { x = 1 } }]), "x")': False,
    'try(true ? [{ d = null }, { d = { x = 1 } }] : [], "x")': False,
    'toset([[{ n = "a" }], []])': True,
    'toset([tomap({ n = "a" }), {}])': True,
}
GROUPS = {"set": BESIDE_A_SET, "null": TYPED_NULLS, "nothing": BESIDE_NOTHING, "rows": ROWS}


@needs_terraform
@pytest.mark.parametrize("decided", GROUPS.values(), ids=GROUPS)
def test_the_types_of_other_arguments_count(decided: dict[str, bool], tmp_path: Path) -> None:
    scope = Variables()
    theirs = worth(list(decided), tmp_path, sources=SOURCES + MORE_SOURCES)
    for written, answer in zip(decided, theirs, strict=True):
        value = evaluate(parse(written, HERE), scope)
        assert is_known(value) is decided[written], (written, value)
        assert not is_known(value) or agrees(value, answer), (written, value, answer)


#: An error, and arms of conditionals that fail because of it; `FAILS` stands for the error.
FAILURE = 'one(["a", "b"])'
FAILING_ARMS = (
    "FAILS",
    '"${FAILS}"',
    '"x${FAILS}"',
    "FAILS + 1",
    "!FAILS",
    "FAILS == 1",
    "var.object.x",
    "var.object.x.y[0]",
    "var.texts[9]",
    "var.texts[FAILS]",
    "var.map[FAILS]",
    "var.object[FAILS]",
    'tolist([{ b = "x" }])[FAILS].b',
    '{ a = "x${FAILS}" }.a',
    '["x", FAILS][0]',
    "FAILS[*].x",
    "var.texts.*.x",
    "[FAILS]",
    '["x", FAILS]',
    "[true, [FAILS]]",
    "{ a = FAILS }",
    '{ a = FAILS, b = "x" }',
    "{ a = FAILS, b = {} }",
    '{ a = [FAILS], b = { c = FAILS, d = "x" } }',
    '{ a = toset(["x"]), b = FAILS }',
    '{ a = null, b = [FAILS, "x"] }',
    '{ x = FAILS, y = "s" }',
    '{ (FAILS) = "x" }',
    '{ "x${FAILS}" = "x" }',
    '{ (null) = "x" }',
    "[for x in FAILS : x]",
    '[for x in ["a"] : FAILS]',
    '[for x in ["a"] : x if FAILS]',
    '{ for x in ["a"] : FAILS => "x" }',
    '{ for x in ["a", "a"] : x => "x" }',
    '(true ? FAILS : "x")',
    '(false ? FAILS : "x")',
    "(FAILS ? 1 : 2)",
)
CHOSEN_ARMS = (
    "1",
    "true",
    "[1, 2]",
    "[1, true]",
    '["p", "p"]',
    "[true, [1]]",
    "{ a = 1, b = true }",
    "{ a = 1, b = 2 }",
    '{ a = ["p", "p"], b = 1 }',
    "{ a = [1], b = { c = 1, d = true } }",
    "{ x = [1, true] }",
    "{ x = 1, y = {} }",
    "{ x = 1, y = true }",
    "tomap({ a = 1 })",
    "toset([1, 2])",
)


@needs_terraform
def test_the_type_of_an_arm_that_fails_counts(tmp_path: Path) -> None:
    failing = [arm.replace("FAILS", FAILURE) for arm in FAILING_ARMS]
    written = [f"true ? {chosen} : {arm}" for chosen in CHOSEN_ARMS for arm in failing]
    written += [f"false ? {arm} : {chosen}" for chosen in CHOSEN_ARMS for arm in failing]
    decided = possible = 0
    for text, theirs in zip(written, worth(written, tmp_path, sources=SOURCES), strict=True):
        node = parse(text, HERE)
        value, caught = evaluate(node, Variables()), evaluate(Call("try", (node,), False, HERE), Variables())
        if theirs == ERROR:
            assert not is_known(caught), (text, caught)
            continue
        assert agrees(value, theirs), (text, theirs, value)
        assert agrees(caught, theirs), (text, theirs, caught)
        possible += 1
        decided += is_known(value)
    assert possible > 300
    assert decided > 0.7 * possible, "too much is left open"
