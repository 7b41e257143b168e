"""Read the pull request, commit and project from Atlantis's environment.

Follows https://www.runatlantis.io/docs/custom-workflows#custom-run-command and
https://www.runatlantis.io/docs/post-workflow-hooks#custom-run-command. The environment of a hook names no project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import UsageError

Host: TypeAlias = Literal["github", "gitlab", "gitea", "bitbucket", "bitbucket-server"]

_COMMIT = regex(r"[0-9a-f]{7,64}")
_NUMBER = regex(r"[0-9]{1,18}")
_GITHUB = regex(r"(https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)/([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)/pull/[0-9]+")
_HOSTS: tuple[tuple[Host, re.Pattern[str]], ...] = (
    (
        "gitlab",
        regex(r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)/([A-Za-z0-9_./-]+?)(?:/-)?/merge_requests/[0-9]+"),
    ),
    ("gitea", regex(r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)/([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)/pulls/[0-9]+")),
    ("bitbucket", regex(r"(https://bitbucket\.org)/([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)/pull-requests/[0-9]+")),
)
#: A server may be below a path; its projects are named by a key.
_BITBUCKET_SERVER = regex(
    r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9_.-]+)?)"
    r"/projects/(~?[A-Za-z0-9_.-]+)/repos/([A-Za-z0-9_.-]+)/pull-requests/[0-9]+"
)
#: Where the server's configuration names the host, and the addresses that it need not name.
_NAMED: dict[Host, tuple[str, re.Pattern[str] | None]] = {
    "github": ("ATLANTIS_GH_HOSTNAME", regex(r"https://(github\.com|[A-Za-z0-9-]+\.ghe\.com)")),
    "gitlab": ("ATLANTIS_GITLAB_HOSTNAME", regex(r"https://gitlab\.com")),
    "gitea": ("ATLANTIS_GITEA_BASE_URL", regex(r"https://gitea\.com")),
    "bitbucket": ("", regex(r"https://bitbucket\.org")),
    "bitbucket-server": ("ATLANTIS_BITBUCKET_BASE_URL", None),
}
_HINT = "run it as a step or hook of Atlantis"


class PlannedPull(msgspec.Struct, frozen=True):
    """A pull request, and the newest commit of it that Atlantis knows."""

    owner: str
    name: str
    number: int
    commit: str
    url: str = ""

    @property
    def repository(self) -> str:
        """Name the repository, `owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def project(self) -> str:
        """Return the key of the project on a Bitbucket Data Center, whose name Atlantis gives as the owner."""
        found = _BITBUCKET_SERVER.fullmatch(self.url.rstrip("/"))
        return found[2] if found else ""

    @property
    def server(self) -> str | None:
        """Return the address of the host that the pull request is on; None where it is not one that we know."""
        found = self._place()
        return found[1] if found else None

    @property
    def host(self) -> Host | None:
        """Return which API the host has; None where it is not one that we know."""
        found = self._place()
        return found[0] if found else None

    def trusted(self, variables: Mapping[str, str]) -> str | None:
        """Return the address that a token may be sent to: the one that Atlantis itself uses; None if it is not known.

        NOTE: whoever can send a webhook without a secret chooses PULL_URL.
        """
        server, host = self.server, self.host
        if server is None or host is None:
            return None
        setting, public = _NAMED[host]
        named = variables.get(setting, "").rstrip("/") if setting else ""
        if not named:
            return server if public and public.fullmatch(server) else None
        if "://" in named:
            return named
        return server if server.partition("://")[2].lower() == named.lower() else f"https://{named}"

    @property
    def setting(self) -> str:
        """Return the variable of Atlantis that names the host; empty where there is none."""
        return _NAMED[self.host][0] if self.host else ""

    def _place(self) -> tuple[Host, str] | None:
        """Recognise the host by the shape of the address, which has to be about the repository."""
        if {".", ".."} & {*self.repository.split("/"), self.project}:
            return None
        for host, pattern in (("github", _GITHUB), *_HOSTS):
            found = pattern.fullmatch(self.url.rstrip("/"))
            if found and found[2].lower() == self.repository.lower():
                return host, found[1]
        found = _BITBUCKET_SERVER.fullmatch(self.url.rstrip("/"))
        return ("bitbucket-server", found[1]) if found and found[3].lower() == self.name.lower() else None


class Project(msgspec.Struct, frozen=True):
    """One project of Atlantis: a directory, seen from the top of the repository, in a workspace; most have no name."""

    repository: str
    directory: str
    workspace: str
    name: str
    showfile: str
    planfile: str

    @property
    def target(self) -> str:
        """Name the project for people, as they name it to Atlantis."""
        if self.name:
            return self.name
        place = self.repository if self.directory == "." else self.directory
        return place if self.workspace == "default" else f"{place}:{self.workspace}"


def is_commit(text: str) -> bool:
    """Whether this can be the name of a commit."""
    return _COMMIT.fullmatch(text) is not None


def pull(variables: Mapping[str, str]) -> PlannedPull:
    """Read which pull request this is about.

    Raises:
        UsageError: Atlantis does not say.
    """
    names = ("BASE_REPO_OWNER", "BASE_REPO_NAME", "PULL_NUM", "HEAD_COMMIT")
    missing = [name for name in names if not variables.get(name)]
    if missing:
        raise UsageError(f"Atlantis does not say which pull request this is: {', '.join(missing)} not set", hint=_HINT)
    owner, name, number, commit = (variables[each] for each in names)
    if not _NUMBER.fullmatch(number) or not is_commit(commit):
        raise UsageError("PULL_NUM or HEAD_COMMIT is not what Atlantis sets", hint=_HINT)
    return PlannedPull(owner, name, int(number), commit, variables.get("PULL_URL", ""))


def project(variables: Mapping[str, str]) -> Project:
    """Read which project a step is for; what is not set is as in a repository with one project."""
    return Project(
        repository=variables.get("BASE_REPO_NAME") or ".",
        directory=variables.get("REPO_REL_DIR") or ".",
        workspace=variables.get("WORKSPACE") or "default",
        name=variables.get("PROJECT_NAME", ""),
        showfile=variables.get("SHOWFILE", ""),
        planfile=variables.get("PLANFILE", ""),
    )
