"""Print numbers as Go's `%f`, `%e` and `%g` do.

See https://pkg.go.dev/math/big#Float.Text. All functions take numbers that are not negative.
"""

from __future__ import annotations

from fractions import Fraction

from tfcheck.hcl.functions.arguments import limited
from tfcheck.symbolic.numerals import Number, spelled


def fixed(number: Number, places: int) -> str:
    """Write `number` with so many decimal places."""
    digits = str(_rounded(Fraction(number) * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def exponential(number: Number, places: int) -> str:
    """Write `number` with one digit before the point, so many behind it, and an exponent."""
    if number == 0:
        return ("0." + "0" * places if places else "0") + "e+00"
    exponent = _exponent(number)
    digits = str(_rounded(Fraction(number) * Fraction(10) ** (places - exponent)))
    if len(digits) > places + 1:
        digits, exponent = digits[:-1], exponent + 1
    return _with_exponent(digits, exponent)


def shortest(number: Number) -> str:
    """Write `number` with as few digits as possible, with an exponent if that is below -4 or above 5."""
    if number < 0:
        return "-" + shortest(-number)
    exponent = _exponent(number) if number else 0
    written = spelled(number)
    if written is None:
        raise limited("a number that Terraform rounds")
    if -4 <= exponent < 6:
        return written
    return _with_exponent(written.replace(".", "").strip("0"), exponent)


def _with_exponent(digits: str, exponent: int) -> str:
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _exponent(number: Number) -> int:
    """Return the power of ten of the first digit of a positive number."""
    fraction = Fraction(number)
    exponent = len(str(fraction.numerator)) - len(str(fraction.denominator))
    while Fraction(10) ** exponent > fraction:
        exponent -= 1
    while Fraction(10) ** (exponent + 1) <= fraction:
        exponent += 1
    return exponent


def _rounded(number: Fraction) -> int:
    """Round to a whole number."""
    if number.denominator == 2:
        # NOTE: Terraform's binary number may lie on either side of what is half way between two in decimals.
        raise limited("a number that lies half way between two")
    return round(number)
