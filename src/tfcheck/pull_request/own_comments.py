"""Find a workflow's own comments on a pull request, by their first line and their author."""

from __future__ import annotations

from typing import Any

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.report_comment import ReportComment
from tfcheck.pull_request.shapes import Comment, User
from tfcheck.report.markdown.marker import Marker, listed_targets, marker, parse_marker

#: The comments on one page; with fewer there is no second one.
_PAGE = 100


class OwnComments:
    """The comments with one id on one pull request.

    `author` is tfcheck's account, which an own comment shows if nothing else does. `marker` is that of the comment,
    which keeps its key. `gone` are comments that were removed: a list may lag behind.
    """

    def __init__(self, conversation: Conversation[Any], author: Author, draft: ReportComment) -> None:
        self._conversation = conversation
        self._draft = draft
        self._foreign: dict[str, User] = {}
        self.author = author
        self.marker = draft.marker
        self.gone: set[int] = set()
        self._jobs = {self.marker.job}
        self._has_all_jobs = not self.marker.job

    @property
    def foreign(self) -> tuple[User, ...]:
        """The other accounts that have written a comment with this id."""
        return tuple(each for each in self._foreign.values() if not self.author.wrote(each))

    def read(self) -> list[Comment]:
        """Return the workflow's comments with this id, oldest first, without duplicates from overlapping pages.

        Without one, those that this one replaces: a run about more or fewer targets has another id unless it is named.
        NOTE: if a comment is removed while pages are read, another one moves to a page that was read before.
        """
        found, listed = self._read()
        return self._read()[0] if listed >= _PAGE and not found else found

    def _read(self) -> tuple[list[Comment], int]:
        """Return the workflow's comments, and the number of all comments."""
        own: dict[int, Comment] = {}
        others: dict[int, Comment] = {}
        listed, last = 0, (0, 0)
        for each in self._conversation.comments():
            listed += 1
            mark = parse_marker(each.body or "")
            if mark is None or each.id in self.gone or not self._is_of_this_job(mark, each):
                continue
            if not self.author.wrote(each.user):
                if mark.key == self.marker.key and each.user is not None:
                    self._foreign[each.user.login] = each.user
            elif mark.comment == self.marker.comment:
                own[each.id] = each
                if mark.run < self.marker.run:
                    last = max(last, mark.run)
            elif mark.run != self.marker.run and (
                mark.key == self.marker.key or self._draft.succeeds(listed_targets(each.body or ""), mark)
            ):
                others[each.id] = each
        if own and self.marker.comment == self._draft.marker.comment:
            others = {number: each for number, each in others.items() if self._is_left_behind(each, last)}
        found = [each for _, each in sorted((own | others).items())]
        if not own and found and (oldest := parse_marker(found[0].body or "")):
            self.marker = msgspec.structs.replace(self.marker, key=oldest.key, job=oldest.job)
        return found, listed

    def _is_of_this_job(self, mark: Marker, comment: Comment) -> bool:
        """Whether our job has written a comment, also before or after the pull request renamed its workflow."""
        if mark.job in self._jobs:
            return True
        if self._has_all_jobs or not self.author.wrote(comment.user):
            return False
        self._has_all_jobs = True
        self._jobs |= {marker("", job=each).job for each in self._conversation.renamed_jobs()}
        return mark.job in self._jobs

    def _is_left_behind(self, other: Comment, last: tuple[int, int]) -> bool:
        """Whether an earlier run has left a comment behind whose targets are all in this run.

        NOTE: a job that is still to write its own comment in this run has written it in the run `last`, too.
        """
        mark = parse_marker(other.body or "")
        if mark is None or mark.run == last or mark.run >= self.marker.run:
            return False
        return self._draft.covers(listed_targets(other.body or ""))

    def remove(self, comment: Comment) -> None:
        """Remove a comment."""
        self._conversation.remove(comment)
        self.gone.add(comment.id)

    def keep_key(self, body: str) -> str:
        """Return a text with the key of the comment, which suggestions refer to, also if this one replaces another."""
        mark = parse_marker(body)
        kept = mark and msgspec.structs.replace(mark, key=self.marker.key, job=self.marker.job)
        return body.replace(str(mark), str(kept), 1)
