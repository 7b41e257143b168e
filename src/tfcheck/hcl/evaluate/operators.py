"""Evaluate Terraform's operators on operands that may be unknown.

See https://developer.hashicorp.com/terraform/language/expressions/operators. Numbers are exact; `&&` and `||` follow
Kleene's logic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

from tfcheck.hcl.evaluate.convert import to_bool, to_number
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import equal_values
from tfcheck.hcl.syntax.expression import Binary, Call, Expression
from tfcheck.symbolic.numbers import Number, agree_with_rounded, exact, round_number
from tfcheck.symbolic.results import name_result
from tfcheck.symbolic.value import Truth, Unknown, Value

_EXACT: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_ORDER: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def negate(operand: Value) -> Value:
    """Evaluate `-operand`."""
    number = _number(operand)
    if isinstance(number, Unknown):
        return number
    return -number if number else Unknown(reason="unsupported: a negative zero")


def invert(operand: Value) -> Value:
    """Evaluate `!operand`."""
    truth = condition(operand)
    return _name("not", _unknown_result(truth), truth) if isinstance(truth, Unknown) else not truth


def condition(value: Value) -> bool | Unknown:
    """Evaluate a condition, of `? :`, `if` or a logical operator."""
    truth = to_bool(value)
    if truth is None:
        raise EvaluationError("a condition must not be null")
    return truth if isinstance(truth, bool) else _name("tobool", _unknown_result(truth), value)


def compute(sign: str, left: Value, right: Value) -> Value:
    """Evaluate `left sign right` for `+ - * / %` and `< <= > >=`; numeric strings count as numbers."""
    first, second = _number(left), _number(right)
    if isinstance(first, Unknown):
        return first
    if isinstance(second, Unknown):
        return second
    if sign in _ORDER:
        return _ORDER[sign](first, second)
    if not second and sign in "/%":
        return Unknown(reason="division by zero", may_fail=True)
    if sign == "%":
        # NOTE: the division truncates towards zero.
        left_rounded, right_rounded = round_number(first), round_number(second)
        times = int(round_number(left_rounded / right_rounded))
        rest = first - int(Fraction(first) / second) * second
        return agree_with_rounded(rest, left_rounded - round_number(times * right_rounded))
    result = _EXACT[sign](Fraction(first), Fraction(second))
    if not result and sign in "*/" and min(first, second) < 0:
        return Unknown(reason="unsupported: a negative zero")
    return agree_with_rounded(result, _EXACT[sign](round_number(first), round_number(second)))


def equals(left: Value, right: Value, *, alike: bool = False) -> bool | Unknown:
    """Evaluate `left == right`; `alike` as in `equality.equal_values`."""
    truth = equal_values(left, right, alike=alike)
    if truth is Truth.UNKNOWN:
        waits = next((side for side in (left, right) if isinstance(side, Unknown)), None)
        reason = "a comparison of values that are not known well enough"
        return _name("equal", _unknown_result(waits) if waits else Unknown(reason=reason), left, right)
    return truth is Truth.TRUE


def conjunction(left: bool | Unknown, right: bool | Unknown) -> bool | Unknown:
    """Evaluate `left && right`; false with anything is false."""
    if left is False or right is False:
        return False
    return _only_unknown(left, right)


def disjunction(left: bool | Unknown, right: bool | Unknown) -> bool | Unknown:
    """Evaluate `left || right`; true with anything is true."""
    if left is True or right is True:
        return True
    return _only_unknown(left, right)


def _only_unknown(left: bool | Unknown, right: bool | Unknown) -> bool | Unknown:
    """Return the side that decides where the other one does not."""
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return _unknown_result(left)
    return left if isinstance(left, Unknown) else right


def _number(value: Value) -> Number | Unknown:
    converted = to_number(value)
    if isinstance(converted, Unknown):
        return _unknown_result(converted)
    number = exact(converted)
    if number is None:
        raise EvaluationError("a number is required, got null")
    return number


def _unknown_result(value: Value) -> Unknown:
    """Return the unknown result of an operation on an unknown value, with its reason but not its symbol."""
    if not isinstance(value, Unknown):
        return Unknown(may_fail=True)
    return Unknown(reason=value.reason, where=value.where, may_fail=value.may_fail)


def _name(function: str, result: Unknown, *operands: Value) -> Unknown:
    named = name_result(result, function, operands)
    assert isinstance(named, Unknown)
    return named


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def length_argument(node: Binary) -> Expression | None:
    """Return the argument of `length` on one side of a comparison; None if neither or both sides call it."""
    sides = [_argument(node.left), _argument(node.right)]
    found = [each for each in sides if each is not None]
    return found[0] if node.operator in _MIRRORED and len(found) == 1 else None


def compare_lengths(node: Binary, left: Value, right: Value) -> bool | None:
    """Compare every length of at least 1 with the number on the other side; None if the results differ."""
    if _argument(node.left) is not None:
        return _holds_for_every_length(node.operator, right)
    return _holds_for_every_length(_MIRRORED[node.operator], left)


def _argument(node: Expression) -> Expression | None:
    if isinstance(node, Call) and node.name == "length" and len(node.arguments) == 1 and not node.spread:
        return node.arguments[0]
    return None


def _holds_for_every_length(sign: str, number: Value) -> bool | None:
    if isinstance(number, bool) or not isinstance(number, (int, float, Fraction)):
        return None
    if sign in ("<", ">="):
        return (sign == ">=") if number <= 1 else None
    return (sign in (">", "!=")) if number < 1 else None
