"""Parse, round, print and mark numbers as Terraform does.

Terraform computes with binary floating point numbers of 512 bits
(https://pkg.go.dev/github.com/zclconf/go-cty/cty#NumberVal) and prints decimals without an exponent. We compute
exactly, and check that its result is the same.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeAlias

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import JsonText, Text, TextLike, Unknown, Value


class SensitiveInt(int):
    """A marked whole number."""


class SensitiveFloat(float):
    """A marked number of a plan."""


class SensitiveFraction(Fraction):
    """A marked number of the sources."""


SENSITIVE_NUMBERS = (SensitiveInt, SensitiveFloat, SensitiveFraction)


def marked_number(number: float | Fraction) -> Value:
    """Mark a number; a bool cannot be marked."""
    if isinstance(number, (bool, SensitiveInt, SensitiveFloat, SensitiveFraction)):
        return number
    if isinstance(number, int):
        return SensitiveInt(number)
    return SensitiveFloat(number) if isinstance(number, float) else SensitiveFraction(number)


def unmarked_number(number: SensitiveInt | SensitiveFloat | SensitiveFraction) -> Value:
    """Return a number without its mark."""
    if isinstance(number, SensitiveInt):
        return int(number)
    return float(number) if isinstance(number, SensitiveFloat) else Fraction(number.numerator, number.denominator)


Number: TypeAlias = int | Fraction

#: The number of decimal digits that are definitely printed as written, and of bits of Terraform's mantissa.
DIGITS, PRECISION = 150, 512
ROUNDED = Unknown(reason="limit: a number that Terraform rounds")
_NUMERAL = regex(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?", re.ASCII)
#: Additional notation of Go's parser: binary exponents.
_BINARY = regex(r"[+-]?(?:\d+\.?\d*|\.\d+)[pP][+-]?\d+", re.ASCII)


def exact(value: Value) -> Number | None:
    """Return a known number as int or Fraction; None for anything else, including infinite floats."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        # The written decimal, not the nearest binary number.
        return plain(Fraction(repr(value))) if value - value == 0 else None
    return plain(value) if isinstance(value, (int, Fraction)) else None


def plain(number: Number) -> Number:
    """Return a whole number as int."""
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def is_terminating(number: Number) -> bool:
    """Whether `number` has a decimal notation short enough to be printed exactly."""
    denominator = Fraction(number).denominator
    return abs(number) < 10**DIGITS and denominator.bit_length() <= 4 * DIGITS and bool(10**DIGITS % denominator == 0)


def spell_number(number: Number) -> str | None:
    """Format `number` like Terraform, without an exponent; None if it has no short decimal notation."""
    if isinstance(number, int) or number.denominator == 1:
        return str(int(number)) if abs(number) < 10**DIGITS else None
    if not is_terminating(number):
        return None
    places = next(count for count in range(1, DIGITS + 1) if 10**count % number.denominator == 0)
    digits = str(abs(number.numerator) * (10**places // number.denominator)).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def as_text(value: Value) -> str | Unknown | Text | JsonText | None:
    """Convert a string, number or bool to Terraform's string for it, with its mark; None for anything else."""
    if isinstance(value, TextLike):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    number = exact(value)
    if number is None:
        return None
    written = spell_number(number)
    if written is None:
        return ROUNDED
    return Sensitive(written) if isinstance(value, SENSITIVE_NUMBERS) else written


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
    is_same = is_terminating(result) and round_number(result) == round_number(of_rounded)
    return plain(result) if is_same else ROUNDED


def parse_number(written: str) -> Number | Unknown | None:
    """Parse a number; None if Terraform would refuse it, Unknown for an unusual notation."""
    if len(written) > 1000:
        return Unknown(reason="limit: a number of more than 1000 characters", may_fail=True)
    found = _NUMERAL.fullmatch(written)
    if not found:
        return Unknown(reason="unsupported notation of a number") if _BINARY.fullmatch(written) else None
    if found[1] and abs(int(found[1])) > 2 * DIGITS:
        return Unknown(reason="limit: a number with a large exponent", may_fail=True)
    number = plain(Fraction(written))
    return number if is_terminating(number) else ROUNDED
