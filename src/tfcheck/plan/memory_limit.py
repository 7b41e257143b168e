"""Refuse a plan that takes much memory for its size because it has more objects than Terraform writes.

An object of a plan takes a hundred bytes of memory and more, and as JSON only three. Plans of Terraform have at least
70 bytes for each, and 16 for each value.
"""

from __future__ import annotations

import os

from tfcheck.plan.spool import Buffer
from tfcheck.symbolic.limits import take_values
from tfcheck.vocabulary.errors import InputError

#: One of this many parts, each this many bytes long, is inspected.
_STRETCH, _PARTS = 2**21, 8
#: A plan with fewer bytes never has too many objects.
_SMALL = 4 * 2**20
_OBJECTS, _BYTES_OF_AN_OBJECT = 1_000_000, 48
#: The maximum for one resource or section that is decoded as a whole; no provider's attributes come close.
_LARGEST = 20_000_000
#: The minimum allowance for decoding.
_CALL = 10

_HINT = "check a plan as `terraform show -json` prints it"


def refuse_crowded(text: Buffer, named: str) -> None:
    """Raise InputError for a plan with more objects than is normal for its size."""
    most = max(_OBJECTS, len(text) // _BYTES_OF_AN_OBJECT)
    if len(text) > _SMALL and _objects_in(text) > most:
        raise InputError(f"{named} has more than {most:,} objects, too many for its size", hint=_HINT)


def _objects_in(text: Buffer) -> int:
    """Estimate the number of objects in a large text from random samples, so that none can be hidden."""
    begins = range(0, len(text), _STRETCH)
    found = 0
    for begin, chance in zip(begins, os.urandom(len(begins)), strict=True):
        length = -(-min(_STRETCH, len(text) - begin) // _PARTS)
        start = begin + chance % _PARTS * length
        found += bytes(text[start : start + length]).count(b"{")
    return found * _PARTS


def affordable(part: memoryview, what: str) -> int:
    """Charge the values of a part of a plan, or raise InputError; return how many objects and lists it opens."""
    if len(part) > _LARGEST:
        raise InputError(f"{what}: {len(part):,} bytes are more than tfcheck decodes", hint=_HINT)
    text = bytes(part)
    opened = text.count(b"{") + text.count(b"[")
    if not take_values(opened + text.count(b",") + _CALL):
        raise InputError(f"{what} cannot be decoded: the plan has too many values", hint=_HINT)
    return opened
