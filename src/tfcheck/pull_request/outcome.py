"""The outcome for a comment."""

from __future__ import annotations

from enum import Enum

import msgspec


class CommentAction(Enum):
    """What was done with the comment; the value is the word in the log."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    MINIMIZED = "minimized"
    NOTHING = "nothing"


class Outcome(msgspec.Struct, frozen=True):
    """What was done with which comment, or why nothing was done.

    `late`: nothing was done because a newer run, commit or reader came first.
    """

    did: CommentAction
    why: str = ""
    id: int | None = None
    url: str = ""
    late: bool = False

    def __str__(self) -> str:
        if self.did is CommentAction.NOTHING:
            return f"no comment: {self.why}"
        where = f": {self.url}" if self.url and self.did is not CommentAction.DELETED else ""
        return f"comment {self.did.value}{f', {self.why}' if self.why else ''}{where}"
