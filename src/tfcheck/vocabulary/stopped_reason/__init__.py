"""Explain a stopped reason, or an event of a service.

The texts come from Fargate, from the ECS agent on EC2, and from the API. They change between releases and contain retry
counts, so each is recognised by the part that stays. Follows
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html.
"""

from __future__ import annotations

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.stopped_reason.known_text import KnownText, StopCause
from tfcheck.vocabulary.stopped_reason.normalized_text import NormalizedText
from tfcheck.vocabulary.stopped_reason.other_reasons import OTHER_REASONS, REFUSAL
from tfcheck.vocabulary.stopped_reason.refusal import (
    CALLS,
    UNREACHED,
    Denial,
    explain_call,
    explain_similar_call,
    is_unanswered,
    refusal,
)
from tfcheck.vocabulary.stopped_reason.texts import KNOWN

__all__ = [
    "CALLS",
    "KNOWN",
    "OTHER_REASONS",
    "UNREACHED",
    "Denial",
    "Explanation",
    "KnownText",
    "StopCause",
    "explain_text",
]


class Explanation(msgspec.Struct, frozen=True):
    """The meaning of a text; `names` are the ARNs in it, or their ends."""

    known: KnownText
    cause: StopCause
    denial: Denial | None
    names: tuple[str, ...] = ()


def explain_text(text: str) -> Explanation | None:
    """Return the explanation of a text; None if it is unknown."""
    normalized = NormalizedText(text)
    denial = refusal(normalized)
    # NOTE: a refused call was answered, even if the text contains something else.
    unanswered = denial is None and is_unanswered(normalized)
    known = _recognise(normalized, denial)
    if known is None and unanswered:
        known = _first_match(UNREACHED, normalized)
    if known is None and not unanswered and not normalized.search(REFUSAL):
        known = _first_match(OTHER_REASONS, normalized)
    if known is None:
        return None
    return Explanation(known, StopCause.NETWORK if unanswered else known.cause, denial, _arns_in(normalized))


def _recognise(text: NormalizedText, denial: Denial | None) -> KnownText | None:
    """Find the meaning of a text, from a refused call in it and the text around that."""
    call = explain_call(denial) if denial else None
    known = _first_match(KNOWN, text) or call or (explain_similar_call(denial) if denial else None)
    if known is None or call is None or known.cause not in _OF_ROLES or call.actions[0] in known.actions[:1]:
        return known
    return msgspec.structs.replace(call, cause=known.cause, where=known.where)


def _first_match(several: tuple[KnownText, ...], text: NormalizedText) -> KnownText | None:
    return next((each for each in several if text.search(each.pattern)), None)


_OF_ROLES = (StopCause.PERMISSION, StopCause.TASK_PERMISSION)
_ARN = regex(r"\barn:[\w-]+:[\w-]+:[^\s\"'<>,;()\[\]]+")
_FILE = regex(r"with key (\S+) from bucket ([^\s,]+)")


def _arns_in(text: NormalizedText) -> tuple[str, ...]:
    """Return the ARNs in a text, and the ends of those of files named by bucket and key."""
    arns = (found.rstrip(".:") for reading in text.readings for found in _ARN.findall(reading))
    files = (f":::{bucket}/{key}" for key, bucket in _FILE.findall(text.with_spaces))
    return tuple(dict.fromkeys((*arns, *files)))
