"""Keep a directory open, so that all operations use it even if someone replaces it by a link."""

from __future__ import annotations

import os
import stat
from functools import reduce
from operator import or_
from pathlib import Path
from types import TracebackType

import msgspec


def open_flags(*names: str) -> int:
    """Return flags for `os.open`; those that the system lacks are left out."""
    return reduce(or_, (getattr(os, each, 0) for each in names))


#: Each part of a path is opened from its parent, without read permission and without following a link.
_HOLD = open_flags("O_PATH", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
_LIST = open_flags("O_RDONLY", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
_CAN_HOLD = hasattr(os, "O_PATH") and {os.open, os.stat, os.access, os.unlink, os.rename} <= os.supports_dir_fd


class HeldDirectory:
    """A directory whose path has no links.

    Pass `descriptor` as the `dir_fd` of a function of `os`, and `path_of(name)` as its path. Where the system cannot
    hold a directory, `descriptor` is None and the path is a whole one. All methods raise OSError as those of `os` do.
    """

    def __init__(self, path: Path) -> None:
        """Open the directory.

        Raises:
            OSError: it is not there, or a part of its path is a link.
        """
        self.path = path
        self.descriptor = _open(path) if _CAN_HOLD else None

    def __enter__(self) -> HeldDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the directory."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def path_of(self, name: str) -> str:
        """Return the path of an entry."""
        return str(self.path / name) if self.descriptor is None else name or "."

    def stat(self, name: str) -> os.stat_result:
        """Return the status of an entry, without following a link."""
        return os.stat(self.path_of(name), dir_fd=self.descriptor, follow_symlinks=False)

    def has(self, name: str) -> bool:
        """Whether there is an entry, as far as that can be seen."""
        try:
            self.stat(name)
        except OSError:
            return False
        return True

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Return a descriptor of an entry."""
        return os.open(self.path_of(name), flags, mode, dir_fd=self.descriptor)

    def replace(self, old: str, new: str) -> None:
        """Rename an entry, replacing another one."""
        held = self.descriptor
        os.replace(self.path_of(old), self.path_of(new), src_dir_fd=held, dst_dir_fd=held)

    def unlink(self, name: str) -> None:
        """Remove an entry."""
        os.unlink(self.path_of(name), dir_fd=self.descriptor)

    def reopen(self) -> int | None:
        """Return a descriptor for listing and synchronising, or None if the system opens no directories."""
        return None if os.name == "nt" else self.open("", _LIST)


def _open(path: Path) -> int:
    held = os.open(path.anchor, _HOLD)
    for name in path.parts[1:]:
        try:
            inner = os.open(name, _HOLD, dir_fd=held)
        finally:
            os.close(held)
        held = inner
    return held


#: A FIFO is not waited for, a terminal not taken over, and a link at the end not followed.
_READ = open_flags("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")


class UnreadableError(OSError):
    """The path is not a readable file; `strerror` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(0, why)


class DirectoryEntry(msgspec.Struct, frozen=True):
    """An entry of a directory; a link to a directory also counts as `is_directory`."""

    name: str
    is_directory: bool
    is_link: bool


def read_file(path: Path, largest: int) -> tuple[bytes, os.stat_result]:
    """Return the content and the status of the regular file at `path`, whose links are resolved.

    Replacing the file or a parent directory by a link has no effect: no link is followed.

    Raises:
        UnreadableError: it is not a regular file, is larger than `largest`, or was exchanged.
        OSError: it cannot be opened.
    """
    with HeldDirectory(path.parent) as directory:
        before = directory.stat(path.name)
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableError("it is not a regular file")
        descriptor = directory.open(path.name, _READ)
        is_held = directory.descriptor is not None
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not os.path.samestat(before, about) or not (is_held or os.path.realpath(path) == str(path)):
            raise UnreadableError("it changed while it was opened")
        data = file.read(largest + 1) if about.st_size <= largest else None
    if data is None or len(data) > largest:
        raise UnreadableError(f"it is larger than {largest // 1_000_000} MB")
    return data, about


def list_directory(path: Path) -> list[DirectoryEntry]:
    """Return the entries of the directory at `path`, by name; its links are resolved.

    Raises:
        OSError: it cannot be listed, or a link was put in its place.
    """
    with HeldDirectory(path) as directory:
        descriptor = directory.reopen()
        try:
            with os.scandir(path if descriptor is None else descriptor) as entries:
                found = [DirectoryEntry(each.name, _is_directory(each), each.is_symlink()) for each in entries]
        finally:
            if descriptor is not None:
                os.close(descriptor)
    return sorted(found, key=lambda each: each.name)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or through something inaccessible
        return False
