"""Numbers that remember that they are sensitive, outside of expressions: in a plan, and as what an expression is."""

from __future__ import annotations

from fractions import Fraction

from tfcheck.symbolic.value import Value


class SensitiveInt(int):
    """A whole number that is marked."""


class SensitiveFloat(float):
    """A number of a plan that is marked."""


class SensitiveFraction(Fraction):
    """A number of the sources that is marked."""


SENSITIVE_NUMBERS = (SensitiveInt, SensitiveFloat, SensitiveFraction)


def marked_number(number: float | Fraction) -> Value:
    """Return a number, marked; a bool cannot be."""
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
