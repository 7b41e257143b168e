"""Find the work tree of a directory, and git's own directory for it."""

from __future__ import annotations

import os
from pathlib import Path

from tfcheck.repository.held import read_file
from tfcheck.repository.machine import is_shared

_LARGEST_POINTER = 10_000


def work_tree(directory: Path) -> Path:
    """Return the work tree of a directory, or the directory itself, with links resolved."""
    resolved = directory.resolve()
    return find_work_tree(resolved) or resolved


def find_work_tree(resolved: Path) -> Path | None:
    """Return the nearest directory at or above `resolved` that git treats as a work tree.

    An empty `.git` counts only outside of all others, like for git.
    """
    found = [each for each in (resolved, *resolved.parents) if has_git(each) and not is_all(each)]
    return next(filter(is_repository, found), found[0] if found else None)


def is_all(directory: Path) -> bool:
    """Whether a directory contains all of the user's files, as the home does if its dot files are under git.

    NOTE: jobs often let HOME name the checkout. There only tracked files are read.
    """
    try:
        everything = (Path.home().resolve(), Path(directory.anchor))
        return directory.resolve() in everything and not is_shared(os.environ)
    except (OSError, RuntimeError):
        return False


def has_git(directory: Path) -> bool:
    """Whether a directory is the root of a work tree."""
    try:
        return (directory / ".git").exists()
    except OSError:
        return False


def is_repository(tree: Path) -> bool:
    """Whether git manages a work tree: an empty `.git` only marks its root."""
    entry = tree / ".git"
    try:
        return entry.exists() and (not entry.is_dir() or (entry / "HEAD").exists() or (entry / "index").exists())
    except OSError:  # somebody else's: its tracked files cannot be determined
        return True


def git_directories(tree: Path) -> tuple[Path, Path]:
    """Return git's own directory for a work tree, and the one shared with other work trees.

    Raises:
        OSError: they cannot be found.
        ValueError: what should name them does not.
    """
    entry = tree / ".git"
    own = entry.resolve()
    if not own.is_dir():
        kind, _, named = read_file(own, _LARGEST_POINTER)[0].decode().rstrip("\r\n").partition(": ")
        if kind != "gitdir":
            raise ValueError("`.git` names no directory")
        own = (tree / named).resolve()
    try:
        shared = read_file(own / "commondir", _LARGEST_POINTER)[0].decode().rstrip("\r\n")
    except FileNotFoundError:
        return own, own
    return own, (own / shared).resolve()
