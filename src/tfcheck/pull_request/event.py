"""Find the pull request of a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tfcheck.report.origin import context_text
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report


class RequestedPull(msgspec.Struct, frozen=True):
    """The pull request, as far as it is known without asking its host, with the run and the job.

    `repository` is its path on the host, `sha` the checked commit (or its beginning), empty if it is unknown. A number
    from the options counts only if the pull request comes from `head_repository`; None if the event itself has the
    number. If there is a `branch`, the commit is that of the branch, and counts only for its pull requests.
    """

    repository: str
    number: int
    sha: str = ""
    run: str = ""
    job: str = ""
    head_repository: str | None = None
    branch: str = ""


class NothingToDo(msgspec.Struct, frozen=True):
    """The reason why there is nothing to write to."""

    why: str


def find_pull_request(
    variables: Mapping[str, str], number: int | None, reports: Iterable[Report]
) -> RequestedPull | NothingToDo:
    """Find the pull request in the options, the event and, if that is ambiguous, the reports."""
    repository = ci.repository(variables)
    if not repository:
        is_set = variables.get("GITHUB_REPOSITORY")
        return NothingToDo(f"GITHUB_REPOSITORY is not {'a repository' if is_set else 'set, as in a job'}")
    event, run, job = ci.event(variables), ci.run_id(variables), ci.workflow(variables)
    if event.head_repository is not None:  # a run in a fork, which the event does not link to its pull request
        claims = {context_text(report, "pull_request") for report in reports} - {""}
        named = str(number) if number is not None else claims.pop() if len(claims) == 1 else ""
        if not named.isdecimal() or not event.sha or not event.head_repository:
            return NothingToDo("neither the event nor the reports name one pull request")
        return RequestedPull(repository, int(named), event.sha, run, job, event.head_repository)
    wanted = event.number if number is None else number
    if wanted is None:
        return NothingToDo(f"the event `{event.name or 'none'}` has no pull request; `pr-number` can name one")
    if event.sha and wanted == event.number:
        return RequestedPull(repository, wanted, event.sha, run, job)
    branch, sha = ci.branch(variables)
    return RequestedPull(repository, wanted, sha, run, job, branch=branch)
