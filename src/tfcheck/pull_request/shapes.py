"""The parts of GitHub's responses that tfcheck reads.

Follows https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/pulls and the pages below it,
and https://docs.github.com/en/rest/actions/workflow-runs.
"""

from __future__ import annotations

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True):
    """The author of something; `type` is `Bot` for GitHub Apps and for the token of a job."""

    login: str
    type: str = "User"


class Comment(msgspec.Struct, frozen=True):
    """A comment in the conversation. `user` is None once the account is deleted.

    `superseded`: Atlantis has folded it, by writing to it.
    """

    id: int
    node_id: str = ""
    html_url: str = ""
    user: User | None = None
    body: str | None = None
    minimized: dict[str, Any] | None = None
    superseded: bool = False


class Repository(msgspec.Struct, frozen=True):
    """A repository by its `owner/name`."""

    full_name: str


class Head(msgspec.Struct, frozen=True):
    """The newest commit of a pull request and its branch; `repo` is None once the fork is deleted."""

    sha: str
    repo: Repository | None = None
    ref: str = ""


class PullRequest(msgspec.Struct, frozen=True):
    """A pull request."""

    number: int
    state: str
    head: Head


class ChangedFile(msgspec.Struct, frozen=True):
    """A file in a pull request; `patch` is missing if it is only renamed, or too large."""

    filename: str
    status: str
    sha: str | None = None
    patch: str | None = None
    previous_filename: str | None = None


class ReviewComment(msgspec.Struct, frozen=True):
    """A comment on a line. `line` and `position` are None for an outdated comment, whose line has changed."""

    id: int
    body: str
    user: User | None = None
    path: str = ""
    line: int | None = None
    position: int | None = None
    in_reply_to_id: int | None = None


class Created(msgspec.Struct, frozen=True):
    """The id of anything that was created."""

    id: int


class WorkflowRun(msgspec.Struct, frozen=True):
    """A run of a workflow; a repeated one starts later, with another attempt."""

    id: int
    workflow_id: int
    event: str
    run_attempt: int = 1
    run_started_at: str = ""


class WorkflowRuns(msgspec.Struct, frozen=True):
    """A page of runs."""

    workflow_runs: tuple[WorkflowRun, ...] = ()


class ListedRun(msgspec.Struct, frozen=True):
    """A run that any host lists; those of one `kind` replace each other's results. `started` is empty if not shown."""

    id: int
    kind: object
    attempt: int = 1
    started: str = ""

    def order(self) -> tuple[str, int]:
        """Return a key that sorts runs by their start, otherwise by their ids."""
        return self.started, self.id
