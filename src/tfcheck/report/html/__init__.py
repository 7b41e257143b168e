"""Render a report as one page of HTML that needs no network.

The answer first, then each cause with its sources and its fix, what cannot be decided, what the change does, and the
access map of each task definition.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from tfcheck import __version__
from tfcheck.report.access_map import MapGroup, access_map, folded_maps, paths
from tfcheck.report.html.body import PageMap, page_body
from tfcheck.report.html.element import Markup, View, tag
from tfcheck.report.markdown.page import Page, content
from tfcheck.report.origin import target
from tfcheck.vocabulary.finding import Report

#: More maps, or calls on them, are left to `tfcheck show`.
_MOST_MAPS, _MOST_CALLS = 1_000, 10_000


def html(reports: Sequence[Report], page: Page | None = None) -> str:
    """Write reports as one page, showing what they have in common once."""
    page = page or Page()
    found = content(reports, page)
    groups = [(report, group) for report in found.reports for group in folded_maps(access_map(report))]
    maps = [PageMap(report, group, f"map-{number}") for (report, group), number in zip(_maps_shown(groups), count(1))]
    view = View(
        page,
        {(target(each.report), task): each.id for each in maps for task in each.group.tasks},
        {(target(report), each.file, each.line): each for report in found.reports for each in report.excerpts},
        len(found.targets) > 1,
    )
    title, written = page_body(found, maps, len(groups) - len(maps), view)
    return document(title, written)


def _maps_shown(groups: Sequence[tuple[Report, MapGroup]]) -> Iterator[tuple[Report, MapGroup]]:
    calls = 0
    for report, group in groups[:_MOST_MAPS]:
        calls += sum(1 for _ in paths(group.map))
        if calls > _MOST_CALLS:
            return
        yield report, group


def document(title: str, body: Markup) -> str:
    """Write a page as a complete document.

    Style and script are files of this package. The content security policy allows these two, by their hashes, and
    nothing else: no request, no other script, no form. Follows https://www.w3.org/TR/CSP3/.
    """
    style, script = _asset("style.css"), _asset("script.js")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content=f"tfcheck {__version__}"),
        tag("title", title),
        tag("style", style),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body, tag('script', script)), lang='en')}\n"


def _asset(name: str) -> Markup:
    return Markup(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
