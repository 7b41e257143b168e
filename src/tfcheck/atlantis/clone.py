"""Find out whether Atlantis's clone of the repository still has a project's directory.

Atlantis resets its clone to a new commit, and what git does not track stays: `.terraform`, the lock file, and the plan
as JSON. So a directory may outlive its project.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from tfcheck.atlantis.surroundings import is_commit
from tfcheck.repository.index import LARGEST, BrokenIndexError, tracked
from tfcheck.repository.opening import read
from tfcheck.repository.work_tree import git_directories

_LARGEST_FILE = 1024 * 1024


class Clone:
    """A clone of the repository, in which a hook runs."""

    def __init__(self, top: Path, commit: str) -> None:
        """Build from the top of the clone, and the commit that it should be at."""
        self._top = top
        self._commit = commit

    def lacks(self, directory: str) -> bool:
        """Whether the repository certainly has no such directory at this commit."""
        if not directory or not self._is_at_commit():
            return False
        if not (self._top / directory).is_dir():
            return True
        names = self._tracked()
        return names is not None and not any(name.startswith(f"{directory}/") for name in names)

    def _is_at_commit(self) -> bool:
        """Whether the clone has this commit checked out, or a merge of it into the base branch.

        NOTE: a command for another workspace leaves the clone that hooks run in as an earlier one left it.
        """
        head = self._text("HEAD").strip()
        if head.startswith("ref: "):
            head = self._text(head.removeprefix("ref: ")).strip()
        return head == self._commit or self._commit in self._parents(head)

    def _text(self, name: str) -> str:
        return self._bytes(name).decode("ascii", "replace")

    def _bytes(self, name: str) -> bytes:
        """Read a small file of git's; empty where there is none."""
        try:
            own, shared = git_directories(self._top)
            return read((shared if name.startswith(("refs/", "objects/")) else own) / name, _LARGEST_FILE)[0]
        except (OSError, ValueError):
            return b""

    def _parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents of a commit that git has just made, and keeps in a file of its own."""
        if not is_commit(commit):
            return ()
        try:
            text = zlib.decompressobj().decompress(self._bytes(f"objects/{commit[:2]}/{commit[2:]}"), _LARGEST_FILE)
        except zlib.error:
            return ()
        lines = text.partition(b"\n\n")[0].decode("ascii", "replace").split("\n")
        return tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent "))

    def _tracked(self) -> dict[str, int] | None:
        """Return what git tracks; None where it cannot be read."""
        try:
            own, _ = git_directories(self._top)
            return tracked(read(own / "index", LARGEST)[0], lambda name: read(own / name, LARGEST)[0])
        except (OSError, ValueError, BrokenIndexError):
            return None
