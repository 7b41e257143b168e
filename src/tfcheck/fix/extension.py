"""Add resources to a statement that allows exactly the actions that are needed, in place of writing another one.

The statement must have no condition and no principal, and its resources must be written out: a list, or a single text
or ARN, which becomes a list.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end, line_start
from tfcheck.fix.into_list import comment_follows
from tfcheck.fix.literal import ListParts, Parts
from tfcheck.fix.policy_statements import WrittenStatement, items, statements_of
from tfcheck.fix.render import Syntax, text
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex

#: A reference that is one ARN, and no list of them.
_ARN = regex(r'(?:data\.)?aws_\w+\.[\w-]+(?:\[(?:\w+|"[^"\[\]]*"|(?:each|count)\.\w+)\])?\.arn')
#: A line that would be longer is broken, or left as it is.
_WIDEST = 120
_QUOTED_ARN = regex(r'"\$\{[^{}"]*\}"')
_QUOTED = regex(r'"[^"\n]*"')


class Extension(msgspec.Struct, frozen=True):
    """What is put into statements that are there, and the needed statements that nothing there is like."""

    insertions: tuple[Insertion, ...]
    written: tuple[str, ...]
    left: tuple[NeededStatement, ...]
    source: SourceText | None


def extension(argument: Argument, module: Module, wanted: Sequence[NeededStatement]) -> Extension:
    """Add the resources of needed statements to those of a policy that have the same actions."""
    free = list(statements_of(argument, module))
    insertions: list[Insertion] = []
    written: list[str] = []
    left: list[NeededStatement] = []
    source: SourceText | None = None
    for each in wanted:
        found = next(((one, made) for one in free if _is_like(one, each) and (made := _added(one, each))), None)
        if found is None:
            left.append(each)
        else:
            statement, made = found
            source = statement.source
            free.remove(statement)
            insertions += made
            written += _texts(statement, each)
    return Extension(tuple(insertions), tuple(written), tuple(left), source)


def _is_like(statement: WrittenStatement, wanted: NeededStatement) -> bool:
    source = statement.source.text
    actions = {source[each.start : each.end].lower() for each in items(statement.actions)}
    is_open = not statement.is_plain or wanted.principal is not None or not wanted.resources
    return not is_open and wanted.listed is None and actions == {f'"{each.lower()}"' for each in wanted.actions}


def _texts(statement: WrittenStatement, wanted: NeededStatement) -> list[str]:
    """Write the resources, a reference in quotes where those that are there are."""
    source = statement.source.text
    quotes = any(_QUOTED_ARN.fullmatch(source[each.start : each.end]) for each in items(statement.resources))
    written = [text(each, statement.syntax) for each in wanted.resources]
    return [f'"${{{each}}}"' if quotes and not each.startswith('"') else each for each in written]


def _added(statement: WrittenStatement, wanted: NeededStatement) -> list[Insertion] | None:
    """Put resources behind the last one of a statement; None where its layout leaves no place for them."""
    source, resources, new = statement.source, statement.resources, _texts(statement, wanted)
    listed = items(resources)
    if not listed or any(not _is_text(source, each) for each in listed) or '"*"' in new:
        return None
    if line_start(source.text, resources.end - 1) > listed[-1].end - 1:
        return _below(source, resources, listed[-1], new)
    if "\n" in source.text[resources.start : resources.end] or comment_follows(source.text, resources.end):
        return None
    if _has_room(source, statement, new):
        return _beside(source, resources, listed[-1], new)
    return _broken(source, statement, listed[0], new) if len(listed) == 1 else None


def _has_room(source: SourceText, statement: WrittenStatement, new: Sequence[str]) -> bool:
    """Whether the line of the resources stays narrow enough, or is one with something else on it anyway."""
    start = line_start(source.text, statement.resources.start)
    width = line_end(source.text, statement.resources.end) - start + len("[]") + sum(len(each) + 2 for each in new)
    is_beside = "\n" not in source.text[statement.start : statement.end] and bool(
        source.text[line_start(source.text, statement.start) : statement.start].strip()
    )
    return width <= _WIDEST or is_beside


def _beside(source: SourceText, resources: Parts, last: Parts, new: Sequence[str]) -> list[Insertion]:
    """Put each behind the last one, on its line; a single resource becomes a list."""
    if not isinstance(resources, ListParts):
        behind = "".join(f", {each}" for each in new)
        return [Insertion(source.name, resources.start, "["), Insertion(source.name, resources.end, f"{behind}]")]
    separator = _separator(source, resources)
    if resources.comma is None:
        return [Insertion(source.name, last.end, "".join(f"{separator}{each}" for each in new))]
    blank = separator.removeprefix(",")
    return [Insertion(source.name, resources.comma + 1, "".join(f"{blank}{each}," for each in new))]


def _broken(
    source: SourceText, statement: WrittenStatement, first: Parts, new: Sequence[str]
) -> list[Insertion] | None:
    """Write each resource on a line of its own, where the whole statement was on one line.

    A statement of several lines would have to be aligned again.
    """
    resources = statement.resources
    if "\n" in source.text[statement.start : statement.end] or getattr(resources, "comma", None) is not None:
        return None
    base = f"{source.newline}{indentation(source.text, statement.start)}"
    unit = "\t" if base.endswith("\t") else "  "
    comma = "," if statement.syntax is Syntax.HCL else ""
    opening, closing = ("", "") if isinstance(resources, ListParts) else ("[", "]")
    behind = ",".join(["", *(f"{base}{unit}{each}" for each in new)])
    return [
        Insertion(source.name, first.start, f"{opening}{base}{unit}"),
        Insertion(source.name, first.end, f"{behind}{comma}{base}{closing}"),
    ]


def _below(source: SourceText, resources: Parts, last: Parts, new: Sequence[str]) -> list[Insertion]:
    """Put each on a line of its own, below the last one."""
    base = f"{source.newline}{indentation(source.text, last.start)}"
    comma = resources.comma if isinstance(resources, ListParts) else None
    behind = last.end if comma is None else comma + 1
    end = line_end(source.text, behind)
    if comma is not None:
        return [Insertion(source.name, end, "".join(f"{base}{each}," for each in new))]
    added = ",".join(f"{base}{each}" for each in new)
    if not source.text[behind:end].strip():
        return [Insertion(source.name, behind, f",{added}")]
    return [Insertion(source.name, behind, ","), Insertion(source.name, end, added)]


def _is_text(source: SourceText, place: Parts) -> bool:
    """Whether a value is one text: in quotes, or the ARN of a resource."""
    written = source.text[place.start : place.end]
    return (_QUOTED.fullmatch(written) or _ARN.fullmatch(written)) is not None and written != '"*"'


def _separator(source: SourceText, resources: ListParts) -> str:
    """Return what is between the items of a list on one line."""
    if len(resources.items) < len("ab"):
        return ", "
    return source.text[resources.items[0].end : resources.items[1].start]
