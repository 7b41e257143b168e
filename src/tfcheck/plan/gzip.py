"""Decompress a plan that was stored with gzip, up to a limit."""

from __future__ import annotations

import zlib

from tfcheck.vocabulary.errors import InputError

_MAGIC = b"\x1f\x8b"
#: What one file is decompressed to at most, so that a small file cannot exhaust the memory.
_LARGEST = 256 * 2**20
_BLOCK = 2**20
#: Lets zlib read the header and the checksum of gzip.
_GZIP = 31


def is_gzip(head: bytes) -> bool:
    """Whether a file begins as gzip does (RFC 1952)."""
    return head.startswith(_MAGIC)


def decompressed(buffer: bytes | memoryview, named: str) -> memoryview:
    """Return the content of a gzip file, of all its members.

    Raises:
        InputError: the file is damaged, cut short, or decompresses to more than the limit.
    """
    found, rest = bytearray(), memoryview(buffer)
    while rest and is_gzip(bytes(rest[:2])):
        rest = _member(rest, found, named)
    return memoryview(found)


def _member(rest: memoryview, found: bytearray, named: str) -> memoryview:
    """Append one member of a gzip file to `found`; return what follows it."""
    machine, position = zlib.decompressobj(_GZIP), 0
    while not machine.eof:
        block = machine.unconsumed_tail or bytes(rest[position : position + _BLOCK])
        position += 0 if machine.unconsumed_tail else len(block)
        if not block:
            raise InputError(f"{named} is cut short: its gzip data ends early", hint="copy or download it again")
        try:
            found += machine.decompress(block, _BLOCK)
        except zlib.error:
            raise InputError(f"{named} is damaged gzip data", hint="copy or download it again") from None
        if len(found) > _LARGEST:
            limit = f"{_LARGEST // 2**20} MiB"
            raise InputError(f"{named} decompresses to more than {limit}", hint="decompress it first, with `gunzip`")
    return rest[position - len(machine.unused_data) :]
