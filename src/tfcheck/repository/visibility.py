"""Decide which files of a work tree everybody who can see its repository can see, from git's index.

Follows https://git-scm.com/docs/index-format (versions 2 to 4, split and sparse indexes, SHA-1 and SHA-256).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.repository.held import read_file
from tfcheck.repository.work_tree import git_directories, has_git, is_repository

if TYPE_CHECKING:
    from tfcheck.repository.ignore import Ignored


#: That of a repository with 700,000 files.
LARGEST = 100_000_000
#: The maximum length of all names: version 4 shortens what names have in common.
_LONGEST_NAMES = 50_000_000
SUBMODULE = 0o160000
#: An entry begins with ten numbers of four bytes, of which the seventh is the mode, then the hash and the flags.
_ENTRY = ">24xI12x{}sH"
_EXTENDED, _NAME_LENGTH = 0x4000, 0x0FFF


class BrokenIndexError(Exception):
    """The index is damaged, or of an unknown kind."""


class TrackedFile(msgspec.Struct, frozen=True, gc=False):
    """The mode of a tracked file, and the hash of its content, or of a submodule's commit."""

    mode: int
    hash: bytes

    def has_content(self, data: bytes) -> bool:
        """Whether this is the content that git tracks, apart from the ends of lines, which git may change."""
        several = (data, data.replace(b"\r\n", b"\n"))
        return any(_blob_hash(each, len(self.hash)) == self.hash for each in several)


class _Entries(msgspec.Struct):
    """The names of an index with what is tracked there, in order, and its extensions."""

    rows: list[tuple[bytes, TrackedFile]]
    extensions: dict[bytes, bytes]
    hash_size: int


def tracked_files(index: bytes, shared: Callable[[str], bytes]) -> dict[str, TrackedFile]:
    """Return what is tracked under every name; `shared` reads another file in git's directory.

    A sparse index has directories that are not checked out instead of their files: those are left out.

    Raises:
        BrokenIndexError: the index is damaged, or of a kind that is not known.
        OSError: the shared part of a split index cannot be read.
    """
    try:
        found = _entries(index)
        rows = [*_merge_shared(found, shared), *found.rows]
    except (struct.error, IndexError, ValueError) as error:
        raise BrokenIndexError("the index is damaged") from error
    return {name.decode("utf-8", "surrogateescape"): file for name, file in rows if name[-1:] not in (b"", b"/")}


@lru_cache(maxsize=1)  # every stack of a repository needs the same
def _entries(data: bytes) -> _Entries:
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or version not in (2, 3, 4) or count > len(data) // 40:
        raise BrokenIndexError("the index is of an unknown kind")
    problem: Exception = BrokenIndexError("the index is damaged")
    for size in _hash_sizes(data):
        try:
            rows, end = _rows(data, version, count, size)
            return _Entries(rows, dict(_extensions(data, end, size)), size)
        except (struct.error, IndexError, ValueError, BrokenIndexError) as error:
            problem = error
    raise problem


def _hash_sizes(data: bytes) -> tuple[int, ...]:
    """Return the possible lengths of hashes, judged by the checksum at the end, if there is one."""
    if _sha1(data[:-20]) == data[-20:]:
        return (20,)
    from hashlib import sha256

    if sha256(data[:-32]).digest() == data[-32:]:
        return (32,)
    if any(data[-20:]):
        raise BrokenIndexError("the index is damaged")
    return (20, 32)  # `index.skipHash` leaves zeros there


def _sha1(data: bytes) -> bytes:
    """Return a checksum with the interpreter's own module, since `hashlib` loads all of OpenSSL."""
    try:
        from _sha1 import sha1  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha1
    digest: bytes = sha1(data, usedforsecurity=False).digest()
    return digest


def _blob_hash(data: bytes, size: int) -> bytes:
    """Return the hash of `size` bytes by which git names this content."""
    whole = b"blob %d\0%b" % (len(data), data)
    if size == 20:
        return _sha1(whole)
    from hashlib import sha256

    return sha256(whole).digest()


def _rows(data: bytes, version: int, count: int, hash_size: int) -> tuple[list[tuple[bytes, TrackedFile]], int]:
    rows: list[tuple[bytes, TrackedFile]] = []
    entry = struct.Struct(_ENTRY.format(hash_size))
    start, name, length = 12, b"", 0
    for _ in range(count):
        mode, hashed, flags = entry.unpack_from(data, start)
        at = start + entry.size + (2 if flags & _EXTENDED else 0)
        if version == 4:
            kept, at = _number(data, at)
            name = name[: len(name) - kept]
        end = data.index(0, at)
        name = (name if version == 4 else b"") + data[at:end]
        length += len(name)
        if flags & _NAME_LENGTH != min(len(name), _NAME_LENGTH) or length > _LONGEST_NAMES:
            raise BrokenIndexError("the index is damaged")
        rows.append((name, TrackedFile(mode, hashed)))
        start = end + 1 if version == 4 else start + (end - start) // 8 * 8 + 8
    return rows, start


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Parse a number with seven bits per byte, and return it with its end."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = (value + 1) << 7 | data[at] & 127
        if value > len(data):
            raise BrokenIndexError("the index is damaged")
    return value, at + 1


def _extensions(data: bytes, at: int, hash_size: int) -> Iterator[tuple[bytes, bytes]]:
    end = len(data) - hash_size
    while at < end:
        name, size = struct.unpack_from(">4sI", data, at)
        if at + 8 + size > end:
            raise BrokenIndexError("the index is damaged")
        # NOTE: a lower-case first letter means that the index cannot be read without it.
        if name[:1].islower() and name not in (b"link", b"sdir"):
            raise BrokenIndexError("the index has an extension that is not known")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size
    if at != end:
        raise BrokenIndexError("the index is damaged")


def _merge_shared(found: _Entries, shared: Callable[[str], bytes]) -> list[tuple[bytes, TrackedFile]]:
    """Return the entries of the shared part of a split index, without those removed and with those replaced."""
    link = found.extensions.get(b"link")
    if link is None or not any(link[: found.hash_size]):
        return []
    base = _entries(shared(f"sharedindex.{link[: found.hash_size].hex()}"))
    if b"link" in base.extensions:
        raise BrokenIndexError("the index is damaged")
    rows: list[tuple[bytes, TrackedFile] | None] = [*base.rows]
    if len(link) > found.hash_size:
        removed, end = _bits(link, found.hash_size, len(rows))
        replaced, _ = _bits(link, end, len(rows))
        for number in removed:
            rows[number] = None
        # The new entries come first, in this order and without their names.
        for number, (_, file) in zip(replaced, found.rows, strict=False):
            rows[number] = (base.rows[number][0], file)
    return [row for row in rows if row]


def _bits(data: bytes, at: int, limit: int) -> tuple[list[int], int]:
    """Return the numbers of the set bits in an EWAH-compressed bitmap that starts at `at`, and its end."""
    size, words = struct.unpack_from(">II", data, at)
    if size > limit + 64:
        raise BrokenIndexError("the index is damaged")
    values = struct.unpack_from(f">{words}Q", data, at + 8)
    found: list[int] = []
    position = number = 0
    while position < words:
        head, position = values[position], position + 1
        run, literals = head >> 1 & 0xFFFFFFFF, head >> 33
        if run * 64 + number > limit + 64:
            raise BrokenIndexError("the index is damaged")
        found += range(number, number + run * 64) if head & 1 else ()
        number += run * 64
        for value in values[position : position + literals]:
            found += (number + bit for bit in range(64) if value >> bit & 1)
            number += 64
        position += literals
    return found, at + 8 + 8 * words + 4


class Visibility:
    """The files that git tracks in a work tree and its submodules, or does not ignore; without git, all files."""

    def __init__(self, tree: Path, *, only_tracked: bool, variables: Mapping[str, str] = os.environ) -> None:
        self._tree = tree
        self._only_tracked = only_tracked
        self._variables = variables
        self._submodules: dict[tuple[str, ...], Visibility] = {}

    @cached_property
    def directories(self) -> tuple[Path, ...]:
        """Git's own directories; none without git, or if they cannot be found."""
        try:
            return git_directories(self._tree) if is_repository(self._tree) else ()
        except (OSError, ValueError, RuntimeError):
            return ()

    def reason_hidden(self, path: tuple[str, ...]) -> str:
        """Return why the file at `path`, relative to the work tree, is not visible; empty if it is."""
        foreign, inner, below = self._inner(path[:-1])
        path = *below, path[-1]
        if foreign or not is_repository(inner._tree):
            return foreign
        if inner._index is None:
            return "git's index cannot be read"
        if "/".join(path) in inner._index:
            return ""
        if self._only_tracked:
            return "git does not track it"
        return "git ignores it" if path in inner._ignored_files else ""

    def tracked_file(self, path: tuple[str, ...]) -> TrackedFile | None:
        """Return what git tracks under a name, if it does."""
        foreign, inner, below = self._inner(path[:-1])
        return None if foreign else (inner._index or {}).get("/".join((*below, path[-1])))

    def may_track(self, path: tuple[str, ...]) -> bool:
        """Whether git tracks a file, or that cannot be determined."""
        foreign, inner, below = self._inner(path[:-1])
        if foreign or not is_repository(inner._tree):
            return False
        return inner._index is None or "/".join((*below, path[-1])) in inner._index

    def foreign(self, directory: tuple[str, ...]) -> str:
        """Return why a directory does not belong to the repository; empty if it does."""
        return self._inner(directory)[0]

    def names(self, below: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the tracked files below a directory, relative to it."""
        foreign, inner, rest = self._inner(below)
        split = (tuple(each.split("/")) for each in inner._index or ()) if not foreign else ()
        return tuple(each[len(rest) :] for each in split if each[: len(rest)] == rest)

    def _inner(self, directory: tuple[str, ...]) -> tuple[str, Visibility, tuple[str, ...]]:
        """Return the submodule of a directory, and the rest of its path; first the reason if it is not allowed."""
        sizes = range(1, len(directory) + 1)
        boundary = next((size for size in sizes if has_git(self._tree.joinpath(*directory[:size]))), 0)
        if not boundary:
            return "", self, directory
        top, rest = directory[:boundary], directory[boundary:]
        if top not in self._submodules:
            tree = self._tree.joinpath(*top)
            inner = Visibility(tree, only_tracked=self._only_tracked, variables=self._variables)
            tracked = (self._index or {}).get("/".join(top))
            if tracked is None or tracked.mode != SUBMODULE or not self._has_checked_out(inner):
                return "it belongs to another repository", self, directory
            self._submodules[top] = inner
        return self._submodules[top]._inner(rest)

    def _has_checked_out(self, submodule: Visibility) -> bool:
        """Whether git itself checked out a submodule, whose own directory it then keeps inside that of this work tree.

        NOTE: sources can name a submodule where a job is going to clone a repository that not everybody can see.
        """
        own = submodule.directories[:1]
        return any(each.is_relative_to(directory / "modules") for each in own for directory in self.directories)

    @cached_property
    def _index(self) -> dict[str, TrackedFile] | None:
        if not self.directories:
            return None
        own = self.directories[0]
        try:
            data, _ = read_file(own / "index", LARGEST)
            return tracked_files(data, lambda name: read_file(own / name, LARGEST)[0])
        except FileNotFoundError:
            return {}  # nothing was ever added
        except (OSError, BrokenIndexError):
            return None

    @cached_property
    def _ignored_files(self) -> Ignored:
        from tfcheck.repository.ignore import Ignored

        return Ignored(self._tree, self.directories[-1], self._variables)
