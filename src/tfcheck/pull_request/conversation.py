"""Read and write the comments of one pull request, on any host."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.client import Client
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.shapes import Comment, ListedRun
from tfcheck.report.markdown import budget
from tfcheck.report.origin import LinkHost, Links
from tfcheck.vocabulary.finding import Finding

_Shape = TypeVar("_Shape")
#: The lines that a pull request adds or changes, by file; None for a file with unknown lines.
Added = dict[str, frozenset[int] | None]

_WHOLE = 40


class Conversation(ABC, Generic[_Shape]):
    """The comments of a pull request, and what its host supports. All methods raise `RefusalError`.

    `name` is the host's, `size` the maximum size of a comment in bytes, `edit` the method that changes one,
    `can_minimize` whether one can be minimized, `numbers_attempts` whether a repeated job has another run than before.
    `waits` counts the waits before the head was first read. `assumes_commit`: the job does not name the checked commit.
    """

    size: ClassVar[int] = budget.COMMENT
    host: ClassVar[LinkHost] = "github"
    name: ClassVar[str] = "GitHub"
    can_minimize: ClassVar[bool] = False
    numbers_attempts: ClassVar[bool] = False
    title: ClassVar[str] = "pull request #"
    edit: ClassVar[str] = "PUT"

    def __init__(self, client: Client, wanted: RequestedPull, path: str, comments: str, shape: type[_Shape]) -> None:
        """Build from the pull request, the API paths of it and of its comments, and the shape of a comment."""
        self.client = client
        self.wanted = wanted
        self.path = path
        self._list = comments
        self._shape = shape
        self.sha = "" if wanted.branch else wanted.sha
        self.patience = client.patience
        self.waits = client.patience.waits
        self._has_newer_commit = False
        self.assumes_commit = False

    @property
    def links(self) -> Links:
        """The repository, commit and run of the comment, once `outdated_reason` has read the commit."""
        return Links(self.client.hosts.server, self.wanted.repository, self.sha, self.wanted.run, host=self.host)

    def outdated_reason(self) -> str:
        """Return why nothing should be written any more; empty if commit and state are unchanged.

        NOTE: Bitbucket abbreviates commits.
        """
        state, head = self._state()
        self._has_newer_commit = False
        name = f"{self.title}{self.wanted.number}"
        if state.lower() not in ("open", "opened"):
            return f"{name} is {state.lower()}"
        if not head:
            return f"{name} has no newest commit; its branch or fork may be deleted"
        self._has_newer_commit = bool(self.sha) and not (self.sha.startswith(head) or head.startswith(self.sha))
        if self._has_newer_commit:
            return f"{name} has another newest commit than the one that was checked"
        if len(self.sha) < _WHOLE:
            self.assumes_commit = not self.sha
            self.sha = self._full_sha(head)
        return ""

    def outdated_at_start(self) -> str:
        """Return why nothing should be written; a host may show a push late, so another commit is read twice."""
        why = self.outdated_reason()
        if self._has_newer_commit and self.patience.wait_briefly():
            self.waits = self.patience.waits
            why = self.outdated_reason()
        return why

    def newer_commit(self) -> str:
        """Return a note that a newer commit has come; empty if none has."""
        why = self.outdated_reason()
        return why if self._has_newer_commit else ""

    def newer_run(self) -> str | None:
        """Return a run like this one that started later, as `ID.ATTEMPT`; empty without one, None if all are hidden."""
        return ""

    def _newer_alike(self, runs: Iterable[ListedRun]) -> str | None:
        """Return the newest run of our kind if it is newer than ours; empty if ours is the newest.

        NOTE: GitLab shows an empty list to an account that is not allowed to see pipelines.
        """
        known = list(runs)
        number, _, attempt = (self.wanted.follows or self.wanted.run).partition(".")
        own = next((each for each in known if str(each.id) == number), None)
        if own is None:
            return None
        last = max((each for each in known if each.kind == own.kind), key=ListedRun.order)
        return f"{last.id}.{last.attempt}" if last.id != own.id or last.attempt > int(attempt or 0) else ""

    def renamed_jobs(self) -> Iterable[str]:
        """Return this job's names before and after the pull request renamed its workflow; none if not known."""
        return ()

    def rewritten(self, page: str) -> str:
        """Convert a page for the host."""
        return page

    @abstractmethod
    def _state(self) -> tuple[str, str]:
        """Read the state of the pull request, in the host's words, and its newest commit, or an empty one."""

    def _full_sha(self, head: str) -> str:
        return head

    def added_lines(self) -> Added | None:
        """Return the lines that the pull request adds, by file; None if the host does not show them."""
        try:
            return self._added_lines()
        except RefusalError:
            return None

    @abstractmethod
    def _added_lines(self) -> Added | None: ...

    def changed_files(self) -> frozenset[str] | None:
        """Return the files that the pull request changes, under their old and new names; None if some may be hidden.

        NOTE: an empty list may be one that the host has not computed yet.
        """
        try:
            return frozenset(filter(None, self._changed_files() or ())) or None
        except RefusalError:
            return None

    @abstractmethod
    def _changed_files(self) -> Iterable[str | None] | None: ...

    @abstractmethod
    def author(self, named: str) -> Author:
        """Return tfcheck's own account: as `named`, otherwise from the host."""

    @abstractmethod
    def comments(self) -> Iterable[Comment]:
        """Read all comments."""

    def read(self, comment: Comment) -> Comment | None:
        """Read a comment again; None if it is gone."""
        found = self.client.find(self._comment_path(comment), self._shape)
        return None if found is None else self._to_comment(found)

    def create(self, body: str) -> Comment:
        """Write a comment."""
        return self._to_comment(self.client.create(self._list, self._content(body), self._shape))

    def change(self, comment: Comment, body: str) -> Comment:
        """Change a comment."""
        return self._to_comment(
            self.client.change(self._comment_path(comment), self._content(body), self._shape, self.edit)
        )

    def remove(self, comment: Comment) -> None:
        """Remove a comment."""
        self.client.remove(self._comment_path(comment))

    def minimize(self, comment: Comment, *, undo: bool = False) -> None:
        """Minimize a comment, or show it again."""
        raise RefusalError(RefusalKind.OTHER, "it cannot minimize comments")

    def former(self, comment: Comment) -> list[str] | None:
        """Return the previous texts of a comment, newest first; None if the host does not show them."""
        return None

    def suggest(self, findings: list[Finding], author: Author, owner: str, top: Path, most: int, *, done: bool) -> None:
        """Suggest fixes on lines for the comment `owner`, if the host supports it; `done`: no finding is missing."""

    def _comment_path(self, comment: Comment) -> str:
        return f"{self._list}/{comment.id}"

    def _content(self, body: str) -> dict[str, Any]:
        return {"body": body}

    @abstractmethod
    def _to_comment(self, found: _Shape) -> Comment:
        """Convert a comment from the host's form."""
