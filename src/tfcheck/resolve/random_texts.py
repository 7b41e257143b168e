"""Derive the form of the texts that the provider `random` makes during the apply."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tfcheck.resolve.derived_instance import DerivedInstance
from tfcheck.symbolic.symbol import Symbol
from tfcheck.symbolic.value import Hole, TextLike, Unknown, text

_KINDS = {"lower": "abcdefghijklmnopqrstuvwxyz", "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "numeric": "0123456789"}
_ALNUM = "".join(_KINDS.values())
#: The characters of `special`; `override_special` replaces them.
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


def _after_prefix(attribute: str, chars: str) -> Callable[[DerivedInstance], TextLike]:
    """Return the form of random bytes as text, which the provider writes after the prefix."""

    def derive(instance: DerivedInstance) -> TextLike:
        written = instance.planned_argument("prefix")
        prefix = written if isinstance(written, TextLike) else ""
        symbol = Symbol(instance.address, (attribute, "random") if prefix else (attribute,))
        return text([prefix, Unknown(symbol=symbol, hole=Hole(chars, False, 1))])

    return derive


def _string(instance: DerivedInstance) -> TextLike | None:
    """Return the form of a random string; a kind of characters that nothing turns off is possible."""
    length, special = instance.planned_argument("length"), instance.planned_argument("override_special")
    if not isinstance(length, (int, Fraction)) or not (special is None or isinstance(special, str)):
        return None
    kinds = {**_KINDS, "special": special or _SPECIAL}
    chars = "".join(each for kind, each in kinds.items() if instance.planned_argument(kind) is not False)
    symbol = Symbol(instance.address, ("result",))
    return Unknown(symbol=symbol, hole=Hole(chars, False, int(length), int(length))) if chars else None


DERIVATIONS: dict[str, dict[str, Callable[[DerivedInstance], TextLike | None]]] = {
    "random_id": {
        "hex": _after_prefix("hex", "0123456789abcdef"),
        "dec": _after_prefix("dec", "0123456789"),
        "b64_url": _after_prefix("b64_url", _ALNUM + "-_"),
        "b64_std": _after_prefix("b64_std", _ALNUM + "+/="),
    },
    "random_string": {"result": _string, "id": _string},
}
