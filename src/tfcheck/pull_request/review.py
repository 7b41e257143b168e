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

    def lines(self) -> dict[str, Any]:
        """Return the fields that GitHub expects."""
        place = self.suggestion
        start = {"start_line": place.start, "start_side": "RIGHT"} if place.start != place.end else {}
        return {"path": place.file, "line": place.end, "side": "RIGHT", **start, "body": self.body}


class WantedSuggestions(msgspec.Struct, frozen=True):
    """The suggestions for findings, and the files with fixes that cannot be suggested now."""

    remarks: tuple[ReviewRemark, ...]
    unsettled: frozenset[str]


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
        """Post missing suggestions, at most `most`.

        Raises:
            RefusalError: GitHub does not let us.
        """
        for _ in range(_ROUNDS):
            with suppress(WaitedError):
                waits = self._client.patience.waits
                if waits != self._waits and self._pull.outdated_reason():
                    return
                self._waits = waits
                wanted = self._suggestions(findings, top)
                there = self._existing_keys(wanted)
                self._post([each for each in wanted.remarks if each.key not in there][:most])
                return
        raise RefusalError(RefusalKind.UNREACHABLE, "other jobs kept changing the suggestions")

    def _suggestions(self, findings: list[Finding], top: Path) -> WantedSuggestions:
        """Return the fixes of findings as comments on lines."""
        if not any(each.fix and each.fix.diff for each in findings):
            return WantedSuggestions((), frozenset())
        files = {each.filename: each for each in self._client.pages(f"{self._pull.path}/files", ChangedFile)}
        taken: list[Suggestion] = []
        remarks: list[ReviewRemark] = []
        unsettled: set[str] = set()
        for finding in findings:
            fix = finding.fix
            found = suggestions(fix.diff, files, top) if fix and fix.proven and fix.diff else ()
            if not fix or not found or overlapping(found, taken):
                unsettled.update(each.file for each in edits(fix.diff if fix else ""))
                continue
            taken += found
            shown = names(finding)
            words = f"**tfcheck**: {sentence(finding.message, shown)}. {sentence(fix.title, shown)}."
            remarks += [ReviewRemark(each.key(self._comment), each, each.body(self._comment, words)) for each in found]
        return WantedSuggestions(tuple(remarks), frozenset(unsettled))

    def _existing_keys(self, wanted: WantedSuggestions) -> set[str]:
        """Return the keys of existing suggestions, and remove those that are not, or no longer, useful.

        One with a reply stays, and says that it is no longer needed. Two runs at one moment may both have made it.
        """
        comments = list(self._client.pages(f"{self._pull.path}/comments", ReviewComment))
        answered = {each.in_reply_to_id for each in comments}
        there: set[str] = set()
        current: set[str] = set()
        for each in comments:
            marker = parse_suggestion(each.body) if self._author.wrote(each.user) else None
            if marker is None or marker.settled:
                continue
            path = f"{self._pull.path.rpartition('/')[0]}/comments/{each.id}"
            needless = self._is_needless(each, marker, wanted)
            is_outdated = each.line is None is each.position
            if each.id not in answered and (needless or is_outdated or marker.key in current):
                self._client.remove(path)
            elif needless:
                settled = SuggestionMarker(marker.key, marker.of, settled=True)
                self._client.change(path, {"body": f"{settled}\n{_SETTLED}"}, Created)
            else:
                there.add(marker.key)
                if not is_outdated:
                    current.add(marker.key)
        return there

    def _is_needless(self, comment: ReviewComment, marker: SuggestionMarker, wanted: WantedSuggestions) -> bool:
        """Whether the finding of a suggestion is gone, whoever fixed it."""
        needed = {each.key for each in wanted.remarks}
        ours = marker.of in (self._comment, comment_key(self._comment)) and marker.key not in needed
        return self._complete and ours and comment.path not in wanted.unsettled

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
