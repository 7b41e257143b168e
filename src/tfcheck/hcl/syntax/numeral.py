"""Parse a number exactly."""

from __future__ import annotations

from fractions import Fraction

from tfcheck.hcl.syntax.lexer import MalformedError

#: Terraform keeps 512 bits, some 150 digits; what is longer, or has a larger exponent, is nothing that a policy needs.
_LONGEST = 150


def number(written: str, offset: int) -> int | Fraction:
    """Read `1`, `-1.50` or `1e3`: an int where it is whole, else a fraction.

    Raises:
        MalformedError: it is not one, or so large that working with it would take for ever.
    """
    digits, _, exponent = written.lower().partition("e")
    try:
        if len(digits) > _LONGEST or abs(int(exponent[:10] or "0")) > _LONGEST:
            raise MalformedError("a number is too large", offset)
        exact = Fraction(written)
    except ValueError:
        raise MalformedError("a number cannot be read", offset) from None
    return int(exact) if exact.denominator == 1 else exact
