"""Open regular files only, and none through a symbolic link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

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


def read(path: Path, largest: int) -> tuple[bytes, os.stat_result]:
    """Return the content of the regular file at `path`, whose links are resolved already, and what is known of it.

    The file that was opened is compared with the path afterwards: whoever exchanges a directory for a link meanwhile
    gains nothing.

    Raises:
        UnreadableError: it is not a regular file, is larger than `largest`, or was exchanged.
        OSError: it cannot be opened.
    """
    before = os.lstat(path)
    if not stat.S_ISREG(before.st_mode):
        raise UnreadableError("it is not a regular file")
    descriptor = os.open(path, _FLAGS)
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not os.path.samestat(before, about) or os.path.realpath(path) != str(path):
            raise UnreadableError("it changed while it was opened")
        data = file.read(largest + 1) if about.st_size <= largest else None
    if data is None or len(data) > largest:
        raise UnreadableError(f"it is larger than {largest // 1_000_000} MB")
    return data, about
