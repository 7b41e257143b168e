"""Build HTML in which foreign text can only be text, and the shared parts of a page.

Follows https://html.spec.whatwg.org/multipage/syntax.html. Every string becomes escaped text; only what `tag` returns
is markup. Attribute names are written in the code, so that no name in a plan can become one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import TypeAlias

import msgspec

from tfcheck.report.markdown.page import Page
from tfcheck.report.origin import file_path, target
from tfcheck.report.safe_text import visible
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Excerpt, Location, Report

_VOID = frozenset({"meta", "input", "wbr"})
#: The quoted parts of a sentence, and the places where a long name may break.
_QUOTED = regex(r"`([^`\n]+)`")
_BREAK = regex(r"(?<=[/\]}_])(?=[^./:\]}_])|(?<=\.)(?=[^./:\]}])(?!tf\b)|(?<=:)(?=[^./:\]}])(?!\d+$)")

#: The maximum number of places where a name may break: no real one has more.
_MOST_BREAKS = 200


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


Child: TypeAlias = "str | Markup | None | Iterable[Child]"


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """Build an element; `class_` is `class`, `data_rule` is `data-rule`, None and False are omitted."""
    pieces = [f"<{name}"]
    pieces += [_attribute(each, value) for each, value in attributes.items()]
    pieces.append(">")
    if name not in _VOID:
        _gather(children, pieces)
        pieces.append(f"</{name}>")
    return Markup("".join(pieces))


def render_content(child: Child) -> Markup:
    """Render the content of an element: markup unchanged, other strings as text."""
    pieces: list[str] = []
    _gather(child, pieces)
    return Markup("".join(pieces))


def _gather(child: Child, pieces: list[str]) -> None:
    if isinstance(child, str):
        pieces.append(child if isinstance(child, Markup) else _text(child))
    elif child is not None:
        for each in child:
            _gather(each, pieces)


@lru_cache(maxsize=10_000)
def _text(text: str) -> str:
    return escape(visible(text))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    known = name.rstrip("_").replace("_", "-")
    return f" {known}" if value is True else f' {known}="{_text(str(value))}"'


@lru_cache(maxsize=40_000)  # one with several places is in several parts of a page
def address(text: str) -> Markup:
    """Write an address or an ARN as code that may break between its parts."""
    first, *others = _BREAK.split(visible(text), _MOST_BREAKS)
    return tag("code", first, ((tag("wbr"), each) for each in others))


def prose(text: str) -> Markup:
    """Write a sentence with code between backticks."""
    parts = _QUOTED.split(text)
    return render_content(address(part) if number % 2 else part for number, part in enumerate(parts))


class View(msgspec.Struct, frozen=True):
    """A page and its content.

    `maps` are the ids of the maps by target and address, `excerpts` those of the sources by target, file and line;
    `several` targets are named.
    """

    page: Page
    maps: Mapping[tuple[str, str], str]
    excerpts: Mapping[tuple[str, str, int], Excerpt]
    several: bool

    def task(self, task: str, report: Report, shown: str = "") -> Markup:
        """Return the name of a task definition, with a link to its map; `shown` is the text."""
        name = address(shown or task)
        found = self.maps.get((target(report), task))
        return tag("a", name, href=f"#{found}") if found else name

    def place(self, place: Location | None, report: Report) -> Markup | None:
        """Write a place as `main.tf:12`, with a link where its address is known."""
        if place is None:
            return None
        path = file_path(report, place) or posixpath.normpath(place.file)
        link = self.page.links.file(path, place.line) if self.page.links and file_path(report, place) else None
        written = address(f"{path}:{place.line}")
        return tag("a", written, href=link, rel="noreferrer") if link else written

    def excerpt(self, place: Location | None, report: Report) -> Excerpt | None:
        """Return the source excerpt at a place."""
        return self.excerpts.get((target(report), place.file, place.line)) if place else None

    def place_link(self, place: Location | None, report: Report) -> Child:
        """Write a place in brackets; nothing without a place."""
        found = self.place(place, report)
        return (" (", found, ")") if found is not None else None

    def all_tasks(self, tasks: Sequence[str], report: Report) -> Markup:
        """Fold the names of all task definitions."""
        names = tag("ul", (tag("li", self.task(each, report)) for each in tasks), class_="names")
        return tag("details", tag("summary", f"All {len(tasks):,} task definitions", class_="small"), names)

    def rule(self, rule: str) -> Markup:
        """Return the name of a rule, with a link to its AWS page."""
        manual = self.page.manual(rule)
        name = tag("code", rule)
        return tag("a", name, href=manual.url, rel="noreferrer") if manual and manual.url else name


def capitalize(words: str) -> str:
    """Capitalise a clause, except for a name at its beginning."""
    return f"{words[:1].upper()}{words[1:]}" if words.partition(" ")[0].rstrip(":,").isalpha() else words


def sentence(words: str) -> Markup:
    """Write a clause as a paragraph that ends with a full stop."""
    start = capitalize(words)
    return tag("p", prose(start if start.endswith((".", "!", "?")) else f"{start}."))


def join_markup(parts: list[Child], between: str = ", ") -> Markup:
    """Join parts of markup."""
    return render_content([(between if number else None, part) for number, part in enumerate(parts)])
