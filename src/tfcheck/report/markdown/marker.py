"""Recognise tfcheck's own comments, and the targets that they are about, by two lines in them.

The first line is the marker, the last one the list of targets; nothing between them is read: names from a plan may look
like either, but never get there. Neither line holds an id or a path as such: encoded, it cannot end the HTML comment,
nor be a part of another one's, and the first line contains no word that other bots look for.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable

import msgspec

from tfcheck.symbolic.regex import regex

_LINE = regex(
    r"<!-- tfcheck:v1 key=(?P<key>[0-9a-f]{16}) sha=(?P<sha>[0-9a-f]{40,64}) run=(?P<run>[0-9]{1,20}\.[0-9]{1,9}) -->"
)
_COMMIT = regex(r"[0-9a-f]{40,64}")
_RUN = regex(r"([0-9]{1,20})\.([0-9]{1,9})")
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
    """Read the marker of a comment; None where its first line is not one."""
    first, _, _ = body.partition("\n")
    found = _LINE.fullmatch(first.rstrip("\r"))
    if found is None:
        return None
    number, _, attempt = found["run"].partition(".")
    return Marker(found["key"], found["sha"], (int(number), int(attempt)))


_TARGETS = regex(r"<!-- tfcheck:targets:v1 (?P<names>[A-Za-z0-9+/=]{1,8000}) -->")
_LONGEST_TARGET = 200
_MOST_BYTES = 3000
_MOST_CHARACTERS = 4_000_000


class ListedTargets(msgspec.Struct, frozen=True):
    """The targets of a comment: those with a result for its commit, and those without one."""

    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def target_list(present: Iterable[str], absent: Iterable[str] = ()) -> str:
    """Write the last line of a comment: the targets that it is about, for the runs after this one.

    An empty name separates those with a result from those without. NOTE: some hundreds fit, and it must not crowd out
    the page.
    """
    there = {clipped_target(each) for each in present if each}
    missing = {clipped_target(each) for each in absent if each} - there
    names = [*sorted(there), "", *sorted(missing)] if missing else sorted(there)
    while len(packed := zlib.compress("\0".join(names).encode(), 9)) > _MOST_BYTES:
        names = names[: len(names) * 3 // 4]
    return f"<!-- tfcheck:targets:v1 {base64.b64encode(packed).decode()} -->"


def listed_targets(body: str) -> ListedTargets:
    """Read the targets that a comment is about; none where its last line lists none."""
    found = _TARGETS.fullmatch(body.rstrip().rpartition("\n")[2])
    if found is None:
        return ListedTargets()
    try:
        packed = base64.b64decode(found["names"], validate=True)
        text = zlib.decompressobj().decompress(packed, _MOST_CHARACTERS).decode()
    except (ValueError, zlib.error):
        return ListedTargets()
    names = text.split("\0")
    end = names.index("") if "" in names else len(names)
    return ListedTargets(tuple(names[:end]), tuple(filter(None, names[end:])))


def clipped_target(target: str) -> str:
    """Return a target as the list names it."""
    return target.replace("\0", " ").encode("utf-8", "backslashreplace").decode()[:_LONGEST_TARGET]
