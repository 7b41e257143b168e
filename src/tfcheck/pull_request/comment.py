"""Keep one up-to-date comment although several jobs write to it.

GitHub has no conditional write. So a job that had to wait reads everything again before it writes, and a job that has
written looks again after a random moment. Of two comments created at the same time the older one stays. If an older run
has overwritten a newer one, it is overwritten in turn. A request that took longer than that moment may have replaced
what a newer run had written and checked: the job that sent it restores that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.earlier import is_same_body, without_run
from tfcheck.pull_request.other_jobs import OtherJobs
from tfcheck.pull_request.outcome import CommentAction, Outcome
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, UncertainError, WaitedError
from tfcheck.pull_request.report_comment import CommentWording, OnClean, ReportComment
from tfcheck.pull_request.shapes import Comment, User
from tfcheck.report.markdown.marker import listed_targets, parse_marker
from tfcheck.report.markdown.page import OtherRun
from tfcheck.report.markdown.top import NEWER_RUN

_ROUNDS = 16
_CONFLICT = 409
#: The statuses and messages of hosts that refuse a text as too long.
_TOO_LONG = (400, 413, 422)
_MOST_LOST = 3
_LOOK_AGAIN = 2.0, 4.0
_MOST_GIVEN_BACK = 3


class CommentThread:
    """The comment of tfcheck on one pull request.

    `author` is tfcheck's account, which an own comment shows if nothing else does. `marker` is that of the comment,
    which keeps its key.
    """

    def __init__(
        self, conversation: Conversation[Any], author: Author, draft: ReportComment, on_clean: OnClean = "update"
    ) -> None:
        self._conversation = conversation
        self.author = author
        self._foreign: dict[str, User] = {}
        self._draft = draft
        self.marker = draft.marker
        self._when_clean = on_clean
        self._size = draft.size
        self._waits = conversation.waits
        self._gone: set[int] = set()
        self._refused = 0
        self._lost = 0
        self._others = OtherJobs(draft)
        self._read_at = 0.0
        self._was_slow = False
        self._doubt = ""
        self._late = ""
        self._newer: OtherRun | None = None
        self._unseen: OtherRun | None = None
        self._wrote = CommentAction.UNCHANGED

    @property
    def foreign(self) -> tuple[User, ...]:
        """The other accounts that have written a comment with this id."""
        return tuple(each for each in self._foreign.values() if not self.author.wrote(each))

    def publish(self) -> Outcome:
        """Update the comment with as few writes as possible.

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
        """Read the state and take the next step; None if the state must be read again.

        INVARIANT: nothing is written after a wait that came after the head or the thread was read.
        """
        waits = self._conversation.patience.waits
        self._read_at = self._conversation.patience.remaining()
        if waits != self._waits and (why := self._conversation.outdated_reason()):
            if self._wrote is CommentAction.CREATED:
                self._withdraw(self._ours())
            return Outcome(CommentAction.NOTHING, why, late=True)
        ours = self._ours()
        if why := self._overtaken(ours):
            self._withdraw(ours)
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
            return self._delete(live, wording)
        if self._may_be_overtaken(live[0].body or ""):
            self._newer = self._find_newer_run()
        body = self._body(wording)
        is_written = self._write_into(live[0], body)
        return self._clean_up(live, body, minimize=on_clean == "minimize") if is_written else None

    def _may_be_overtaken(self, body: str) -> bool:
        """Whether a newer run may have ended without writing to a comment: it is about another commit, or says so."""
        mark = parse_marker(body)
        title = "".join(body.splitlines()[1:2])  # somebody may have left only the marker
        return (mark is not None and mark.sha != self.marker.sha) or title.rstrip().endswith(NEWER_RUN)

    def _ours(self) -> list[Comment]:
        """Return tfcheck's comments with this id, oldest first, without duplicates from overlapping pages.

        Without one, those that this one replaces: a run about more or fewer targets has another id unless it is named.
        """
        own: dict[int, Comment] = {}
        others: dict[int, Comment] = {}
        for each in self._conversation.comments():
            mark = parse_marker(each.body or "")
            if mark is None or each.id in self._gone:
                continue
            if not self.author.wrote(each.user):
                if mark.key == self.marker.key and each.user is not None:
                    self._foreign[each.user.login] = each.user
            elif mark.key == self.marker.key:
                own[each.id] = each
            elif mark.run != self.marker.run and self._draft.succeeds(listed_targets(each.body or ""), mark):
                others[each.id] = each
        found = [each for _, each in sorted((own or others).items())]
        self._others.read.update(without_run(each.body or "") for each in found)
        if not own and found and (oldest := parse_marker(found[0].body or "")):
            self.marker = msgspec.structs.replace(self.marker, key=oldest.key)
        return found

    def _body(self, wording: CommentWording) -> str:
        """Render the comment; a successor keeps the key that suggestions refer to."""
        return self._replace_key(wording.write(self._size, self._newer or self._unseen))

    def _replace_key(self, body: str) -> str:
        return body.replace(f"key={self._draft.marker.key}", f"key={self.marker.key}", 1)

    def _wording(self, ours: list[Comment]) -> CommentWording:
        """Choose the words after the existing comments, ignoring an equal one of another job in this run."""
        earlier = self._others.earlier(ours)
        if earlier.rivals:
            for had_findings in (True, earlier.had_findings):  # a minimized comment may have been resolved
                without_rivals = msgspec.structs.replace(earlier, beside=(), rivals=(), had_findings=had_findings)
                alone = self._draft.choose_wording(without_rivals)
                if self._others.forget_equal(self._body(alone), ours):
                    return alone
        return self._draft.choose_wording(earlier)

    def _overtaken(self, ours: list[Comment]) -> str:
        """Explain why this run is outdated; empty if it is not."""
        marks = [(mark, each.body or "") for each in ours if (mark := parse_marker(each.body or ""))]
        newer = [(mark, body) for mark, body in marks if mark.run > self.marker.run]
        if any(mark.sha == self.marker.sha and self._others.contains_ours(mark, body) for mark, body in newer):
            return "a newer run has written the comment"
        return self._conversation.outdated_reason() if newer else ""

    def _withdraw(self, ours: list[Comment]) -> None:
        """Remove a comment that this run has created beside an older one, if it comes too late to look again."""
        for each in ours[1:]:
            mark = parse_marker(each.body or "")
            if mark and mark.run == self.marker.run and without_run(each.body or "") in self._others.written:
                with self._deferring_refusal():
                    self._remove(each)

    def _create_first(self, wording: CommentWording) -> Outcome | None:
        if not wording.wanted:
            return Outcome(CommentAction.NOTHING, "there is nothing to report")
        self._newer = self._find_newer_run(creates=True)
        body = self._body(wording)
        self._others.written.add(without_run(body))
        try:
            made = self._send(lambda: self._conversation.create(body))
        except UncertainError:
            self._lost += 1
            if self._lost > _MOST_LOST or not self._conversation.patience.wait_random(*_LOOK_AGAIN):
                raise
            self._wrote = CommentAction.CREATED
            return None  # whether it exists is unknown: read again
        if made is None:
            return None
        self._wrote = CommentAction.CREATED
        if made.user is not None and not self.author.wrote(made.user):
            self.author = Author.of(made.user)  # nobody else has written this one, so older ones of it are ours
        return self._yield_to_older(made)

    def _yield_to_older(self, made: Comment) -> Outcome | None:
        """Remove the new comment if another job created an older one at the same time."""
        slow = self._is_slow()
        if self._conversation.patience.wait_random(*_LOOK_AGAIN):
            with self._deferring_refusal():
                live = {each.id: each.body or "" for each in self._ours() if each.minimized is None}
                if made.id not in live and self._now(made) is None:
                    return None  # NOTE: a list may lag behind, so only the comment itself proves that it is gone
                if any(each < made.id for each in live):
                    self._remove(made)
                    self._wrote = CommentAction.UNCHANGED
                    return None
                is_ours = slow and without_run(live.get(made.id, "")) in self._others.written
                if is_ours and (why := self._conversation.outdated_reason()):
                    self._remove(made)  # the runs of the newer commit may have ended without seeing it
                    return Outcome(CommentAction.NOTHING, why, late=True)
                if is_ours and not self._newer and self._has_newer_run():
                    return None
        return Outcome(CommentAction.CREATED, self._doubt, made.id, made.html_url)

    @contextmanager
    def _deferring_refusal(self) -> Iterator[None]:
        """Keep a refusal after the comment was written, since the comment exists."""
        try:
            yield
        except WaitedError:
            raise
        except RefusalError as refusal:
            self._doubt = f"but it could not be checked afterwards: {refusal.words(self._conversation.name)}"

    def _now(self, comment: Comment) -> Comment | None:
        """Read a comment again; None if it is gone."""
        try:
            return self._conversation.read(comment)
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise
            return None

    def _write_into(self, comment: Comment, body: str) -> bool:
        """Write to the oldest comment, and return whether that is its text afterwards.

        NOTE: an unchanged comment keeps its old run, so a run between the two would count as the newer one.
        """
        mark = None if comment.superseded else parse_marker(comment.body or "")
        if is_same_body(comment.body or "", body) and mark and mark.run >= self.marker.run:
            return not self._was_slow or self._is_still_ours(comment, body)
        self._others.written.add(without_run(body))
        self._wrote = CommentAction.UPDATED if self._wrote is CommentAction.UNCHANGED else self._wrote
        try:
            if self._send(lambda: self._conversation.change(comment, body)) is None:
                return False
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise
            if self._now(comment) is None:
                self._gone.add(comment.id)
            elif self._refused == comment.id:  # a token without permission gets this status too
                raise
            self._refused = comment.id
            return False
        return self._is_still_ours(comment, body)

    def _is_still_ours(self, comment: Comment, body: str) -> bool:
        """Whether the text is still ours, or a newer run's, and an older run has not minimized the comment."""
        slow = self._is_slow()
        if not self._conversation.patience.wait_random(*_LOOK_AGAIN):
            return True
        with self._deferring_refusal():
            now = self._now(comment)
            text = now.body or "" if now else ""
            mark = parse_marker(text)
            if not is_same_body(text, body):
                return mark is not None and mark.run >= self.marker.run and self._others.contains_ours(mark, text)
            if now and now.minimized is not None:
                return False
            if slow:
                return self._give_back(comment, body)
        return True

    def _is_slow(self) -> bool:
        """Whether a newer run may have started and ended since the comment was read, also before a lost answer."""
        return self._was_slow or self._read_at - self._conversation.patience.remaining() >= _LOOK_AGAIN[0]

    def _give_back(self, comment: Comment, body: str) -> bool:
        """Restore a newer run's text that a slow request of ours has overwritten; False to write another text.

        Where the host keeps no former texts, a comment for an older commit says that there is no result for the newest,
        and any other that another result may be missing.
        """
        self._was_slow = False
        for _ in range(_MOST_GIVEN_BACK):
            self._read_at = self._conversation.patience.remaining()
            former = self._conversation.former(comment)
            newer = next((each for each in former or () if self._is_newer(each)), None)
            if newer is None and self._others.add_replaced(former or []):
                return False
            if newer is None:
                break
            self._conversation.change(comment, newer)
            mark = parse_marker(newer)
            if mark and not self._others.contains_ours(mark, newer):
                return False
            self._late = "a newer run has written the comment"
            if not self._is_slow():
                return True
        if former is not None:
            return True
        if self._conversation.outdated_reason():
            self._conversation.change(comment, self._replace_key(self._draft.render_outdated(self._size)))
            self._doubt = "but a newer commit has come meanwhile"
        elif not self._newer and self._has_newer_run():
            return False
        else:
            self._doubt = "but slowly: the result of another job or a newer run may have been replaced"
            if not self._newer:
                self._newer = OtherRun()
                return False
        return True

    def _has_newer_run(self) -> bool:
        """Whether there is a newer run now, which the text must name."""
        self._newer = self._find_newer_run()
        return self._newer is not None

    def _find_newer_run(self, *, creates: bool = False) -> OtherRun | None:
        found = self._conversation.newer_run()
        hidden = creates and found is None and self.marker.run[1] > 0  # Atlantis runs one hook after another
        self._unseen = OtherRun(hidden=True) if hidden else None
        return OtherRun(found) if found else None

    def _is_newer(self, body: str) -> bool:
        """Whether this is the complete comment of a newer run, which was not read before."""
        mark = self._others.unread(body)
        return mark is not None and mark.key == self.marker.key and mark.run > self.marker.run

    def _clean_up(self, live: list[Comment], body: str, *, minimize: bool) -> Outcome:
        """Remove duplicate comments that races have created, and minimize the one with `body` if asked to."""
        oldest, *others = live
        with self._deferring_refusal():
            for each in others:
                self._remove(each)
        if self._late:
            return Outcome(CommentAction.NOTHING, self._late, oldest.id, oldest.html_url, late=True)
        if minimize and not self._doubt:
            try:
                self._conversation.minimize(oldest)
                now = self._now(oldest)
                if now and not is_same_body(now.body or "", body):
                    self._conversation.minimize(oldest, undo=True)
                    why = "a newer run has written the comment"
                    return Outcome(CommentAction.NOTHING, why, oldest.id, oldest.html_url, late=True)
            except RefusalError as refusal:  # which must not affect the comment itself
                return Outcome(self._wrote, f"it could not be minimized: {refusal}", oldest.id, oldest.html_url)
            return Outcome(CommentAction.MINIMIZED, "no finding is open any more", oldest.id, oldest.html_url)
        return Outcome(self._wrote, self._doubt, oldest.id, oldest.html_url)

    def _delete(self, live: list[Comment], wording: CommentWording) -> Outcome | None:
        """Remove tfcheck's comments; None if one stays because of a reply, a newer text or a missing permission."""
        try:
            for each in live:
                self._remove(each)
        except RefusalError as refusal:
            if refusal.status != _CONFLICT:
                raise
            self._when_clean = "update"
            return None
        with self._deferring_refusal():
            if self._now(live[0]) is not None:  # a token without permission gets the same answer
                self._gone.clear()
                self._when_clean = "update"
                return None
            if self._is_slow():  # it may have removed a newer text, or that of another job
                if self._conversation.outdated_reason():
                    body, why = self._draft.render_outdated(self._size), "a newer commit has come meanwhile"
                else:
                    self._newer = self._find_newer_run() or OtherRun()
                    body, why = wording.write(self._size, self._newer), "another result may be missing"
                made = self._conversation.create(self._replace_key(body))
                return Outcome(CommentAction.CREATED, why, made.id, made.html_url)
        return Outcome(CommentAction.DELETED, "no finding is open any more", live[0].id)

    def _remove(self, comment: Comment) -> None:
        self._conversation.remove(comment)
        self._gone.add(comment.id)

    def _send(self, send: Callable[[], Comment]) -> Comment | None:
        """Send a body; None if it is too long and should be retried much shorter."""
        try:
            return send()
        except (UncertainError, WaitedError):
            self._was_slow = self._is_slow()
            raise
        except RefusalError as refusal:
            if refusal.status not in _TOO_LONG or self._size < self._draft.size:
                raise
            self._size //= 2
            return None
