"""A string that records which of its stretches are sensitive.

It is a `str`, so that a mark never changes what is decided, only what is printed. Slicing and concatenating keep the
marks. `str.join`, f-strings and `replace` lose them: use `tfcheck.symbolic.value.text` or `join` to build a string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import SupportsIndex, TypeAlias

#: What is printed in place of a sensitive value.
SENSITIVE = "(sensitive)"

#: Half-open stretches of a string, in order, none touching the next.
Spans: TypeAlias = tuple[tuple[int, int], ...]


class Sensitive(str):
    """A string with at least one sensitive stretch; `spans` are their offsets."""

    spans: Spans

    def __new__(cls, text: str, spans: Spans | None = None) -> Sensitive:
        """Mark all of `text`, or the given stretches."""
        made = super().__new__(cls, text)
        made.spans = ((0, len(text)),) if spans is None else spans
        return made

    def __add__(self, other: str) -> str:
        """Concatenate, keeping marks."""
        return join((self, other)) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: str) -> str:
        return join((other, self)) if isinstance(other, str) else NotImplemented

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """Return a slice; a step other than 1 marks the whole result."""
        found = super().__getitem__(key)
        if not isinstance(key, slice):
            start = key.__index__() % len(self)
            return _slice(self, start, start + 1)
        start, end, step = key.indices(len(self))
        return _slice(self, start, max(start, end)) if step == 1 else Sensitive(found)

    def removeprefix(self, prefix: str, /) -> str:
        """Remove a prefix."""
        return self[len(prefix) :] if self.startswith(prefix) else self

    def removesuffix(self, suffix: str, /) -> str:
        """Remove a suffix."""
        return self[: len(self) - len(suffix)] if suffix and self.endswith(suffix) else self

    def partition(self, sep: str, /) -> tuple[str, str, str]:
        """Split at the first separator."""
        before, found, _ = super().partition(sep)
        return self[: len(before)], found, self[len(before) + len(found) :]

    def rpartition(self, sep: str, /) -> tuple[str, str, str]:
        """Split at the last separator."""
        before, found, _ = super().rpartition(sep)
        return self[: len(before)], found, self[len(before) + len(found) :]

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """Split at every separator."""
        parts = super().split(sep, maxsplit)
        return list(map(Sensitive, parts)) if sep is None else list(_locate(self, parts, len(sep)))

    def rsplit(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """Split at separators from the end."""
        parts = super().rsplit(sep, maxsplit)
        return list(map(Sensitive, parts)) if sep is None else list(_locate(self, parts, len(sep)))

    def lstrip(self, chars: str | None = None, /) -> str:
        """Strip characters from the beginning."""
        return self[len(self) - len(super().lstrip(chars)) :]

    def rstrip(self, chars: str | None = None, /) -> str:
        """Strip characters from the end."""
        return self[: len(super().rstrip(chars))]

    def strip(self, chars: str | None = None, /) -> str:
        """Strip characters from both ends."""
        return self.lstrip(chars).rstrip(chars)

    def lower(self) -> str:
        """Convert to lower case."""
        return _change_case(self, super().lower())

    def upper(self) -> str:
        """Convert to upper case."""
        return _change_case(self, super().upper())

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str:
        """Replace; a changed text is marked completely."""
        changed = super().replace(old, new, count)
        return self if changed == self else Sensitive(changed)


def join(parts: Iterable[str]) -> str:
    """Concatenate `parts`, keeping marks."""
    known = list(parts)
    if len(known) == 1:
        return known[0]
    if not any(isinstance(part, Sensitive) for part in known):
        return "".join(known)
    spans: list[tuple[int, int]] = []
    length = 0
    for part in known:
        if isinstance(part, Sensitive):
            spans += [(start + length, end + length) for start, end in part.spans]
        length += len(part)
    return Sensitive("".join(map(str, known)), merge_spans(spans))


def merge_spans(spans: Sequence[tuple[int, int]]) -> Spans:
    """Merge adjacent ones of ordered stretches."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def is_fully_marked(text: str) -> bool:
    """Whether all of a string is marked."""
    return isinstance(text, Sensitive) and text.spans == ((0, len(text)),)


def redact(text: str) -> str:
    """Return a string for people, with `(sensitive)` in place of marked stretches."""
    if not isinstance(text, Sensitive):
        return text
    return "".join(SENSITIVE if is_marked else part for part, is_marked in iter_stretches(text))


def shown_key(key: str | int) -> str:
    """Return an element's key for people: quoted, with `(sensitive)` in place of marked stretches."""
    return repr(redact(key) if isinstance(key, str) else key)


def iter_stretches(text: Sensitive) -> Iterator[tuple[str, bool]]:
    """Yield the stretches of a string in order, without marks, and whether each is marked."""
    unmarked = str(text)
    position = 0
    for start, end in text.spans:
        if start > position:
            yield unmarked[position:start], False
        yield unmarked[start:end], True
        position = end
    if position < len(unmarked):
        yield unmarked[position:], False


def stretches(text: Sensitive) -> Iterator[str]:
    """Yield the marked stretches, without their marks."""
    unmarked = str(text)
    yield from (unmarked[start:end] for start, end in text.spans)


def _slice(text: Sensitive, start: int, end: int) -> str:
    spans = tuple((max(a, start) - start, min(b, end) - start) for a, b in text.spans if a < end and b > start)
    found = str(text)[start:end]
    if text.spans == ((0, len(text)),):
        return Sensitive(found)
    return Sensitive(found, spans) if spans else found


def _locate(text: Sensitive, parts: list[str], gap: int) -> Iterator[str]:
    position = 0
    for part in parts:
        yield text[position : position + len(part)]
        position += len(part) + gap


def _change_case(text: Sensitive, changed: str) -> str:
    return Sensitive(changed, text.spans if len(changed) == len(text) else None)
