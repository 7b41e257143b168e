"""Remember what other jobs have written to the comment for the same commit, and name a newer run that it may lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.earlier import ANOTHER_JOB, EarlierComments, is_same_body, plain, state_in, without_run
from tfcheck.pull_request.event import run_of
from tfcheck.pull_request.late_write import is_newer
from tfcheck.pull_request.report_comment import CommentWording, ReportComment
from tfcheck.pull_request.shapes import Comment
from tfcheck.report.markdown.marker import Marker, listed_targets, parse_marker
from tfcheck.report.markdown.page import OtherRun
from tfcheck.report.markdown.top import NEWER_RUN


class OtherJobs:
    """The results beside those of a draft, and which texts were read and written so far.

    `newest` is the newest run after ours whose comment was read.
    """

    def __init__(self, draft: ReportComment) -> None:
        self._draft = draft
        self._marker = draft.marker
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.newest = (0, 0)
        self._targets: tuple[str, ...] = ()
        self._beside: dict[str, bool] = {}

    def choose_wording(self, ours: list[Comment], render: Callable[[CommentWording], str]) -> CommentWording:
        """Return the words after the existing comments, ignoring an equal one of another job in this run."""
        earlier = self.earlier(ours)
        if earlier.rivals:
            for had_findings in (True, earlier.had_findings):  # a minimized comment may have been resolved
                without_rivals = msgspec.structs.replace(earlier, beside=(), rivals=(), had_findings=had_findings)
                alone = self._draft.choose_wording(without_rivals)
                if self.forget_equal(render(alone), ours):
                    return alone
        return self._draft.choose_wording(earlier)

    def earlier(self, ours: list[Comment]) -> EarlierComments:
        """Return the state in tfcheck's comments, including targets of comments removed in the meantime."""
        state = state_in(ours)
        self._targets = tuple(dict.fromkeys((*self._targets, *state.targets)))
        for body in (each.body or "" for each in ours):
            mark, listed = parse_marker(body), listed_targets(body)
            shared = [each for each in listed.absent if each.endswith(ANOTHER_JOB)]
            if mark and self.is_theirs(body):
                self._add(mark, body)
                self._targets = tuple(each for each in self._targets if each not in shared)  # which is ours
            elif mark and mark.sha == self._marker.sha:
                self._beside |= dict.fromkeys(shared, False)
        rivals = tuple(each for each, is_rival in self._beside.items() if is_rival)
        return EarlierComments(state.had_findings, self._targets, tuple(self._beside), rivals)

    def _add(self, mark: Marker, body: str) -> None:
        is_newer = mark.run > self._marker.run
        if is_newer:
            self.newest = max(self.newest, mark.run)
        is_rival = not is_newer and (bool(mark.also) or mark.run == self._marker.run)
        for each in listed_targets(body).present:
            self._beside[each] = self._beside.get(each, False) or is_rival
            self._targets = tuple(dict.fromkeys((*self._targets, each)))

    def add_replaced(self, former: list[str]) -> bool:
        """Add the results of former texts that were never read, and return whether there are any."""
        unread = [(mark, each) for each in former if (mark := self.unread(each)) and self.is_of_another(mark)]
        for mark, body in unread:
            self._add(mark, body)
            self.read.add(plain(body))
        return bool(unread)

    def find_restorable(self, former: list[str], newer: str, marker: Marker) -> str:
        """Return the text of a run newer than `marker` that our late write has replaced; `newer` if none shows it.

        One before the text of another job is not restored, since that text would be lost.
        """
        for body in former:
            is_unread = self.unread(body) or is_same_body(body, newer)
            if is_unread and is_newer(body, marker):
                return body
            if self.is_theirs(body):
                break
        return newer

    def forget_equal(self, text: str, ours: list[Comment]) -> bool:
        """Forget the results of other jobs if they have written just this text, and return whether they have."""
        shown = [each for each in ours if each.minimized is None] or ours
        theirs = [body for each in shown if self.is_theirs(body := each.body or "")]
        if not theirs or not all(is_same_body(body, text) for body in theirs):
            return False
        self._beside.clear()
        return True

    def sign(self, text: str, there: str) -> str:
        """Return our text, which keeps the marker of another job that has written it, too, and adds ours to it.

        If only one of them changes its result later, it then knows that the other's is not in its own.
        """
        mark = parse_marker(there)
        if mark is None or not is_same_body(text, there):
            return text
        if mark.run == self._marker.run and self.is_theirs(there):
            signed = mark.with_job(self._marker.job)
        else:
            ours = msgspec.structs.replace(self._marker, key=mark.key, job=mark.job, also=mark.also)
            signed = max(mark, ours, key=lambda each: each.run)
        return text.replace(str(parse_marker(text)), str(signed), 1)

    def is_theirs(self, body: str) -> bool:
        """Whether another job wrote a text for the same commit."""
        mark = parse_marker(body)
        return mark is not None and self.is_of_another(mark) and without_run(body) not in self.written

    def is_ours(self, body: str) -> bool:
        """Whether this run has written a text."""
        mark = parse_marker(body)
        return mark is not None and mark.run == self._marker.run and without_run(body) in self.written

    def unread(self, body: str) -> Marker | None:
        """Return the marker of a complete text that another job has written and that was not read before."""
        known = plain(body) in self.read or without_run(body) in self.written
        return parse_marker(body) if body.rstrip().endswith("-->") and not known else None

    def is_of_another(self, mark: Marker) -> bool:
        """Whether a comment was written by another job, or a newer run, for the same commit.

        NOTE: the steps of an Atlantis server, which are no attempts, have one store: the newer one has all results.
        """
        if mark.sha != self._marker.sha or self._marker.run == (0, 0):
            return False
        is_newer = mark.run > self._marker.run and self._marker.run[1] > 0
        return bool(mark.also) or is_newer or (self._draft.numbers_attempts and mark.run == self._marker.run)

    def contains_ours(self, mark: Marker, body: str) -> bool:
        """Whether another run's text contains everything in ours.

        A newer run replaces our results, or lists them as missing; another job of our own run must list them.
        """
        listed = listed_targets(body)
        if not self.is_of_another(mark) or not (listed.present or listed.absent):
            return True
        present = listed.present if mark.run > self._marker.run else ()
        return self._draft.is_in((*present, *listed.absent))


class NewerRun:
    """The run that the comment must name; `found` if there is one.

    The host decides which run is newer, where it lists them; otherwise the comments that were read do.
    """

    def __init__(self, conversation: Conversation[Any], draft: ReportComment) -> None:
        self._conversation = conversation
        self._marker = draft.marker
        self._may_be_repeated = draft.numbers_attempts and self._marker.run[1] > 1
        self._hidden: OtherRun | None = None
        self._read: OtherRun | None = None
        self.found: OtherRun | None = None

    @property
    def run_to_name(self) -> OtherRun | None:
        """The newer run, or a note that the token cannot see whether there is one."""
        return self.found or self._hidden

    def exists(self, *, creates: bool = False) -> bool:
        """Whether there is a newer run now; `creates`: the comment is a new one."""
        found = self._conversation.newer_run()
        hidden = creates and found is None and self._marker.run[1] > 0  # Atlantis runs one hook after another
        self._hidden = OtherRun(hidden=True) if hidden else None
        self.found = OtherRun(found) if found else self.found or self._read
        return self.found is not None

    def remember(self, run: tuple[int, int]) -> None:
        """Let the comment name a newer run whose own lacks results of ours; none if it is (0, 0)."""
        self._read = OtherRun(run_of(run)) if any(run) and not self.is_ours() else None
        self.found = self.found or self._read

    def is_ours(self) -> bool:
        """Whether the host shows that ours, a repeated run with its old number, has started last."""
        return self._may_be_repeated and self._conversation.newer_run() == ""

    def may_have_ended(self, body: str) -> bool:
        """Whether one may have ended without writing to this comment: it is about another commit, or says so."""
        mark = parse_marker(body)
        title = "".join(body.splitlines()[1:2])  # somebody may have left only the marker
        return (mark is not None and mark.sha != self._marker.sha) or title.rstrip().endswith(NEWER_RUN)
