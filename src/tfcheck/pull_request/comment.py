"""Keep one up-to-date comment although several jobs write to it.

GitHub has no way to say "only if nobody wrote meanwhile". So whoever had to wait reads all again before writing, and
whoever wrote looks again after a moment of random length.
Of two comments made at the same time the older one stays, and whoever made the other one removes it and writes into
the older. An older run that wrote over a newer one is written over in turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Literal, TypeAlias

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.outcome import CommentAction, Outcome
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, UncertainError, WaitedError
from tfcheck.pull_request.shapes import Comment
from tfcheck.report.markdown.marker import ListedTargets, Marker, listed_targets, marked
from tfcheck.symbolic.regex import regex

OnClean: TypeAlias = Literal["update", "delete", "minimize"]

_ROUNDS = 16
_CONFLICT = 409
#: How hosts refuse a text that is too long.
_TOO_LONG = (400, 413, 422)
_MOST_LOST = 3
_LOOK_AGAIN = 1.0, 3.0
_RUN = regex(r" run=\d+\.\d+ -->$|/actions/runs/\d+/attempts/\d+|/-/pipelines/\d+|/pipelines/results/\d+", re.MULTILINE)


class Earlier(msgspec.Struct, frozen=True):
    """What comments of this id said before: whether anything was missing, and the targets that had a result.

    `beside` are the targets whose result another job of the same run wrote.
    """

    told: bool = False
    targets: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class Wording(msgspec.Struct, frozen=True):
    """What the comment should say after what was said before.

    `write` takes the most bytes it may have. `clean`: there is nothing to report. `wanted`: there should be a comment
    even where there is none yet.
    """

    write: Callable[[int], str]
    clean: bool
    wanted: bool


class Draft(msgspec.Struct, frozen=True):
    """The comment to be: its marker, the most bytes that it may have, and what it should say.

    `succeeds` is whether a comment of another id about these targets, whose list is given, becomes this one.
    """

    marker: Marker
    size: int
    after: Callable[[Earlier], Wording]
    succeeds: Callable[[ListedTargets, Marker], bool] = lambda _listed, _marker: False


class Thread:
    """The conversation of one pull request, as far as our one comment in it goes.

    `author` is the account that we write as; what we wrote shows it where nothing else does. `marker` is that of
    the comment, which keeps its key; `foreign` are accounts that have written a comment of this id as well.
    """

    def __init__(self, conversation: Conversation, author: Author, draft: Draft, on_clean: OnClean = "update") -> None:
        self._conversation = conversation
        self.author = author
        self.foreign: tuple[str, ...] = ()
        self._draft = draft
        self.marker = draft.marker
        self._when_clean = on_clean
        self._size = draft.size
        self._waits = conversation.waits
        self._gone: set[int] = set()
        self._lost = 0
        self._targets: tuple[str, ...] = ()
        self._beside: tuple[str, ...] = ()
        self._written: set[str] = set()
        self._doubt = ""
        self._wrote = CommentAction.UNCHANGED

    def publish(self) -> Outcome:
        """Bring the comment to what it should say, with as little writing as possible.

        Raises:
            RefusalError: GitHub does not let us, or cannot be reached.
        """
        for _ in range(_ROUNDS):
            with suppress(WaitedError):
                outcome = self._round()
                if outcome is not None:
                    return outcome
        raise RefusalError(RefusalKind.OTHER, "other jobs kept changing the comment")

    def _round(self) -> Outcome | None:
        """Look at what is there and do the next thing; None where one has to look again.

        INVARIANT: nothing is written after a wait that came after the head or the thread was read.
        """
        waits = self._conversation.patience.waits
        if waits != self._waits and (why := self._conversation.moved_on()):
            return Outcome(CommentAction.NOTHING, why, late=True)
        ours = self._ours()
        if why := self._overtaken(ours):
            return Outcome(CommentAction.NOTHING, why, ours[0].id, ours[0].html_url, late=True)
        self._waits = waits
        if self._conversation.patience.waits != waits:
            return None
        wording = self._wording(ours)
        live = [each for each in ours if each.minimized is None]
        if not live:
            return self._create_first(wording)
        # A comment that is wanted anyway would only come back.
        on_clean = self._when_clean if wording.clean and not wording.wanted else "update"
        if on_clean == "delete":
            return self._deleted(live)
        kept = self._write_into(live[0], self._body(wording))
        return self._finished(live, minimize=on_clean == "minimize") if kept else None

    def _ours(self) -> list[Comment]:
        """Return our comments of this id, the oldest first; pages that overlap show one twice.

        Without one, those that this one succeeds: a run about more or fewer targets has another id unless it is named.
        """
        own: dict[int, Comment] = {}
        others: dict[int, Comment] = {}
        for each in self._conversation.comments():
            mark = marked(each.body or "")
            if mark is None or each.id in self._gone:
                continue
            if not self.author.wrote(each.user):
                if mark.key == self.marker.key and each.user is not None:
                    self.foreign = tuple(dict.fromkeys((*self.foreign, each.user.login)))
            elif mark.key == self.marker.key:
                own[each.id] = each
            elif mark.run != self.marker.run and self._draft.succeeds(listed_targets(each.body or ""), mark):
                others[each.id] = each
        found = [each for _, each in sorted((own or others).items())]
        if not own and found and (oldest := marked(found[0].body or "")):
            self.marker = msgspec.structs.replace(self.marker, key=oldest.key)
        return found

    def _body(self, wording: Wording) -> str:
        """Write the comment; one that succeeds another keeps its key, by which suggestions belong to it."""
        return wording.write(self._size).replace(str(self._draft.marker), str(self.marker), 1)

    def _wording(self, ours: list[Comment]) -> Wording:
        """Choose the words after what our comments say; another job of this run that says the same is none."""
        earlier = self._earlier(ours)
        if earlier.beside:
            for told in (True, earlier.told):  # a comment that is minimized may have been resolved
                alone = self._draft.after(msgspec.structs.replace(earlier, beside=(), told=told))
                if any(_same(each.body or "", self._body(alone)) for each in ours):
                    return alone
        return self._draft.after(earlier)

    def _earlier(self, ours: list[Comment]) -> Earlier:
        """Return what our comments say, and the targets of those as well that somebody removed while we looked."""
        said = _state_in(ours)
        self._targets = tuple(dict.fromkeys((*self._targets, *said.targets)))
        if self.marker.run > (0, 0):
            bodies = [body for each in ours if _without_run(body := each.body or "") not in self._written]
            now = [listed_targets(body).present for body in bodies if marked(body) == self.marker]
            self._beside = tuple(dict.fromkeys((*self._beside, *chain.from_iterable(now))))
        return Earlier(said.told, self._targets, self._beside)

    def _overtaken(self, ours: list[Comment]) -> str:
        """Explain why this run is too late; empty where it is not."""
        newer = [mark for each in ours if (mark := marked(each.body or "")) and mark.run > self.marker.run]
        if any(mark.sha == self.marker.sha for mark in newer):
            return "a newer run has written the comment"
        return self._conversation.moved_on() if newer else ""

    def _create_first(self, wording: Wording) -> Outcome | None:
        if not wording.wanted:
            return Outcome(CommentAction.NOTHING, "there is nothing to report")
        body = self._body(wording)
        self._written.add(_without_run(body))
        try:
            made = self._sent(lambda: self._conversation.create(body))
        except UncertainError:
            self._lost += 1
            if self._lost > _MOST_LOST or not self._conversation.patience.between(*_LOOK_AGAIN):
                raise
            self._wrote = CommentAction.CREATED
            return None  # it may be there or not: look
        if made is None:
            return None
        self._wrote = CommentAction.CREATED
        if made.user is not None and not self.author.wrote(made.user):
            self.author = Author.of(made.user)  # nobody else has written this one, so older ones of it are ours
        return self._yield_to_older(made)

    def _yield_to_older(self, made: Comment) -> Outcome | None:
        """Look whether another job made a comment at the same time; then the older one stays."""
        if self._conversation.patience.between(*_LOOK_AGAIN):
            with self._doubting():
                live = [each.id for each in self._ours() if each.minimized is None]
                if made.id not in live and self._text(made) is None:
                    return None  # NOTE: a list may lag behind, so only the comment itself says that it is gone
                if any(each < made.id for each in live):
                    self._remove(made)
                    self._wrote = CommentAction.UNCHANGED
                    return None
        return Outcome(CommentAction.CREATED, self._doubt, made.id, made.html_url)

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Keep what is refused after the comment was written: it is there all the same."""
        try:
            yield
        except WaitedError:
            raise
        except RefusalError as refusal:
            self._doubt = f"but it could not be checked afterwards: {refusal}"

    def _text(self, comment: Comment) -> str | None:
        """Read what a comment says now; None where it is gone."""
        try:
            return self._conversation.read(comment).body or ""
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise
            return None

    def _write_into(self, kept: Comment, body: str) -> bool:
        """Write into the oldest comment, and return whether that is what it says now."""
        if _same(kept.body or "", body):
            return True
        self._written.add(_without_run(body))
        try:
            if self._sent(lambda: self._conversation.change(kept, body)) is None:
                return False
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise
            self._gone.add(kept.id)
            return False
        self._wrote = CommentAction.UPDATED if self._wrote is CommentAction.UNCHANGED else self._wrote
        return self._stands(kept, body)

    def _stands(self, kept: Comment, body: str) -> bool:
        """Check whether an older run wrote over what we wrote; what a newer one wrote is kept."""
        if not self._conversation.patience.between(*_LOOK_AGAIN):
            return True
        with self._doubting():
            now = self._text(kept)
            mark = marked(now or "")
            return now is not None and (_same(now, body) or (mark is not None and mark.run >= self.marker.run))
        return True

    def _finished(self, live: list[Comment], *, minimize: bool) -> Outcome:
        """Remove the comments that races left behind beside the oldest one."""
        kept, *others = live
        with self._doubting():
            for each in others:
                self._remove(each)
        if minimize:
            try:
                self._conversation.minimize(kept)
            except RefusalError as refusal:  # which the comment itself must not suffer from
                return Outcome(self._wrote, f"it could not be minimized: {refusal}", kept.id, kept.html_url)
            return Outcome(CommentAction.MINIMIZED, "no finding is open any more", kept.id, kept.html_url)
        return Outcome(self._wrote, self._doubt, kept.id, kept.html_url)

    def _deleted(self, live: list[Comment]) -> Outcome | None:
        """Remove our comments; None where one has to stay, since somebody replied or wrote meanwhile."""
        try:
            for each in live:
                self._remove(each)
        except RefusalError as refusal:
            if refusal.status != _CONFLICT:
                raise
            self._when_clean = "update"
            return None
        return Outcome(CommentAction.DELETED, "no finding is open any more", live[0].id)

    def _remove(self, comment: Comment) -> None:
        self._conversation.remove(comment)
        self._gone.add(comment.id)

    def _sent(self, send: Callable[[], Comment]) -> Comment | None:
        """Send a body; None where it is found too long, and should be tried once more, much shorter."""
        try:
            return send()
        except RefusalError as refusal:
            if refusal.status not in _TOO_LONG or self._size < self._draft.size:
                raise
            self._size //= 2
            return None


def _same(one: str, other: str) -> bool:
    """Compare two bodies except the run that wrote them; GitHub may give back other line ends."""
    return _without_run(one) == _without_run(other)


def _without_run(body: str) -> str:
    return _RUN.sub("", body.replace("\r\n", "\n").strip())


def _state_in(ours: list[Comment]) -> Earlier:
    """Return what our comments say, the minimized ones as well; only one that is shown can be resolved."""
    bodies = [each.body or "" for each in ours]
    told = any(_reports_problem(each.body or "") for each in ours if each.minimized is None)
    listed = [listed_targets(body) for body in bodies]
    return Earlier(told, tuple(dict.fromkeys(name for each in listed for name in (*each.present, *each.absent))))


def _reports_problem(body: str) -> bool:
    """Whether a comment of ours ever reported something missing: its title keeps that."""
    title = body.split("\n", 2)[1:2]
    return not any(line.startswith("### ✅ tfcheck: ") and ": resolved, " not in line for line in title)
