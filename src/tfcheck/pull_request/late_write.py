"""Notice writes that are slow or have no answer, and what a newer run writes until they are carried out.

No host has a conditional write, and each may carry out a request after its sender has given it up.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.refusal import RefusalError, UncertainError, WaitedError
from tfcheck.pull_request.shapes import Comment
from tfcheck.pull_request.wait_budget import LOOK_AGAIN
from tfcheck.report.markdown.marker import Marker, parse_marker, write_of

#: NOTE: shorter than the moment after which a newer run looks again, so that one of the two sees every change.
_INTERVAL = 1.5


class LateWrite:
    """The writes of a run that may be carried out after those of a newer one.

    `newer` is the text of a newer run that one may replace, empty without one. `removals` are the comments that the run
    has asked to remove, and `may_remove_newer` whether `newer` is in one of them. `was_slow`: the answer to a slow
    write is lost.
    """

    def __init__(self, conversation: Conversation[Any]) -> None:
        self._conversation = conversation
        self._read_at = 0.0
        self.newer = ""
        self.may_remove_newer = False
        self.removals: set[int] = set()
        self._lost = ""
        self._has_read_again = False
        self.was_slow = False

    def start_reading(self) -> None:
        """Begin to measure how old the state is that a write is based on."""
        self._read_at = self._conversation.patience.remaining()

    def is_slow(self) -> bool:
        """Whether a newer run may have started and ended since the comment was read, also before a lost answer."""
        return self.was_slow or self._is_old()

    def _is_old(self) -> bool:
        return self._read_at - self._conversation.patience.remaining() >= LOOK_AGAIN[0]

    def reading_took_long(self) -> bool:
        """Whether the state is to be read again before it is written: once, since a host may always be slow."""
        again = self._is_old() and not self._has_read_again
        self._has_read_again = self._has_read_again or again
        return again

    @contextmanager
    def noting_loss(self) -> Iterator[str]:
        """Yield a name for a write, and remember it if its answer is lost, and whether it was slow."""
        write, lost = secrets.token_hex(4), self._conversation.patience.lost
        try:
            yield write
        except (UncertainError, WaitedError):
            if self._conversation.patience.lost > lost:
                self.was_slow = self.was_slow or self.is_slow()
                self._lost = write
            raise

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Settle what a slow write may have replaced; if this has to wait, it is still to be done."""
        self.was_slow = False
        try:
            yield
        except WaitedError:
            self.was_slow = True
            raise

    def wait_to_look_again(self, comment: Comment, marker: Marker) -> bool:
        """Wait until nothing comes late any more, otherwise for a random moment; False if no time is left."""
        return self.follow(comment, marker) or self._conversation.patience.wait_briefly()

    def follow(self, comment: Comment | None, marker: Marker) -> bool:
        """Read a comment until no late write is expected any more, and return whether one was expected."""
        followed = False
        while self._conversation.patience.wait_for_late_write(_INTERVAL):
            followed = True
            with suppress(RefusalError):
                self.keep(comment and self._conversation.read(comment), marker)
        return followed

    def recognise(self, comment: Comment) -> None:
        """Expect nothing late any more if the lost write has been carried out."""
        if self._lost and write_of(comment.body or "") == self._lost:
            self._conversation.patience.find_answer()

    def keep(self, comment: Comment | None, marker: Marker) -> None:
        """Keep the text of a newer run, which a late write may replace."""
        if comment is None:
            return
        self.recognise(comment)
        body = comment.body or ""
        if is_newer(body, marker):
            self.newer = body
            self.may_remove_newer = comment.id in self.removals


def is_newer(body: str, marker: Marker) -> bool:
    """Whether this is the complete comment of a newer run than that of a marker."""
    mark = _marker_of_complete(body)
    return mark is not None and mark.comment == marker.comment and mark.run > marker.run


def _marker_of_complete(body: str) -> Marker | None:
    return parse_marker(body) if body.rstrip().endswith("-->") else None
