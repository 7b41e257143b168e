"""Open regular files only, and none through a symbolic link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from tfcheck.repository.held import HeldDirectory

#: A FIFO is not waited for, a terminal not taken over, and the last part of the path is not followed.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class UnreadableError(OSError):
    """This is not a file that can be read; `strerror` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(0, why)


class Entry(msgspec.Struct, frozen=True):
    """What a directory contains by one name; a link to a directory `is_directory`, too."""

    name: str
    is_directory: bool
    is_link: bool


def read(path: Path, largest: int) -> tuple[bytes, os.stat_result]:
    """Return the content of the regular file at `path`, whose links are resolved already, and what is known of it.

    Whoever exchanges the file or a directory above it for a link meanwhile gains nothing: no link is followed.

    Raises:
        UnreadableError: it is not a regular file, is larger than `largest`, or was exchanged.
        OSError: it cannot be opened.
    """
    with HeldDirectory(path.parent) as directory:
        before = directory.stat(path.name)
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableError("it is not a regular file")
        descriptor = directory.open(path.name, _FLAGS)
        is_held = directory.descriptor is not None
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not os.path.samestat(before, about) or not (is_held or os.path.realpath(path) == str(path)):
            raise UnreadableError("it changed while it was opened")
        data = file.read(largest + 1) if about.st_size <= largest else None
    if data is None or len(data) > largest:
        raise UnreadableError(f"it is larger than {largest // 1_000_000} MB")
    return data, about


def listed(path: Path) -> list[Entry]:
    """Return what the directory at `path` contains, by name; its links are resolved already.

    Raises:
        OSError: it cannot be listed, or a link was put in its place.
    """
    with HeldDirectory(path) as directory:
        descriptor = directory.reopened()
        try:
            with os.scandir(path if descriptor is None else descriptor) as entries:
                found = [Entry(each.name, each.is_dir(), each.is_symlink()) for each in entries]
        finally:
            if descriptor is not None:
                os.close(descriptor)
    return sorted(found, key=lambda each: each.name)
