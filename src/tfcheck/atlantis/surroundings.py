"""Read the pull request, commit and project from Atlantis's environment.

Follows https://www.runatlantis.io/docs/custom-workflows#custom-run-command and
https://www.runatlantis.io/docs/post-workflow-hooks#custom-run-command. The environment of a hook names no project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from tfcheck.repository.clone import Clone, is_commit
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import UsageError

Host: TypeAlias = Literal["github", "gitlab", "gitea", "bitbucket", "bitbucket-server"]

_NUMBER = regex(r"[0-9]{1,18}")
_SERVER, _NAME = r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?", r"[A-Za-z0-9_.-]+"
#: The shapes of PULL_URL. A Bitbucket Data Center may be below a path, and identifies projects by a key.
_SHAPES: tuple[tuple[Host, re.Pattern[str]], ...] = (
    ("github", regex(rf"(?=https:)(?P<server>{_SERVER})/(?P<repository>{_NAME}/{_NAME})/pull/[0-9]+")),
    ("gitlab", regex(rf"(?P<server>{_SERVER})/(?P<repository>[A-Za-z0-9_./-]+?)(?:/-)?/merge_requests/[0-9]+")),
    ("gitea", regex(rf"(?P<server>{_SERVER})/(?P<repository>{_NAME}/{_NAME})/pulls/[0-9]+")),
    ("bitbucket", regex(rf"(?P<server>https://bitbucket\.org)/(?P<repository>{_NAME}/{_NAME})/pull-requests/[0-9]+")),
    (
        "bitbucket-server",
        regex(
            rf"(?P<server>{_SERVER}(?:/{_NAME})?)/projects/(?P<project>~?{_NAME})/repos/(?P<name>{_NAME})"
            r"/pull-requests/[0-9]+"
        ),
    ),
)
#: The variables with the host, and the default addresses.
_NAMED: dict[Host, tuple[str, re.Pattern[str] | None]] = {
    "github": ("ATLANTIS_GH_HOSTNAME", regex(r"https://(github\.com|[A-Za-z0-9-]+\.ghe\.com)")),
    "gitlab": ("ATLANTIS_GITLAB_HOSTNAME", regex(r"https://gitlab\.com")),
    "gitea": ("ATLANTIS_GITEA_BASE_URL", regex(r"https://gitea\.com")),
    "bitbucket": ("", regex(r"https://bitbucket\.org")),
    "bitbucket-server": ("ATLANTIS_BITBUCKET_BASE_URL", None),
}
_HINT = "run it as a step or hook of Atlantis"


class PullHost(msgspec.Struct, frozen=True):
    """The host of a pull request: its kind of API, the address of its pages, and a project's key if it has any."""

    kind: Host
    server: str
    project: str = ""

    @property
    def setting(self) -> str:
        """The Atlantis variable that names the host, empty if there is none."""
        return _NAMED[self.kind][0]

    def trusted_server(self, variables: Mapping[str, str]) -> str | None:
        """Return the address that may receive a token, which is the one that Atlantis uses; None if it is not known.

        NOTE: anyone who can send a webhook without a secret chooses PULL_URL.
        """
        setting, public = _NAMED[self.kind]
        named = variables.get(setting, "").rstrip("/") if setting else ""
        if not named:
            return self.server if public and public.fullmatch(self.server) else None
        if "://" in named:
            return named
        return self.server if self.server.partition("://")[2].lower() == named.lower() else f"https://{named}"


class PlannedPull(msgspec.Struct, frozen=True):
    """A pull request, and its newest commit known to Atlantis."""

    owner: str
    name: str
    number: int
    commit: str
    url: str = ""

    @property
    def repository(self) -> str:
        """The name of the repository, `owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def host(self) -> PullHost | None:
        """Recognise the host by the shape of the address, which must be about the repository; None if not known.

        NOTE: Atlantis passes the owner of a project on Bitbucket Data Center by another name than its key.
        """
        for kind, pattern in _SHAPES:
            found = pattern.fullmatch(self.url.rstrip("/"))
            if not found:
                continue
            place = {"project": "", "repository": self.repository, "name": self.name, **found.groupdict()}
            wanted = self.repository.lower(), self.name.lower()
            named = place["repository"].lower(), place["name"].lower()
            if named == wanted and not {".", ".."} & {*self.repository.split("/"), place["project"]}:
                return PullHost(kind, place["server"], place["project"])
        return None


class Project(msgspec.Struct, frozen=True):
    """One Atlantis project: a directory relative to the repository's root, and a workspace; most have no name.

    `clone` is the root of the repository in which it is planned.
    """

    repository: str
    directory: str
    workspace: str
    name: str
    showfile: str
    planfile: str
    clone: Path | None = None

    @property
    def tracked_directory(self) -> str:
        """The directory, or nothing if it is generated: it may then be missing because the generator failed."""
        is_tracked = self.clone is None or Clone(self.clone, "").may_track(self.directory)
        return self.directory if is_tracked else ""

    @property
    def target(self) -> str:
        """The name of the project in Atlantis commands."""
        if self.name:
            return self.name
        place = self.repository if self.directory == "." else self.directory
        return place if self.workspace == "default" else f"{place}:{self.workspace}"


def pull(variables: Mapping[str, str]) -> PlannedPull:
    """Read the pull request from the environment.

    Raises:
        UsageError: Atlantis does not show it.
    """
    names = ("BASE_REPO_OWNER", "BASE_REPO_NAME", "PULL_NUM", "HEAD_COMMIT")
    missing = [name for name in names if not variables.get(name)]
    if missing:
        raise UsageError(f"Atlantis does not show which pull request this is: {', '.join(missing)} not set", hint=_HINT)
    owner, name, number, commit = (variables[each] for each in names)
    if not _NUMBER.fullmatch(number) or not is_commit(commit):
        raise UsageError("PULL_NUM or HEAD_COMMIT is not what Atlantis sets", hint=_HINT)
    return PlannedPull(owner, name, int(number), commit, variables.get("PULL_URL", ""))


def project(variables: Mapping[str, str]) -> Project:
    """Read the project of a step; unset variables have the defaults of a repository with one project."""
    directory = variables.get("REPO_REL_DIR") or "."
    place, inside = Path(variables.get("DIR", "")), Path(directory).parts
    is_inside = place.is_absolute() and place.parts[len(place.parts) - len(inside) :] == inside
    return Project(
        repository=variables.get("BASE_REPO_NAME") or ".",
        directory=directory,
        workspace=variables.get("WORKSPACE") or "default",
        name=variables.get("PROJECT_NAME", ""),
        showfile=variables.get("SHOWFILE", ""),
        planfile=variables.get("PLANFILE", ""),
        clone=[place, *place.parents][len(inside)] if is_inside else None,
    )
