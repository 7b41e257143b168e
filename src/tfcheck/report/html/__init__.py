"""Render a report as one page of HTML that needs no network.

The answer first, then each cause with its sources and its fix, what cannot be decided, what the change does, and the
access map of each task definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from tfcheck.report.access_map import access_map, paths
from tfcheck.report.folded_map import MapGroup, folded_maps
from tfcheck.report.html.body import PageMap, page_body
from tfcheck.report.html.head import document
from tfcheck.report.html.view import View
from tfcheck.report.markdown.page import Page, content
from tfcheck.report.origin import target
from tfcheck.vocabulary.finding import Report

#: More maps, and more calls on them, than these are left to `tfcheck show`.
_MOST_MAPS, _MOST_CALLS = 1_000, 10_000


def html(reports: Sequence[Report], page: Page | None = None) -> str:
    """Write reports as one page; what they have in common is shown once."""
    page = page or Page()
    found = content(reports, page)
    groups = [(report, group) for report in found.reports for group in folded_maps(access_map(report))]
    maps = [PageMap(report, group, f"map-{number}") for (report, group), number in zip(_some(groups), count(1))]
    view = View(
        page,
        {(target(each.report), task): each.id for each in maps for task in each.group.tasks},
        {(target(report), each.file, each.line): each for report in found.reports for each in report.excerpts},
        len(found.targets) > 1,
    )
    title, written = page_body(found, maps, len(groups) - len(maps), view)
    return document(title, written)


def _some(groups: Sequence[tuple[Report, MapGroup]]) -> Iterator[tuple[Report, MapGroup]]:
    calls = 0
    for report, group in groups[:_MOST_MAPS]:
        calls += sum(1 for _ in paths(group.map))
        if calls > _MOST_CALLS:
            return
        yield report, group
