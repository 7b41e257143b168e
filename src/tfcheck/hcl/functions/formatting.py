"""`format` and `formatlist`, also with unknown arguments.

See https://developer.hashicorp.com/terraform/language/functions/format.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import cast

import msgspec

from tfcheck.hcl.evaluate.convert import to_bool, to_number, to_string
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import is_definitely_text
from tfcheck.hcl.formats import json
from tfcheck.hcl.functions.arguments import LONGEST_STRING, Function, afford, limit_error, unknown_result
from tfcheck.hcl.functions.strings import clusters
from tfcheck.symbolic.marks import has_mark, mark_all
from tfcheck.symbolic.numbers import Number, exact, spell_number
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.texts import split_text
from tfcheck.symbolic.value import (
    Hole,
    JsonText,
    Set,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
    pieces,
    spelled_out,
    text,
)

_VERB = regex(
    r"%(?P<flags>[+\- #0]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?:\[(?P<index>\d+)\])?(?P<mode>.)", re.DOTALL
)
_MODES = "vtbdoxXeEfgGsq"
_WIDEST = 1000
#: Steps for one verb.
_VERB_STEPS = 15


class Verb(msgspec.Struct, frozen=True):
    """One `%…` of a format."""

    flags: str
    width: int | None
    precision: int | None
    mode: str

    @property
    def is_plain(self) -> bool:
        """Whether it has no flags, width or precision."""
        return not self.flags and self.width is None and self.precision is None


class _Arguments:
    """The arguments of a format, and which of them its verbs have used."""

    def __init__(self, values: tuple[Value, ...]) -> None:
        self._values = values
        self._used = self._last = self._length = 0

    def format_verb(self, found: re.Match[str]) -> TextLike:
        """Return the text of a verb."""
        if found["mode"] == "%":
            if found[0] != "%%":
                raise limit_error("a format with an unusual `%`")
            return "%"
        self._last = int(found["index"][:6]) if found["index"] else self._last + 1
        if not 1 <= self._last <= len(self._values):
            raise EvaluationError("the format needs more arguments")
        self._used = max(self._used, self._last)
        argument = self._values[self._last - 1]
        part = _format_argument(_verb(found), argument)
        length = len(part) if isinstance(part, str) else 1
        self._length += length
        afford(steps=_VERB_STEPS + length // 40)
        if self._length > LONGEST_STRING:
            raise limit_error("a string of so many characters")
        return cast(TextLike, mark_all(part)) if has_mark(argument) and not has_mark(part) else part

    def check_all_used(self) -> None:
        """Raise an error if the format has too few verbs."""
        if self._used < len(self._values):
            raise EvaluationError("the format needs fewer arguments")


def format_(written: TextLike, *arguments: Value) -> Value:
    """Format the arguments; unknown pieces of the format that contain no `%` remain as they are."""
    written_pieces = pieces(written) or ("",)
    if isinstance(written, Unknown) or not all(isinstance(each, str) or _has_no_verb(each) for each in written_pieces):
        return unknown_result(written, may_fail=True)
    values = _Arguments(arguments)
    parts: list[TextLike] = []
    for place, piece in enumerate(written_pieces, 1):
        if not isinstance(piece, str):
            parts.append(piece)
            continue
        position = 0
        while (start := piece.find("%", position)) >= 0:
            found = _VERB.match(piece, start)
            if place < len(written_pieces) and (found is None or _may_continue(found)):
                return unknown_result(written, may_fail=True)
            if found is None:
                raise EvaluationError("the format ends within a verb")
            parts += piece[position:start], values.format_verb(found)
            position = found.end()
        parts.append(piece[position:])
    values.check_all_used()
    return text(parts)


def _has_no_verb(piece: TextLike) -> bool:
    return len(split_text(spelled_out(piece), "%") or ()) == 1


def _may_continue(verb: re.Match[str]) -> bool:
    """Whether what follows a piece of the format could be part of its last verb."""
    return verb.end() == len(verb.string) and verb["mode"] not in f"{_MODES}%"


def _verb(found: re.Match[str]) -> Verb:
    width = int(found["width"][:6]) if found["width"] else None
    precision = None if found["precision"] is None else int(found["precision"][:6] or 0)
    if max(width or 0, precision or 0) > _WIDEST:
        raise limit_error("a format of so many characters")
    if "-" in found["flags"] and "0" in found["flags"]:
        raise limit_error("a format that pads on both sides")
    return Verb(found["flags"], width, precision, found["mode"])


def _format_argument(verb: Verb, argument: Value) -> TextLike:
    if argument is None and verb.mode != "v":
        raise EvaluationError("null cannot be formatted")
    if verb.mode not in _MODES:
        raise EvaluationError("the format has an unknown verb")
    if not is_known(argument):
        return _formatted_open(verb, argument)
    match verb.mode:
        case "v":
            return _format_default(verb, argument)
        case "t":
            return "true" if to_bool(argument) else "false"
        case "s" | "q":
            written = to_string(argument)
            if not isinstance(written, str):
                raise limit_error("a number that Terraform rounds")
            if verb.precision:
                written = "".join(clusters(written)[: verb.precision])
            return _pad(verb, json.quote(written) if verb.mode == "q" else written)
        case _:
            number = to_number(argument)
            if not isinstance(number, (int, Fraction)):
                raise limit_error("a number that Terraform rounds")
            return _number(verb, number)


def _formatted_open(verb: Verb, argument: Value) -> TextLike:
    """Format a partly unknown value: strings piece by piece, anything else as one unknown piece."""
    if isinstance(argument, (list, dict, Set)):
        if verb.mode != "v":
            raise EvaluationError("a string or number is required, got a structure")
        return json.encode(argument) if verb.is_plain else unknown_result(argument)
    textual = isinstance(argument, (Text, JsonText, Unknown))
    if textual and verb.is_plain and (verb.mode == "s" or (verb.mode == "v" and is_definitely_text(argument))):
        return argument  # type: ignore[return-value]
    if verb.is_plain and verb.mode == "q" and isinstance(argument, (Text, Unknown)):
        # NOTE: a hole is assumed to need no escaping, as in any JSON text.
        parts: list[TextLike] = [json.quote(each)[1:-1] if isinstance(each, str) else each for each in pieces(argument)]
        return text(['"', *parts, '"'])
    if verb.is_plain and verb.mode == "d":
        return unknown_result(argument, may_fail=True, hole=Hole(chars="-0123456789", negated=False, shortest=1))
    return unknown_result(argument, may_fail=verb.mode not in "vsq")


def _format_default(verb: Verb, argument: Value) -> str:
    number = exact(argument)
    if "#" in verb.flags or not (isinstance(argument, str) or number is not None):
        argument = json.encode(argument)
    elif number is not None:
        argument = shortest(number)
    assert isinstance(argument, str)
    return _pad(verb, argument)


def _pad(verb: Verb, written: str) -> str:
    missing = verb.width - len(clusters(written)) if verb.width else 0
    if missing <= 0:
        return written
    padding = ("0" if "0" in verb.flags else " ") * missing
    return written + padding if "-" in verb.flags else padding + written


def _number(verb: Verb, number: Number) -> str:
    sign = "-" if number < 0 else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    if verb.mode not in "bdoxX" and "#" in verb.flags:
        raise limit_error("a format of a number with `#`")
    digits = _digits(verb, number) if verb.mode in "bdoxX" else _decimals(verb, -number if number < 0 else number)
    missing = max(0, (verb.width or 0) - len(sign) - len(digits))
    if "0" in verb.flags:
        return sign + "0" * missing + digits
    return sign + digits + " " * missing if "-" in verb.flags else " " * missing + sign + digits


def _digits(verb: Verb, number: Number) -> str:
    if not isinstance(number, int):
        raise EvaluationError("a whole number is required")
    if verb.precision is not None:
        raise limit_error("a format of a whole number with a precision")
    prefix = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb.mode, "") if "#" in verb.flags else ""
    return prefix + format(abs(number), verb.mode)


def _decimals(verb: Verb, number: Number) -> str:
    match verb.mode:
        case "f":
            return format_fixed(number, 6 if verb.precision is None else verb.precision)
        case "e" | "E":
            written = exponential(number, 6 if verb.precision is None else verb.precision)
            return written.upper() if verb.mode == "E" else written
        case _:
            if verb.precision is not None:
                raise limit_error("a format of a number with significant digits")
            return shortest(number).upper() if verb.mode == "G" else shortest(number)


def formatlist(written: TextLike, *arguments: Value) -> Value:
    """Format once for each element; arguments that are not lists repeat."""
    lists = [list(each.items) if isinstance(each, Set) else each for each in arguments]
    if any(isinstance(each, Set) and not is_known(each) for each in arguments):
        return unknown_result(list(arguments))
    if any(isinstance(each, Unknown) and not is_definitely_text(each) for each in arguments):
        # It may be a list of any length.
        return unknown_result(list(arguments), may_fail=True)
    lengths = {len(each) for each in lists if isinstance(each, list)}
    if len(lengths) > 1:
        raise EvaluationError("the lists differ in length")
    count = lengths.pop() if lengths else 1
    return [format_(written, *(each[at] if isinstance(each, list) else each for each in lists)) for at in range(count)]


FUNCTIONS = {
    "format": Function(format_, "string ~any*", partial=True),
    "formatlist": Function(formatlist, "string ~any*", partial=True),
}


# Numbers as Go prints them with `%f`, `%e` and `%g` (https://pkg.go.dev/math/big#Float.Text); none is negative.


def format_fixed(number: Number, places: int) -> str:
    """Format `number` with this many decimal places."""
    digits = str(_round(Fraction(number) * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def exponential(number: Number, places: int) -> str:
    """Format `number` with one digit before the point, this many after it, and an exponent."""
    if number == 0:
        return ("0." + "0" * places if places else "0") + "e+00"
    exponent = Decimal(_decimal(number)).adjusted()
    digits = str(_round(Fraction(number) * Fraction(10) ** (places - exponent)))
    if len(digits) > places + 1:
        digits, exponent = digits[:-1], exponent + 1
    return _format_exponent(digits, exponent)


def shortest(number: Number) -> str:
    """Format `number` with as few digits as possible, with an exponent if that is below -4 or above 5."""
    if number < 0:
        return "-" + shortest(-number)
    written = _decimal(number)
    exponent = Decimal(written).adjusted()
    if -4 <= exponent < 6:
        return written
    return _format_exponent(written.replace(".", "").strip("0"), exponent)


def _format_exponent(digits: str, exponent: int) -> str:
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _decimal(number: Number) -> str:
    """Return the whole decimal notation of a number."""
    written = spell_number(number)
    if written is None:
        raise limit_error("a number that Terraform rounds")
    return written


def _round(number: Fraction) -> int:
    """Round to a whole number."""
    if number.denominator == 2:
        # NOTE: Terraform's binary number may be on either side of a half.
        raise limit_error("a number that lies half way between two")
    return round(number)
