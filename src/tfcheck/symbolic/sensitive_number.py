"""Numbers that carry a sensitive mark, in plans and as values of expressions."""

from __future__ import annotations

from fractions import Fraction

from tfcheck.symbolic.value import Value


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
