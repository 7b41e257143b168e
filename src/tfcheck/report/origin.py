"""The origin of a report, the place of its files in the repository, and links to them.

Links are built from the environment of the run. The author of a pull request may have forged a report, so a link
contains nothing of it but a quoted path.
"""

from __future__ import annotations

import posixpath
import re
from typing import Literal, TypeAlias
from urllib.parse import quote

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.ci import COMMIT, REPOSITORY
from tfcheck.vocabulary.finding import Location, Report


def target(report: Report) -> str:
    """Return the name of what was checked: the target set by CI, or the directory of the sources, or the plan.

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


LinkHost: TypeAlias = Literal["github", "gitlab", "bitbucket", "bitbucket-server"]

_SERVER = regex(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
#: A run as `ID.ATTEMPT`, with attempts counted from 1; others have no page.
_RUN = regex(r"([0-9]{1,20})\.([1-9][0-9]{0,8})")


class _HostUrls(msgspec.Struct, frozen=True):
    """The URL formats of a host: of a repository, a line of a file, and a run."""

    repository: re.Pattern[str]
    base: str
    line: str
    run: str = ""


_HOSTS: dict[LinkHost, _HostUrls] = {
    "github": _HostUrls(REPOSITORY, "{0}/{1}", "/blob/{sha}/{path}#L{line}", "/actions/runs/{id}/attempts/{attempt}"),
    # Groups of GitLab can be nested.
    "gitlab": _HostUrls(
        regex(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){1,20}"),
        "{0}/{1}",
        "/-/blob/{sha}/{path}#L{line}",
        "/-/pipelines/{id}",
    ),
    "bitbucket": _HostUrls(REPOSITORY, "{0}/{1}", "/src/{sha}/{path}#lines-{line}", "/pipelines/results/{id}"),
    "bitbucket-server": _HostUrls(
        regex(r"~?[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"),
        "{0}/projects/{owner}/repos/{name}",
        "/browse/{path}?at={sha}#{line}",
    ),
}


class Links(msgspec.Struct, frozen=True):
    """The repository and commit of a page, and the run that writes it (`ID.ATTEMPT`), on some host."""

    server: str
    repository: str
    sha: str
    run: str = ""
    host: LinkHost = "github"

    def file(self, path: str, line: int) -> str | None:
        """Return the address of a line in a file; its path is relative to the repository's root."""
        base = self._base()
        if base is None or not COMMIT.fullmatch(self.sha):
            return None
        return base + _HOSTS[self.host].line.format(sha=self.sha, path=quote(path, errors="replace"), line=line)

    def run_url(self) -> str | None:
        """Return the address of the run; None if it has no page."""
        base, found, page = self._base(), _RUN.fullmatch(self.run), _HOSTS[self.host].run
        return base + page.format(id=found[1], attempt=found[2]) if base and found and page else None

    @property
    def has_summary(self) -> bool:
        """Whether the run has a page with summaries of its jobs."""
        return self.host == "github" and self.run_url() is not None

    def _base(self) -> str | None:
        server, about = self.server.rstrip("/"), _HOSTS[self.host]
        if not _SERVER.fullmatch(server) or not about.repository.fullmatch(self.repository):
            return None
        owner, _, name = self.repository.partition("/")
        return about.base.format(server, self.repository, owner=owner, name=name)
