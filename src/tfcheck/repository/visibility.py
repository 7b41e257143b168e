"""Decide which files of a work tree everybody who can see its repository can see."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tfcheck.repository.held import read_file
from tfcheck.repository.index import LARGEST, SUBMODULE, BrokenIndexError, tracked_modes
from tfcheck.repository.work_tree import git_directories, has_git, is_repository

if TYPE_CHECKING:
    from tfcheck.repository.ignore import Ignored


class Visibility:
    """The files that git tracks in a work tree and its submodules, or does not ignore; without git, all files."""

    def __init__(self, tree: Path, *, only_tracked: bool, variables: Mapping[str, str] = os.environ) -> None:
        self._tree = tree
        self._only_tracked = only_tracked
        self._variables = variables
        self._submodules: dict[tuple[str, ...], Visibility] = {}

    @cached_property
    def directories(self) -> tuple[Path, ...]:
        """Git's own directories; none without git, or if they cannot be found."""
        try:
            return git_directories(self._tree) if is_repository(self._tree) else ()
        except (OSError, ValueError, RuntimeError):
            return ()

    def hidden(self, path: tuple[str, ...]) -> str:
        """Return why the file at `path`, relative to the work tree, is not visible; empty if it is."""
        foreign, inner, below = self._inner(path[:-1])
        if foreign or inner is not self:
            return foreign or inner.hidden((*below, path[-1]))
        if not is_repository(self._tree):
            return ""
        if self._index is None:
            return "git's index cannot be read"
        if "/".join(path) in self._index:
            return ""
        if self._only_tracked:
            return "git does not track it"
        return "git ignores it" if path in self._ignored_files else ""

    def foreign(self, directory: tuple[str, ...]) -> str:
        """Return why a directory does not belong to the repository; empty if it does."""
        return self._inner(directory)[0]

    def names(self, below: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the tracked files below a directory, relative to it."""
        foreign, inner, rest = self._inner(below)
        if foreign or inner is not self:
            return () if foreign else inner.names(rest)
        split = (tuple(each.split("/")) for each in self._index or ())
        return tuple(each[len(below) :] for each in split if each[: len(below)] == below)

    def _inner(self, directory: tuple[str, ...]) -> tuple[str, Visibility, tuple[str, ...]]:
        """Return the submodule of a directory, and the rest of its path; first the reason if it is not allowed."""
        sizes = range(1, len(directory) + 1)
        boundary = next((size for size in sizes if has_git(self._tree.joinpath(*directory[:size]))), 0)
        if not boundary:
            return "", self, directory
        top, rest = directory[:boundary], directory[boundary:]
        if (self._index or {}).get("/".join(top)) != SUBMODULE:
            return "it belongs to another repository", self, directory
        if top not in self._submodules:
            tree = self._tree.joinpath(*top)
            self._submodules[top] = Visibility(tree, only_tracked=self._only_tracked, variables=self._variables)
        foreign, inner, below = self._submodules[top]._inner(rest)
        return foreign, inner, below

    @cached_property
    def _index(self) -> dict[str, int] | None:
        if not self.directories:
            return None
        own = self.directories[0]
        try:
            data, _ = read_file(own / "index", LARGEST)
            return tracked_modes(data, lambda name: read_file(own / name, LARGEST)[0])
        except FileNotFoundError:
            return {}  # nothing was ever added
        except (OSError, BrokenIndexError):
            return None

    @cached_property
    def _ignored_files(self) -> Ignored:
        from tfcheck.repository.ignore import Ignored

        return Ignored(self._tree, self.directories[-1], self._variables)
