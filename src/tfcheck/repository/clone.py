"""Look up in a clone whether it still has a directory at a commit.

A checkout of another commit leaves untracked files, such as `.terraform`, the lock file and plans as JSON, so a
directory may still exist that the commit does not have.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from posixpath import normpath

from tfcheck.repository.held import read_file
from tfcheck.repository.visibility import LARGEST, BrokenIndexError, TrackedFile, tracked_files
from tfcheck.repository.work_tree import git_directories
from tfcheck.symbolic.regex import regex

_COMMIT = regex(r"[0-9a-f]{7,64}")
_LARGEST_FILE = 1024 * 1024
#: What Terraform and Atlantis write beside a configuration: lock files, states, saved plans, and plans as JSON.
_LEFTOVER = regex(r"\..*|.*\.(?:tfplan|tfstate|backup)|(?!.*\.(?:tf|tofu)\.json).*\.json")

#: The mode of a file in git's index, apart from its permissions.
_REGULAR, _PERMISSIONS = 0o100000, 0o777
_LEADS_OUT = regex(rb"(?<!\.)\.\.(?!\.)|\b(?:abspath|dirname|external)\b")


def is_commit(text: str) -> bool:
    """Whether this can be a commit hash."""
    return _COMMIT.fullmatch(text) is not None


class Clone:
    """A clone of a repository with one commit checked out."""

    def __init__(self, top: Path, commit: str) -> None:
        """Build from the root of the clone and the commit that it should have."""
        self._top = top
        self._commit = commit

    def is_certainly_missing(self, directory: str, *, planned: bool) -> bool:
        """Whether the repository certainly has no such directory at this commit, and nothing was generated in it.

        `planned`: it was planned at this commit, perhaps in another clone. NOTE: Atlantis also plans what is only left
        over.
        """
        if not directory or not self.is_at_commit():
            return False
        if not (self._top / directory).is_dir():
            return not planned
        return not self.may_track(directory) and self._has_only_leftovers(directory)

    def may_track(self, directory: str) -> bool:
        """Whether git tracks files in a directory, also if that cannot be read."""
        below = "" if (path := normpath(directory)) == "." else f"{path}/"
        names = self._tracked_files()
        return names is None or any(name.startswith(below) for name in names)

    def is_self_contained(self, directory: str) -> bool:
        """Whether no file of a directory at this commit can name a file outside of it.

        Any two dots may do so, also in a comment, and so may links, programs, and Terragrunt's functions.
        """
        names = self._tracked_files() if self.is_at_commit() else None
        below = "" if (path := normpath(directory)) == "." else f"{path}/"
        inside = {name: file.mode for name, file in (names or {}).items() if name.startswith(below)}
        return bool(inside) and all(self._stays_inside(name, mode) for name, mode in inside.items())

    def is_at_commit(self) -> bool:
        """Whether the clone has this commit checked out, or a merge of it into the base branch.

        NOTE: a command for another workspace leaves the clone that hooks run in as an earlier one left it.
        """
        head = self._bytes("HEAD").decode("ascii", "replace").strip()
        if head.startswith("ref: "):
            head = self._bytes(head.removeprefix("ref: ")).decode("ascii", "replace").strip()
        return head == self._commit or self._commit in self._parents(head)

    def _stays_inside(self, name: str, mode: int) -> bool:
        if mode & ~_PERMISSIONS != _REGULAR or (name.endswith(".hcl") and not name.endswith(".terraform.lock.hcl")):
            return False
        try:
            text = read_file(Path(os.path.realpath(self._top), name), _LARGEST_FILE)[0]
        except (OSError, ValueError):
            return False
        return not _LEADS_OUT.search(text)

    def _has_only_leftovers(self, directory: str) -> bool:
        for _, folders, files in os.walk(self._top / directory):
            folders[:] = [each for each in folders if not each.startswith(".")]
            if not all(map(_LEFTOVER.fullmatch, files)):
                return False
        return True

    def _bytes(self, name: str) -> bytes:
        """Read a small file of git, empty if it does not exist."""
        try:
            own, shared = git_directories(self._top)
            return read_file((shared if name.startswith(("refs/", "objects/")) else own) / name, _LARGEST_FILE)[0]
        except (OSError, ValueError):
            return b""

    def _parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents of a recent commit, which git still keeps as a loose object."""
        if not is_commit(commit):
            return ()
        try:
            text = zlib.decompressobj().decompress(self._bytes(f"objects/{commit[:2]}/{commit[2:]}"), _LARGEST_FILE)
        except zlib.error:
            return ()
        lines = text.partition(b"\n\n")[0].decode("ascii", "replace").split("\n")
        return tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent "))

    def _tracked_files(self) -> dict[str, TrackedFile] | None:
        """Return the files that git tracks; None if they cannot be read."""
        try:
            own, _ = git_directories(self._top)
            return tracked_files(read_file(own / "index", LARGEST)[0], lambda name: read_file(own / name, LARGEST)[0])
        except (OSError, ValueError, BrokenIndexError):
            return None
