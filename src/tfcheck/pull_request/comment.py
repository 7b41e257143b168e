"""Keep one up-to-date comment although several jobs write to it.

GitHub has no conditional write. So a job that had to wait reads everything again before it writes, and a job that has
written looks again after a random moment. Of two comments created at the same time the older one stays. If an older run
has overwritten a newer one, it is overwritten in turn. A request that took longer than that moment, or had no answer,
may replace what a newer run has written and checked: the job that sent it restores that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.earlier import has_text, is_same_body, plain, without_run
from tfcheck.pull_request.late_write import LateWrite
from tfcheck.pull_request.other_jobs import NewerRun, OtherJobs
from tfcheck.pull_request.own_comments import OwnComments
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, UncertainError, WaitedError
from tfcheck.pull_request.report_comment import CommentAction, CommentWording, OnClean, Outcome, ReportComment
from tfcheck.pull_request.shapes import Comment
from tfcheck.report.markdown.marker import named_write, parse_marker
from tfcheck.report.markdown.page import OtherRun

_ROUNDS = 16
_CONFLICT = 409
#: The statuses and messages of hosts that refuse a text as too long.
_TOO_LONG = (400, 413, 422)
_MOST_LOST, _MOST_GIVEN_BACK = 3, 3
_NEWER = "a newer run has written the comment"
_CLEAN = "no finding is open any more"


class CommentThread:
    """The comment of tfcheck on one pull request; `own` are all of tfcheck's with its id, `newer` is the newer run."""

    def __init__(
        self, conversation: Conversation[Any], author: Author, draft: ReportComment, on_clean: OnClean = "update"
    ) -> None:
        self._conversation = conversation
        self.own = OwnComments(conversation, author, draft)
        self._draft = draft
        self._when_clean = on_clean
        self._size = draft.size
        self._waits = conversation.waits
        self._refused = 0
        self._lost = 0
        self._others = OtherJobs(draft)
        self._doubt = ""
        self._late = ""
        self._has_changed = False
        self._late_write = LateWrite(conversation)
        self.newer = NewerRun(conversation, draft)
        self._wrote = CommentAction.UNCHANGED

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

        INVARIANT: nothing is written after a wait, or a slow write, that came after the head or the thread was read.
        """
        waits = self._conversation.patience.waits
        is_old = waits != self._waits or self._late_write.is_slow()
        self._late_write.start_reading()
        if is_old and (why := self._conversation.outdated_reason()):
            has_written = self._conversation.patience.lost or self._wrote is CommentAction.CREATED
            return self._give_way(why, self._ours() if has_written else [])
        ours = self._ours()
        if why := self._overtaken(ours):
            return self._give_way(why, ours)
        self._waits = waits
        if self._conversation.patience.waits != waits:
            return None
        wording = self._others.choose_wording(ours, self._body)
        self.newer.remember(self._others.newest)
        live = [each for each in ours if each.minimized is None]
        if not live:
            return self._create_first(wording)
        # A comment that is wanted anyway would only come back.
        on_clean = self._when_clean if wording.clean and not (wording.wanted or self.newer.found) else "update"
        if on_clean == "delete":
            return self._delete(live, wording)
        if self.newer.may_have_ended(live[0].body or ""):
            self.newer.exists()
        body = self._others.sign(self._body(wording), live[0].body or "")
        return self._clean_up(live, body, minimize=on_clean == "minimize") if self._write_into(live[0], body) else None

    def _ours(self) -> list[Comment]:
        found = self.own.read()
        self._others.read.update(plain(each.body or "") for each in found)
        return found

    def _body(self, wording: CommentWording) -> str:
        return self.own.keep_key(wording.write(self._size, self.newer.run_to_name))

    def _outdated_body(self) -> str:
        return self.own.keep_key(self._draft.render_outdated(self._size))

    def _overtaken(self, ours: list[Comment]) -> str:
        """Return why this run is outdated; empty if it is not."""
        marks = [(mark, each.body or "") for each in ours if (mark := parse_marker(each.body or ""))]
        newer = [(mark, body) for mark, body in marks if mark.run > self.own.marker.run]
        same = (mark.sha == self.own.marker.sha and self._others.contains_ours(mark, body) for mark, body in newer)
        if any(same) and not self.newer.is_ours():
            return _NEWER
        return self._conversation.outdated_reason() if newer else ""

    def _give_way(self, why: str, ours: list[Comment]) -> Outcome:
        """End without a result of this run, and restore what its lost writes replace or remove."""
        with self._deferring_refusal():
            first = ours[0] if ours else None
            in_doubt = self._late_write.was_slow or self._late_write.newer or self._late_write.removals
            self._late_write.keep(first, self.own.marker)
            if self._late_write.follow(first, self.own.marker) or in_doubt:
                ours = self._ours()
                live = [each for each in ours if each.minimized is None]
                first = next(iter((*live, *ours)), None)
                if first and without_run(first.body or "") in self._others.written:
                    self._give_back(first)
                elif self._late_write.removals and not live:
                    ours = self._restore_removed()
        self._withdraw(ours)
        return self._late_outcome(why, ours)

    def _restore_removed(self) -> list[Comment]:
        body = self._late_write.newer
        if body and not self._late_write.may_remove_newer:
            return []  # another run has removed it
        if not body and self._late_write.was_slow and self._conversation.newer_commit():
            body = self._outdated_body()
        return [self._conversation.create(body)] if body else []

    def _late_outcome(self, why: str, ours: list[Comment]) -> Outcome:
        nothing = Outcome(CommentAction.NOTHING, why, late=True)
        left = [each for each in ours[:1] if each.id not in self.own.gone]
        return msgspec.structs.replace(nothing, id=left[0].id, url=left[0].html_url) if left else nothing

    def _withdraw(self, ours: list[Comment]) -> None:
        """Remove a comment that this run has created beside an older one, if it comes too late to look again."""
        for place, each in enumerate(ours):
            is_ours, before = self._others.is_ours(each.body or ""), ours[:place]
            is_second = any(old.minimized is None for old in before) or (is_ours and self._overtaken(before))
            if is_ours and is_second and each.minimized is None:
                with self._deferring_refusal():
                    self.own.remove(each)

    def _remove_unless_changed(self, comment: Comment) -> None:
        now = self._conversation.read(comment)
        if now and without_run(now.body or "") in self._others.written:
            self._late_write.removals.add(comment.id)
            with self._late_write.noting_loss():
                self.own.remove(comment)

    def _create_first(self, wording: CommentWording) -> Outcome | None:
        if not wording.wanted:
            was_removed = self._late_write.was_slow and self._late_write.removals
            nothing = Outcome(CommentAction.NOTHING, "there is nothing to report")
            return self._replace_removed(wording) if was_removed else nothing
        self.newer.exists(creates=True)
        body = self._body(wording)
        self._others.written.add(without_run(body))
        return self._create(body)

    def _create(self, body: str) -> Outcome | None:
        """Create a comment, unless another job creates an older one; None if the state must be read again."""
        try:
            made = self._send(body, self._conversation.create)
        except UncertainError:
            self._others.written.add(without_run(body))
            self._lost += 1
            if self._lost > _MOST_LOST or not self._conversation.patience.wait_briefly():
                raise
            self._wrote = CommentAction.CREATED
            return None  # whether it exists is unknown: read again
        if made is None:
            return None
        self._wrote = CommentAction.CREATED
        if made.user is not None and not self.own.author.wrote(made.user):
            self.own.author = Author.of(made.user)  # nobody else has written this one, so older ones of it are ours
        return self._yield_to_older(made)

    def _yield_to_older(self, made: Comment) -> Outcome | None:
        """Return None if another job created an older comment at the same time, which gets the result instead."""
        slow = self._late_write.is_slow()
        if self._late_write.wait_to_look_again(made, self.own.marker):
            with self._deferring_refusal():
                ours = self._ours()
                self._withdraw([each for each in ours if each.id >= made.id])
                live = {each.id: each.body or "" for each in ours if each.minimized is None}
                # NOTE: a list may lag behind, so only the comment itself proves that it is gone
                if made.id not in live and self._conversation.read(made) is None:
                    late = [each for each in ours if self._others.is_ours(live.get(each.id, ""))]
                    for each in late if self._conversation.patience.lost else ():
                        self._remove_unless_changed(each)  # one that came after the removal
                    left = live.keys() - self.own.gone
                    return None if left else self._late_outcome("a newer run or a person has removed it", [])
                if any(each < made.id for each in live):
                    return None  # once the older one has the result, the new one is removed as a duplicate
                is_ours = slow and without_run(live.get(made.id, "")) in self._others.written
                if is_ours and (why := self._conversation.newer_commit()):
                    self._late_write.was_slow = True
                    self._remove_unless_changed(made)  # the runs of the newer commit may have ended without seeing it
                    return Outcome(CommentAction.NOTHING, why, late=True)
                if is_ours and not self.newer.found and self.newer.exists():
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

    def _write_into(self, comment: Comment, body: str) -> bool:
        """Write to the oldest comment, and return whether that is its text afterwards.

        NOTE: an unchanged comment keeps its old run, so a run between the two would count as the newer one.
        """
        before = comment.body or ""
        if not comment.superseded and has_text(before, body):
            self._late_write.recognise(comment)
            is_late = self._conversation.patience.expects_late_write() or self._late_write.was_slow
            return not (is_late or self._late_write.newer) or self._is_still_ours(comment, body)
        if self._late_write.reading_took_long():
            return False
        self._late_write.newer = ""
        self._has_changed = True
        self._others.written.add(without_run(body))
        self._wrote = CommentAction.UPDATED if self._wrote is CommentAction.UNCHANGED else self._wrote
        try:
            if self._send(body, lambda text: self._conversation.change(comment, text)) is None:
                return False
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise
            if self._conversation.read(comment) is None:
                self.own.gone.add(comment.id)
            elif self._refused == comment.id:  # a token without permission gets this status too
                raise
            self._refused = comment.id
            return False
        return self._is_still_ours(comment, body)

    def _is_still_ours(self, comment: Comment, body: str) -> bool:
        """Whether the text is still ours, or a newer run's, and an older run has not minimized the comment."""
        slow = self._late_write.is_slow()
        if not self._late_write.wait_to_look_again(comment, self.own.marker):
            return True
        with self._deferring_refusal():
            now = self._conversation.read(comment)
            text = now.body or "" if now else ""
            mark = parse_marker(text)
            if without_run(text) not in self._others.written:
                return mark is not None and mark.run >= self.own.marker.run and self._others.contains_ours(mark, text)
            if now and now.minimized is not None:
                return False
            is_same = has_text(text, self._others.sign(body, text))
            return self._give_back(comment) if self._late_write.newer or (slow and is_same) else is_same
        return True

    def _give_back(self, comment: Comment) -> bool:
        """Restore a newer run's text that a slow request of ours has overwritten; False to write another text.

        Where the host keeps no former texts, a comment for an older commit says that there is no result for the newest,
        and any other that another result may be missing.
        """
        with self._late_write.settling():
            for _ in range(_MOST_GIVEN_BACK):
                self._late_write.start_reading()
                former = self._conversation.former(comment)
                newer = self._others.find_restorable(former or [], self._late_write.newer, self.own.marker)
                if not newer and self._others.add_replaced(former or []):
                    return False
                if not newer:
                    break
                self._conversation.change(comment, newer)
                self._late_write.newer = ""
                mark = parse_marker(newer)
                if mark and not self._others.contains_ours(mark, newer):
                    return False
                self._late = _NEWER
                if not self._late_write.is_slow():
                    return True
            created = self._wrote is CommentAction.CREATED and not self._has_changed
            if former is not None and not created:
                return True
            if why := self._conversation.newer_commit():
                if created and former is not None:
                    self._remove_unless_changed(comment)
                    self._late = why
                    return True
                self._conversation.change(comment, self._outdated_body())
                self._doubt = "but a newer commit has come meanwhile"
            elif not self.newer.found and self.newer.exists():
                return False
            elif former is None:
                self._doubt = "but slowly: the result of another job or a newer run may have been replaced"
                if not self.newer.found:
                    self.newer.found = OtherRun()
                    return False
        return True

    def _clean_up(self, live: list[Comment], body: str, *, minimize: bool) -> Outcome:
        """Remove duplicate comments that races have created, and minimize the one with `body` if asked to."""
        oldest, *others = live
        with self._deferring_refusal():
            for each in others:
                self.own.remove(each)
            if self._conversation.patience.lost and self._wrote is CommentAction.CREATED:
                self._withdraw(self._ours())
        if self._late:
            return self._late_outcome(self._late, live)
        if minimize and not (self._doubt or self.newer.found):
            return self._minimize(oldest, body)
        return Outcome(self._wrote, self._doubt, oldest.id, oldest.html_url)

    def _minimize(self, comment: Comment, body: str) -> Outcome:
        """Minimize a comment, unless a newer run has written to it; a refusal must not affect the comment itself."""
        done = Outcome(CommentAction.MINIMIZED, _CLEAN, comment.id, comment.html_url)
        try:
            self._conversation.minimize(comment)
        except RefusalError as refusal:
            why = f"it could not be minimized: {refusal}"
            done = msgspec.structs.replace(done, did=self._wrote, why=why)
        with suppress(RefusalError):
            self._late_write.follow(comment, self.own.marker)
            ours = self._ours()
            now = next((each for each in ours if each.id == comment.id), None)
            is_minimized = done.did is CommentAction.MINIMIZED or (now and now.minimized is not None)
            is_shown = any(each.minimized is None for each in ours if each is not now)
            if now and is_minimized and not is_shown and not is_same_body(now.body or "", body):
                self._conversation.minimize(comment, undo=True)
                return self._late_outcome(_NEWER, [comment])
        return done

    def _delete(self, live: list[Comment], wording: CommentWording) -> Outcome | None:
        """Remove tfcheck's comments; None if one stays because of a reply, a newer text or a missing permission."""
        self._late_write.removals.update(each.id for each in live)
        try:
            with self._late_write.noting_loss():
                for each in live:
                    self.own.remove(each)
        except RefusalError as refusal:
            if refusal.status != _CONFLICT:
                raise
            self._when_clean = "update"
            return None
        with self._deferring_refusal():
            if self._conversation.read(live[0]) is not None:  # a token without permission gets the same answer
                self.own.gone.clear()
                self._when_clean = "update"
                return None
            if self._late_write.is_slow():
                with self._late_write.settling():
                    return self._replace_removed(wording)
        return Outcome(CommentAction.DELETED, _CLEAN, live[0].id)

    def _replace_removed(self, wording: CommentWording) -> Outcome | None:
        """Create a comment after a slow removal, which may have removed a newer text, or that of another job."""
        if self._conversation.newer_commit():
            body, why = self._outdated_body(), "a newer commit has come meanwhile"
        else:
            newer = self.newer.found if self.newer.exists() else OtherRun()
            body, why = self.own.keep_key(wording.write(self._size, newer)), "another result may be missing"
        if any(each.minimized is None for each in self._ours()):
            return None
        self._doubt = why
        self._has_changed = True  # this one stays unless there is another one
        return self._create(body)

    def _send(self, body: str, send: Callable[[str], Comment]) -> Comment | None:
        """Send a body; None if it is too long and should be retried much shorter."""
        try:
            with self._late_write.noting_loss() as write:
                return send(named_write(body, write))
        except RefusalError as refusal:
            if refusal.status not in _TOO_LONG or self._size < self._draft.size:
                raise
            self._size //= 2
            return None
