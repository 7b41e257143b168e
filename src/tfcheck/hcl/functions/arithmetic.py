"""Functions on numbers.

See https://developer.hashicorp.com/terraform/language/functions (numeric functions). Numbers are exact. Where Terraform
computes with 64 bits and may get another result, the result is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

import msgspec

from tfcheck.hcl.evaluate.convert import to_number
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.functions.arguments import Function, limit_error, unknown_result
from tfcheck.symbolic.numbers import Number, agree_with_rounded, plain, round_number
from tfcheck.symbolic.symbol import Result, Symbol
from tfcheck.symbolic.value import Unknown, Value

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LARGEST_EXACT = 1 << 53


def log(number: Number, base: Number) -> Value:
    """Return the logarithm of `number` to `base`, for powers of two."""
    # NOTE: libraries differ in the last bit of all others, which `ceil` and `floor` would turn into a whole number.
    if base != 2 or not isinstance(number, int) or not 0 < number <= 1 << 28 or number & (number - 1):
        raise limit_error("a logarithm that Terraform rounds")
    return number.bit_length() - 1


def power(number: Number, exponent: Number) -> Value:
    """Raise `number` to `exponent`."""
    if not isinstance(exponent, int) or abs(exponent) > 64 or (number == 0 and exponent < 0):
        raise limit_error("a power that Terraform rounds")
    result = Fraction(Fraction(number) ** exponent)
    binary = Fraction(float(number)) == number and Fraction(float(result)) == result
    if abs(result) > _LARGEST_EXACT or not binary or Fraction(repr(float(result))) != result:
        raise limit_error("a power that Terraform rounds")
    return plain(result)


def signum(number: int) -> Value:
    """Return -1, 0 or 1."""
    return (number > 0) - (number < 0)


def parseint(written: Value, base: int) -> Value:
    """Read a whole number written in `base`."""
    if not isinstance(written, str):
        raise EvaluationError("a string is required")
    if not 2 <= base <= 62:
        raise EvaluationError("the base must be between 2 and 62")
    digits = written[1:] if written[:1] in ("+", "-") else written
    if len(digits) > 400:
        raise limit_error("a number of so many digits")
    total = 0
    for digit in digits if base > 36 else digits.lower():
        value = _DIGITS.find(digit)
        if not 0 <= value < base:
            raise EvaluationError("the text is not a number of this base")
        total = total * base + value
    if not digits:
        raise EvaluationError("the text is not a number of this base")
    return -total if written.startswith("-") else total


def total(items: list[Value]) -> Value:
    """Add up all elements."""
    result = approximate = Fraction(0)
    if not items:
        raise EvaluationError("at least one number is required")
    for item in items:
        number = to_number(item)
        if not isinstance(number, (int, Fraction)):
            raise EvaluationError("an element is not a number")
        result += number
        approximate = round_number(approximate + round_number(number))
    return agree_with_rounded(result, approximate)


def extremum(choose: Callable[[Sequence[Fraction]], Fraction], function: str, *numbers: Number | Unknown) -> Value:
    """Return the greatest or the least number, as `choose` does; an unknown one is that of the `function`."""
    if not numbers:
        raise EvaluationError("at least one number is required")
    known = [number for number in numbers if not isinstance(number, Unknown)]
    if len(known) == len(numbers):
        return plain(choose([Fraction(number) for number in known]))
    # The result depends on some of the numbers; equal numbers give an equal result.
    waits = [number for number in numbers if isinstance(number, Unknown)]
    if any(each.symbol is None for each in waits):
        return unknown_result(list(waits), may_fail=True)
    owner = Result(function, frozenset(each.symbol if isinstance(each, Unknown) else each for each in numbers))
    return msgspec.structs.replace(unknown_result(list(waits), may_fail=True), symbol=Symbol(owner))


FUNCTIONS = {
    "abs": Function(abs, "number"),
    "ceil": Function(math.ceil, "number"),
    "floor": Function(math.floor, "number"),
    "log": Function(log, "number number"),
    "max": Function(partial(extremum, max, "max"), "quantity*", partial=True),
    "min": Function(partial(extremum, min, "min"), "quantity*", partial=True),
    "parseint": Function(parseint, "any integer"),
    "pow": Function(power, "number number"),
    "signum": Function(signum, "integer"),
    "sum": Function(total, "sequence"),
}
