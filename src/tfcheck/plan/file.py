"""Read the bytes of a plan, find the JSON in them, and refuse what takes much memory for its size.

Files are mapped, so that what is not decoded is never copied. What comes from standard input or a pipe, if it is large,
is written to a temporary file first and mapped as well: only this user can read that file, it has no name, and it is
gone when the process ends, however it ends.

An object takes at least a hundred bytes of memory, and as JSON only three. In plans that Terraform writes, there are at
least 70 bytes for each object, and 16 for each value.
"""

from __future__ import annotations

import codecs
import errno
import mmap
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias

import msgspec

from tfcheck.symbolic.limits import take_values
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import InputError, file_problem

Buffer: TypeAlias = bytes | memoryview

_PLAN_AS_TEXT = regex(rb"(?:Terraform|OpenTofu) (?:used the selected providers|will perform the following actions)")

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


#: One of this many parts, each this many bytes long, is inspected.
_STRETCH, _PARTS = 2**21, 8
#: A plan with fewer bytes never has too many objects.
_SMALL = 4 * 2**20
_OBJECTS, _BYTES_OF_AN_OBJECT = 1_000_000, 48
#: The maximum for one resource or section that is decoded as a whole; no provider's attributes come close.
_LARGEST_PART = 20_000_000
#: The minimum allowance for decoding.
_CALL = 10

_HINT = "check a plan as `terraform show -json` prints it"


def refuse_crowded(text: Buffer, named: str) -> None:
    """Raise InputError for a plan with more objects than is normal for its size."""
    most = max(_OBJECTS, len(text) // _BYTES_OF_AN_OBJECT)
    if len(text) > _SMALL and _objects_in(text) > most:
        raise InputError(f"{named} has more than {most:,} objects, too many for its size", hint=_HINT)


def _objects_in(text: Buffer) -> int:
    """Return an estimate of the number of objects in a large text, from random samples, so that none can be hidden."""
    begins = range(0, len(text), _STRETCH)
    found = 0
    for begin, chance in zip(begins, os.urandom(len(begins)), strict=True):
        length = -(-min(_STRETCH, len(text) - begin) // _PARTS)
        start = begin + chance % _PARTS * length
        found += bytes(text[start : start + length]).count(b"{")
    return found * _PARTS


def affordable(part: memoryview, what: str) -> int:
    """Charge the values of a part of a plan, or raise InputError; return how many objects and lists it opens."""
    if len(part) > _LARGEST_PART:
        raise InputError(f"{what}: {len(part):,} bytes are more than tfcheck decodes", hint=_HINT)
    text = bytes(part)
    opened = text.count(b"{") + text.count(b"[")
    if not take_values(opened + text.count(b",") + _CALL):
        raise InputError(f"{what} cannot be decoded: the plan has too many values", hint=_HINT)
    return opened


#: How to create what tfcheck reads; the hint of nearly every refusal.
SHOW = "run `terraform show -json tfplan > plan.json` (or `tofu`) on a plan saved with `terraform plan -out=tfplan`"

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WITHOUT_BOM = ((b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
_BANNER = 65536
_BLOCK = 2**20


class SavedPlanError(InputError):
    """The file is a saved plan (`plan -out`), which `show -json` converts."""


def content(path: Path | None, stdin: BinaryIO | None = None) -> Buffer:
    """Return the bytes of a file, or of standard input without a path; of `stdin` if given.

    A file stays mapped while any part of it is referenced.
    """
    if path is None or stdin is not None:
        try:
            # NOTE: a process may be started with closed standard input, which is None in Python.
            return spool_blocks(_blocks(stdin or sys.stdin.buffer))
        except (OSError, AttributeError):
            raise InputError(
                "standard input cannot be read", hint="pipe the plan's JSON in, or name its file"
            ) from None
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if stat.S_ISREG(about.st_mode) and about.st_size:
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            if stat.S_ISCHR(about.st_mode) and file.read(1):  # it may never end, and a link may lead to it
                raise OSError(errno.EINVAL, "it is a device")
            return spool_blocks(_blocks(file))
    except (OSError, ValueError) as error:
        raise _unreachable(path, error) from None


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def json_text(buffer: Buffer, named: str) -> tuple[Buffer, tuple[str, ...]]:
    """Find the JSON in a file, as decompressed UTF-8, with warnings about text before it."""
    if is_gzip(bytes(buffer[:2])):
        buffer = decompress(buffer, named)
    _refuse_binary(bytes(buffer[:64]), named)
    buffer = _utf8(buffer, named)
    head = bytes(buffer[:_BANNER])
    if not head.strip():
        raise InputError(f"{named} is empty", hint=SHOW)
    if head.lstrip()[:1] == b"{":
        return buffer, ()
    if _is_value(buffer):
        raise InputError(f"{named} is JSON, but not a Terraform plan: it is not an object", hint=SHOW)
    start = 0 if head.startswith(b"{") else head.find(b"\n{") + 1
    if not start:
        what = "the text of a plan, shown without `-json`" if _PLAN_AS_TEXT.search(head) else "not JSON"
        raise InputError(f"{named} is {what}", hint=SHOW)
    warning = f"{named}: skipped {start} bytes before the JSON; set `terraform_wrapper: false` for setup-terraform"
    return buffer[start:], (warning,)


def _refuse_binary(head: bytes, named: str) -> None:
    if head.startswith(b"PK\x03\x04"):
        raise SavedPlanError(f"{named} is a saved plan, not its JSON", hint="run `terraform show -json` on it")
    if head.startswith(b"tfplan"):
        raise InputError(
            f"{named} is a saved plan of Terraform before 0.12, which has no JSON form",
            hint="run `terraform plan` again with Terraform 0.12 or newer, or OpenTofu",
        )


def _utf8(buffer: Buffer, named: str) -> Buffer:
    """Convert UTF-16, which PowerShell's `>` writes, to UTF-8; remove byte order marks."""
    head = bytes(buffer[:4])
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            rest = buffer[len(mark) :]
            return rest if encoding == "utf-8" else spool_blocks(_recode(rest, encoding, named))
    for begin, encoding in _WITHOUT_BOM:
        if head.startswith(begin):
            return spool_blocks(_recode(buffer, encoding, named))
    return buffer


def _recode(buffer: Buffer, encoding: str, named: str) -> Iterator[bytes]:
    """Yield UTF-16 as UTF-8, in blocks."""
    decoder, rest = codecs.getincrementaldecoder(encoding)(), memoryview(buffer)
    for begin in range(0, len(rest) + 1, _BLOCK):
        block = rest[begin : begin + _BLOCK]
        kept = len(decoder.getstate()[0])
        try:
            yield decoder.decode(block, final=begin + _BLOCK > len(rest)).encode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"{named} is broken UTF-16 at byte {begin - kept + error.start}",
                hint="write it again; in PowerShell: `terraform show -json tfplan | Out-File -Encoding utf8 plan.json`",
            ) from None
        release(rest)


def _is_value(buffer: Buffer) -> bool:
    try:
        msgspec.json.decode(buffer, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        pass  # nested too deeply to decode, but JSON as far as it was read
    return True


def _unreachable(path: Path, error: OSError | ValueError) -> InputError:
    match error:
        case FileNotFoundError():
            return InputError(f"there is no file `{path}`", hint="pass the plan's JSON, or - for standard input")
        case IsADirectoryError():
            plan = path / "plan.json"
            return InputError(
                f"`{path}` is a directory, not a plan", hint=f"did you mean `{plan}`?" if plan.is_file() else SHOW
            )
        case PermissionError():
            return InputError(f"permission denied reading `{path}`", hint="check its permissions")
        case _:
            return InputError(f"`{path}` cannot be read: {file_problem(error)}")


_MAGIC = b"\x1f\x8b"
#: The maximum decompressed size of a file, and its number of objects, so that a small file cannot exhaust the
#: machine: memory grows with the JSON, not with the file. A plan of this size has 850,000 objects.
_LARGEST_UNPACKED, _MOST_OBJECTS = 96 * 2**20, 1_000_000
#: A file can have a member every 20 bytes: little is copied for each, and their number is limited.
_FIRST_BLOCK, _MOST_MEMBERS = 2**10, 100_000
#: Makes zlib read gzip's header and checksum.
_GZIP = 31


def is_gzip(head: bytes) -> bool:
    """Whether a file begins with the gzip magic number (RFC 1952)."""
    return head.startswith(_MAGIC)


def decompress(buffer: Buffer, named: str) -> Buffer:
    """Return the content of all members of a gzip file."""
    return spool_blocks(_limit(_members(memoryview(buffer), named), named))


def _limit(blocks: Iterator[bytes], named: str) -> Iterator[bytes]:
    size = objects = 0
    for block in blocks:
        size += len(block)
        objects += block.count(b"{")
        if size > _LARGEST_UNPACKED or objects > _MOST_OBJECTS:
            limit = f"{_LARGEST_UNPACKED // 2**20} MiB" if size > _LARGEST_UNPACKED else f"{_MOST_OBJECTS:,} objects"
            raise InputError(f"{named} decompresses to more than {limit}", hint="decompress it first, with `gunzip`")
        yield block


def _members(rest: memoryview, named: str) -> Iterator[bytes]:
    """Yield the content of consecutive members, in blocks."""
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
