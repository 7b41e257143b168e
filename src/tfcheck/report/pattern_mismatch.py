"""Show where a granted pattern stops matching the needed ARN.

This only helps the reader; whether a statement matches was decided before.
"""

from __future__ import annotations

from tfcheck.vocabulary.finding import Evidence, EvidenceKind, Requirement

#: Longer texts are compared up to this length: no ARN is longer, and a saved report may be hostile.
_COMPARED = 2048
_COMPARED_PATTERNS = 100


def parting(needed: str, pattern: str) -> int | None:
    """Return the last position in `pattern` that any match with `needed` reaches, or None for a full match.

    `*` and `?` are IAM's wildcards. The position is the length of `pattern` if `needed` continues after it.
    """
    needed, pattern = needed[:_COMPARED], pattern[:_COMPARED]
    # Bit n of a number is position n in the pattern: all positions advance at once.
    positions: dict[str, int] = {}
    for number, char in enumerate(pattern):
        positions[char] = positions.get(char, 0) | 1 << number
    stars, anything = positions.pop("*", 0), positions.get("?", 0)
    reached = furthest = _past_stars(1, stars)
    for char in needed:
        taken = reached & (positions.get(char, 0) | anything)
        reached = _past_stars(taken << 1 | reached & stars, stars)
        if not reached:
            return furthest.bit_length() - 1
        furthest |= reached
    return None if reached >> len(pattern) else furthest.bit_length() - 1


def _past_stars(reached: int, stars: int) -> int:
    """Add the positions reached by empty stars."""
    while (more := reached | (reached & stars) << 1) != reached:
        reached = more
    return reached


def nearest(need: Requirement, evidence: Evidence) -> tuple[str, ...]:
    """Return the patterns of a statement by how far they match what is needed of it, nearest first."""
    needed = need.action if evidence.kind is EvidenceKind.OTHER_ACTION else need.shown_resource
    patterns = evidence.patterns
    first = sorted(patterns[:_COMPARED_PATTERNS], key=lambda pattern: -_common(needed, pattern))
    return (*first, *patterns[_COMPARED_PATTERNS:])


def _common(needed: str, pattern: str) -> int:
    stop = parting(needed, pattern)
    return len(pattern) + 1 if stop is None else stop
