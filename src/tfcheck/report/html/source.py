"""Render lines of sources and changes to them."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.report.diff import needs_unidiff_zero
from tfcheck.report.html.element import Child, Markup, prose, tag
from tfcheck.report.html.view import View
from tfcheck.vocabulary.finding import Excerpt, Fix, Location, Remedy, Report

_MARKS = {"+": "add", "-": "cut"}
#: A longer diff is shown as far as this.
_MOST_LINES = 400


def quoted(found: Excerpt, place: Location, report: Report, view: View, *, title: str) -> Markup:
    """Write the lines of an excerpt with their numbers; those that are not shown are counted."""
    return _figure((title, view.place(place, report)), list(_numbered(found)))


def _numbered(found: Excerpt) -> Iterator[Markup]:
    hidden = 0
    for number, text in enumerate((*found.lines, ""), found.line):
        last = number == found.line + len(found.lines)
        if text is None:
            hidden += 1
            continue
        if hidden:
            yield tag("span", f"⋯ {hidden} {'line' if hidden == 1 else 'lines'} not shown", class_="gap")
            hidden = 0
        if not last:
            label = tag("span", str(number), class_="number")
            yield tag("span", label, text.replace("\t", "    "), class_="at" if number == found.line else None)


def change(fix: Fix) -> Markup:
    """Write a suggested change with its diff, or the code to add."""
    marks = "safe" if fix.safety == "safe" else "review it"
    proven = ", proven" if fix.proven else ", not proven"
    return _figure(
        (("Fix: ", prose(fix.title)), f"{marks}{proven}"),
        list(_diff(fix.diff) if fix.diff else _code(fix.hcl)),
        _how(fix),
    )


def _how(fix: Fix) -> Child:
    if not fix.diff:
        return None
    option = "--unidiff-zero " if needs_unidiff_zero(fix.diff) else ""
    command = tag("code", f"git apply {option}fix.patch")
    return tag(
        "p", "Save as ", tag("code", "fix.patch"), ", then ", command, " at the top of the repository.", class_="how"
    )


def _diff(diff: str) -> Iterator[Markup]:
    rows = diff.removesuffix("\n").split("\n")
    for text in rows[:_MOST_LINES]:
        head = text.startswith(("diff --git ", "--- ", "+++ ", "@@ ", "index "))
        mark = "hunk" if head else _MARKS.get(text[:1])
        yield tag("span", text.removesuffix("\r").replace("\t", "    "), class_=mark)
    if len(rows) > _MOST_LINES:
        yield tag("span", f"⋯ {len(rows) - _MOST_LINES:,} more lines", class_="gap")


def _code(hcl: str) -> Iterator[Markup]:
    yield from (tag("span", text.replace("\t", "    ")) for text in hcl.rstrip("\n").split("\n"))


def to_do(remedy: Remedy) -> Markup:
    """Write what to do where no change can be suggested."""
    words = tag("p", tag("b", "To do: "), prose(remedy.words), class_="prose")
    return tag(
        "div", words, _figure(("To write", None), list(_code(remedy.hcl))) if remedy.hcl else None, class_="stack"
    )


def _figure(caption: tuple[Child, Child], rows: list[Markup], below: Child = None) -> Markup:
    left, right = caption
    head = tag("figcaption", tag("span", left), tag("span", right, class_="soft") if right else None)
    return tag("figure", head, tag("pre", rows, tabindex=0), below)
