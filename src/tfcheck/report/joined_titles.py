"""Join the titles of changes that differ in their names at one place, as those of two inputs of one module."""

from __future__ import annotations

from collections.abc import Iterable

from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import few, join_names

#: What cannot be a word of the sentence, and one or several of it.
_NAME = r"""(?:`[^`]+`|(?=(?:"[^"]*"|[^\s,"`.:_]++)*+[.:_])(?:"[^"]*"|[^\s,"`]++)++)"""
_LIST = rf"{_NAME}(?:(?:, {_NAME})* and {_NAME})?"
_ONE, _NAMES, _PART = regex(_NAME), regex(_LIST), regex(rf"{_LIST}(?!\S)|\S+")
_MOST = 3
#: Longer titles are not taken apart.
_LONGEST = 2_000


def join_titles(titles: Iterable[str]) -> list[str]:
    """Return titles, where those that are alike except for names are one."""
    found: list[_JoinedTitle] = []
    for title in map(_JoinedTitle, titles):
        if not any(each.add(title) for each in found):
            found.append(title)
    return list(map(str, found))


class _JoinedTitle:
    """A title, and those that are like it except for the names at one place."""

    def __init__(self, title: str) -> None:
        what, *self._remarks = title.split("; ")
        self._parts = _PART.findall(what) if len(what) <= _LONGEST else [what]
        self._place = -1
        self._names: list[str] = []

    def add(self, other: _JoinedTitle) -> bool:
        """Add the names of another title, and return whether it is like this one."""
        if self._remarks != other._remarks or len(self._parts) != len(other._parts):
            return False
        pairs = enumerate(zip(self._parts, other._parts, strict=True))
        unlike = [place for place, (ours, theirs) in pairs if ours != theirs]
        place = unlike[0] if len(unlike) == 1 else -1
        if place < 0 or self._place not in (-1, place):
            return False
        both = self._parts[place], other._parts[place]
        if not all(len(each) <= _LONGEST and _NAMES.fullmatch(each) for each in both):
            return False
        self._place = place
        self._names = list(dict.fromkeys((*self._names, *(name for each in both for name in _ONE.findall(each)))))
        return True

    def __str__(self) -> str:
        """Write the names at their place, and the remarks about each."""
        if not self._names:
            return "; ".join((" ".join(self._parts), *self._remarks))
        names = join_names(self._names) if len(self._names) <= _MOST else few(self._names, _MOST)
        parts = (*self._parts[: self._place], names, *self._parts[self._place + 1 :])
        remarks = (f"each {each[3:]}" if each.startswith("it ") else each for each in self._remarks)
        return "; ".join((" ".join(parts), *remarks))
