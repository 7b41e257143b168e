"""Clip the texts of a report: no sentence, reason or pattern is longer than anybody reads."""

from __future__ import annotations

from typing import Any

import msgspec

from tfcheck.vocabulary.clipping import clip_words
from tfcheck.vocabulary.finding import Report

#: What is looked up or compared, has its own way of being shown, or is code to be copied.
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


def clipped(report: Report) -> Report:
    """Return a report in which no sentence, reason or pattern is longer than anybody reads."""
    return _Clipping().of(report)  # type: ignore[no-any-return]


class _Clipping:
    """Clips the texts of a report; what is in it twice stays one object."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def of(self, part: Any) -> Any:
        if isinstance(part, str):
            return clip_words(part)
        if isinstance(part, tuple):
            parts = tuple(self.of(each) for each in part)
            return parts if any(new is not old for new, old in zip(parts, part, strict=True)) else part
        if not isinstance(part, msgspec.Struct):
            return part
        if id(part) not in self._known:
            self._known[id(part)] = self._struct(part)
        return self._known[id(part)]

    def _struct(self, part: msgspec.Struct) -> msgspec.Struct:
        new = {}
        for name in part.__struct_fields__:
            old = getattr(part, name)
            if name not in _KEPT_WHOLE and (found := self.of(old)) is not old:
                new[name] = found
        return msgspec.structs.replace(part, **new) if new else part
