"""Refuse a plan of which a few bytes would take much memory: it packs more objects into them than Terraform does.

An object of a plan takes a hundred bytes of memory and more, and as JSON only three. Plans of Terraform have at least
70 bytes for each, and 16 for each value.
"""

from __future__ import annotations

import os

from tfcheck.plan.spool import Buffer
from tfcheck.symbolic.limits import take_values
from tfcheck.vocabulary.errors import InputError

#: Of each so many bytes, one part of so many is looked at.
_STRETCH, _PARTS = 2**21, 8
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
    most = max(_OBJECTS, len(text) // _BYTES_OF_AN_OBJECT)
    if len(text) > _SMALL and _objects_in(text) > most:
        raise InputError(f"{named} has more than {most:,} objects, too many for its size", hint=_HINT)


def _objects_in(text: Buffer) -> int:
    """Estimate how many objects a large text has: chance picks the parts, so that nobody can hide objects from it."""
    begins = range(0, len(text), _STRETCH)
    found = 0
    for begin, chance in zip(begins, os.urandom(len(begins)), strict=True):
        length = -(-min(_STRETCH, len(text) - begin) // _PARTS)
        start = begin + chance % _PARTS * length
        found += bytes(text[start : start + length]).count(b"{")
    return found * _PARTS


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
