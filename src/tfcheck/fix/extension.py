"""Extend an existing statement instead of adding another one.

One that allows exactly the needed actions gets the resources; one for exactly the needed resources, with actions of the
same service, gets the actions. It must have no condition and no principal, and the list that becomes longer must be
written out: a list, or a single text or ARN, which becomes a list.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end, line_start
from tfcheck.fix.into_list import WIDEST_LINE, comment_follows
from tfcheck.fix.literal import ListParts, Parts
from tfcheck.fix.new_argument import items_below, items_beside
from tfcheck.fix.policy_statements import WrittenStatement, items, statements_of
from tfcheck.fix.render import Syntax, text
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex

#: A reference that is a single ARN.
_ARN = regex(r'(?:data\.)?aws_\w+\.[\w-]+(?:\[(?:\w+|"[^"\[\]]*"|(?:each|count)\.\w+)\])?\.arn')
_ELEMENT = regex(r'[a-z]\w*(?:\.[\w-]+|\[(?:\w+|"[^"\[\]]*"|(?:each|count)\.\w+)\])+')
_QUOTED_ARN = regex(r'"\$\{[^{}"]*\}"')
_QUOTED = regex(r'"[^"\n]*"')


class Extension(msgspec.Struct, frozen=True):
    """The additions to existing statements, and the needed statements that match none of them."""

    insertions: tuple[Insertion, ...]
    resources: tuple[str, ...]
    actions: tuple[str, ...]
    left: tuple[NeededStatement, ...]
    source: SourceText | None


def extension(
    argument: Argument, module: Module, wanted: Sequence[NeededStatement], beside: Sequence[Insertion] = ()
) -> Extension:
    """Add needed statements to those of a policy with the same actions, or the same resources.

    A statement that one of the changes `beside` corrects will not have the same resources.
    """
    free = list(statements_of(argument, module))
    insertions: list[Insertion] = []
    resources: list[str] = []
    actions: list[str] = []
    left: list[NeededStatement] = []
    source: SourceText | None = None
    for each in wanted:
        here = [one for one in free if source is None or one.source is source]  # a policy is changed in one file
        ways = [(one, one.resources, _texts(one, each), resources) for one in here if _is_like(one, each)]
        corrected = {
            one
            for one in here
            for other in beside
            if other.file == one.source.name and one.start <= other.offset < one.end
        }
        kept = (one for one in here if _is_about(one, each) and one not in corrected)
        ways += [(one, one.actions, _actions(one, each), actions) for one in kept]
        found = next(((way, made) for way in ways if (made := _append_items(*way[:3]))), None)
        if found is None:
            left.append(each)
        else:
            (statement, _, new, written), made = found
            source = statement.source
            free.remove(statement)
            insertions += made
            written += new
    return Extension(tuple(insertions), tuple(resources), tuple(actions), tuple(left), source)


def _is_like(statement: WrittenStatement, wanted: NeededStatement) -> bool:
    actions = {each.lower() for each in _item_texts(statement, statement.actions)}
    is_open = not statement.is_plain or wanted.principal is not None or wanted.gate or not wanted.resources
    return not is_open and wanted.resource_list is None and actions == {f'"{each.lower()}"' for each in wanted.actions}


def _is_about(statement: WrittenStatement, wanted: NeededStatement) -> bool:
    actions = (*_item_texts(statement, statement.actions), *_actions(statement, wanted))
    services = {each.lower().partition(":")[0] for each in actions}
    is_open = not statement.is_plain or wanted.principal is not None or wanted.gate
    return (
        not is_open
        and len(services) == 1
        and set(_item_texts(statement, statement.resources)) == set(_texts(statement, wanted))
    )


def _actions(statement: WrittenStatement, wanted: NeededStatement) -> list[str]:
    known = {each.lower() for each in _item_texts(statement, statement.actions)}
    written = (text((each,), statement.syntax) for each in wanted.actions)
    return [each for each in written if each.lower() not in known]


def _item_texts(statement: WrittenStatement, parts: Parts) -> list[str]:
    source = statement.source.text
    return [source[each.start : each.end] for each in items(parts)]


def _texts(statement: WrittenStatement, wanted: NeededStatement) -> list[str]:
    """Write the resources, with references in quotes if the existing ones have them."""
    quotes = any(map(_QUOTED_ARN.fullmatch, _item_texts(statement, statement.resources)))
    written = [text(each, statement.syntax) for each in wanted.resources]
    return [f'"${{{each}}}"' if quotes and not each.startswith('"') else each for each in written]


def _append_items(statement: WrittenStatement, parts: Parts, new: Sequence[str]) -> list[Insertion] | None:
    """Append texts to a list of a statement; None if its layout has no room."""
    source = statement.source
    listed = items(parts)
    is_list = isinstance(parts, ListParts)
    if not listed or any(not _is_text(source, each, is_element=is_list) for each in listed) or '"*"' in new:
        return None
    if line_start(source.text, parts.end - 1) > listed[-1].end - 1:
        return items_below(source, parts, new)
    if "\n" in source.text[parts.start : parts.end] or comment_follows(source.text, parts.end):
        return None
    if _has_room(statement, parts, new):
        return items_beside(source, parts, new)
    return _broken(statement, parts, listed[0], new) if len(listed) == 1 else None


def _has_room(statement: WrittenStatement, parts: Parts, new: Sequence[str]) -> bool:
    """Whether the line of a list stays short enough, or contains other text anyway."""
    written = statement.source.text
    start = line_start(written, parts.start)
    width = line_end(written, parts.end) - start + len("[]") + sum(len(each) + 2 for each in new)
    begins_its_line = not written[line_start(written, statement.start) : statement.start].strip()
    is_beside = "\n" not in written[statement.start : statement.end] and not begins_its_line
    return width <= WIDEST_LINE or is_beside


def _broken(statement: WrittenStatement, parts: Parts, first: Parts, new: Sequence[str]) -> list[Insertion] | None:
    """Break each text onto a line of its own where the whole statement was on one line.

    A statement of several lines would have to be aligned again.
    """
    source = statement.source
    if "\n" in source.text[statement.start : statement.end] or getattr(parts, "comma", None) is not None:
        return None
    base = f"{source.newline}{indentation(source.text, statement.start)}"
    unit = "\t" if base.endswith("\t") else "  "
    comma = "," if statement.syntax is Syntax.HCL else ""
    opening, closing = ("", "") if isinstance(parts, ListParts) else ("[", "]")
    behind = ",".join(["", *(f"{base}{unit}{each}" for each in new)])
    return [
        Insertion(source.name, first.start, f"{opening}{base}{unit}"),
        Insertion(source.name, first.end, f"{behind}{comma}{base}{closing}"),
    ]


def _is_text(source: SourceText, place: Parts, *, is_element: bool) -> bool:
    """Whether a value is a single text: a literal, a resource's ARN, or any reference in a list."""
    written = source.text[place.start : place.end]
    known = _QUOTED.fullmatch(written) or (_ELEMENT if is_element else _ARN).fullmatch(written)
    return known is not None and written != '"*"'
