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
#: A server may be below a path; its projects are identified by a key.
_BITBUCKET_SERVER = regex(
    r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9_.-]+)?)"
    r"/projects/(~?[A-Za-z0-9_.-]+)/repos/([A-Za-z0-9_.-]+)/pull-requests/[0-9]+"
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


class PlannedPull(msgspec.Struct, frozen=True):
    """A pull request, and its newest commit known to Atlantis."""

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
        """Return the project key on a Bitbucket Data Center, which Atlantis passes as the owner."""
        found = _BITBUCKET_SERVER.fullmatch(self.url.rstrip("/"))
        return found[2] if found else ""

    @property
    def server(self) -> str | None:
        """Return the address of the pull request's host; None if it is not a known one."""
        found = self._place()
        return found[1] if found else None

    @property
    def host(self) -> Host | None:
        """Return the kind of API of the host; None if it is not a known one."""
        found = self._place()
        return found[0] if found else None

    def trusted_server(self, variables: Mapping[str, str]) -> str | None:
        """Return the address that may receive a token, which is the one that Atlantis uses; None if it is not known.

        NOTE: anyone who can send a webhook without a secret chooses PULL_URL.
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
        """Return the Atlantis variable that names the host, empty if there is none."""
        return _NAMED[self.host][0] if self.host else ""

    def _place(self) -> tuple[Host, str] | None:
        """Recognise the host by the shape of an address, which must be about the repository."""
        if {".", ".."} & {*self.repository.split("/"), self.project}:
            return None
        for host, pattern in (("github", _GITHUB), *_HOSTS):
            found = pattern.fullmatch(self.url.rstrip("/"))
            if found and found[2].lower() == self.repository.lower():
                return host, found[1]
        found = _BITBUCKET_SERVER.fullmatch(self.url.rstrip("/"))
        return ("bitbucket-server", found[1]) if found and found[3].lower() == self.name.lower() else None


class Project(msgspec.Struct, frozen=True):
    """One Atlantis project: a directory relative to the repository's root, and a workspace; most have no name."""

    repository: str
    directory: str
    workspace: str
    name: str
    showfile: str
    planfile: str

    @property
    def target(self) -> str:
        """Name the project as it is named in Atlantis commands."""
        if self.name:
            return self.name
        place = self.repository if self.directory == "." else self.directory
        return place if self.workspace == "default" else f"{place}:{self.workspace}"


def is_commit(text: str) -> bool:
    """Whether this can be a commit hash."""
    return _COMMIT.fullmatch(text) is not None


def pull(variables: Mapping[str, str]) -> PlannedPull:
    """Read the pull request from the environment.

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
    """Read the project of a step; unset variables have the defaults of a repository with one project."""
    return Project(
        repository=variables.get("BASE_REPO_NAME") or ".",
        directory=variables.get("REPO_REL_DIR") or ".",
        workspace=variables.get("WORKSPACE") or "default",
        name=variables.get("PROJECT_NAME", ""),
        showfile=variables.get("SHOWFILE", ""),
        planfile=variables.get("PLANFILE", ""),
    )
