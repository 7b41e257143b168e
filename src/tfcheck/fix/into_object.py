"""Add an item to a literal object, aligned as by `terraform fmt`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end, line_start
from tfcheck.fix.into_list import comment_follows
from tfcheck.fix.literal import ItemParts, ObjectParts
from tfcheck.hcl.syntax.source import SourceText


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
        return (Insertion(source.name, last.value.end, added),)
    group = _group(text, parts.items)
    if not group or line_start(text, last.start) == line_start(text, parts.end - 1):
        return ()
    return tuple(_insert_below(source, group, written, sign))


def _insert_below(
    source: SourceText, group: Sequence[ItemParts], items: Sequence[tuple[str, str]], sign: str
) -> Iterator[Insertion]:
    text, last = source.text, group[-1]
    comma = "," if text[last.value.end : last.value.end + 1] == "," else ""
    base = source.newline + indentation(text, last.start)
    joint, width = last.between if sign == ":" else " = ", 0
    if sign == "=" and _is_aligned(text, group):
        old = max(_width(text, each) for each in group)
        width = max(old, *(len(name) for name, _ in items))
        for each in group if width > old else ():
            yield Insertion(source.name, each.start + _width(text, each), " " * (width - old))
    between = "," if sign == ":" and not comma else comma
    lines = [f"{base}{name:<{width}}{joint}{value}" for name, value in items]
    if between and not comma:
        yield Insertion(source.name, last.value.end, "".join(f",{each}" for each in lines))
    else:
        yield Insertion(source.name, last.value.end + len(comma), "".join(f"{each}{comma}" for each in lines))


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


def _width(text: str, item: ItemParts) -> int:
    return len(text[item.start : item.value.start].split("=")[0].split(":")[0].rstrip())


def _is_aligned(text: str, group: Sequence[ItemParts]) -> bool:
    """Whether the signs of items are aligned, one blank after the longest name, as by a formatter."""
    signs = {text.index("=", each.start) - line_start(text, each.start) for each in group}
    ends = [each.start + _width(text, each) - line_start(text, each.start) for each in group]
    return len(signs) == 1 and signs == {max(ends) + 1}
