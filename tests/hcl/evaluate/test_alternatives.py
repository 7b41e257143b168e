"""What is certain where an unknown condition decides whether an element is in a list."""

from __future__ import annotations

import pytest

from tests.hcl.evaluate.test_expressions import worth
from tests.symbols import symbol
from tfcheck.hcl.evaluate.alternatives import every_choice
from tfcheck.symbolic.choices import possible_elements
from tfcheck.symbolic.value import OneOf, Unknown, Value

FLAG = Unknown(symbol("terraform_data.x", ("output",)))
LATER = Unknown(symbol("aws_x.y", ("arn",)))


@pytest.mark.parametrize(
    "written",
    [
        'concat(["a", "b"], var.on ? ["c"] : [])',
        'concat(var.on ? ["c"] : [], ["a", "b"])',
        '[for each in ["a", "b", "c"] : each if each != "c" || var.on]',
        '[for each in concat(["a", "b"], var.on ? ["c"] : []) : replace(each, "x", "y")]',
        '[for each in ["a", var.on ? "c" : null, "b"] : each if each != null]',
        '[for each in concat([{ n = "a" }, { n = "b" }], var.on ? [{ n = "c" }] : []) : each.n]',
        'concat([{ n = "a" }, { n = "b" }], var.on ? [{ n = "c" }] : [])[*].n',
        'compact(["a", var.on ? "c" : "", "b"])',
        'flatten([["a"], var.on ? [["c"]] : [], ["b"]])',
        'distinct(concat(["a", "a", "b"], var.on ? ["c"] : []))',
        'setunion(["a", "b"], var.on ? ["c"] : [])',
        'toset(concat(["a", "b"], var.on ? ["c"] : []))',
        'values(merge({ a = "a", b = "b" }, var.on ? { c = "c" } : {}))',
        'keys({ for each in ["a", "b", "c"] : each => 1 if each != "c" || var.on })',
        'sort(concat(["b", "a"], var.on ? ["c"] : []))',
        'coalescelist(var.on ? ["a", "b", "c"] : [], ["b", "a"])',
        'jsondecode(jsonencode(concat(["a", "b"], var.on ? ["c"] : [])))',
        'jsondecode("[\\"a\\",%{if var.on}\\"c\\",%{endif}\\"b\\"]")',
        'split(",", join(",", concat(["a", "b"], var.on ? ["c"] : [])))',
        '{ list = concat(["a", "b"], var.on ? ["c"] : []) }.list',
        'length(concat(["a"], var.on ? ["c"] : [])) > 0 ? concat(["a", "b"], var.on ? ["c"] : []) : []',
        'tolist(convert(concat(["a", "b"], var.on ? ["c"] : []), list(string)))',
    ],
)
def test_elements_are_certain_or_possible(written: str) -> None:
    found = possible_elements(worth(written, on=FLAG))
    assert sorted((str(each), is_certain) for each, is_certain in found) == [("a", True), ("b", True), ("c", False)]


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ('length(concat(["a"], var.on ? ["b"] : [])) > 0', True),
        ('contains(concat(["a"], var.on ? ["b"] : []), "a")', True),
        ('contains(concat(["a"], var.on ? ["b"] : []), "x")', False),
        ('concat(["a"], var.on ? ["b"] : [])[0]', "a"),
        ('merge({ a = 1 }, var.on ? { b = 2 } : {}).a', 1),
        ('lookup(merge({ a = "x" }, var.on ? { b = "y" } : {}), "c", "z")', "z"),
        ('[for each in [concat(["a"], var.on ? ["b"] : [])] : each[0]]', ["a"]),
    ],
)  # fmt: skip
def test_what_every_choice_gives_is_known(written: str, result: Value) -> None:
    assert worth(written, on=FLAG) == result


@pytest.mark.parametrize(
    "written",
    [
        "concat(var.one, var.on ? var.two : [])",
        'concat(["a"], sensitive(var.on ? ["b"] : []))',
        'concat(["a"], var.on ? [sensitive("b")] : [])',
        "concat(" + ", ".join(f'var.on ? ["{each}"] : []' for each in "abcdef") + ")",
        'var.on ? tolist([1]) : tolist(["a", "b"])',
    ],
)
def test_what_cannot_be_distinguished_is_one_unknown_value(written: str) -> None:
    found = worth(written, on=FLAG, one=Unknown(), two=["b"])
    assert isinstance(found, Unknown)
    assert not isinstance(found, OneOf) or all(each in ([1], ["1"], ["a", "b"]) for each in found.values)


def test_one_choice_is_the_same_wherever_it_occurs() -> None:
    written = '[for each in [{ list = concat(["a"], var.on ? ["b"] : []) }] : concat(each.list, each.list)][0]'
    found = worth(written, on=FLAG)
    assert isinstance(found, OneOf)
    assert found.values == (["a", "b", "a", "b"], ["a", "a"])


def test_an_error_in_one_choice_leaves_the_value_unknown() -> None:
    assert type(worth('concat(["a"], var.on ? ["b"] : [])[1]', on=FLAG)) is Unknown


def test_unknown_elements_keep_their_names() -> None:
    found = possible_elements(worth('concat([var.later], var.on ? ["b"] : [])', on=FLAG, later=LATER))
    assert found == [(LATER, True), ("b", False)]


def test_thousands_of_elements_are_not_compared_with_one_another() -> None:
    many: list[Value] = [{"Action": f"s3:{number}"} for number in range(10_000)]
    found = possible_elements(OneOf(values=(many, [])))
    assert [is_certain for _, is_certain in found] == [False] * len(many)


def test_more_variants_than_one_value_may_have_parts_are_not_made() -> None:
    flags: list[Value] = [OneOf(reason=str(number), values=("a", None)) for number in range(5)]
    small, large = ([*flags, *map(str, range(count))] for count in (100, 5_000))
    assert [len(every_choice([each])) for each in (small, large)] == [32, 1]
