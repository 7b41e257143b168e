"""Build HTML in which foreign text can only be text.

Follows https://html.spec.whatwg.org/multipage/syntax.html. Every string becomes escaped text; only what `tag` returns
is markup. Attributes are written by name, so that no name in a plan can become one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import TypeAlias

from tfcheck.report.safe_text import visible
from tfcheck.symbolic.regex import regex

_VOID = frozenset({"meta", "input", "wbr"})
#: The quoted parts of a sentence, and the places where a long name may break.
_QUOTED = regex(r"`([^`\n]+)`")
_BREAK = regex(r"(?<=[/\]}_])(?=[^./:\]}_])|(?<=\.)(?=[^./:\]}])(?!tf\b)|(?<=:)(?=[^./:\]}])(?!\d+$)")


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
    first, *others = _BREAK.split(visible(text))
    return tag("code", first, ((tag("wbr"), each) for each in others))


def prose(text: str) -> Markup:
    """Write a sentence with code between backticks."""
    parts = _QUOTED.split(text)
    return render_content(address(part) if number % 2 else part for number, part in enumerate(parts))
