"""Insert a statement into a list of statements, or an item into an object, in `jsonencode`, JSON or `.tf.json`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from tfcheck.fix.edits.harmless import harmless
from tfcheck.fix.edits.insertion import Insertion, Replacement, indentation, line_end, line_start
from tfcheck.fix.layout.new_block import items_below, items_beside
from tfcheck.fix.layout.render import (
    WIDEST,
    StatementStyle,
    align,
    ends_with_comma,
    plain_style,
    render_on_one_line,
    statement,
)
from tfcheck.fix.text.policy_text import ItemParts, ListParts, ObjectParts, Parts, Syntax
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex

#: A line that would be longer is broken, or left unchanged.
WIDEST_LINE = 120
_NAMED = regex(r'[ \t]*("?[\w-]+"?) +=(?!=)')


def insert_into_list(
    source: SourceText, statements: Parts, wanted: Sequence[NeededStatement], syntax: Syntax, *, document: bool = False
) -> tuple[Insertion, ...] | None:
    """Add statements after the last one of `Statement`; None if that would disturb the layout."""
    last = statements.items[-1] if isinstance(statements, ListParts) and statements.items else statements
    if last is statements and not isinstance(statements, ObjectParts):
        return None
    adding = _ListInsertion(source, statements, last, syntax, document=document)
    if isinstance(statements, ObjectParts):
        return adding.wrap_in_list(wanted)
    assert isinstance(statements, ListParts)
    if line_start(source.text, statements.end) > last.end - 1:
        return adding.insert_below(wanted, statements)
    if "\n" not in source.text[statements.start : statements.end]:
        return adding.insert_beside(wanted, statements)
    return adding.insert_joined(wanted, statements)


def insert_into_call(
    source: SourceText, call: Parts, wanted: Sequence[NeededStatement], other: SourceText, like: Parts, syntax: Syntax
) -> tuple[Insertion, ...] | None:
    """Add statements as the last argument of a `concat` on one line, like those of a list in a file; or None."""
    written, end = source.text[call.start : call.end], call.end - 1
    edits = unalign(source, call.start)
    if edits is None or not written.startswith("concat(") or "\n" in written or comment_follows(source.text, end):
        return None
    base = source.newline + indentation(source.text, call.start)
    known = like.items if isinstance(like, ListParts) else ()
    style = style_of(other.text, [each for each in known if isinstance(each, ObjectParts)], syntax)
    inner = f"{base}{style.unit}"
    added = "".join(f"{inner}{inner.join(statement(each, style))}," for each in wanted)
    return (*edits, Insertion(source, end, f", [{added}{base}]"))


class _ListInsertion:
    """Adds statements after `last`."""

    def __init__(self, source: SourceText, statements: Parts, last: Parts, syntax: Syntax, *, document: bool) -> None:
        self.source = source
        self.text = source.text
        self.last = last
        self.newline = source.newline
        known = statements.items if isinstance(statements, ListParts) else (statements,)
        found = style_of(self.text, [each for each in known if isinstance(each, ObjectParts)], syntax)
        self.style = replace(found, document=document)

    def insert_below(self, wanted: Sequence[NeededStatement], statements: ListParts) -> tuple[Insertion, ...] | None:
        """Put each on lines of its own, below the last one."""
        base = indentation(self.text, self.last.end - 1 if self._ends_its_own_line() else self.last.start)
        return tuple(items_below(self.source, statements, [self._lines(each, base) for each in wanted], base))

    def insert_beside(self, wanted: Sequence[NeededStatement], statements: ListParts) -> tuple[Insertion, ...] | None:
        """Put each after the last one, on its line."""
        if comment_follows(self.text, statements.end):
            return None
        written = [render_on_one_line(each, self.style) for each in wanted]
        closer = self._edits_around(statements, written)
        if closer is not None:
            return (*closer, *self._broken(wanted, statements))
        return tuple(items_beside(self.source, statements, written, self.style.comma))

    def _edits_around(self, statements: Parts, added: Sequence[str]) -> list[Replacement] | None:
        """Return the edits around a value that gets several lines; None if its line stays short, or must not change."""
        width = line_end(self.text, statements.end) - line_start(self.text, statements.start)
        if width + sum(len(each) + 2 for each in added) <= WIDEST_LINE or self.style.syntax is Syntax.TF_JSON:
            return None
        return unalign(self.source, statements.start)

    def _broken(self, wanted: Sequence[NeededStatement], statements: ListParts) -> tuple[Insertion, ...]:
        """Put all statements on lines of their own, because one line would be too long."""
        base = indentation(self.text, statements.start)
        inner = f"{self.newline}{base}{self.style.unit}"
        ends = "," if self.style.syntax is Syntax.HCL and statements.comma is None else ""
        found: list[Insertion] = [self._insertion(statements.start + 1, inner)]
        found += _without(self.source, statements.start + 1, statements.items[0].start)
        for one, other in pairwise(statements.items):
            found += _without(self.source, one.end + self.text[one.end : other.start].index(",") + 1, other.start)
            found.append(self._insertion(other.start, inner))
        added = [f"{inner}{self._lines(each, inner.removeprefix(self.newline))}" for each in wanted]
        behind = ",".join(["", *added]) + ends if statements.comma is None else "".join(f"{each}," for each in added)
        offset = self.last.end if statements.comma is None else statements.comma + 1
        blanks = _without(self.source, offset, statements.end - 1)
        return (*found, self._insertion(offset, f"{behind}{self.newline}{base}"), *blanks)

    def insert_joined(self, wanted: Sequence[NeededStatement], statements: ListParts) -> tuple[Insertion, ...] | None:
        """Turn `}]` into `}, {` and so on, where the brackets of list and statement share a line."""
        brace = self.last.end - 1
        if statements.comma is not None or not self._ends_its_own_line():
            return None
        base = indentation(self.text, brace)
        return (self._insertion(brace, "".join(self._joint(each, base) for each in wanted)),)

    def wrap_in_list(self, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...] | None:
        """Wrap the only statement in a list."""
        opening, closing = self._insertion(self.last.start, "["), self._insertion(self.last.end, "]")
        if "\n" not in self.text[self.last.start : self.last.end]:
            if comment_follows(self.text, self.last.end):
                return None
            written = [render_on_one_line(each, self.style) for each in wanted]
            if (closer := self._edits_around(self.last, written)) is not None:
                base = f"{self.newline}{indentation(self.text, self.last.start)}"
                inner, comma = f"{base}{self.style.unit}", "," if self.style.syntax is Syntax.HCL else ""
                lines = "".join(f",{inner}{self._lines(each, inner[len(self.newline) :])}" for each in wanted)
                first, behind = self._insertion(self.last.start, f"[{inner}"), f"{lines}{comma}{base}]"
                return (*closer, first, self._insertion(self.last.end, behind))
            return opening, self._insertion(
                self.last.end, "".join(f"{self.style.comma}{each}" for each in written) + "]"
            )
        if not self._ends_its_own_line():
            return None
        base = indentation(self.text, self.last.end - 1)
        added = "".join(self._joint(each, base) for each in wanted)
        return opening, self._insertion(self.last.end - 1, added), closing

    def _joint(self, wanted: NeededStatement, base: str) -> str:
        style = replace(self.style, one_line=False)
        lines = statement(wanted, style)[1:-1]
        unit = style.unit if style.syntax is Syntax.HCL else ""
        inside = "".join(f"{base}{line}{self.newline}" for line in lines)
        return f"{unit}}}, {{{self.newline}{inside}{base}"

    def _lines(self, wanted: NeededStatement, base: str) -> str:
        return f"{self.newline}{base}".join(statement(wanted, self.style))

    def _ends_its_own_line(self) -> bool:
        """Whether the closing brace of the last statement begins its line."""
        brace = self.last.end - 1
        return isinstance(self.last, ObjectParts) and not self.text[line_start(self.text, brace) : brace].strip()

    def _insertion(self, offset: int, text: str) -> Insertion:
        return Insertion(self.source, offset, text)


def unalign(source: SourceText, offset: int) -> list[Replacement] | None:
    """Remove the alignment around a line whose value will span several lines; None if no diff may show these lines."""
    edits, text = list(_blanks_around(source, offset)), source.text
    return (
        edits
        if all(harmless(text[line_start(text, each.offset) : line_end(text, each.offset)]) for each in edits)
        else None
    )


def _blanks_around(source: SourceText, offset: int) -> Iterator[Replacement]:
    text, column = source.text, None
    own = line_start(text, offset)
    named = _NAMED.match(text, own)
    if named is None:
        return
    column = named.end() - own
    for step in (-1, 1):
        group = list(_aligned_lines(text, own, step, (indentation(text, own), column)))
        width = max((len(each[1]) for each in group), default=0)
        for each in group:
            first = each.end(1) + width - len(each[1]) + 1
            yield from _without(source, first, each.end() - 1)
    yield from _without(source, named.end(1) + 1, named.end() - 1)


def _aligned_lines(text: str, own: int, step: int, like: tuple[str, int]) -> Iterator[re.Match[str]]:
    """Yield the lines around one whose values are aligned with its own."""
    at = own
    while True:
        if (step < 0 and at == 0) or (step > 0 and text.find("\n", at) < 0):
            return
        at = line_start(text, at - 1) if step < 0 else text.find("\n", at) + 1
        found = _NAMED.match(text, at)
        if found is None or (indentation(text, at), found.end() - at) != like:
            return
        yield found


def _without(source: SourceText, start: int, end: int) -> Iterator[Replacement]:
    if source.text[start:end].isspace():
        yield Replacement(source, start, "", source.text[start:end])


def style_of(text: str, known: Sequence[ObjectParts], syntax: Syntax) -> StatementStyle:
    """Return the style of the statements in a list, preferring that of the last one."""
    shown = [each for each in known if each.items]
    if not shown:
        return plain_style(syntax)
    last = shown[-1]
    names = {each.name.lower() for one in shown for each in one.items}
    action = last.item("Action") or last.item("actions")
    every = [each.value for one in shown for each in one.items if isinstance(each.value, ListParts)]
    lists = [each for each in every if last.start < each.start]
    resources = [one for each in reversed(shown) if (one := each.item("Resource") or each.item("resources"))]
    # NOTE: everything is one text here.
    named = (each for each in resources if text[each.value.start : each.value.end] != '"*"')
    resource = next(named, action)
    flat = "\n" not in text[last.start : last.end]
    values = [each.value if each is not None else None for each in (action, resource)]
    wide = ["\n" in text[each.start : each.end] if isinstance(each, ListParts) else None for each in values]
    return StatementStyle(
        syntax=syntax,
        quoted=last.items[-1].quoted,
        between=_separator(last.items[-1].between, syntax),
        comma=", " if not flat or ", " in text[last.start : last.end] or syntax is Syntax.HCL else ",",
        ends_lines="," if not flat and text[last.items[0].value.end] == "," else "",
        closes="," if not flat and syntax is Syntax.HCL and text[last.items[-1].value.end] == "," else "",
        pad=" " if text[last.start + 1] == " " or (not flat and syntax is Syntax.HCL) else "",
        one_line=flat,
        sid="sid" in names,
        effect="effect" in names or last.item("actions") is None,
        lists=action is not None and action.value in lists,
        resource_lists=resource is not None and isinstance(resource.value, ListParts),
        spread=(bool(wide[1] if wide[0] is None else wide[0]), bool(wide[0] if wide[1] is None else wide[1])),
        trailing=ends_with_comma(text[each.start : each.end] for each in every),
        order=tuple(each.name for each in last.items),
        widest=max(WIDEST, *(len(text[each.start : each.end]) for each in shown)),
        unit=_unit(text, last),
    )


def _separator(written: str, syntax: Syntax) -> str:
    """Return the separator between a name and its value without alignment blanks."""
    if syntax is not Syntax.HCL:
        return ": " if written.endswith(" ") else ":"
    return " : " if ":" in written else " = "


def _unit(text: str, one: ObjectParts) -> str:
    if "\n" not in text[one.start : one.end]:
        line = indentation(text, one.start)
        return "\t" if line.startswith("\t") else "  "
    base, inner = indentation(text, one.end - 1), indentation(text, one.items[0].start)
    return inner.removeprefix(base) if inner.startswith(base) and inner != base else "  "


def comment_follows(text: str, offset: int) -> bool:
    """Whether a comment follows on the line: `terraform fmt` aligns it with those of other lines."""
    rest = text[offset : line_end(text, offset)]
    return "#" in rest or "//" in rest or "/*" in rest


def items_into_object(
    source: SourceText, parts: ObjectParts, items: Sequence[tuple[str, str]]
) -> tuple[Insertion, ...]:
    """Add items (`name = value`) after the last one of an object, on its line or below it, in the same style.

    If a name is wider than those above it, these are aligned with it. Nothing if the object has no item, or another
    layout.
    """
    text = source.text
    if not parts.items or comment_follows(text, parts.items[-1].value.end):
        return ()
    last = parts.items[-1]
    written = [(f'"{name}"' if last.quoted else name, value) for name, value in items]
    sign = ":" if ":" in last.between else "="
    if "\n" not in text[parts.start : parts.end]:
        blank = "" if sign == ":" and not last.between.startswith(" ") else " "
        added = "".join(f", {name}{blank}{sign} {value}" for name, value in written)
        return (Insertion(source, last.value.end, added),)
    group = _group(text, parts.items)
    if not group or line_start(text, last.start) == line_start(text, parts.end - 1):
        return ()
    return tuple(_insert_below(source, group, written, sign))


def items_or_group(
    source: SourceText, parts: ObjectParts, items: Sequence[tuple[str, str]], reveals: Callable[[list[Insertion]], bool]
) -> tuple[Insertion, ...]:
    """Add items to an object, as a group of their own if a diff would show old lines that must not be shown.

    Such a group needs no line before it to be aligned again. Nothing if the object has no item, or another layout.
    """
    beside, text = items_into_object(source, parts, items), source.text
    if beside and not reveals(list(beside)):
        return beside
    last = parts.items[-1] if parts.items else None
    end = line_end(text, last.value.end) if last is not None else 0
    if last is None or text[last.value.end : end].strip(" ,\r") or "\n" not in text[end : parts.end]:
        return ()
    base = source.newline + indentation(text, last.start)
    return (Insertion(source, end, source.newline + "".join(base + line for line in align(items, " = ", ""))),)


def _insert_below(
    source: SourceText, group: Sequence[ItemParts], items: Sequence[tuple[str, str]], sign: str
) -> Iterator[Insertion]:
    text, last = source.text, group[-1]
    comma = "," if text[last.value.end : last.value.end + 1] == "," else ""
    base = source.newline + indentation(text, last.start)
    joint, width = last.between if sign == ":" else " = ", 0
    if sign == "=" and _is_aligned(text, group):
        old = max(_width(each) for each in group)
        width = max(old, *(len(name) for name, _ in items))
        for each in group if width > old else ():
            yield Insertion(source, each.start + _width(each), " " * (width - old))
    between = "," if sign == ":" and not comma else comma
    lines = [f"{base}{name:<{width}}{joint}{value}" for name, value in items]
    if between and not comma:
        yield Insertion(source, last.value.end, "".join(f",{each}" for each in lines))
    else:
        yield Insertion(source, last.value.end + len(comma), "".join(f"{each}{comma}" for each in lines))


def _group(text: str, items: Sequence[ItemParts]) -> list[ItemParts]:
    """Return the last items of an object that are on consecutive lines."""
    found: list[ItemParts] = []
    for each in reversed(items):
        line = text[line_start(text, each.start) : line_end(text, each.value.end)]
        is_alone = not line[: each.start - line_start(text, each.start)].strip() and "\n" not in line
        is_next = not found or text[each.value.end : found[0].start].strip(" \t\r,") == "\n"
        if not (is_alone and is_next and not comment_follows(text, each.value.end)):
            break
        found.insert(0, each)
    return found


def _width(item: ItemParts) -> int:
    return item.value.start - item.start - len(item.between)


def _is_aligned(text: str, group: Sequence[ItemParts]) -> bool:
    """Whether the signs of items are aligned, one blank after the longest name, as by a formatter."""
    signs = {text.index("=", each.start) - line_start(text, each.start) for each in group}
    ends = [each.start + _width(each) - line_start(text, each.start) for each in group]
    return len(signs) == 1 and signs == {max(ends) + 1}
