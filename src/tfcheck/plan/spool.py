"""Store data from a pipe or from gzip where it can be mapped like a file.

A large plan that is mapped takes hardly any memory. It is kept in a temporary file that only this user can read, which
has no name and is gone when the process ends, however it ends.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, TypeAlias

Buffer: TypeAlias = bytes | memoryview

#: Most plans are smaller, and never written anywhere.
_IN_MEMORY = 8 * 2**20


def spool_blocks(blocks: Iterator[bytes]) -> Buffer:
    """Return the content of the blocks: as bytes, or mapped from a temporary file if it is large."""
    begin = bytearray()
    for block in blocks:
        begin += block
        if len(begin) > _IN_MEMORY:
            return _map(bytes(begin), blocks)
    return bytes(begin)


def _map(begin: bytes, blocks: Iterator[bytes]) -> Buffer:
    """Write everything to a temporary file, or join it in memory if that is impossible."""
    from tempfile import TemporaryFile

    try:
        file = TemporaryFile(buffering=0)  # noqa: SIM115 (it is closed below)
    except OSError:  # as in a container without a writable directory
        return b"".join((begin, *blocks))
    with file:
        for block in chain((begin,), blocks):
            rest = memoryview(block)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError:  # the disk is full
                return b"".join((_view(file), rest, *blocks))
        return _view(file)


def _view(file: IO[bytes]) -> Buffer:
    """Map a file that was written; it stays mapped while any part of it is referenced."""
    try:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if file.tell() else b""
    except (OSError, ValueError):
        raise MemoryError from None


def release(buffer: Buffer) -> None:
    """Release the memory of a mapped file; what is read again is mapped again."""
    mapped = buffer.obj if isinstance(buffer, memoryview) else None
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        with suppress(OSError):  # the user locks memory
            mapped.madvise(mmap.MADV_DONTNEED)
