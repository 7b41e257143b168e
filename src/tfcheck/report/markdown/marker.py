"""Recognise tfcheck's own comments by the marker in them.

By its first line, and by nothing below it: names from a plan may look like a marker, but never get there. The line
holds no id or path as such: a hash cannot end the HTML comment, nor be a part of another one's, nor contain a word
that other bots look for.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

_LINE = re.compile(
    r"<!-- tfcheck:v1 key=(?P<key>[0-9a-f]{16}) sha=(?P<sha>[0-9a-f]{40,64}) run=(?P<run>[0-9]{1,20}\.[0-9]{1,9}) -->"
)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_RUN = re.compile(r"([0-9]{1,20})\.([0-9]{1,9})")
#: What is a commit that is not known, as in git.
NO_COMMIT = "0" * 40


class Marker(msgspec.Struct, frozen=True):
    """Which comment it is, of which commit, written by which run: its id and attempt, to be compared as numbers."""

    key: str
    sha: str
    run: tuple[int, int]

    def __str__(self) -> str:
        """Write the first line of a comment."""
        return f"<!-- tfcheck:v1 key={self.key} sha={self.sha} run={self.run[0]}.{self.run[1]} -->"


def marker(comment_id: str, sha: str = "", run: str = "") -> Marker:
    """Build the marker of the comment `comment_id`; a commit or run that does not look like one counts as not known."""
    found = _RUN.fullmatch(run)
    return Marker(
        key=hashlib.sha256(comment_id.encode("utf-8", "backslashreplace")).hexdigest()[:16],
        sha=sha if _COMMIT.fullmatch(sha) else NO_COMMIT,
        run=(int(found[1]), int(found[2])) if found else (0, 0),
    )


def marked(body: str) -> Marker | None:
    """Read the marker of a comment; None where its first line is none."""
    first, _, _ = body.partition("\n")
    found = _LINE.fullmatch(first.rstrip("\r"))
    if found is None:
        return None
    number, _, attempt = found["run"].partition(".")
    return Marker(found["key"], found["sha"], (int(number), int(attempt)))
