"""Read and write the comments of one pull request on GitHub."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tfcheck.pull_request.client import Client
from tfcheck.pull_request.event import OpenPull, moved_on
from tfcheck.pull_request.shapes import Comment
from tfcheck.pull_request.wait_budget import WaitBudget

_MINIMIZE = (
    "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: RESOLVED}) "
    "{ minimizedComment { isMinimized } } }"
)


class Conversation(Protocol):
    """What a host lets us do with the comments of a pull request. All of it raises `RefusalError`.

    `waits` counts the waits before the head was last read.
    """

    waits: int

    @property
    def patience(self) -> WaitBudget:
        """The time that is left."""

    def moved_on(self) -> str:
        """Explain why nothing is to be written any more; empty where head and state are as they were."""

    def comments(self) -> Iterable[Comment]:
        """Read all comments."""

    def read(self, comment: Comment) -> Comment:
        """Read one comment again."""

    def create(self, body: str) -> Comment:
        """Write a comment."""

    def change(self, comment: Comment, body: str) -> Comment:
        """Change a comment."""

    def remove(self, comment: Comment) -> None:
        """Remove a comment."""

    def minimize(self, comment: Comment) -> None:
        """Fold a comment away."""


class PullConversation:
    """The comments of a pull request on GitHub."""

    def __init__(self, client: Client, pull: OpenPull) -> None:
        self._client = client
        self._pull = pull
        self._all = f"/repos/{pull.repository}/issues/{pull.number}/comments"
        self.waits = pull.waits

    @property
    def patience(self) -> WaitBudget:
        """The time that is left."""
        return self._client.patience

    def moved_on(self) -> str:
        """Explain why nothing is to be written any more; empty where head and state are as they were."""
        return moved_on(self._client, self._pull)

    def comments(self) -> Iterable[Comment]:
        """Read all comments."""
        return self._client.pages(self._all, Comment)

    def read(self, comment: Comment) -> Comment:
        """Read one comment again."""
        return self._client.read(self._path(comment), Comment)

    def create(self, body: str) -> Comment:
        """Write a comment."""
        return self._client.create(self._all, {"body": body}, Comment)

    def change(self, comment: Comment, body: str) -> Comment:
        """Change a comment."""
        return self._client.change(self._path(comment), {"body": body}, Comment)

    def remove(self, comment: Comment) -> None:
        """Remove a comment."""
        self._client.remove(self._path(comment))

    def minimize(self, comment: Comment) -> None:
        """Fold a comment away."""
        self._client.ask(_MINIMIZE, {"id": comment.node_id}, dict)

    def _path(self, comment: Comment) -> str:
        return f"/repos/{self._pull.repository}/issues/comments/{comment.id}"
