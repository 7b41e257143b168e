from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.hcl.console import ERROR, needs_terraform, plain, worth
from tests.hcl.writing import HERE
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.convert import build_set, convert, to_bool, to_number, to_string, unify
from tfcheck.hcl.evaluate.expressions import evaluate
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.type_constraint import parse_type
from tfcheck.hcl.evaluate.types import ANY, NUMBER, STRING, ListType, ObjectType, SetType, TupleType
from tfcheck.hcl.syntax.parse import parse
from tfcheck.symbolic.value import Set, Text, Unknown, Value

ARN = Unknown(symbol("aws_s3_bucket.b", ("arn",)))
OTHER = Unknown(symbol("aws_s3_bucket.c", ("arn",)))


def kind(text: str) -> Any:
    return parse_type(parse(text, HERE), evaluate)


@every_row(
    ("number", "text"),
    [
        (1000, "1000"),
        (Fraction(1, 10), "0.1"),
        (0.1, "0.1"),
        (1.0, "1"),
        (Fraction(-3, 2), "-1.5"),
        (1e-7, "0.0000001"),
    ],
)
def test_numbers_are_printed_as_in_terraform(number: Value, text: str) -> None:
    assert to_string(number) == text


def test_a_number_without_a_short_decimal_notation_is_unknown() -> None:
    assert isinstance(to_string(Fraction(1, 3)), Unknown)


@every_row(("text", "number"), [("+5", 5), ("5.", 5), (".5", Fraction(1, 2)), ("1e3", 1000), ("00012", 12)])
def test_numeric_text_is_parsed_as_a_number(text: str, number: Value) -> None:
    assert to_number(text) == number


@every_row("text", ["", " 5", "0x10", "1_000", "Inf", "a"])
def test_other_text_is_not_a_number(text: str) -> None:
    with pytest.raises(EvaluationError):
        to_number(text)


def test_only_the_texts_of_bools_convert_to_bool() -> None:
    assert [to_bool(text) for text in ("true", "false", "1", "0")] == [True, False, True, False]
    for wrong in ("True", "", "yes"):
        with pytest.raises(EvaluationError):
            to_bool(wrong)
    with pytest.raises(EvaluationError):
        to_bool(1)


def test_an_unknown_text_may_fail_to_convert_to_a_number() -> None:
    assert to_number(ARN) == Unknown(reason=ARN.reason, may_fail=True)
    assert to_string(ARN) is ARN


def test_values_beside_a_string_become_strings() -> None:
    assert unify([1, "a", True]) == ["1", "a", "true"]
    assert unify([1, None, 2]) == [1, None, 2]
    assert unify([{"a": 1}, {"b": "x"}]) == [{"a": "1"}, {"b": "x"}]
    assert unify([[1], ["a", 2]])[0] == ["1"]


def test_a_number_and_a_bool_have_no_common_type() -> None:
    with pytest.raises(EvaluationError):
        unify([1, True])
    with pytest.raises(EvaluationError):
        unify(["a", ["b"]])


def test_a_number_beside_an_unknown_may_become_a_string() -> None:
    assert unify([1, ARN, "x"]) == ["1", ARN, "x"]
    assert isinstance(unify([1, ARN])[0], Unknown)
    assert unify(["x", ARN]) == ["x", ARN]


def test_an_element_is_unknown_if_list_and_tuple_convert_it_differently() -> None:
    converted, _ = unify([[1, 2], ["a", 3]])
    assert isinstance(converted, list)
    assert converted[0] == "1"
    assert isinstance(converted[1], Unknown)
    assert unify([[1, 2], ["a", 3]], structural=[True, True])[0] == ["1", 2]


def test_the_list_of_a_typed_variable_stays_as_it_is_beside_an_empty_one() -> None:
    volumes = convert(
        [{"name": "a"}, {"name": "b", "efs": {"id": ARN, "port": 2999}}],
        kind("list(object({ name = string, efs = optional(object({ id = string, port = number })) }))"),
    )
    assert volumes == [{"name": "a", "efs": None}, {"name": "b", "efs": {"id": ARN, "port": 2999}}]
    assert unify([volumes, []])[0] == volumes
    # Terraform makes no list of a tuple with an untyped null there, and `coalesce` passes it over.
    assert isinstance(volumes, list)
    tuples = unify([list(volumes), []])[0]
    assert isinstance(tuples, list)
    assert all(isinstance(each, Unknown) for each in tuples)


def test_a_set_has_no_order_and_no_duplicates() -> None:
    assert build_set(["b", "a", None, "b"]) == Set(("a", "b", None))
    assert build_set([10, 9, Fraction(3, 2), -1]) == Set((-1, Fraction(3, 2), 9, 10))
    assert build_set([[2], [1]]) == Set(([1], [2]))


def test_a_set_of_possibly_equal_values_is_unknown() -> None:
    assert isinstance(build_set([ARN, OTHER]), Unknown)
    assert build_set([ARN, ARN]) == Set((ARN,))
    assert build_set([ARN, Text(("x", ARN))]) != Set((ARN,))


def test_type_expressions_are_parsed() -> None:
    assert kind("list(string)") == ListType(STRING)
    assert kind("tuple([number, set(any)])") == TupleType((NUMBER, SetType(ANY)))
    wanted = ObjectType({"a": STRING, "b": ListType(NUMBER)}, {"b": [1]})
    assert kind("object({ a = string, b = optional(list(number), [1]) })") == wanted
    assert kind('"list"') == ListType(ANY)
    with pytest.raises(EvaluationError):
        kind("strange(string)")


def test_objects_get_defaults_and_lose_undeclared_attributes() -> None:
    wanted = kind("object({ a = string, b = optional(number, 5), c = optional(bool) })")
    assert convert({"a": 1, "d": 2}, wanted) == {"a": "1", "b": 5, "c": None}
    assert convert({"a": ARN, "b": None}, wanted) == {"a": ARN, "b": 5, "c": None}
    with pytest.raises(EvaluationError):
        convert({"b": 1}, wanted)


def test_unknown_values_pass_through() -> None:
    assert convert(ARN, kind("list(string)")) is ARN
    assert convert([ARN, 1], kind("list(string)")) == [ARN, "1"]


TYPES = ("string", "number", "bool", "list(string)", "set(number)", "set(string)", "map(any)", "list(any)", "map(bool)")
MORE_TYPES = (
    "tuple([string, number])",
    "object({ a = string, b = optional(number, 5) })",
    "list(object({ a = optional(list(string), [1]), b = optional(object({ c = optional(bool, true) }), {}) }))",
    "map(object({ a = any }))",
    "set(object({ a = number }))",
    "any",
)


def values(random: Random, depth: int = 3) -> Any:
    scalars = [None, True, False, 0, 1, 2.5, 10, "", "a", "b", "1", "true", "2.50"]
    choice = random.random()
    if depth == 0 or choice < 0.4:
        return random.choice(scalars)
    if choice < 0.7:
        return [values(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {name: values(random, depth - 1) for name in random.sample(["a", "b", "c"], random.randint(0, 3))}


@needs_terraform
def test_variables_are_converted_as_terraform_converts_them(tmp_path: Path) -> None:
    random = Random(5)
    cases = [(random.choice(TYPES + MORE_TYPES), values(random)) for _ in range(2500)]
    kept: list[tuple[str, Any, Value]] = []
    refused: list[tuple[str, Any]] = []
    for written, given in cases:
        if "any" in written and "None" in repr(given):
            # Terraform takes some nulls for a type of their own; which ones is not worth knowing.
            continue
        try:
            kept.append((written, given, convert(given, kind(written))))
        except EvaluationError:
            refused.append((written, given))
    declarations = [f'variable "v{number}" {{\n  type = {written}\n}}\n' for number, (written, _, _) in enumerate(kept)]
    answers = worth(
        [f"var.v{number}" for number in range(len(kept))],
        tmp_path,
        sources="".join(declarations),
        variables={f"v{number}": given for number, (_, given, _) in enumerate(kept)},
    )
    wrong = [(case, answer) for case, answer in zip(kept, answers, strict=True) if plain(case[2]) != answer]
    assert not wrong, "\n".join(f"{case}: {answer}" for case, answer in wrong)
    assert len(kept) > 400
    assert ERROR not in answers
    for written, given in random.sample(refused, 20):
        sources = f'variable "v" {{\n  type = {written}\n}}\n'
        assert worth(["var.v"], tmp_path, sources=sources, variables={"v": given}) == [ERROR], (written, given)
