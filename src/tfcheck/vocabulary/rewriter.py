"""Rewrite the texts of a report, for example to clip them to readable lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter, is_
from typing import Any

import msgspec

from tfcheck.vocabulary.clipping import clip_words
from tfcheck.vocabulary.finding import Report

#: Fields that are looked up or compared, have their own format, or are code to be copied: they are never clipped.
_KEPT_WHOLE = frozenset(
    (
        *("address", "configuration", "container", "context", "fingerprint", "fix", "id", "location", "needed_at"),
        *("path", "plan", "pointer", "remedy", "requirement", "requirements", "role", "roles", "rule", "sid"),
        *("subject", "task_definition", "task_definitions"),
    )
)


def clip_report(report: Report) -> Report:
    """Return a report with sentences, reasons and patterns of readable length."""
    rewriter = Rewriter(
        clip_words, lambda kind: tuple(each for each in kind.__struct_fields__ if each not in _KEPT_WHOLE)
    )
    return rewriter.of(report)  # type: ignore[no-any-return]


#: Lists of so many texts are shared, by the findings about one statement.
_LONG = 20


class Rewriter:
    """Rewrites the texts of a report; what does not change, or occurs twice, stays one object."""

    def __init__(
        self,
        text: Callable[[str], str],
        fields: Callable[[type[msgspec.Struct]], tuple[str, ...]],
        others: Mapping[type, Callable[[Any], Any]] | None = None,
    ) -> None:
        """Build from functions that rewrite a text, select a struct's fields, and rewrite other types."""
        self._text = text
        self._fields = fields
        self._makers: dict[type, Callable[[Any], Any]] = dict(others or {})
        self._fields_of: dict[type, tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]] = {}
        self._structs: dict[int, tuple[msgspec.Struct, msgspec.Struct]] = {}
        self._tuples: dict[int, tuple[tuple[Any, ...], tuple[Any, ...]]] = {}

    def of(self, part: Any) -> Any:
        """Return a report, or a part of one, with its texts rewritten."""
        maker = self._makers.get(type(part))
        if maker is None:
            maker = self._makers[type(part)] = self._maker(type(part))
        return maker(part)

    def _maker(self, kind: type) -> Callable[[Any], Any]:
        if issubclass(kind, str) and not issubclass(kind, Enum):
            return self._text
        if issubclass(kind, tuple):
            return self._tuple
        if issubclass(kind, msgspec.Struct):
            names = self._fields(kind)
            self._fields_of[kind] = names, _values_of(names)
            return self._struct
        return keep

    def _tuple(self, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if id(parts) in self._tuples:
            return self._tuples[id(parts)][1]
        rewritten = tuple(map(self.of, parts)) if parts else parts
        found = parts if all(map(is_, parts, rewritten)) else rewritten
        if len(parts) >= _LONG:
            self._tuples[id(parts)] = parts, found
        return found

    def _struct(self, part: msgspec.Struct) -> msgspec.Struct:
        if id(part) in self._structs:
            return self._structs[id(part)][1]
        names, values_of = self._fields_of[type(part)]
        changed: dict[str, Any] = {}
        for name, old in zip(names, values_of(part), strict=True):
            # NOTE: most fields of a large report are empty, or a word of an enumeration.
            maker = keep if old is None else self._makers.get(type(old), self.of)
            if maker is not keep and (new := maker(old)) is not old:
                changed[name] = new
        found = msgspec.structs.replace(part, **changed) if changed else part
        # INVARIANT: the struct is kept with its result, so that no later one has its id.
        self._structs[id(part)] = part, found
        return found


def _values_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that reads the fields of a struct."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda part: tuple(getattr(part, name) for name in names)


def keep(part: Any) -> Any:
    """Return a part of a report as it is."""
    return part
