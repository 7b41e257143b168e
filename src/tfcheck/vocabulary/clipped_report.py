"""Clip the texts of a report to readable lengths."""

from __future__ import annotations

import msgspec

from tfcheck.vocabulary.clipping import clip_words
from tfcheck.vocabulary.finding import Report
from tfcheck.vocabulary.rewriter import Rewriter

#: Fields that are looked up or compared, have their own format, or are code to be copied.
_KEPT_WHOLE = frozenset(
    (
        "address",
        "configuration",
        "container",
        "context",
        "fingerprint",
        "fix",
        "id",
        "location",
        "needed_at",
        "path",
        "plan",
        "pointer",
        "remedy",
    ),
) | frozenset(
    ("requirement", "requirements", "role", "roles", "rule", "sid", "subject", "task_definition", "task_definitions")
)


def clip_report(report: Report) -> Report:
    """Return a report with sentences, reasons and patterns of readable length."""
    return Rewriter(clip_words, _clipped_fields).of(report)  # type: ignore[no-any-return]


def _clipped_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(each for each in kind.__struct_fields__ if each not in _KEPT_WHOLE)
