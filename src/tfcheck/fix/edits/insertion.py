"""Changes of files: insertions and replacements, around which the user's text stays byte for byte the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.grouping import group_by_key


class Insertion(msgspec.Struct, frozen=True):
    """Inserts `text` into a file before the character at `offset`."""

    source: SourceText
    offset: int
    text: str

    @property
    def end(self) -> int:
        """The offset after the removed text."""
        return self.offset


class Replacement(Insertion, frozen=True):
    """Replaces `old`, which begins at `offset`, by `text`, or removes it if that is empty."""

    old: str

    @property
    def end(self) -> int:
        """The offset after the removed text."""
        return self.offset + len(self.old)


class ChangedAttribute(msgspec.Struct, frozen=True):
    """An attribute of a resource instance that a change alters; for a policy document, all rendered ones."""

    address: Address
    attribute: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Insertions into files, and what they change in the plan: `added` are new instances."""

    insertions: tuple[Insertion, ...] = ()
    touched: tuple[ChangedAttribute, ...] = ()
    added: tuple[Address, ...] = ()


def added_instances(
    label: str, kinds: Iterable[str], beside: Iterable[Address], *, repeated: bool, mode: str = "managed"
) -> tuple[Address, ...]:
    """Return the addresses of new resources: for each instance that they are `beside`, or for its module."""
    places = dict.fromkeys((each.module, each.key if repeated else None) for each in beside)
    return tuple(Address(path, mode, kind, label, key) for path, key in places for kind in kinds)


def merge_changes(changes: Sequence[Change]) -> Change:
    """Return the change that makes all of these."""
    return Change(
        insertions=tuple(one for each in changes for one in each.insertions),
        touched=tuple(dict.fromkeys(one for each in changes for one in each.touched)),
        added=tuple(dict.fromkeys(one for each in changes for one in each.added)),
    )


def group_by_file(insertions: Iterable[Insertion]) -> dict[SourceText, tuple[Insertion, ...]]:
    """Sort insertions by file and offset, without duplicates, keeping the order at one offset."""
    found = group_by_key((each.source, each) for each in dict.fromkeys(insertions))
    return {file: tuple(sorted(several, key=lambda each: (each.offset, each.end))) for file, several in found.items()}


def fits(text: str, insertions: Sequence[Insertion]) -> bool:
    """Whether a text contains what is replaced, and no edit overlaps with a removal."""
    position = 0
    for each in insertions:
        if each.offset < position or (isinstance(each, Replacement) and text[each.offset : each.end] != each.old):
            return False
        position = each.end
    return True


def apply_insertions(text: str, insertions: Sequence[Insertion]) -> str:
    """Apply insertions, sorted by offset, to `text`."""
    parts: list[str] = []
    position = 0
    for each in insertions:
        parts += [text[position : each.offset], each.text]
        position = each.end
    return "".join([*parts, text[position:]])


def spans_after(insertions: Iterable[Insertion]) -> Iterator[tuple[Insertion, int, int]]:
    """Yield insertions, sorted by offset, with the offsets in the new text where what they insert begins and ends."""
    grown = 0
    for each in insertions:
        start = each.offset + grown
        yield each, start, start + len(each.text)
        grown += len(each.text) - (each.end - each.offset)


def line_start(text: str, offset: int) -> int:
    """Return the offset of the start of the line with `offset`."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Return the offset of the end of the line with `offset`, before its line break."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def indentation(text: str, offset: int) -> str:
    """Return the indentation of the line with `offset`."""
    start = line_start(text, offset)
    line = text[start : line_end(text, start)]
    return line[: len(line) - len(line.lstrip(" \t"))]


def unit_of(block: Block) -> str:
    """Return the indentation of a block's arguments, relative to the block."""
    base = indentation(block.source.text, block.start)
    inside: list[Argument | Block] = [*block.arguments.values(), *block.nested]
    own = (each for each in inside if each.source is block.source)
    steps = (indentation(block.source.text, each.start).removeprefix(base) for each in own)
    return next((each for each in steps if each), "  ")
