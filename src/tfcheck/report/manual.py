"""The manual page of a rule.

The caller passes the manuals, so that reports do not depend on the list of rules.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from tfcheck.symbolic.regex import regex

_PAGE = regex(r"https://[\w./#%?=&+-]*[\w/]")


class Manual(msgspec.Struct, frozen=True):
    """The manual page of one rule: its id, its short title, and its page in Markdown."""

    id: str
    title: str
    text: str

    @property
    def first_paragraph(self) -> str:
        """The first paragraph on one line."""
        return " ".join(self.text.strip().split("\n\n", 1)[0].split())

    @property
    def url(self) -> str | None:
        """The AWS page in the manual."""
        return _first_page(self.text)


@lru_cache(maxsize=200)  # every finding of a rule has the same
def _first_page(text: str) -> str | None:
    found = _PAGE.search(text)
    return found[0] if found else None
