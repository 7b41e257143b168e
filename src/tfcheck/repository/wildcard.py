"""Match paths against patterns with `**`, `*`, `?` and `[...]`, in bounded time for any pattern."""

from __future__ import annotations

import re
from functools import lru_cache

from tfcheck.symbolic.regex import compile_pattern, regex

_SPECIAL = frozenset("*?[\\")
_CLASSES = {
    "alnum": r"0-9A-Za-z",
    "alpha": r"A-Za-z",
    "blank": r" \t",
    "digit": r"0-9",
    "lower": r"a-z",
    "space": r"\s",
    "upper": r"A-Z",
    "xdigit": r"0-9A-Fa-f",
    "punct": r"!-/:-@\[-`{-~",
}
_PART = regex(
    r"\\(?P<escaped>.)|\[(?P<not>[!^]?)(?P<set>\]?(?:\[:[a-z]+:\]|\\.|[^\[\]\\]++|\[)+)\]|(?P<stars>\*+)|.", re.DOTALL
)
_MEMBER = regex(r"\[:(?P<name>[a-z]+):\]|\\(?P<escaped>.)|.", re.DOTALL)


def has_wildcard(text: str) -> bool:
    """Whether a part of a pattern matches more than itself."""
    return not _SPECIAL.isdisjoint(text)


def is_odd(text: str) -> bool:
    """Whether there is an unpaired bracket, which programs interpret differently."""
    return any(found[0] in ("[", "{", "}") for found in _PART.finditer(text))


@lru_cache(maxsize=1024)
def part(pattern: str, *, fold: bool = False) -> re.Pattern[str] | None:
    """Return the expression for one part of a path, or None if the pattern matches nothing."""
    pieces = [""]
    for found in _PART.finditer(pattern):
        if found["stars"]:
            pieces.append("")
        else:
            pieces[-1] += _piece(found)
    first, *rest = pieces
    # NOTE: the groups are atomic: a star uses the first place where the rest matches, and never another.
    inner = "".join(f"(?>.*?{each})" for each in rest[:-1])
    whole = f"{first}{inner}.*{rest[-1]}" if rest else first
    try:
        return compile_pattern(whole, re.DOTALL | (re.IGNORECASE if fold else 0))
    except re.error:
        return None


def _piece(found: re.Match[str]) -> str:
    if found["escaped"] is not None:
        return re.escape(found["escaped"])
    if found["set"]:
        inside = ""
        for each in _MEMBER.finditer(found["set"]):
            if each["name"]:
                inside += _CLASSES.get(each["name"], "")
            else:
                inside += "-" if each[0] == "-" else re.escape(each["escaped"] or each[0])
        return f"[{'^' if found['not'] else ''}{inside}]"
    return "." if found[0] == "?" else re.escape(found[0])


def matches_path(pattern: tuple[str, ...], path: tuple[str, ...], *, fold: bool = False) -> bool:
    """Whether the parts of a pattern, with `**` for any number of parts, match all parts of a path."""
    return len(pattern) in states(pattern, path, fold=fold)


def states(pattern: tuple[str, ...], path: tuple[str, ...], *, fold: bool = False) -> frozenset[int]:
    """Return how many parts of the pattern the path may have consumed; none if nothing below matches."""
    found = _skip_double_stars(pattern, {0})
    for name in path:
        found = _skip_double_stars(pattern, {after for at in found for after in _steps(pattern, at, name, fold)})
    return frozenset(found)


def _steps(pattern: tuple[str, ...], at: int, name: str, fold: bool) -> tuple[int, ...]:
    if at == len(pattern):
        return ()
    if pattern[at] == "**":
        return (at,)
    compiled = part(pattern[at], fold=fold)
    return (at + 1,) if compiled is not None and compiled.fullmatch(name) else ()


def _skip_double_stars(pattern: tuple[str, ...], at: set[int]) -> set[int]:
    """Add what follows each `**`, which may match no part."""
    todo = list(at)
    while todo:
        here = todo.pop()
        if here < len(pattern) and pattern[here] == "**" and here + 1 not in at:
            at.add(here + 1)
            todo.append(here + 1)
    return at
