"""Match IAM wildcards where pattern and text are known.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
"""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.symbolic.limits import take

#: Pairs of characters of a pattern and a text that are compared at most, those of two texts of 1,500 characters, which
#: is more than any ARN has; and how many of them cost a step of the run.
_MOST_PAIRS, _PAIRS = 2_250_000, 40


def glob_known(pattern: str, subject: str) -> bool:
    """Match IAM wildcards where everything is known, in time linear in the product of the lengths at worst.

    What takes too long with `?` does not match: see `affordable`.
    """
    if pattern == subject or pattern == "*":
        return True
    if "?" in pattern:
        return _glob_greedily(pattern, subject)
    head, *rest = pattern.split("*")
    return bool(rest) and subject.startswith(head) and _holds(subject, len(head), rest)


def affordable(pattern: str, subject: str) -> bool:
    """Whether `glob_known` can tell of a pattern and a text; take the steps that it needs at worst."""
    if "?" not in pattern or "*" not in pattern:
        return True
    pairs = len(pattern) * len(subject)
    return pairs <= _MOST_PAIRS and take(pairs // _PAIRS)


def _holds(subject: str, start: int, parts: Sequence[str]) -> bool:
    """Whether a text holds parts one behind another from `start` on, the last one at its end."""
    *middle, tail = parts
    end = len(subject) - len(tail)
    for part in middle:
        start = subject.find(part, start, max(end, 0))
        if start < 0:
            return False
        start += len(part)
    return start <= end and subject.endswith(tail)


def _glob_greedily(pattern: str, subject: str) -> bool:
    # Only the last star seen ever has to be stretched: an earlier one could not reach further.
    p = s = 0
    star = resume = -1
    while s < len(subject):
        if p < len(pattern) and pattern[p] == "*":
            star, resume = p, s
            p += 1
        elif p < len(pattern) and (pattern[p] == "?" or pattern[p] == subject[s]):
            p += 1
            s += 1
        elif star >= 0:
            resume += 1
            p, s = star + 1, resume
        else:
            return False
    return all(char == "*" for char in pattern[p:])
