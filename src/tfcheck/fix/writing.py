"""How do changes get into the user's files: all of them, or none?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tfcheck.errors import InputError


class NewContent(msgspec.Struct, frozen=True):
    """What a file was read as, and what it becomes."""

    path: Path
    before: bytes
    after: bytes


def write(files: Sequence[NewContent]) -> None:
    """Write all files, each in one step; where one fails, those written before are put back.

    Raises:
        InputError: a file is no longer what it was read as, or cannot be written; then nothing has changed.
    """
    beside: list[Path] = []
    done: list[NewContent] = []
    try:
        for file in files:
            _refuse_changed(file)
            beside.append(_beside(file.path, file.after))
        for file, new in zip(files, beside, strict=True):
            _refuse_changed(file)
            new.replace(file.path)
            done.append(file)
    except (OSError, InputError) as error:
        _put_back(done)
        if isinstance(error, InputError):
            raise
        raise InputError(f"`{error.filename}` cannot be written: {(error.strerror or 'unknown').lower()}") from None
    finally:
        for new in beside:
            new.unlink(missing_ok=True)


def _refuse_changed(file: NewContent) -> None:
    if file.path.read_bytes() != file.before:
        raise InputError(f"`{file.path.name}` has changed since it was read", hint="run `tfcheck fix` again")


def _beside(path: Path, content: bytes) -> Path:
    """Write the new content next to the file, with its permissions, so that it can take its place in one step."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(content)
    shutil.copymode(path, new)
    return new


def _put_back(done: Iterable[NewContent]) -> None:
    for file in done:
        _beside(file.path, file.before).replace(file.path)
