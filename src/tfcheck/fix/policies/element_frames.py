"""Find what policies make of the elements of a list, and from that the elements that give what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion, line_end, line_start
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, join_parts
from tfcheck.fix.text.policy_statements import flat
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.parse import parse
from tfcheck.resolve.difference import document
from tfcheck.resolve.evaluation import Evaluation
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import SECRET_SUFFIX, JsonText, PlainText, Text, Unknown, Value, pieces, spelled_out
from tfcheck.symbolic.value import text as join
from tfcheck.symbolic.wildcards import glob_known

#: The names in a line, and the texts.
_NAME = regex(r"(?<![\w.\"-])[A-Za-z_][\w-]*\s*(?==(?!=))")
_QUOTED = regex(r'"([^"\\\n]+)"')
#: An element that no list has, to find out what becomes of it.
PROBE = "tfcheck-probe"
#: Each action and resource that a policy allows.
Grants = frozenset[tuple[str, str]]
_LISTED = ("Action", "Resource")
_SUFFIX = "?" * SECRET_SUFFIX.shortest


class Frame(msgspec.Struct, frozen=True, order=True):
    """What a policy grants for an element: an action on what is between two texts."""

    before: str
    after: str
    action: str

    def matches(self, action: str) -> bool:
        """Whether it is about an action."""
        return glob_known(self.action, action.lower())

    def grants(self, element: str, resource: str) -> bool:
        """Whether it grants a resource for an element."""
        return glob_known(f"{self.before}{element}{self.after}", resource)


def grants_in(seen: Value) -> Grants | None:
    """Return what a policy allows, as its JSON or what that is the encoding of; None if a part is unknown."""
    written = document(seen) if isinstance(seen, str | Text | JsonText) else seen
    statements = written.get("Statement") if isinstance(written, dict) else None
    found: set[tuple[str, str]] = set()
    for each in statements if isinstance(statements, list) else [statements]:
        actions, resources = (_flats(each.get(name)) if isinstance(each, dict) else [""] for name in _LISTED)
        if not all((*actions, *resources)) or not isinstance(each, dict):
            return None
        found |= {(action.lower(), one) for action in actions for one in resources if each.get("Effect") == "Allow"}
    return frozenset(found)


def _flats(value: Value) -> list[str]:
    """Write each text of a list, or a single one; an empty text for what cannot be written."""
    several = value if isinstance(value, list) else [value]
    return [_flat(each) for each in several]


def _flat(value: Value) -> str:
    """Write a text with the characters that end a secret's ARN as policies do; empty if it cannot be written."""
    found = pieces(spelled_out(value)) if isinstance(value, PlainText) else ()
    ends = [isinstance(each, Unknown) and each.hole == SECRET_SUFFIX for each in found]
    return flat(join([_SUFFIX if is_end else each for each, is_end in zip(found, ends, strict=True)])) if found else ""


def shown_parts(edits: Iterable[Insertion], grants: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the parts of edited lines that are not secrets: names, and texts of the edited list that policies grant."""
    resources = [resource for _, resource in grants]
    for each in edits:
        text = each.source.text
        first, last = line_start(text, each.offset), line_end(text, each.end)
        yield from _NAME.findall(text, first, last)
        opening, closing = text.rfind("[", first, each.offset + 1), text.find("]", each.end, last)
        words = _QUOTED.findall(text, opening, closing) if 0 <= opening < closing else ()
        yield from (f'"{one}"' for one in words if any(one in resource for resource in resources))


def frames_in(grants: Grants | None, probe: str = PROBE) -> tuple[Frame, ...]:
    """Return what a policy grants for an element that is a probe, whole resources first."""
    found = ((action, resource.split(probe)) for action, resource in grants or ())
    return tuple(sorted(Frame(parts[0], parts[1], action) for action, parts in found if len(parts) == 2))


def elements_for(
    wanted: Iterable[NeededStatement], frames: Sequence[Frame], value_of: Callable[[Reference], str]
) -> tuple[Spelled, ...]:
    """Return the elements that give all of statements, as few as possible; none if one of them cannot be given.

    `value_of` returns the value of a reference as `flat` writes it.
    """
    needs: list[tuple[list[Frame], str]] = []
    found: dict[Spelled, str] = {}
    for action, resource in [(name, one) for each in wanted for name in each.actions for one in each.resources]:
        own = [each for each in frames if each.matches(action)]
        parts = [(each, value_of(each) if isinstance(each, Reference) else each) for each in resource]
        needs.append((own, "".join(value for _, value in parts)))
        made = next(filter(None, (_element(parts, needs[-1][1], each) for each in own)), None)
        if made is None:
            return ()
        found |= [made]
    for each in list(found):  # what is passed for a bucket may be enough for its objects
        rest = {one: value for one, value in found.items() if one != each}
        granted = ((one.grants(element, need) for element in rest.values() for one in own) for own, need in needs)
        found = rest if all(map(any, granted)) else found
    return tuple(found)


def value_of(reference: Reference, evaluation: Evaluation, scope: Scope) -> str:
    """Return the value of a reference as `flat` writes it, or its own name."""
    seen = evaluation.evaluate(parse(reference.expression, Place("", 1)), scope)
    return _flat(seen) or f"\0{reference.expression}\0"


def is_whole(action: str, frames: Iterable[Frame]) -> bool:
    """Whether elements are themselves the resources of an action."""
    return any(not each.before and not each.after and each.matches(action) for each in frames)


def _element(parts: Sequence[tuple[str | Reference, str]], whole: str, frame: Frame) -> tuple[Spelled, str] | None:
    """Return the part of a resource that is the element, with its value: one reference if possible, or all before."""
    if not whole.startswith(frame.before):
        return None
    start = len(frame.before)
    ends = [end for end in range(len(whole), start, -1) if glob_known(frame.after, whole[end:])]
    cuts = [(made, whole[start:end]) for end in ends if (made := _cut(parts, start, end))]
    return next(
        (each for each in cuts if len(each[0]) == 1 and isinstance(each[0][0], Reference)), next(iter(cuts), None)
    )


def _cut(parts: Sequence[tuple[str | Reference, str]], start: int, end: int) -> Spelled | None:
    """Return what is between two offsets of the value; None if that is a part of something unknown."""
    found: list[str | Reference] = []
    at = 0
    for part, value in parts:
        first, last = max(start - at, 0), min(end - at, len(value))
        at += len(value)
        if (first, last) != (0, len(value)) and first < last and "\0" in value:
            return None
        if first < last:
            found.append(part if (first, last) == (0, len(value)) else value[first:last])
    return join_parts(found)
