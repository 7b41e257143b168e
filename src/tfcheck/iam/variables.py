"""Substitute policy variables in a string.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: `${key}`,
`${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves; only in policies of version 2012-10-17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from tfcheck.iam.context import MULTIVALUED, Absent, Context, Entry, LaterTime, OneOfValues, PresenceUnknown
from tfcheck.symbolic import numbers
from tfcheck.symbolic.match import Pattern, Verbatim
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Set, TextLike, Truth, Unknown, Value, pieces, spelled_out

_VARIABLE = regex(r"\$\{([^{}]*)\}")
#: As AWS documents it, with a comma and one space; other spacing is undocumented, and so broken.
_INSIDE = regex(r"([^\s,'{}]+)(?:, '([^']*)')?")


class PolicyVariable(msgspec.Struct, frozen=True):
    """The value of a condition key in a string."""

    key: str
    default: str | None = None


class PolicyTemplate(msgspec.Struct, frozen=True):
    """A policy string with variables; `broken` if its content cannot be determined."""

    parts: tuple[TextLike | Verbatim | PolicyVariable, ...]
    broken: bool = False


#: A policy string in condition values and resources.
PolicyText: TypeAlias = TextLike | PolicyTemplate


class Expansion(msgspec.Struct, frozen=True):
    """The possible values of a template: patterns and, with `valueless`, none because a key has no value.

    `waits_for` are the keys that make it unknown.
    """

    patterns: tuple[Pattern, ...]
    valueless: bool = False
    waits_for: tuple[str, ...] = ()


def read_text(written: TextLike) -> PolicyText:
    """Parse the variables in a string; a string without any is returned as it is, or joined if completely known."""
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
    """Return a template with the values of the request; inserted text never contains wildcards."""
    if template.broken:
        return Expansion((Unknown(),), valueless=True)
    rows: list[tuple[TextLike | Verbatim, ...]] = [()]
    valueless = False
    waits: list[str] = []
    for part in template.parts:
        if not isinstance(part, PolicyVariable):
            rows = [(*row, part) for row in rows]
            continue
        choices, may_lack = _choices(part, context.lookup(part.key))
        valueless = valueless or may_lack
        if len(choices) + may_lack > 1:
            waits.append(part.key)
        # A few unknown keys are expanded; with more, only the fact that there is some text is used.
        choices = choices if len(rows) * len(choices) <= _MOST_ROWS else [Unknown()]
        rows = [(*row, Verbatim(choice)) for row in rows for choice in choices]
    return Expansion(tuple(rows), valueless, tuple(waits))


def agree(template: PolicyTemplate, context: Context, test: Callable[[Pattern], Truth]) -> Truth:
    """Return the common answer of a test for all possible values of a template; without a value it matches nothing."""
    expansion = expand(template, context)
    answers = {test(each) for each in expansion.patterns}
    if expansion.valueless or not answers:
        answers.add(Truth.FALSE)
    return answers.pop() if len(answers) == 1 else Truth.UNKNOWN


def have_values(texts: Iterable[PolicyText], context: Context) -> Truth:
    """Whether every variable has a value: if one has none, AWS documents that the whole statement may be invalid."""
    templates = (each for each in texts if isinstance(each, PolicyTemplate))
    return Truth.UNKNOWN if any(expand(each, context).valueless for each in templates) else Truth.TRUE


_MOST_ROWS = 16


def _read_literal(literal: str, parts: list[TextLike | Verbatim | PolicyVariable]) -> bool:
    """Split a literal at its variables; false if something looks like one and is not."""
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
    """Return the possible values of a variable, and whether it may have none."""
    default = [variable.default] if variable.default is not None else []
    lacks = variable.default is None
    if isinstance(entry, (Absent, list, Set)) or variable.key.lower() in MULTIVALUED:
        return list(default), lacks
    if isinstance(entry, PresenceUnknown):
        return [as_text(entry.value), *default], lacks
    if isinstance(entry, LaterTime):
        return [Unknown(reason="the time of the call")], False
    if isinstance(entry, OneOfValues):
        return [as_text(each) for each in entry.values], False
    return [as_text(entry)], False


def as_text(value: Value) -> TextLike:
    """Convert a value of a request or a policy to the text for comparisons: `true`, `5`, `1.2`."""
    written = numbers.as_text(value)
    return Unknown(reason="it is not a string, number or boolean") if written is None else written
