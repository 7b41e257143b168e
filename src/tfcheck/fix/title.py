"""The title of a change: what it does, and what a reviewer should know about it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Title(msgspec.Struct, frozen=True):
    """What a change does, in one line, with remarks on it; `before` are the titles of changes that are made with it."""

    what: str
    remarks: tuple[str, ...] = ()
    before: tuple[Title, ...] = ()

    @staticmethod
    def join(titles: Sequence[Title]) -> Title:
        """Return the title of changes that are made together."""
        *first, last = [one for each in titles for one in each.each()]
        return msgspec.structs.replace(last, before=tuple(first))

    def extend(self, words: str) -> Title:
        """Return a title with more words on what the change does, before the remarks."""
        return msgspec.structs.replace(self, what=self.what + words)

    def with_remarks(self, *remarks: str) -> Title:
        """Return a title with more remarks at its end."""
        return msgspec.structs.replace(self, remarks=(*self.remarks, *remarks))

    def each(self) -> list[Title]:
        """Return the titles of the changes, which are joined in this order."""
        return [*self.before, msgspec.structs.replace(self, before=())]

    def all_remarks(self) -> frozenset[str]:
        """Return the remarks on all of the changes."""
        return frozenset(one for each in self.each() for one in each.remarks)

    def __str__(self) -> str:
        """Write what the changes do, and each remark once."""
        joined: list[str] = []
        known: set[str] = set()
        for each in self.each():
            joined.append("; ".join([each.what, *(one for one in each.remarks if one not in known)]))
            known.update(each.remarks)
        return "; and ".join(joined)
