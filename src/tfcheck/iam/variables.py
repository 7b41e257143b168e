"""Substitute policy variables in a string.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: `${key}`,
`${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves; only in policies of version 2012-10-17.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from tfcheck.iam.context import MULTIVALUED, Absent, Context, Entry, Later, OneOfValues, PresenceUnknown
from tfcheck.symbolic import numerals
from tfcheck.symbolic.match import Pattern, Verbatim
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Set, TextLike, Unknown, Value, pieces, spelled_out

_VARIABLE = regex(r"\$\{([^{}]*)\}")
#: As AWS documents it, with a comma and one space; what IAM makes of other spacing it does not say, so that is broken.
_INSIDE = regex(r"([^\s,'{}]+)(?:, '([^']*)')?")


class PolicyVariable(msgspec.Struct, frozen=True):
    """The value of a condition key, put into a string."""

    key: str
    default: str | None = None


class PolicyTemplate(msgspec.Struct, frozen=True):
    """A string of a policy that holds variables; `broken` where it cannot be said what it holds."""

    parts: tuple[TextLike | Verbatim | PolicyVariable, ...]
    broken: bool = False


#: A string of a policy, as condition values and resources hold it.
PolicyText: TypeAlias = TextLike | PolicyTemplate


class Expansion(msgspec.Struct, frozen=True):
    """What a template may be: some patterns, and perhaps (`valueless`) nothing, as a key has no value.

    `waits_for` are the keys that leave it open.
    """

    patterns: tuple[Pattern, ...]
    valueless: bool = False
    waits_for: tuple[str, ...] = ()


def read_text(written: TextLike) -> PolicyText:
    """Find the variables in a string; one without any comes back as it is, or spelled out where all of it is known."""
    spelled = spelled_out(written)
    if not any(isinstance(piece, str) and "${" in piece for piece in pieces(spelled)):
        return spelled if isinstance(spelled, str) else written
    parts: list[TextLike | Verbatim | PolicyVariable] = []
    broken = False
    for piece in pieces(spelled):
        if isinstance(piece, str):
            broken = not _read_literal(piece, parts) or broken
        else:
            parts.append(piece)
    return PolicyTemplate(tuple(parts), broken)


def expand(template: PolicyTemplate, context: Context) -> Expansion:
    """Put the values of the request into a template.

    NOTE: inserted text never holds wildcards, regardless of the value.
    """
    if template.broken:
        return Expansion((Unknown(),), valueless=True)
    rows: list[tuple[TextLike | Verbatim, ...]] = [()]
    valueless = False
    waits: list[str] = []
    for part in template.parts:
        if not isinstance(part, PolicyVariable):
            rows = [(*row, part) for row in rows]
            continue
        choices, may_lack = _choices(part, context.at(part.key))
        valueless = valueless or may_lack
        if len(choices) + may_lack > 1:
            waits.append(part.key)
        # A few open keys are followed one by one; of more than that, only that they are some text.
        choices = choices if len(rows) * len(choices) <= _MOST_ROWS else [Unknown()]
        rows = [(*row, Verbatim(choice)) for row in rows for choice in choices]
    return Expansion(tuple(rows), valueless, tuple(waits))


_MOST_ROWS = 16


def _read_literal(literal: str, parts: list[TextLike | Verbatim | PolicyVariable]) -> bool:
    """Cut a literal at its variables; false where something looks like one and is not."""
    position = 0
    for found in _VARIABLE.finditer(literal):
        if found.start() > position:
            parts.append(literal[position : found.start()])
        position = found.end()
        if found[1] in ("*", "?", "$"):
            parts.append(Verbatim(found[1]))
            continue
        inside = _INSIDE.fullmatch(found[1])
        if inside is None:
            return False
        parts.append(PolicyVariable(inside[1], inside[2]))
    rest = literal[position:]
    if rest:
        parts.append(rest)
    return not any(isinstance(part, str) and "${" in part for part in parts)


def _choices(variable: PolicyVariable, entry: Entry) -> tuple[list[TextLike], bool]:
    """List what a variable may be, and return whether it may be nothing."""
    default = [variable.default] if variable.default is not None else []
    lacks = variable.default is None
    if isinstance(entry, (Absent, list, Set)) or variable.key.lower() in MULTIVALUED:
        return list(default), lacks
    if isinstance(entry, PresenceUnknown):
        return [as_text(entry.value), *default], lacks
    if isinstance(entry, Later):
        return [Unknown(reason="the time of the call")], False
    if isinstance(entry, OneOfValues):
        return [as_text(each) for each in entry.values], False
    return [as_text(entry)], False


def as_text(value: Value) -> TextLike:
    """Write a value of a request or a policy as the text that is compared: `true`, `5`, `1.2`."""
    written = numerals.as_text(value)
    return Unknown(reason="it is not a string, number or boolean") if written is None else written
