"""Find the projects that a pull request does not change any more, which Atlantis therefore does not plan.

To a hook, such a project looks like one whose plan failed: Atlantis shows neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from posixpath import normpath

from tfcheck.atlantis.store import Announced
from tfcheck.repository.clone import Clone


def untouched_targets(
    projects: Iterable[Announced], planned: Collection[str], changed: Collection[str], clone: Clone
) -> tuple[str, ...]:
    """Return the targets of projects that none of the changed files can affect.

    A changed file counts unless it is Markdown or in another project that is `planned` at this commit: a workflow may
    pass any file, such as one with variables beside all projects.
    """
    return tuple(
        each.target
        for each in projects
        if all(_is_elsewhere(file, each.directory, planned) for file in changed)
        and clone.is_self_contained(each.directory)
    )


def _is_elsewhere(file: str, directory: str, planned: Iterable[str]) -> bool:
    if _is_inside(file, directory):
        return False
    return file.endswith(".md") or any(
        _is_inside(file, other) and not _is_inside(directory, other) for other in planned
    )


def _is_inside(path: str, directory: str) -> bool:
    top = normpath(directory)
    return top == "." or f"{normpath(path)}/".startswith(f"{top}/")
