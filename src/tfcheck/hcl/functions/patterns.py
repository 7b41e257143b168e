"""`regex`, `regexall` and `replace` by pattern.

See https://developer.hashicorp.com/terraform/language/functions/regex.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.regex_machine import Captures, Machine, compiled
from tfcheck.hcl.formats.regex_syntax import Pattern, parse
from tfcheck.hcl.functions.arguments import LONGEST_STRING, Function, limited
from tfcheck.symbolic.value import Value

_LONGEST_PATTERN = 4096
_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


def regex(pattern: str, subject: str) -> Value:
    """Return the first match: a string, or its groups as a list or, where they have names, an object."""
    parsed = _parsed(pattern, subject)
    found = _machine(parsed, subject).search(0)
    if found is None:
        raise EvaluationError("the regular expression does not match")
    return _result(parsed, found, subject)


def regexall(pattern: str, subject: str) -> Value:
    """Return all matches, in order."""
    parsed = _parsed(pattern, subject)
    return [_result(parsed, found, subject) for found in _every_match(parsed, subject)]


def replace(subject: str, pattern: str, replacement: str) -> str:
    """Replace every match; `$1`, `${1}` and `${name}` in the replacement are groups."""
    parsed = _checked(parse(pattern), subject, pattern)
    machine = _machine(parsed, subject)
    out: list[str] = []
    size = position = last = 0
    while position <= len(subject):
        found = machine.search(position)
        if found is None:
            break
        out.append(subject[last : found[0]])
        # An empty match right behind another one is none.
        if found[1] > last or found[0] == 0:
            out.append(_expanded(replacement, parsed, found, subject))
            size += len(out[-1])
            if size > LONGEST_STRING:
                raise limited("a string of so many characters")
        last = found[1]
        position = max(position + 1, found[1])
    return "".join(out) + subject[last:]


def _expanded(replacement: str, pattern: Pattern, found: Captures, subject: str) -> str:
    def group(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        if name.isdigit() and len(name) < 9:
            index = int(name)
        else:
            index = pattern.names.index(name) + 1 if name in pattern.names else len(found)
        return _group(found, index, subject) or ""

    return _REFERENCE.sub(group, replacement)


def _parsed(pattern: str, subject: str) -> Pattern:
    parsed = _checked(parse(pattern), subject, pattern)
    named = sum(name is not None for name in parsed.names)
    if named not in (0, len(parsed.names)):
        raise EvaluationError("the regular expression has groups with and without a name")
    return parsed


def _checked(parsed: Pattern, subject: str, pattern: str) -> Pattern:
    if len(pattern) > _LONGEST_PATTERN:
        raise limited("a regular expression of this length")
    if parsed.folded and not (subject.isascii() and pattern.isascii()):
        raise limited("a regular expression that ignores the case of letters outside ASCII")
    return parsed


def _machine(parsed: Pattern, subject: str) -> Machine:
    return Machine(compiled(parsed), subject)


def _every_match(parsed: Pattern, subject: str) -> Iterator[Captures]:
    machine = _machine(parsed, subject)
    position, last = 0, -1
    while position <= len(subject):
        found = machine.search(position)
        if found is None:
            return
        empty = found[1] == position
        if not empty or found[0] != last:
            yield found
        position = position + 1 if empty else found[1]
        last = found[1]


def _result(parsed: Pattern, found: Captures, subject: str) -> Value:
    if not parsed.names:
        return subject[found[0] : found[1]]
    groups: list[Value] = [_group(found, index + 1, subject) for index in range(len(parsed.names))]
    if parsed.names[0] is None:
        return groups
    return {str(name): group for name, group in zip(parsed.names, groups, strict=True)}


def _group(found: Captures, index: int, subject: str) -> str | None:
    if 2 * index + 1 >= len(found) or found[2 * index] < 0:
        return None
    return subject[found[2 * index] : found[2 * index + 1]]


FUNCTIONS = {
    "regex": Function(regex, "string string"),
    "regexall": Function(regexall, "string string"),
}
