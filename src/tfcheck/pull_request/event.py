"""Find the pull request, and whether it is still at the commit that was checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tfcheck.pull_request.client import Client
from tfcheck.pull_request.shapes import PullRequest
from tfcheck.report.origin import context_text
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report


class RequestedPull(msgspec.Struct, frozen=True):
    """The pull request to write to, as far as it is known without asking GitHub.

    `sha` is the commit that was checked, empty where it is unknown. A number that was only claimed counts if the
    pull request comes from `head_repository`; None where the event itself names the number.
    """

    repository: str
    number: int
    sha: str = ""
    head_repository: str | None = None


class OpenPull(msgspec.Struct, frozen=True):
    """An open pull request whose newest commit is `sha`; `waits` counts the waits before that was read."""

    repository: str
    number: int
    sha: str
    waits: int = 0

    @property
    def path(self) -> str:
        """Return the path of the pull request in the API."""
        return f"/repos/{self.repository}/pulls/{self.number}"


class NothingToDo(msgspec.Struct, frozen=True):
    """There is nothing to write to, for this reason."""

    why: str


def asked(variables: Mapping[str, str], number: int | None, reports: Iterable[Report]) -> RequestedPull | NothingToDo:
    """Find the pull request in the options and the event, and in the reports where the event leaves it open."""
    repository = ci.repository(variables)
    if not repository:
        return NothingToDo("GITHUB_REPOSITORY names no repository")
    event = ci.event(variables)
    if event.head_repository is not None:  # a run of a fork, which the event does not connect with its pull request
        claims = {context_text(report, "pull_request") for report in reports} - {""}
        named = str(number) if number is not None else claims.pop() if len(claims) == 1 else ""
        if not named.isdecimal() or not event.sha or not event.head_repository:
            return NothingToDo("neither the event nor the reports name one pull request")
        return RequestedPull(repository, int(named), event.sha, event.head_repository)
    if number is not None:
        return RequestedPull(repository, number, event.sha if number == event.number else "")
    if event.number is None:
        return NothingToDo(f"the event `{event.name or 'none'}` has no pull request; `pr-number` can name one")
    return RequestedPull(repository, event.number, event.sha)


def found(client: Client, wanted: RequestedPull) -> OpenPull | NothingToDo:
    """Ask GitHub for the pull request; nothing is written to one that is closed, or that has moved on."""
    waits = client.patience.waits
    pull = client.read(f"/repos/{wanted.repository}/pulls/{wanted.number}", PullRequest)
    name = f"pull request #{wanted.number}"
    if pull.state != "open":
        return NothingToDo(f"{name} is closed")
    head = pull.head
    if wanted.head_repository is not None:
        source = head.repo.full_name if head.repo else ""
        if source.lower() != wanted.head_repository.lower() or head.sha != wanted.sha:
            return NothingToDo(f"{name} is not the one that the run was for")
    if wanted.sha and head.sha != wanted.sha:
        return NothingToDo(f"{name} has another newest commit than the one that was checked")
    return OpenPull(wanted.repository, wanted.number, head.sha, waits)


def moved_on(client: Client, pull: OpenPull) -> str:
    """Explain why nothing is to be written to a pull request any more; empty where it is as it was."""
    now = client.read(pull.path, PullRequest)
    if now.state != "open":
        return "the pull request was closed meanwhile"
    return "a newer commit has come meanwhile" if now.head.sha != pull.sha else ""
