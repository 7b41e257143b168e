"""Post suggestions on the lines of a pull request, once each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from tfcheck.github.author import Author
from tfcheck.github.client import Client
from tfcheck.github.event import OpenPull
from tfcheck.github.refusal import RefusalError, RefusalKind, UncertainError
from tfcheck.github.shapes import ChangedFile, Created, ReviewComment
from tfcheck.github.suggestion import Suggestion, overlapping, suggested, suggestions
from tfcheck.report.markdown.escape import prose
from tfcheck.report.markdown.fold import names
from tfcheck.report.words import counted
from tfcheck.vocabulary.finding import Finding


class ReviewRemark(msgspec.Struct, frozen=True):
    """A comment on lines of the pull request."""

    key: str
    suggestion: Suggestion
    body: str

    def lines(self) -> dict[str, Any]:
        """Return the fields that GitHub wants."""
        place = self.suggestion
        start = {"start_line": place.start, "start_side": "RIGHT"} if place.start != place.end else {}
        return {"path": place.file, "line": place.end, "side": "RIGHT", **start, "body": self.body}


class Review:
    """The suggestions of one comment id on one pull request."""

    def __init__(self, client: Client, pull: OpenPull, author: Author, key: str) -> None:
        """Build from the pull request, the account that we write as, and the key of the comment."""
        self._client = client
        self._pull = pull
        self._author = author
        self._key = key

    def publish(self, findings: Iterable[Finding], top: Path, most: int) -> int:
        """Suggest what can be suggested and is not yet, at most `most`, and give the number.

        Raises:
            RefusalError: GitHub does not let us.
        """
        files = {each.filename: each for each in self._client.pages(f"{self._pull.path}/files", ChangedFile)}
        wanted = self._remarks(findings, files, top)
        there = self._there()
        return self._posted([each for each in wanted if each.key not in there][:most])

    def _remarks(self, findings: Iterable[Finding], files: dict[str, ChangedFile], top: Path) -> list[ReviewRemark]:
        taken: list[Suggestion] = []
        remarks: list[ReviewRemark] = []
        for finding in findings:
            fix = finding.fix
            found = suggestions(fix.diff, files, top) if fix and fix.proven and fix.diff else ()
            if not fix or not found or overlapping(found, taken):
                continue
            taken += found
            shown = names(finding)
            words = f"**tfcheck**: {prose(finding.message, shown)}. {prose(fix.title, shown)}"
            remarks += [ReviewRemark(each.key(self._key), each, each.body(self._key, words)) for each in found]
        return remarks

    def _there(self) -> set[str]:
        """Return the keys of our suggestions that are there, and take away those that nobody can use any more."""
        comments = list(self._client.pages(f"{self._pull.path}/comments", ReviewComment))
        answered = {each.in_reply_to_id for each in comments}
        there: set[str] = set()
        for each in comments:
            key = suggested(each.body) if self._author.wrote(each.user) else None
            if key is None:
                continue
            if each.line is None is each.position and each.id not in answered:
                self._client.remove(f"/repos/{self._pull.repository}/pulls/comments/{each.id}")
            else:
                there.add(key)
        return there

    def _posted(self, remarks: list[ReviewRemark]) -> int:
        """Build one review of all; one that GitHub does not take is left out."""
        if not remarks:
            return 0
        body = {
            "commit_id": self._pull.sha,
            "event": "COMMENT",
            "body": f"tfcheck suggests {counted(len(remarks), 'change')}; its comment explains why.",
            "comments": [each.lines() for each in remarks],
        }
        try:
            self._client.create(f"{self._pull.path}/reviews", body, Created)
        except UncertainError:
            there = self._there()  # once more only if nothing of it arrived
            return len(remarks) if any(each.key in there for each in remarks) else self._one_by_one(remarks)
        except RefusalError as refusal:
            if refusal.kind is not RefusalKind.INVALID:
                raise
            return self._one_by_one(remarks)
        return len(remarks)

    def _one_by_one(self, remarks: list[ReviewRemark]) -> int:
        posted = 0
        for each in remarks:
            try:
                body = {"commit_id": self._pull.sha, **each.lines()}
                self._client.create(f"{self._pull.path}/comments", body, Created)
                posted += 1
            except RefusalError as refusal:
                if refusal.kind is not RefusalKind.INVALID:
                    raise
        return posted
