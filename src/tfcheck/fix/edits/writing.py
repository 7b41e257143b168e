"""Write changes into the user's files: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tfcheck.repository.writing import ChangedError, Content, replace
from tfcheck.vocabulary.errors import InputError


class NewContent(msgspec.Struct, frozen=True):
    """What a file was read as, and what it becomes."""

    path: Path
    before: bytes
    after: bytes


def write(files: Sequence[NewContent]) -> None:
    """Write all files, each in one step; where one fails, those written before are put back.

    Raises:
        InputError: a file is no longer what it was read as, or cannot be written; then nothing has changed.
        KeyboardInterrupt, SystemExit: the user interrupts; then nothing has changed either.
    """
    try:
        replace(*(Content(each.path, each.after, each.before) for each in files))
    except ChangedError as error:
        name = Path(error.filename).name
        raise InputError(f"`{name}` has changed since it was read", hint="run `tfcheck fix` again") from None
    except OSError as error:
        problem = error.strerror or "unknown"
        raise InputError(f"`{error.filename}` cannot be written: {problem[0].lower()}{problem[1:]}") from None
