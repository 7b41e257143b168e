from __future__ import annotations

from fractions import Fraction

import pytest

from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.operators import compute, condition, conjunction, disjunction, equals, invert, negate
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import equal_values
from tfcheck.symbolic.value import SECRET_SUFFIX, Set, Text, Truth, Unknown, Value

ARN = Unknown(symbol("aws_s3_bucket.b", ("arn",)))
OTHER = Unknown(symbol("aws_s3_bucket.c", ("arn",)))
SUFFIX = Unknown(symbol("aws_secretsmanager_secret.s", ("suffix",)), hole=SECRET_SUFFIX)


@every_row(
    ("sign", "left", "right", "result"),
    [
        ("+", "1", 1, 2),
        ("-", Fraction(1, 2), 0.25, Fraction(1, 4)),
        ("*", 3, "1.5", Fraction(9, 2)),
        ("/", 10, 4, Fraction(5, 2)),
        ("%", -7, 3, -1),
        ("%", 7, -3, 1),
        ("%", 7.5, 2, Fraction(3, 2)),
        ("<", "1", "2", True),
        (">=", 2, 2, True),
    ],
)
def test_arithmetic_is_exact(sign: str, left: Value, right: Value, result: Value) -> None:
    assert compute(sign, left, right) == result


@every_row(("sign", "left", "right"), [("/", 1, 3), ("/", 1, 0), ("*", Fraction(1, 10), 0.1), ("*", 10**200, 10**200)])
def test_a_result_that_terraform_rounds_is_unknown(sign: str, left: Value, right: Value) -> None:
    assert isinstance(compute(sign, left, right), Unknown)


@every_row(("left", "right"), [("a", 1), (True, 1), (None, 1), ([1], 1), (1, {})])
def test_arithmetic_accepts_only_numbers(left: Value, right: Value) -> None:
    with pytest.raises(EvaluationError):
        compute("+", left, right)


def test_an_unknown_operand_makes_the_result_unknown_without_its_symbol() -> None:
    result = compute("+", ARN, 1)
    assert isinstance(result, Unknown)
    assert result.symbol is None
    assert result.may_fail
    assert isinstance(negate(ARN), Unknown)
    assert isinstance(invert(ARN), Unknown)


def test_a_condition_accepts_only_the_texts_of_bools() -> None:
    assert condition("true") is True
    assert invert("true") is False
    wrongs: list[Value] = [None, 1, "x", []]
    for wrong in wrongs:
        with pytest.raises(EvaluationError):
            condition(wrong)


def test_logical_operators_follow_kleene() -> None:
    assert conjunction(False, ARN) is False
    assert conjunction(ARN, False) is False
    assert conjunction(True, ARN) is ARN
    assert disjunction(ARN, True) is True
    assert disjunction(False, ARN) is ARN
    assert disjunction(False, False) is False


@every_row(
    ("left", "right", "truth"),
    [
        (1, 1.0, Truth.TRUE),
        (1, "1", Truth.FALSE),
        (True, 1, Truth.FALSE),
        (True, "true", Truth.FALSE),
        (None, None, Truth.TRUE),
        (None, "", Truth.FALSE),
        ("a", [], Truth.FALSE),
        ([], {}, Truth.FALSE),
        (ARN, ARN, Truth.TRUE),
        (ARN, OTHER, Truth.UNKNOWN),
        (ARN, None, Truth.UNKNOWN),
        (ARN, "", Truth.UNKNOWN),
        (SUFFIX, None, Truth.FALSE),
        (SUFFIX, "", Truth.FALSE),
        (SUFFIX, [], Truth.FALSE),
        (Text((ARN, "/*")), Text((ARN, "/*")), Truth.TRUE),
        (Text((ARN, "/*")), Text((ARN, "/x")), Truth.FALSE),
        (Text((ARN, "/*")), None, Truth.FALSE),
        (Set(("a",)), Set(("a",)), Truth.TRUE),
        (Set(("a",)), Set(("b",)), Truth.FALSE),
        ({"a": 1}, {"b": 1}, Truth.FALSE),
        ({"a": 1}, {"a": 2}, Truth.FALSE),
    ],
)
def test_equality_compares_types_too(left: Value, right: Value, truth: Truth) -> None:
    assert equal_values(left, right) is truth
    assert equal_values(right, left) is truth


def test_collections_that_may_have_different_types_are_not_known_to_be_equal() -> None:
    assert equal_values(["a"], ["a"]) is Truth.UNKNOWN
    assert equal_values(["a"], ["a"], alike=True) is Truth.TRUE
    assert equal_values([], []) is Truth.UNKNOWN
    assert equal_values(["a", "b"], ["b", "a"]) is Truth.UNKNOWN
    assert equal_values(["a", "b"], ["b", "a"], alike=True) is Truth.FALSE
    assert equal_values(["a"], ["b"]) is Truth.FALSE
    assert equal_values(["a"], []) is Truth.FALSE
    assert equal_values(Set(("a",)), ["a"]) is Truth.UNKNOWN
    assert equal_values({"a": 1}, {"a": 1}) is Truth.UNKNOWN
    assert equal_values({"a": 1}, {"a": 1}, alike=True) is Truth.TRUE


def test_an_undecided_comparison_names_the_unknown_value() -> None:
    result = equals(ARN, "x")
    assert isinstance(result, Unknown)
    assert result.reason == ARN.reason
    assert result.symbol != ARN.symbol
