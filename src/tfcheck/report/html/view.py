"""The shared parts of a page: places, excerpts, and the maps of task definitions."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

import msgspec

from tfcheck.report.html.element import Child, Markup, address, prose, render_content, tag
from tfcheck.report.markdown.page import Page
from tfcheck.report.origin import file_path, target
from tfcheck.vocabulary.finding import Excerpt, Location, Report


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
        """Name a task definition, with a link to its map; `shown` is the text."""
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
        """Name a rule, with a link to its AWS page."""
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
