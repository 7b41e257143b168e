"""Rewrite the texts of a report, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec


class Rewriter:
    """Rewrites the texts of a report; what does not change, or occurs twice, stays one object."""

    def __init__(
        self,
        text: Callable[[str], str],
        fields: Callable[[type[msgspec.Struct]], tuple[str, ...]],
        others: Mapping[type, Callable[[Any], Any]] | None = None,
    ) -> None:
        """Build from how to rewrite a text, which fields of a struct to look at, and how to rewrite other types."""
        self._text = text
        self._fields = fields
        self._makers: dict[type, Callable[[Any], Any]] = dict(others or {})
        self._fields_of: dict[type, tuple[str, ...]] = {}
        self._structs: dict[int, tuple[msgspec.Struct, msgspec.Struct]] = {}

    def of(self, part: Any) -> Any:
        """Return a report, or a part of one, with its texts rewritten."""
        kind = type(part)
        if kind not in self._makers:
            self._makers[kind] = self._maker(kind)
        return self._makers[kind](part)

    def _maker(self, kind: type) -> Callable[[Any], Any]:
        if issubclass(kind, str) and not issubclass(kind, Enum):
            return self._text
        if issubclass(kind, tuple):
            return self._tuple
        if issubclass(kind, msgspec.Struct):
            self._fields_of[kind] = self._fields(kind)
            return self._struct
        return _unchanged

    def _tuple(self, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        rewritten = tuple(map(self.of, parts))
        return parts if all(old is new for old, new in zip(parts, rewritten, strict=True)) else rewritten

    def _struct(self, part: msgspec.Struct) -> msgspec.Struct:
        # INVARIANT: the struct is kept beside what was made of it, so that no later one has its id.
        if id(part) not in self._structs:
            self._structs[id(part)] = part, self._rewritten(part)
        return self._structs[id(part)][1]

    def _rewritten(self, part: msgspec.Struct) -> msgspec.Struct:
        changed: dict[str, Any] = {}
        for name in self._fields_of[type(part)]:
            old = getattr(part, name)
            if old is not None and (new := self.of(old)) is not old:
                changed[name] = new
        return msgspec.structs.replace(part, **changed) if changed else part


def _unchanged(part: Any) -> Any:
    return part
