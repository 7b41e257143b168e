"""Convert a page for a host that shows HTML as text, as Bitbucket does.

What is folded becomes a heading in bold with its text below, pictures in Mermaid are left out, and the lines that
only tfcheck reads become link definitions that nothing refers to. Almost all of it becomes shorter; only a name full of
backticks may become longer.
"""

from __future__ import annotations

import html

from tfcheck.report.markdown.escape import code
from tfcheck.symbolic.regex import regex

_FOLD = regex(r"<details(?: open)?><summary>(.*)</summary>")
_CODE = regex(r"<code>(.*?)</code>")
_SMALL = regex(r"<sub>(.*)</sub>")
_FENCE = regex(r"(`{3,})([^`]*)")
_COMMENT = regex(r"<!-- (tfcheck:[^()\n]+) -->")
_DEFINITION = regex(r"\[//\]: # \((tfcheck:[^()\n]+)\)")


def without_html(page: str) -> str:
    """Return a page without HTML except for the lines of `hidden`; fences stay unchanged."""
    lines: list[str] = []
    ticks, drawn = "", False
    for line in page.split("\n"):
        fence = None if ticks else _FENCE.fullmatch(line)
        if fence:
            ticks, drawn = fence[1], fence[2] == "mermaid"
        if ticks:
            lines += [] if drawn else [line]
            ticks = "" if line == ticks else ticks
        elif line != "</details>" and (line or not lines or lines[-1]):  # no second empty line where one was left out
            lines.append(_flat(line))
    return "\n".join(lines)


def _flat(line: str) -> str:
    if fold := _FOLD.fullmatch(line):
        return "**" + _CODE.sub(lambda found: code(html.unescape(found[1])), fold[1]) + "**"
    small = _SMALL.fullmatch(line)
    return small[1] if small else line


def hidden(page: str) -> str:
    """Turn a page's first and last line, which only tfcheck reads, into link definitions."""
    first, *between, last = page.strip("\n").split("\n")
    # NOTE: a definition does not end a paragraph
    return "\n".join((_COMMENT.sub(r"[//]: # (\1)", first), *between, "", _COMMENT.sub(r"[//]: # (\1)", last)))


def unhidden(body: str) -> str:
    """Undo `hidden`; any other text stays the same."""
    lines = body.replace("\r\n", "\n").strip("\n").split("\n")
    if len(lines) > 2 and not lines[-2]:
        del lines[-2]
    for place in (0, -1):
        lines[place] = _DEFINITION.sub(r"<!-- \1 -->", lines[place])
    return "\n".join(lines)
