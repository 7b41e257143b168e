"""Decide comparisons of `length(...)` with a number when a text is unknown but not empty.

Modules ask so whether an argument is set: `length(var.role_arn) > 0 ? var.role_arn : aws_iam_role.x[0].arn`.
"""

from __future__ import annotations

from fractions import Fraction

from tfcheck.hcl.syntax.expression import Binary, Call, Expression
from tfcheck.symbolic.value import Value

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
