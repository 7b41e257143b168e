"""`regex`, `regexall` and `replace` by pattern.

See https://developer.hashicorp.com/terraform/language/functions/regex.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import inline
from tfcheck.hcl.functions.arguments import LONGEST_STRING, Function, afford, limit_error, unknown_result
from tfcheck.hcl.functions.partial_patterns import CertainMatches, Positions, certain, known_places
from tfcheck.hcl.regex.machine import Captures, Machine, compile_pattern
from tfcheck.hcl.regex.syntax import Assertion, Pattern, Sequence, parse
from tfcheck.symbolic.value import TextLike, Value, spelled_out, text

_LONGEST_PATTERN = 4096
_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


def regex(pattern: str, subject: TextLike) -> Value:
    """Return the first match: a string, or its groups as a list or, if named, an object."""
    parsed = _parse(pattern, subject)
    found = _matches(parsed, subject, _first_match) or _match_at_start(parsed, subject)
    if found is None:
        return unknown_result(subject, may_fail=True)
    if not found.matches:
        raise EvaluationError("the regular expression does not match")
    return _result(parsed, found.matches[0], found)


def regexall(pattern: str, subject: TextLike) -> Value:
    """Return all matches, in order."""
    parsed = _parse(pattern, subject)
    found = _matches(parsed, subject, _every_match)
    return unknown_result(subject) if found is None else [_result(parsed, each, found) for each in found.matches]


def replace(subject: TextLike, pattern: str, replacement: str) -> Value:
    """Replace every match; `$1`, `${1}` and `${name}` in the replacement are groups."""
    parsed = _check(parse(pattern), subject, pattern)
    found = _matches(parsed, subject, _replaced_matches)
    if found is None:
        return unknown_result(subject)
    out: list[TextLike] = []
    size, last = 0, (0, 0)
    for places in found.matches:
        start, end = places[0] or last, places[1] or last
        out += [found.between(last, start), *(expanded := _expand(replacement, parsed, places, found))]
        size += sum(len(each) for each in expanded if isinstance(each, str))
        if size > LONGEST_STRING:
            raise limit_error("a string of so many characters")
        last = end
    return text([*out, found.between(last, found.end)])


def _matches(
    parsed: Pattern, subject: TextLike, find: Callable[[Pattern, str], Iterable[Captures]]
) -> CertainMatches | None:
    """Return the matches; None if they depend on unknown pieces."""
    searched = subject if isinstance(subject, str) else spelled_out(inline(subject))
    if isinstance(searched, str):
        return CertainMatches(searched, tuple(map(known_places, find(parsed, searched))))
    return certain(parsed, searched, lambda filled: find(parsed, filled))


def _match_at_start(parsed: Pattern, subject: TextLike) -> CertainMatches | None:
    """Return the match at the beginning of the text, if it is certain."""
    anchored = msgspec.structs.replace(parsed, node=Sequence((Assertion("start"), parsed.node)))
    found = _matches(anchored, subject, _first_match)
    return found if found is not None and found.matches else None


def _expand(replacement: str, pattern: Pattern, places: Positions, found: CertainMatches) -> list[TextLike]:
    out: list[TextLike] = []
    last = longest = 0
    for reference in _REFERENCE.finditer(replacement):
        out.append(replacement[last : reference.start()])
        last = reference.end()
        name = reference[1] or reference[2]
        if name is None:
            group: TextLike | None = "$"
        elif name.isdigit() and len(name) < 9:
            group = _group(places, int(name), found)
        else:
            group = _group(places, pattern.names.index(name) + 1, found) if name in pattern.names else None
        out.append(group or "")
        longest += len(out[-1]) if isinstance(out[-1], str) else 1
        afford(characters=longest)
    return [*out, replacement[last:]]


def _parse(pattern: str, subject: TextLike) -> Pattern:
    parsed = _check(parse(pattern), subject, pattern)
    named = sum(name is not None for name in parsed.names)
    if named not in (0, len(parsed.names)):
        raise EvaluationError("the regular expression has groups with and without a name")
    return parsed


def _check(parsed: Pattern, subject: TextLike, pattern: str) -> Pattern:
    if len(pattern) > _LONGEST_PATTERN:
        raise limit_error("a regular expression of this length")
    if parsed.folded and not (isinstance(subject, str) and subject.isascii() and pattern.isascii()):
        raise limit_error("a regular expression that ignores the case of letters outside ASCII")
    return parsed


def _machine(parsed: Pattern, subject: str) -> Machine:
    return Machine(compile_pattern(parsed), subject)


def _first_match(parsed: Pattern, subject: str) -> Iterator[Captures]:
    found = _machine(parsed, subject).search(0)
    if found is not None:
        yield found


def _replaced_matches(parsed: Pattern, subject: str) -> Iterator[Captures]:
    machine = _machine(parsed, subject)
    position = last = 0
    while position <= len(subject):
        found = machine.search(position)
        if found is None:
            return
        # An empty match right after another one does not count.
        if found[1] > last or found[0] == 0:
            yield found
        last = found[1]
        position = max(position + 1, found[1])


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


def _result(parsed: Pattern, places: Positions, found: CertainMatches) -> Value:
    if not parsed.names:
        return _group(places, 0, found)
    groups: list[Value] = [_group(places, index + 1, found) for index in range(len(parsed.names))]
    if parsed.names[0] is None:
        return groups
    return {str(name): group for name, group in zip(parsed.names, groups, strict=True)}


def _group(places: Positions, index: int, found: CertainMatches) -> TextLike | None:
    start, end = places[2 * index : 2 * index + 2] if 2 * index + 1 < len(places) else (None, None)
    return None if start is None or end is None else found.between(start, end)


FUNCTIONS = {
    "regex": Function(regex, "literal string", partial=True),
    "regexall": Function(regexall, "literal string", partial=True),
}
