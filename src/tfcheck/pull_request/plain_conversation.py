"""What the hosts beside GitHub have in common: no suggestions beside lines, and no comment that can be folded away."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.client import Client
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.shapes import Comment
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.links import Links
from tfcheck.report.markdown import budget


class CommentForm(msgspec.Struct, frozen=True):
    """The most bytes that a comment of a host may have, and how its page is rewritten for it."""

    size: int = budget.COMMENT
    rewritten: Callable[[str], str] = str


class PlainConversation(Conversation):
    """The comments of a pull request at `path` in the API of such a host, and the form that they need."""

    form = CommentForm()

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self.waits = client.patience.waits

    @property
    def patience(self) -> WaitBudget:
        """The time that is left."""
        return self._client.patience

    def minimize(self, comment: Comment) -> None:
        """Refuse: comments cannot be folded away."""
        raise RefusalError(RefusalKind.OTHER, "it cannot minimize comments")

    @property
    @abstractmethod
    def links(self) -> Links:
        """The repository, commit and run that the comment is about, once `moved_on` has read the commit."""

    @abstractmethod
    def added(self) -> dict[str, frozenset[int] | None] | None:
        """Return the lines that the pull request adds, by file (None: any); None where the host does not say."""

    @abstractmethod
    def author(self, named: str) -> Author:
        """Find out who we are: as `named`, else as the host says."""
