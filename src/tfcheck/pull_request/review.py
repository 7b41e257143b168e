"""Post suggestions on the lines of a pull request, each once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, UncertainError, WaitedError
from tfcheck.pull_request.shapes import ChangedFile, Created, ReviewComment
from tfcheck.pull_request.suggestion import (
    Suggestion,
    SuggestionMarker,
    comment_key,
    overlapping,
    parse_suggestion,
    possible_suggestions,
    suggestions,
)
from tfcheck.report.diff import edits
from tfcheck.report.markdown.escape import sentence
from tfcheck.report.markdown.fold import names
from tfcheck.report.words import plural
from tfcheck.vocabulary.finding import Finding

_ROUNDS = 4
_SETTLED = "**tfcheck**: this suggestion is not needed any more; the finding is fixed, or not reported any more."


class ReviewRemark(msgspec.Struct, frozen=True):
    """A comment on lines of the pull request."""

    key: str
    suggestion: Suggestion
    body: str

    @property
    def place(self) -> tuple[str, int]:
        """Its key and line."""
        return self.key, self.suggestion.end

    def lines(self) -> dict[str, Any]:
        """Return the fields that GitHub expects."""
        place = self.suggestion
        start = {"start_line": place.start, "start_side": "RIGHT"} if place.start != place.end else {}
        return {"path": place.file, "line": place.end, "side": "RIGHT", **start, "body": self.body}


class ExistingSuggestion(msgspec.Struct, frozen=True):
    """A comment with a suggestion of ours."""

    comment: ReviewComment
    marker: SuggestionMarker
    is_answered: bool

    @property
    def place(self) -> tuple[str, int | None]:
        """Its key and line, None if the line has changed: the same text may be for several places of a file."""
        return self.marker.key, self.comment.line


class WantedSuggestions(msgspec.Struct, frozen=True):
    """The suggestions for findings, and what was suggested for others before, which cannot be suggested now.

    `unshown` are the keys and lines of such suggestions, `unsettled` the files for which they are not known.
    """

    remarks: tuple[ReviewRemark, ...]
    unshown: frozenset[tuple[str, int]] = frozenset()
    unsettled: frozenset[str] = frozenset()

    def include(self, each: ExistingSuggestion) -> bool:
        """Whether a suggestion is still wanted, or may be, where it is."""
        key, line = each.place
        places = (*(remark.place for remark in self.remarks), *self.unshown)
        return each.comment.path in self.unsettled or any((key, line or end) == (wanted, end) for wanted, end in places)

    def missing(self, left: set[tuple[str, int | None]]) -> list[ReviewRemark]:
        """Return those without a suggestion at these places."""
        return [each for each in self.remarks if left.isdisjoint([(each.key, None), each.place])]


class Review:
    """The suggestions for one comment on one pull request."""

    def __init__(self, pull: Conversation[Any], author: Author, comment: str, *, complete: bool) -> None:
        """Build from the pull request, tfcheck's account, and what identifies the comment.

        `complete`: what the findings lacked is fixed, not unchecked.
        """
        self._client = pull.client
        self._pull = pull
        self._author = author
        self._comment = comment
        self._complete = complete
        self._waits = pull.patience.waits

    def publish(self, findings: list[Finding], top: Path, most: int) -> None:
        """Remove suggestions that are not needed any more, and post missing ones, at most `most`.

        Raises:
            RefusalError: GitHub does not let us.
        """
        for _ in range(_ROUNDS):
            with suppress(WaitedError):
                waits = self._client.patience.waits
                if waits != self._waits and self._pull.outdated_reason():
                    return
                self._waits = waits
                existing = self._existing()
                if existing or most:
                    wanted = self._suggestions(findings, top)
                    left = self._clean_up(existing, wanted)
                    self._post(wanted.missing(left)[:most])
                return
        raise RefusalError(RefusalKind.UNREACHABLE, "other jobs kept changing the suggestions")

    def _suggestions(self, findings: list[Finding], top: Path) -> WantedSuggestions:
        """Return the fixes of findings as comments on lines."""
        if not any(each.fix and each.fix.diff for each in findings):
            return WantedSuggestions(())
        files = {each.filename: each for each in self._client.pages(f"{self._pull.path}/files", ChangedFile)}
        taken: list[Suggestion] = []
        remarks: list[ReviewRemark] = []
        unshown: set[tuple[str, int]] = set()
        unsettled: set[str] = set()
        for finding in findings:
            fix = finding.fix
            found = suggestions(fix.diff, files, top) if fix and fix.proven and fix.diff else ()
            if not fix or not found or overlapping(found, taken):
                diff = fix.diff if fix else ""
                possible = possible_suggestions(diff, files, top) if diff else ()
                unshown.update((each.key(self._comment), each.end) for each in possible)
                unsettled.update(each.file for each in edits(diff) if not possible)
                continue
            taken += found
            shown = names(finding)
            words = f"**tfcheck**: {sentence(finding.message, shown)}. {sentence(fix.title, shown)}."
            remarks += [ReviewRemark(each.key(self._comment), each, each.body(self._comment, words)) for each in found]
        return WantedSuggestions(tuple(remarks), frozenset(unshown), frozenset(unsettled))

    def _existing(self) -> list[ExistingSuggestion]:
        """Return our suggestions that are not marked as settled."""
        comments = list(self._client.pages(f"{self._pull.path}/comments", ReviewComment))
        answered = {each.in_reply_to_id for each in comments}
        return [
            ExistingSuggestion(each, marker, each.id in answered)
            for each in comments
            if self._author.wrote(each.user) and (marker := parse_suggestion(each.body)) and not marker.settled
        ]

    def _clean_up(self, existing: list[ExistingSuggestion], wanted: WantedSuggestions) -> set[tuple[str, int | None]]:
        """Remove suggestions that are not, or no longer, useful, and return the places of the others.

        One with a reply stays, and says that it is no longer needed.
        """
        left: set[tuple[str, int | None]] = set()
        for each in existing:
            path = f"{self._pull.path.rpartition('/')[0]}/comments/{each.comment.id}"
            needless = self._is_needless(each, wanted)
            is_outdated = each.comment.line is each.comment.position is None
            if not each.is_answered and (needless or is_outdated or each.place in left):
                self._client.remove(path)
            elif needless:
                settled = SuggestionMarker(each.marker.key, each.marker.of, settled=True)
                self._client.change(path, {"body": f"{settled}\n{_SETTLED}"}, Created)
            else:
                left.add(each.place)
        return left

    def _is_needless(self, each: ExistingSuggestion, wanted: WantedSuggestions) -> bool:
        """Whether the finding of a suggestion is gone, whoever fixed it."""
        ours = each.marker.of in (self._comment, comment_key(self._comment))
        return self._complete and ours and not wanted.include(each)

    def _post(self, remarks: list[ReviewRemark]) -> None:
        """Post all suggestions as one review; one that GitHub refuses is left out."""
        if not remarks:
            return
        body = {
            "commit_id": self._pull.sha,
            "event": "COMMENT",
            # GitHub removes no review, so its text must stay true without its suggestions.
            "body": f"tfcheck suggests {plural(len(remarks), 'change')} for {self._pull.sha[:7]}; its comment explains "
            "why. Suggestions that are no longer needed are removed.",
            "comments": [each.lines() for each in remarks],
        }
        try:
            self._client.create(f"{self._pull.path}/reviews", body, Created)
        except UncertainError:
            there = self._client.pages(f"{self._pull.path}/comments", ReviewComment)
            arrived = {
                mark.key for each in there if self._author.wrote(each.user) and (mark := parse_suggestion(each.body))
            }
            if not any(each.key in arrived for each in remarks):
                self._post_one_by_one(remarks)  # once more, since nothing of it arrived
        except RefusalError as refusal:
            if refusal.kind is not RefusalKind.INVALID:
                raise
            self._post_one_by_one(remarks)

    def _post_one_by_one(self, remarks: list[ReviewRemark]) -> None:
        for each in remarks:
            try:
                body = {"commit_id": self._pull.sha, **each.lines()}
                self._client.create(f"{self._pull.path}/comments", body, Created)
            except RefusalError as refusal:
                if refusal.kind is not RefusalKind.INVALID:
                    raise
