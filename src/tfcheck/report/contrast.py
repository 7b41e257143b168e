"""Where does a granted pattern stop matching the ARN that is needed?

This only points at a place for the eye; whether a statement matches was decided before.
"""

from __future__ import annotations

#: Longer texts are compared as far as this: no ARN is longer, and a saved report may have been made to take for ever.
_COMPARED = 2048
_COMPARED_PATTERNS = 100


def parting(needed: str, pattern: str) -> int | None:
    """Give the position in `pattern` that no way of matching `needed` gets past, or None where all of it matches.

    `*` and `?` are IAM's wildcards. The position is the length of `pattern` where `needed` goes on behind it.
    """
    needed, pattern = needed[:_COMPARED], pattern[:_COMPARED]
    states = _with_stars({0}, pattern)
    furthest = max(states)
    for char in needed:
        states = _with_stars({_next(state, pattern) for state in states if _takes(state, char, pattern)}, pattern)
        if not states:
            return furthest
        furthest = max(furthest, *states)
    return None if len(pattern) in states else furthest


def _takes(state: int, char: str, pattern: str) -> bool:
    return state < len(pattern) and pattern[state] in ("*", "?", char)


def _next(state: int, pattern: str) -> int:
    return state if pattern[state] == "*" else state + 1


def _with_stars(states: set[int], pattern: str) -> set[int]:
    """Add the states that are reached by letting a star stand for nothing."""
    reached = set(states)
    for state in states:
        while state < len(pattern) and pattern[state] == "*":
            state += 1
            reached.add(state)
    return reached


def nearest(needed: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Order `patterns` by how far they match `needed`, the nearest first."""
    first = sorted(patterns[:_COMPARED_PATTERNS], key=lambda pattern: -_common(needed, pattern))
    return (*first, *patterns[_COMPARED_PATTERNS:])


def _common(needed: str, pattern: str) -> int:
    stop = parting(needed, pattern)
    return len(pattern) + 1 if stop is None else stop
