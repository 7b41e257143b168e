"""The origin of a report, and the place of its files in the repository."""

from __future__ import annotations

import posixpath

from tfcheck.vocabulary.finding import Location, Report


def target(report: Report) -> str:
    """Name what was checked: the target set by CI, else the directory of the sources, else the plan.

    The plan's path on a personal machine is not shown.
    """
    if named := (report.context or {}).get("target"):
        return str(named)
    if report.plan.directory and report.plan.directory != ".":
        return report.plan.directory
    path = report.plan.path
    return posixpath.basename(path) if path.startswith("/") else path


def context_text(report: Report, name: str) -> str:
    """Return the value of `name` in a report's context, or an empty string."""
    return str((report.context or {}).get(name) or "")


def file_path(report: Report, place: Location | None) -> str | None:
    """Return a file's path relative to the repository's root; None if it is outside or not known."""
    if place is None:
        return None
    path = posixpath.normpath(posixpath.join(report.plan.directory or ".", place.file))
    outside = path.startswith(("/", "../")) or path in ("", ".", "..")
    return None if outside or "\\" in path else path


def plan_path(report: Report) -> str:
    """Return the plan's path relative to its repository's root, for findings without a source."""
    path = posixpath.normpath(report.plan.file or report.plan.path.partition("#")[0])
    if path in ("-", ".", ".."):
        return "standard-input"
    outside = path.startswith(("/", "../")) or "\\" in path
    return posixpath.basename(path.replace("\\", "/")) if outside else path
