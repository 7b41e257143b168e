"""Match IAM wildcards where pattern and text are known.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tfcheck.symbolic.limits import take

#: The maximum number of compared pairs of characters of a pattern and a text, those of two texts of 1,500 characters,
#: more than any ARN has; and how many of them cost a step of the run.
_MOST_PAIRS, _PAIRS = 2_250_000, 40
#: Roles that several policies limit have the same patterns again and again.
_MOST_KNOWN = 10_000
#: Steps for each star of a pattern with more than a few.
_STAR, _FEW_STARS = 2, 4


def glob_known(pattern: str, subject: str) -> bool:
    """Whether IAM wildcards match where all is known, at worst in time proportional to the product of the lengths.

    What takes too long with `?` does not match: see `affordable`.
    """
    return pattern in (subject, "*") or _matches(pattern, subject)


@lru_cache(_MOST_KNOWN)
def _matches(pattern: str, subject: str) -> bool:
    head, *rest = pattern.split("*")
    if not rest:
        return len(head) == len(subject) and _matches_at(head, subject, 0)
    return _matches_at(head, subject, 0) and _contains_parts(subject, len(head), rest)


def affordable(pattern: str, subject: str) -> bool:
    """Whether `glob_known` can match a pattern and a text within the limit; takes the steps for it."""
    stars = pattern.count("*")
    if not stars or "?" not in pattern:
        return stars <= _FEW_STARS or take(_STAR * stars)
    pairs = len(pattern) * len(subject)
    return pairs <= _MOST_PAIRS and take(pairs // _PAIRS)


def _contains_parts(subject: str, start: int, parts: Sequence[str]) -> bool:
    """Whether a text contains parts in order from `start` on, the last one at its end."""
    # Each is matched at its first place: the rest could not begin earlier after a later one.
    *middle, tail = parts
    end = len(subject) - len(tail)
    for part in middle:
        if "?" in part:
            places = range(start, end - len(part) + 1)
            start = next((place for place in places if _matches_at(part, subject, place)), -1)
        else:
            start = subject.find(part, start, max(end, 0))
        if start < 0:
            return False
        start += len(part)
    return start <= end and _matches_at(tail, subject, end)


def _matches_at(part: str, subject: str, place: int) -> bool:
    """Whether a part, in which `?` is any character, matches a text at an offset."""
    literal = part.lstrip("?")
    if "?" not in literal:
        free = len(part) - len(literal)
        return place + free <= len(subject) and subject.startswith(literal, place + free)
    there = subject[place : place + len(part)]
    return len(there) == len(part) and all(one in ("?", other) for one, other in zip(part, there, strict=True))
