"""Find the conditions under which an instance of a task definition reads something, as its block writes them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.symbolic.regex import regex

#: A condition on the element of the instance or an input of the module.
_CONDITION = regex(
    r'!?[\w.()\[\], "]*\b(?:each\.value|var)\.[\w.]+[\w.()\[\], ]*(?: [!=<>]=? (?:null|true|false|0|""))?'
)
_LONGEST = 80
#: What begins before a condition, and what ends after an arm.
_BEFORE = frozenset(("=", ":", ",", "?", "newline", "(", "[", "{", "${"))
_AFTER = frozenset((",", "newline", "end", "close"))


class Choice(msgspec.Struct, frozen=True):
    """A condition, and the expression that is used if it holds."""

    condition: str
    chosen: str


def choices_in(argument: Argument) -> Iterator[Choice]:
    """Yield the conditions in an expression, each with what depends on it."""
    text = argument.source.text
    try:
        found = tokens(text, argument.value_start, argument.value_end)
    except MalformedError:
        return
    openings = {end: start for start, end in found.closings.items()}
    for index, token in enumerate(found.listed):
        if token.kind == "?":
            condition = text[found.listed[_first(found, openings, index)].start : token.start].strip()
            if len(condition) <= _LONGEST and _CONDITION.fullmatch(condition):
                yield from _arms(text, found, index, condition)


def _first(found: Tokens, openings: dict[int, int], index: int) -> int:
    """Return the index of the first token of the condition before an index."""
    while index > 0 and found.listed[index - 1].kind not in _BEFORE:
        index = openings.get(index - 1, index - 1)
    return index


def _arms(text: str, found: Tokens, index: int, condition: str) -> Iterator[Choice]:
    colon = _last(found, index + 1, ":")
    if found.listed[colon].kind == ":":
        end = _last(found, colon + 1, "")
        then = text[found.listed[index + 1].start : found.listed[colon].start].strip()
        otherwise = text[found.listed[colon + 1].start : found.listed[end].start].strip()
        is_simple = " " not in condition and not condition.startswith("!")
        yield Choice(condition, then)
        yield Choice(f"!{condition}" if is_simple else f"!({condition})", otherwise)


def _last(found: Tokens, index: int, kind: str) -> int:
    """Return the index of the token of a kind, or that ends the expression, after an arm that begins at an index."""
    while index < len(found.listed) - 1 and found.listed[index].kind not in (kind, *_AFTER, ")", "]", "}"):
        index = found.closings.get(index, index) + 1
    return index
