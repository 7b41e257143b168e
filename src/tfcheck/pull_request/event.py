"""Find the pull request of a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tfcheck.report.origin import context_text
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report

#: More than GitHub lets a run have.
_MOST_ATTEMPTS = 1000


class RequestedPull(msgspec.Struct, frozen=True):
    """The pull request, as far as it is known without asking its host, with the run and the job.

    `repository` is its path on the host, `sha` the checked commit (or its beginning), empty if it is unknown. A number
    from the options counts only if the pull request comes from `head_repository`; None if the event itself has the
    number. If there is a `branch`, the commit is that of the branch, and counts only for its pull requests. `follows`
    is the run that made the result, if another one comments on it.
    """

    repository: str
    number: int
    sha: str = ""
    run: str = ""
    job: str = ""
    head_repository: str | None = None
    branch: str = ""
    follows: str = ""

    @property
    def order(self) -> str:
        """The run in a form that sorts results: by the run that made them, and then by the attempt to comment."""
        if not self.follows:
            return self.run
        made, _, attempt = self.follows.partition(".")
        return f"{made}.{int(attempt) * _MOST_ATTEMPTS + int(self.run.partition('.')[2] or 0)}"


def run_of(order: tuple[int, int]) -> str:
    """Return the run that made a result, as `ID.ATTEMPT`, from the numbers of its `order`."""
    return f"{order[0]}.{order[1] // _MOST_ATTEMPTS or order[1]}"


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
    event, run = ci.event(variables), ci.run_id(variables)
    job = " ".join(filter(None, (ci.workflow(variables), event.workflow)))
    claims = {context_text(report, "pull_request") for report in reports} - {""}
    claim = claims.pop() if len(claims) == 1 else ""
    if event.head_repository is not None:  # a run in a fork, which the event does not link to its pull request
        named = claim if number is None else str(number)
        if not named.isdecimal() or not event.sha or not event.head_repository:
            return NothingToDo("neither the event nor the reports name one pull request")
        return RequestedPull(repository, int(named), event.sha, run, job, event.head_repository, follows=event.follows)
    wanted = number
    if wanted is None:  # a branch can have several pull requests
        wanted = next((each for each in event.numbers if str(each) == claim), event.number)
    if wanted is None:
        return NothingToDo(f"the event `{event.name or 'none'}` has no pull request; `pr-number` can name one")
    if event.sha and (event.follows or wanted in event.numbers):
        return RequestedPull(repository, wanted, event.sha, run, job, follows=event.follows)
    branch, sha = ci.branch(variables)
    return RequestedPull(repository, wanted, sha, run, job, branch=branch)
