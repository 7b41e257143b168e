"""Read tfcheck's earlier comments, and compare their texts."""

from __future__ import annotations

import re

import msgspec

from tfcheck.pull_request.shapes import Comment
from tfcheck.report.markdown.marker import listed_targets, parse_marker
from tfcheck.report.markdown.top import HIDDEN_RUNS
from tfcheck.symbolic.regex import regex

#: How the result of another job with the same target is named.
ANOTHER_JOB = " (another job)"
_RUN = regex(
    r" run=\d+\.\d+(?: job=[0-9a-f]{8})?(?: also=[0-9a-f+]+)?(?: write=[0-9a-f]{8})? -->$"
    rf"|/actions/runs/\d+/attempts/\d+|/-/pipelines/\d+|/pipelines/results/\d+| · {HIDDEN_RUNS}",
    re.MULTILINE,
)


class EarlierComments(msgspec.Struct, frozen=True):
    """What earlier comments with this id say: whether anything was missing, and the targets with a result.

    `beside` are the targets whose result another job wrote for the same commit, `rivals` those of them that no older
    run wrote.
    """

    had_findings: bool = False
    targets: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()


def is_same_body(one: str, other: str) -> bool:
    """Compare two bodies, ignoring the run that wrote them and line breaks, which GitHub may change."""
    return without_run(one) == without_run(other)


def has_text(found: str, body: str) -> bool:
    """Whether a comment need not be written to get a text: both are of one run and differ at most in links to it."""
    return is_same_body(found, body) and parse_marker(found) == parse_marker(body)


def without_run(body: str) -> str:
    """Remove from a text the run that wrote it."""
    return _RUN.sub("", plain(body))


def plain(body: str) -> str:
    """Remove from a text what GitHub may change: its kind of line breaks, and spaces around it."""
    return body.replace("\r\n", "\n").strip()


def state_in(ours: list[Comment]) -> EarlierComments:
    """Return the state in tfcheck's comments, including minimized ones; only a visible one can be resolved."""
    bodies = [each.body or "" for each in ours]
    had_findings = any(_reports_problem(each.body or "") for each in ours if each.minimized is None)
    listed = [listed_targets(body) for body in bodies]
    return EarlierComments(
        had_findings, tuple(dict.fromkeys(name for each in listed for name in (*each.present, *each.absent)))
    )


def _reports_problem(body: str) -> bool:
    """Whether a comment ever reported something missing, which its title shows."""
    return not is_all_clear(body) or ": resolved, " in body.split("\n", 2)[1]


def is_all_clear(body: str) -> bool:
    """Whether a comment says that nothing is missing, which its title shows."""
    return any(line.startswith("### ✅ tfcheck: ") for line in body.split("\n", 2)[1:2])
