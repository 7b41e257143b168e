"""Write numbers as Terraform's `jsonencode` and string conversion do.

See https://developer.hashicorp.com/terraform/language/expressions/types: a number is written as a decimal without an
exponent, never as the fraction or the binary floating point number that is it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from tfcheck.symbolic.sensitive_number import SENSITIVE_NUMBERS
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import JsonText, Text, TextLike, Unknown, Value

Number: TypeAlias = int | Fraction

#: The number of decimal digits that are definitely printed as written.
DIGITS = 150


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
    if abs(number) >= 10**DIGITS:
        return False
    denominator = Fraction(number).denominator
    if denominator.bit_length() > 4 * DIGITS:
        return False
    return bool(10**DIGITS % denominator == 0)


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
        return Unknown(reason="limit: a number that Terraform rounds")
    return Sensitive(written) if isinstance(value, SENSITIVE_NUMBERS) else written
