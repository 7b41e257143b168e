"""Find the files that a pattern names, as a shell does with `globstar`: `**` enters no links.

Links of a pull request could lead back up, and a search that enters two of them never ends.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator


def expanded(pattern: str) -> list[str]:
    """Return the files and directories that a pattern names, each once and sorted."""
    return sorted({os.path.normpath(each) for each in _expanded(pattern)})


def _expanded(pattern: str) -> Iterator[str]:
    parts = pattern.split("/")
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    at = parts.index("**")
    rest = "/".join(parts[at + 1 :]) or "*"
    before = "/".join(parts[:at])
    for top in glob.iglob(f"{before}/") if before else ["/" if at else "."]:
        for directory, inside, _ in os.walk(top):
            inside[:] = [each for each in inside if not each.startswith(".")]
            yield from _expanded(f"{glob.escape(directory)}/{rest}")
