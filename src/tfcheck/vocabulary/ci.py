"""Read the repository, pull request, commit and run from the environment of a CI job.

Follows https://docs.github.com/en/actions/reference/workflows-and-actions/variables and, for the payloads,
https://docs.github.com/en/webhooks/webhook-events-and-payloads. No request is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tfcheck.symbolic.regex import regex

#: More than GitHub ever sends.
_LARGEST = 25 * 1024 * 1024
#: The hash of a commit, and `owner/name`.
COMMIT = regex(r"[0-9a-f]{40,64}")
REPOSITORY = regex(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_MATRIX = regex(r": \[(.+)\]$")
_RUN = regex(r"[0-9]{1,20}")

#: The events whose jobs check out the base or the default branch, unless configured otherwise.
_ON_BASE = ("pull_request_target", "workflow_run")


class Event(msgspec.Struct, frozen=True):
    """What started the job.

    `numbers` are those of the pull requests that the event names: several if their branch has several. `sha` is the
    head commit of the pull request, not the merge commit that GITHUB_SHA names. `head_repository` is set only where the
    number has to be verified: a `workflow_run` names none for forks. `follows` is the run that a `workflow_run`
    follows, as `ID.ATTEMPT`, and `workflow` the id of its workflow.
    """

    name: str
    numbers: tuple[int, ...] = ()
    sha: str = ""
    head_repository: str | None = None
    follows: str = ""
    workflow: str = ""

    @property
    def number(self) -> int | None:
        """The first pull request, None where the event names none."""
        return self.numbers[0] if self.numbers else None


class _HeadRepository(msgspec.Struct):
    full_name: str = ""


class _Head(msgspec.Struct):
    sha: str = ""


class _Pull(msgspec.Struct):
    number: int
    head: _Head = msgspec.field(default_factory=_Head)


class _Issue(msgspec.Struct):
    number: int
    pull_request: dict[str, object] | None = None


class _WorkflowRun(msgspec.Struct):
    id: int = 0
    run_attempt: int = 1
    workflow_id: int = 0
    head_sha: str = ""
    head_repository: _HeadRepository | None = None
    pull_requests: list[_Pull] = []


class _Payload(msgspec.Struct):
    pull_request: _Pull | None = None
    issue: _Issue | None = None
    workflow_run: _WorkflowRun | None = None


def in_actions(environment: Mapping[str, str]) -> bool:
    """Whether this is a job of GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


def event(environment: Mapping[str, str]) -> Event:
    """Read what started the job; an event without a name if there is none, or it cannot be read."""
    name = environment.get("GITHUB_EVENT_NAME", "")
    payload = _payload(environment.get("GITHUB_EVENT_PATH", ""))
    if payload is None:
        return Event(name)
    if payload.workflow_run is not None:
        run = payload.workflow_run
        numbers = tuple(each.number for each in run.pull_requests)
        repository = run.head_repository.full_name if run.head_repository else ""
        follows = f"{run.id}.{run.run_attempt}" if run.id else ""
        workflow = str(run.workflow_id or "")
        return Event(name, numbers, _commit(run.head_sha), None if numbers else repository, follows, workflow)
    if payload.pull_request is not None:
        return Event(name, (payload.pull_request.number,), _commit(payload.pull_request.head.sha))
    issue = payload.issue
    return Event(name, (issue.number,) if issue and issue.pull_request is not None else ())


def _payload(path: str) -> _Payload | None:
    try:
        file = Path(path)
        if not path or not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        return msgspec.json.decode(file.read_bytes(), type=_Payload)
    except (OSError, ValueError, RecursionError):  # invalid JSON raises a ValueError, too
        return None


def _commit(text: str) -> str:
    return text if COMMIT.fullmatch(text) else ""


def repository(environment: Mapping[str, str]) -> str:
    """Return the repository as `owner/name`; empty if it is unknown."""
    named = environment.get("GITHUB_REPOSITORY", "")
    return named if REPOSITORY.fullmatch(named) else ""


def base_and_head(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the base commit, and that of the pull request, for a job that checks out the base by default.

    Both are empty for every other job.

    NOTE: a `workflow_run` does not name the pull request of a fork. If it names none and is not of a fork, it follows a
    push.
    Follows https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows.
    """
    started = event(environment) if in_actions(environment) else Event("")
    is_for_pull = started.numbers or (started.head_repository or "").lower() != repository(environment).lower()
    base = _commit(environment.get("GITHUB_SHA", ""))
    return (base, started.sha) if started.name in _ON_BASE and started.sha and base and is_for_pull else ("", "")


def run_id(environment: Mapping[str, str]) -> str:
    """Return the run as `ID.ATTEMPT`; empty outside a run."""
    number, attempt = environment.get("GITHUB_RUN_ID", ""), environment.get("GITHUB_RUN_ATTEMPT", "1")
    return f"{number}.{attempt}" if _RUN.fullmatch(number) and _RUN.fullmatch(attempt) else ""


def branch(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the branch of a run and its commit; both are empty if the run is not about a branch."""
    _, is_branch, name = environment.get("GITHUB_REF", "").partition("refs/heads/")
    sha = _commit(environment.get("GITHUB_SHA", ""))
    return (name, sha) if is_branch and sha else ("", "")


def workflow(environment: Mapping[str, str]) -> str:
    """Return the path of the workflow file, its name if the server does not set the path; empty outside a workflow."""
    return environment.get("GITHUB_WORKFLOW_REF", "").partition("@")[0] or environment.get("GITHUB_WORKFLOW", "")


class CiJob(msgspec.Struct, frozen=True):
    """A CI job: repository path, pull request, head commit, pipeline, and name."""

    repository: str
    number: int | None
    sha: str
    run: str
    name: str = ""


def in_gitlab(environment: Mapping[str, str]) -> bool:
    """Whether this is a job of GitLab."""
    return environment.get("GITLAB_CI") == "true"


def gitlab(environment: Mapping[str, str]) -> CiJob:
    """Read the environment of a GitLab job.

    Follows https://docs.gitlab.com/ci/variables/predefined_variables/. NOTE: in a pipeline for merged results
    CI_COMMIT_SHA is the commit of the merge.
    """
    sha = environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environment.get("CI_COMMIT_SHA", "")
    job = _job(environment, "CI_PROJECT_PATH", "CI_MERGE_REQUEST_IID", sha, "CI_PIPELINE_ID")
    return msgspec.structs.replace(job, name=environment.get("CI_JOB_NAME", ""))


def in_bitbucket(environment: Mapping[str, str]) -> bool:
    """Whether this is a step of Bitbucket Pipelines."""
    return bool(environment.get("BITBUCKET_BUILD_NUMBER"))


def bitbucket(environment: Mapping[str, str]) -> CiJob:
    """Read the environment of a Bitbucket Pipelines step.

    Follows https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/.
    """
    sha, attempt = environment.get("BITBUCKET_COMMIT", ""), environment.get("BITBUCKET_STEP_RUN_NUMBER", "")
    return _job(environment, "BITBUCKET_REPO_FULL_NAME", "BITBUCKET_PR_ID", sha, "BITBUCKET_BUILD_NUMBER", attempt)


def _job(environment: Mapping[str, str], repository: str, number: str, sha: str, run: str, attempt: str = "") -> CiJob:
    """Read a job from variables with these names."""
    named, pipeline = environment.get(number, ""), environment.get(run, "")
    return CiJob(
        repository=environment.get(repository, ""),
        number=int(named) if named.isascii() and named.isdecimal() and len(named) < 18 else None,
        sha=_commit(sha),
        run=f"{pipeline}.{attempt if _RUN.fullmatch(attempt) else 1}" if _RUN.fullmatch(pipeline) else "",
    )


def context(
    environment: Mapping[str, str], directory: str | None, workspace: str | None
) -> dict[str, str | int] | None:
    """Return the origin of a report, for merging and for pull requests; None on a laptop.

    The target is TFCHECK_TARGET, else `directory` (of the sources, in the repository) and `workspace`. Without a
    workspace a job of a matrix on GitLab is named by its values: several may plan one directory.
    """
    selected = workspace if workspace not in (None, "default") else _matrix(environment)
    named = environment.get("TFCHECK_TARGET")
    target = named or ":".join(filter(None, (directory if directory != "." else "", selected)))
    if in_gitlab(environment) or in_bitbucket(environment):
        job = gitlab(environment) if in_gitlab(environment) else bitbucket(environment)
    elif in_actions(environment):
        started = event(environment)
        job = CiJob(repository(environment), started.number, started.sha, run_id(environment))
    else:
        return {"target": target} if named else None
    origin = {"repository": job.repository, "pull_request": job.number, "head_sha": job.sha, "run": job.run}
    return {name: value for name, value in {"target": target, **origin}.items() if value}


def _matrix(environment: Mapping[str, str]) -> str:
    """Return the matrix values in a job's name, as in `plan: [dev, eu-west-1]`; empty for other jobs.

    Follows https://docs.gitlab.com/ci/yaml/#parallelmatrix.
    """
    found = _MATRIX.search(environment.get("CI_JOB_NAME", "")) if in_gitlab(environment) else None
    return found[1] if found else ""
