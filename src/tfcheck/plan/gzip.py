"""Decompress a plan that was stored with gzip, up to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from tfcheck.plan.spool import Buffer, spooled
from tfcheck.vocabulary.errors import InputError

_MAGIC = b"\x1f\x8b"
#: What one file is decompressed to at most, and how many objects this may have, so that a small file cannot exhaust the
#: machine: what a plan takes grows with the JSON in it, and not with the file. A plan of this size has 850,000 objects.
_LARGEST, _MOST_OBJECTS = 96 * 2**20, 1_000_000
_BLOCK = 2**20
#: A file can have a member every 20 bytes: what is copied for each is little, and they are not too many.
_FIRST_BLOCK, _MOST_MEMBERS = 2**10, 100_000
#: Lets zlib read the header and the checksum of gzip.
_GZIP = 31


def is_gzip(head: bytes) -> bool:
    """Whether a file begins as gzip does (RFC 1952)."""
    return head.startswith(_MAGIC)


def decompressed(buffer: Buffer, named: str) -> Buffer:
    """Return the content of a gzip file, of all its members.

    Raises:
        InputError: the file is damaged, cut short, or decompresses to more than the limit.
    """
    return spooled(_limited(_members(memoryview(buffer), named), named))


def _limited(blocks: Iterator[bytes], named: str) -> Iterator[bytes]:
    size = objects = 0
    for block in blocks:
        size += len(block)
        objects += block.count(b"{")
        if size > _LARGEST or objects > _MOST_OBJECTS:
            limit = f"{_LARGEST // 2**20} MiB" if size > _LARGEST else f"{_MOST_OBJECTS:,} objects"
            raise InputError(f"{named} decompresses to more than {limit}", hint="decompress it first, with `gunzip`")
        yield block


def _members(rest: memoryview, named: str) -> Iterator[bytes]:
    """Yield the content of all members that follow each other, in blocks."""
    for _ in range(_MOST_MEMBERS + 1):
        if not is_gzip(bytes(rest[:2])):
            return
        machine, position, size = zlib.decompressobj(_GZIP), 0, _FIRST_BLOCK
        while not machine.eof:
            block = machine.unconsumed_tail or bytes(rest[position : position + size])
            position += 0 if machine.unconsumed_tail else len(block)
            size = _BLOCK
            if not block:
                raise InputError(f"{named} is cut short: its gzip data ends early", hint="copy or download it again")
            try:
                yield machine.decompress(block, _BLOCK)
            except zlib.error:
                raise InputError(f"{named} is damaged gzip data", hint="copy or download it again") from None
        rest = rest[position - len(machine.unused_data) :]
    raise InputError(f"{named} is gzip data of more than {_MOST_MEMBERS:,} parts", hint="decompress it, with `gunzip`")
