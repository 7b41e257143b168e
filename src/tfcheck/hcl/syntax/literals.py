"""Parse numbers, and decode the escapes in the text of a template."""

from __future__ import annotations

import re
from fractions import Fraction

from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.symbolic.regex import regex

_QUOTED = regex(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|\$\$\{|%%\{")
_BARE = regex(r"\$\$\{|%%\{")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescape(written: str) -> str:
    r"""Decode the text between the quotes of a string: `\n`, `\u00e9`, `$${`, `%%{`."""
    return _QUOTED.sub(_character, written) if "\\" in written else unescape_bare(written)


def unescape_bare(written: str) -> str:
    """Decode text of a heredoc or template file, where only `$${` and `%%{` are escapes."""
    return _BARE.sub(lambda found: found[0][1:], written)


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"
    return _LETTERS.get(found[3], found[3]) if found[3] else found[0][1:]


#: Terraform keeps 512 bits, about 150 digits; policies need nothing longer or with a larger exponent.
_LONGEST = 150


def number(written: str, offset: int) -> int | Fraction:
    """Parse `1`, `-1.50` or `1e3`: an int if it is whole, else a fraction."""
    if written.isdecimal() and len(written) <= _LONGEST:
        return int(written)
    digits, _, exponent = written.lower().partition("e")
    try:
        if len(digits) > _LONGEST or abs(int(exponent[:10] or "0")) > _LONGEST:
            raise MalformedError("a number is too large", offset)
        exact = Fraction(written)
    except ValueError:
        raise MalformedError("a number cannot be read", offset) from None
    return int(exact) if exact.denominator == 1 else exact
