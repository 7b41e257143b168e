"""Refuse a plan of which a few bytes would take much memory: it packs more objects into them than Terraform does.

An object of a plan takes a hundred bytes of memory and more, and as JSON only three. Plans of Terraform have at least
70 bytes for each, and 16 for each value.
"""

from __future__ import annotations

from tfcheck.plan.spool import Buffer, release
from tfcheck.symbolic.limits import take_values
from tfcheck.vocabulary.errors import InputError

_BLOCK = 2**20
#: No plan with so few bytes has too many objects.
_SMALL = 4 * 2**20
_OBJECTS, _BYTES_OF_AN_OBJECT = 1_000_000, 48
#: The most that one resource or section may have that is decoded whole: no provider has attributes that come near.
_LARGEST = 20_000_000
#: What decoding takes of the allowance, however small.
_CALL = 10

_HINT = "check a plan as `terraform show -json` prints it"


def refuse_crowded(text: Buffer, named: str) -> None:
    """Raise InputError for a plan with more objects than a plan of its size has."""
    if len(text) <= _SMALL:
        return
    most, found = max(_OBJECTS, len(text) // _BYTES_OF_AN_OBJECT), 0
    for begin in range(0, len(text), _BLOCK):
        found += bytes(text[begin : begin + _BLOCK]).count(b"{")
        if found > most:
            raise InputError(f"{named} has more than {most:,} objects, too many for its size", hint=_HINT)
    release(text)


def affordable(part: memoryview, what: str) -> int:
    """Charge the values in a part of a plan to the allowance, and return how many objects and lists it opens.

    Raises:
        InputError: it is too large, or too much was decoded before.
    """
    if len(part) > _LARGEST:
        raise InputError(f"{what}: {len(part):,} bytes are more than tfcheck decodes", hint=_HINT)
    text = bytes(part)
    opened = text.count(b"{") + text.count(b"[")
    if not take_values(opened + text.count(b",") + _CALL):
        raise InputError(f"{what} cannot be decoded: the plan has too many values", hint=_HINT)
    return opened
