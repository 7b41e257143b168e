"""Recognise tfcheck's own comments and their targets by two lines.

The first line is the marker, the last one the list of targets. Names from a plan are only between them, where nothing
is read. Ids and paths are encoded, so that they cannot end the HTML comment or be confused with one another, and the
first line contains no word that other bots look for.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable

import msgspec

from tfcheck.report.markdown import budget
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.ci import COMMIT

_LINE = regex(
    r"<!-- tfcheck:v1 key=(?P<key>[0-9a-f]{16}) sha=(?P<sha>[0-9a-f]{40,64}) run=(?P<run>[0-9]{1,20}\.[0-9]{1,9})"
    r"(?: job=(?P<job>[0-9a-f]{8}))?(?: also=(?P<also>[0-9a-f]{8}(?:\+[0-9a-f]{8}){0,19}))?"
    r"(?: write=(?P<write>[0-9a-f]{8}))? -->"
)
_RUN = regex(r"([0-9]{1,20})\.([0-9]{1,9})")
#: The id of an unknown commit, as in git.
NO_COMMIT = "0" * 40
_NO_JOB, _MOST_JOBS = "0" * 8, 20


class Marker(msgspec.Struct, frozen=True):
    """The comment's id, commit and run; the run's id and attempt are compared as numbers.

    `job` is a hash of the workflow, or of GitLab's job, if the host names it: each has a comment of its own, since no
    host has a conditional write. `also` are other jobs of that workflow with the same text.
    """

    key: str
    sha: str
    run: tuple[int, int]
    job: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Format the first line of a comment."""
        job = f" job={self.job}" if self.job else ""
        also = f" also={'+'.join(self.also)}" if self.also else ""
        return f"<!-- tfcheck:v1 key={self.key} sha={self.sha} run={self.run[0]}.{self.run[1]}{job}{also} -->"

    @property
    def comment(self) -> str:
        """What identifies the comment: its id and its workflow."""
        return ".".join(filter(None, (self.key, self.job)))

    def with_job(self, job: str) -> Marker:
        """Add another job, which has the same text."""
        return msgspec.structs.replace(self, also=tuple(sorted({*self.also, job or _NO_JOB}))[:_MOST_JOBS])


def marker(comment_id: str, sha: str = "", run: str = "", job: str = "") -> Marker:
    """Build the marker of the comment `comment_id`; an invalid commit or run counts as unknown."""
    found = _RUN.fullmatch(run)
    return Marker(
        key=_hash(comment_id)[:16],
        sha=sha if COMMIT.fullmatch(sha) else NO_COMMIT,
        run=(int(found[1]), int(found[2])) if found else (0, 0),
        job=_hash(job)[:8] if job else "",
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def named_write(body: str, write: str) -> str:
    """Return a text whose marker names the one request that writes it, by eight hexadecimal digits."""
    return body.replace(" -->", f" write={write} -->", 1)


def write_of(body: str) -> str:
    """Return the name of the request that has written a text; empty without one."""
    found = _LINE.match(body)
    return (found["write"] or "") if found else ""


def parse_marker(body: str) -> Marker | None:
    """Parse the marker of a comment; None without one."""
    first, _, _ = body.partition("\n")
    found = _LINE.fullmatch(first.rstrip("\r"))
    if found is None:
        return None
    number, _, attempt = found["run"].partition(".")
    also = tuple(filter(None, (found["also"] or "").split("+")))
    return Marker(found["key"], found["sha"], (int(number), int(attempt)), found["job"] or "", also)


_TARGETS = regex(r"<!-- tfcheck:targets:v1 (?P<names>[A-Za-z0-9+/=]{1,8000}) -->")
_HASHES = regex(r"<!-- tfcheck:targets:v2 (?P<hashes>[A-Za-z0-9+/=]{1,40000}) -->")
_LONGEST_TARGET = 200
_MOST_BYTES = 3000
_MOST_CHARACTERS = 4_000_000
#: The bytes of a hash.
_HASH = 5


class ListedTargets(msgspec.Struct, frozen=True):
    """The targets of a comment, by name or hash: those with a result for its commit, and those without."""

    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def target_list(present: Iterable[str], absent: Iterable[str] = (), size: int = budget.COMMENT) -> str:
    """Write the last line of a comment of `size` bytes: its targets, for later runs.

    An empty name separates those with a result from those without. If the names need too much of the page, each becomes
    a hash: none is dropped, since that would turn a lost result into an all-clear. The hashes fill at most half of the
    comment, those without a result first.
    """
    there = {clipped_target(each) for each in present if each}
    missing = {clipped_target(each) for each in absent if each} - there
    names = [*sorted(there), "", *sorted(missing)] if missing else sorted(there)
    packed = zlib.compress("\0".join(names).encode(), 9)
    if len(packed) <= _MOST_BYTES:
        return f"<!-- tfcheck:targets:v1 {base64.b64encode(packed).decode()} -->"
    most = size // 2 * 3 // 4 // _HASH  # base64 writes three bytes as four
    lost = sorted(map(hashed_target, missing))[:most]
    listed = [*lost, *sorted(map(hashed_target, there))][:most]
    hashes = len(lost).to_bytes(2, "big") + bytes.fromhex("".join(each[1:] for each in listed))
    return f"<!-- tfcheck:targets:v2 {base64.b64encode(hashes).decode()} -->"


def listed_targets(body: str) -> ListedTargets:
    """Parse the targets of a comment from the last line that lists some; none without one."""
    # NOTE: below it is what somebody has added to the comment.
    last = next((each.rstrip() for each in reversed(body.split("\n")) if each.startswith("<!-- tfcheck:targets:")), "")
    try:
        if found := _HASHES.fullmatch(last):
            data = base64.b64decode(found["hashes"], validate=True)
            lost, hashes = int.from_bytes(data[:2], "big"), data[2:]
            listed = tuple(f"#{hashes[at : at + _HASH].hex()}" for at in range(0, len(hashes), _HASH))
            return ListedTargets(listed[lost:], listed[:lost])
        found = _TARGETS.fullmatch(last)
        packed = base64.b64decode(found["names"], validate=True) if found else b""
        text = zlib.decompressobj().decompress(packed, _MOST_CHARACTERS).decode()
    except (ValueError, zlib.error):
        return ListedTargets()
    names = text.split("\0") if found else []
    end = names.index("") if "" in names else len(names)
    return ListedTargets(tuple(names[:end]), tuple(filter(None, names[end:])))


def hashed_target(target: str) -> str:
    """Return the hash of a target, as in `#3f2a91bc04`; a hash stays unchanged."""
    if _HASHED.fullmatch(target):
        return target
    return f"#{_hash(clipped_target(target))[: 2 * _HASH]}"


_HASHED = regex(r"#[0-9a-f]{10}")


def clipped_target(target: str) -> str:
    """Return a target as listed."""
    return target.replace("\0", " ").encode("utf-8", "backslashreplace").decode()[:_LONGEST_TARGET]
