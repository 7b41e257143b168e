"""What all parts of a page refer to: places, excerpts, and the maps of task definitions."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

import msgspec

from tfcheck.report.html.element import Child, Markup, address, inside, prose, tag
from tfcheck.report.markdown.page import Page
from tfcheck.report.origin import file_path, target
from tfcheck.vocabulary.finding import Excerpt, Location, Report


class View(msgspec.Struct, frozen=True):
    """A page and what is on it.

    `maps` are the ids of the maps by target and address, `excerpts` those of the sources by target, file and line;
    `several` targets are named.
    """

    page: Page
    maps: Mapping[tuple[str, str], str]
    excerpts: Mapping[tuple[str, str, int], Excerpt]
    several: bool

    def task(self, task: str, report: Report, shown: str = "") -> Markup:
        """Name a task definition, with a link to its map; `shown` is what is written."""
        name = address(shown or task)
        found = self.maps.get((target(report), task))
        return tag("a", name, href=f"#{found}") if found else name

    def place(self, place: Location | None, report: Report) -> Markup | None:
        """Write a place as `main.tf:12`, with a link where it is known what to link to."""
        if place is None:
            return None
        path = file_path(report, place) or posixpath.normpath(place.file)
        link = self.page.links.file(path, place.line) if self.page.links and file_path(report, place) else None
        written = address(f"{path}:{place.line}")
        return tag("a", written, href=link, rel="noreferrer") if link else written

    def excerpt(self, place: Location | None, report: Report) -> Excerpt | None:
        """Return what may be shown of the source at a place."""
        return self.excerpts.get((target(report), place.file, place.line)) if place else None

    def at(self, place: Location | None, report: Report) -> Child:
        """Write a place in brackets, or nothing."""
        found = self.place(place, report)
        return (" (", found, ")") if found is not None else None

    def rule(self, rule: str) -> Markup:
        """Name a rule, with a link to the page of AWS that it follows."""
        manual = self.page.manual(rule)
        name = tag("code", rule)
        return tag("a", name, href=manual.url, rel="noreferrer") if manual and manual.url else name


def capitalised(words: str) -> str:
    """Return a clause with a capital letter; a name that it begins with stays as it is."""
    return f"{words[:1].upper()}{words[1:]}" if words.partition(" ")[0].rstrip(":,").isalpha() else words


def sentence(words: str) -> Markup:
    """Write a clause as a paragraph that ends with a full stop."""
    start = capitalised(words)
    return tag("p", prose(start if start.endswith((".", "!", "?")) else f"{start}."))


def joined(parts: list[Child], between: str = ", ") -> Markup:
    """Write parts one after the other."""
    return inside([(between if number else None, part) for number, part in enumerate(parts)])
