"""Parse, round and print numbers as Terraform does.

Terraform computes with binary floating point numbers of 512 bits
(https://pkg.go.dev/github.com/zclconf/go-cty/cty#NumberVal). We compute exactly, and check that its result is the same.
"""

from __future__ import annotations

import re
from fractions import Fraction

from tfcheck.symbolic.numerals import DIGITS, Number, is_terminating, plain
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Unknown, Value

#: Bits of Terraform's mantissa.
PRECISION = 512
_NUMERAL = regex(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?", re.ASCII)
#: Additional notation of Go's parser: binary exponents.
_BINARY = regex(r"[+-]?(?:\d+\.?\d*|\.\d+)[pP][+-]?\d+", re.ASCII)


def is_number(value: object) -> bool:
    """Whether `value` is a known number (a bool is not one)."""
    return isinstance(value, (int, float, Fraction)) and not isinstance(value, bool)


def round_number(number: Number) -> Fraction:
    """Round `number` to the binary number that Terraform keeps: 512 bits, ties to even."""
    exact_number = Fraction(number)
    shift = PRECISION - (abs(exact_number.numerator).bit_length() - exact_number.denominator.bit_length())
    for _ in range(3):
        mantissa = round(exact_number * Fraction(2) ** shift)
        if abs(mantissa).bit_length() <= PRECISION:
            break
        shift -= 1
    return Fraction(mantissa) / Fraction(2) ** shift


def agree_with_rounded(result: Number, of_rounded: Fraction) -> Value:
    """Return `result` if Terraform's rounded operands, which give `of_rounded`, lead to the same; else Unknown."""
    if is_terminating(result) and round_number(result) == round_number(of_rounded):
        return plain(result)
    return Unknown(reason="limit: a number that Terraform rounds")


def parse_number(written: str) -> Number | Unknown | None:
    """Parse a number; None if Terraform would refuse it, Unknown for an unusual notation."""
    if len(written) > 1000:
        return Unknown(reason="limit: a number of more than 1000 characters", unsure=True)
    found = _NUMERAL.fullmatch(written)
    if not found:
        return Unknown(reason="unsupported notation of a number") if _BINARY.fullmatch(written) else None
    if found[1] and abs(int(found[1])) > 2 * DIGITS:
        return Unknown(reason="limit: a number with a large exponent", unsure=True)
    number = plain(Fraction(written))
    return number if is_terminating(number) else Unknown(reason="limit: a number that Terraform rounds")
