"""Read a file that the command line names, whose content the author of a pull request may have chosen."""

from __future__ import annotations

import os
from pathlib import Path

from tfcheck.repository.gate import refused
from tfcheck.repository.laptop import is_shared
from tfcheck.repository.opening import read
from tfcheck.repository.work_tree import work_tree


def read_named(file: str, largest: int, *, shared: bool | None = None) -> bytes:
    """Return the content of a regular file of at most `largest` bytes.

    Where others than the user read the result, `shared`, it must lie in the work tree of the current directory, links
    resolved. Default: what the variables of the environment say.

    Raises:
        RefusedError: it lies elsewhere.
        OSError: it cannot be read, or is not a regular file.
        ValueError: this is not a path.
    """
    place = Path(os.path.realpath(file))
    if is_shared(os.environ) if shared is None else shared:
        tree = work_tree(Path())
        if not place.is_relative_to(tree):
            raise refused(file, "it lies outside the repository")
        if ".git" in place.relative_to(tree).parts:
            raise refused(file, "it is git's own")
    return read(place, largest)[0]
