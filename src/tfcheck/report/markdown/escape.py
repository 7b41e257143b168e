"""Make foreign text harmless in Markdown, also for a host that shows HTML as text.

Addresses, keys of `for_each`, ARNs, file names and HCL come from the author of a pull request, who may also have forged
a saved report. Outside code, GitHub turns `@name`, `#1`, commit ids and URLs into mentions and links, even after a
backslash or as an entity. So foreign text is written only as code spans, fences and `<code>`.

Follows the GitHub Flavored Markdown spec (https://github.github.com/gfm/): code spans, fenced code blocks.

For hosts without HTML, a fold becomes a heading in bold with its text below, Mermaid diagrams are left out, and the
lines that only tfcheck reads become unused link definitions. A page rarely gets longer by that, only if a name is full
of backticks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from tfcheck.report.safe_text import clip_visible, clip_width, visible_source
from tfcheck.symbolic.regex import regex

_LONGEST = 600
#: The longest text of a fold's summary.
LONGEST_IN_SUMMARY = 160
_TICKS = regex("`+")
#: A word, a short number or a dash, which cannot be confused with anything else, such as a commit's id.
_PLAIN = regex(r"(?![a-f]{7,40}$)[A-Za-z]+(?:['’-][A-Za-z]+)*|['’]s|\d{1,6}|[–—]")
#: Characters that may surround a word.
_TOKEN = regex(r"(\(*)(.*?)([).,;:!?…]*)")


def code(text: str) -> str:
    """Write foreign text as a code span with exactly that text."""
    shown = clip_visible(text, _LONGEST) or "(empty)"
    ticks = "`" * (_longest_run(shown) + 1)
    edges = shown[0] + shown[-1]
    pad = " " if "`" in edges or (edges == "  " and shown.strip()) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def html_code(text: str) -> str:
    """Write foreign text as `<code>` for `<summary>`, which contains no Markdown."""
    return f"<code>{html.escape(clip_visible(text, LONGEST_IN_SUMMARY))}</code>"


def fence(text: str, language: str = "") -> str:
    """Write foreign lines as a fenced block; `language` is trusted."""
    shown = "\n".join("\t".join(map(visible_source, line.split("\t"))) for line in text.rstrip("\n").split("\n"))
    ticks = "`" * max(_longest_run(shown) + 1, 3)
    return f"{ticks}{language}\n{shown}\n{ticks}"


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def prose(text: str, names: Iterable[str | None] = ()) -> str:
    """Write a foreign sentence: plain words stay, everything else becomes code.

    `names` are what it may quote, such as addresses and ARNs: each is one code span everywhere.
    """
    return _write(_pieces(_clip(text, _LONGEST), names), code)


def html_prose(text: str) -> str:
    """Write a foreign sentence like `prose` for `<summary>`."""
    return _write(_pieces(_clip(text, LONGEST_IN_SUMMARY), ()), html_code)


def _clip(text: str, width: int) -> str:
    """Shorten a sentence, but never within code."""
    clipped = clip_width(text, width)
    return f"{clipped[: clipped.rindex('`')].rstrip()}…" if clipped != text and clipped.count("`") % 2 else clipped


def _write(pieces: Iterable[tuple[bool, str, bool]], as_code: Callable[[str], str]) -> str:
    written = ""
    after_code = False
    for spaced, piece, is_code in pieces:
        apart = spaced or (after_code and is_code)  # two code spans side by side would be one
        shown = as_code(piece) if is_code else piece
        written += f" {shown}" if apart and written else shown
        after_code = is_code
    return written


def sentence(text: str, names: Iterable[str | None] = ()) -> str:
    """Write a foreign sentence like `prose`, capitalised."""
    written = prose(text, names)
    return f"{written[:1].upper()}{written[1:]}"


def _pieces(text: str, names: Iterable[str | None]) -> Iterator[tuple[bool, str, bool]]:
    """Split a sentence into pieces: whether a space precedes it, the piece, and whether it must be code."""
    end = 0
    for found in _quoted_pattern(name for name in names if name and name in text).finditer(text):
        yield from _words(text[end : found.start()], begins=not end)
        yield text[: found.start()][-1:].isspace(), found["quoted"] or found[0], True
        end = found.end()
    yield from _words(text[end:], begins=not end)


#: An argument with its list, as in `depends_on = [module.iam]`.
_ARGUMENT = r"\b[a-z_]+ = \[[^\]`]*\]"


def _quoted_pattern(names: Iterable[str]) -> re.Pattern[str]:
    wanted = {name for name in names if name.strip() and not _PLAIN.fullmatch(name)}
    longest_first = sorted(wanted, key=lambda name: (-len(name), name))
    return re.compile("|".join((*map(re.escape, longest_first), "`(?P<quoted>[^`]+)`", _ARGUMENT)))


def _words(text: str, *, begins: bool) -> Iterator[tuple[bool, str, bool]]:
    spaced = text[:1].isspace()
    for number, token in enumerate(text.split()):
        found = _TOKEN.fullmatch(token)
        before, word, after = found.groups() if found else ("", token, "")
        is_first = begins and not number
        if is_first and not before and word.isdecimal() and after[:1] in (".", ")"):
            word, after = word + after, ""  # a line that begins like this would be a list
        if before:
            yield spaced, before, False
            spaced = False
        if word:
            yield spaced, word, not _PLAIN.fullmatch(word)
            spaced = False
        if after:
            yield spaced, after, False
        spaced = True


_FOLD = regex(r"<details(?: open)?><summary>(.*)</summary>")
_CODE = regex(r"<code>(.*?)</code>")
_SMALL = regex(r"<sub>(.*)</sub>")
_FENCE = regex(r"(`{3,})([^`]*)")
_COMMENT = regex(r"<!-- (tfcheck:[^()\n]+) -->")
_DEFINITION = regex(r"\[//\]: # \((tfcheck:[^()\n]+)\)")


def without_html(page: str) -> str:
    """Return a page without HTML except for the lines of `hide_markers`; fences stay unchanged."""
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


def hide_markers(page: str) -> str:
    """Return a page's first and last line, which only tfcheck reads, as link definitions."""
    first, *between, last = page.strip("\n").split("\n")
    # NOTE: a definition does not end a paragraph
    return "\n".join((_COMMENT.sub(r"[//]: # (\1)", first), *between, "", _COMMENT.sub(r"[//]: # (\1)", last)))


def restore_markers(body: str) -> str:
    """Undo `hide_markers`; any other text stays the same."""
    lines = body.replace("\r\n", "\n").strip("\n").split("\n")
    if len(lines) > 2 and not lines[-2]:
        del lines[-2]
    for place in (0, -1):
        lines[place] = _DEFINITION.sub(r"<!-- \1 -->", lines[place])
    return "\n".join(lines)
