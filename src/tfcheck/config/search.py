"""Find the configuration file that a directory belongs to: there or above it, to the top of its work tree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tfcheck.repository.work_tree import containing

OWN, SHARED = "tfcheck.toml", "pyproject.toml"


def candidates(directory: Path) -> Iterator[Path]:
    """Yield the files that may hold the configuration, the nearest first; most directories have none of them.

    Without git only the directory itself counts: it is unknown who owns those above it.
    """
    resolved = Path(os.path.realpath(directory))
    top = containing(resolved) or resolved
    for each in (resolved, *resolved.parents):
        yield from (each / name for name in (OWN, SHARED) if os.path.lexists(each / name))
        if each == top:
            return
