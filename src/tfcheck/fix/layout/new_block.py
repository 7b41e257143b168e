"""Write a new block, or a missing argument of one, in the layout of its neighbours."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from tfcheck.fix.edits.files import harmless
from tfcheck.fix.edits.insertion import Insertion, Replacement, indentation, line_end, line_start, unit_of
from tfcheck.fix.layout.render import indent
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.json_document import Member
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.grouping import group_by_key

#: References to the instance of a repeated block.
OF_INSTANCE = regex(r"(?<![\w.])(?:each|count)\.")


def instance_index(repeated: tuple[str, str] | None) -> str:
    """Write the index of an instance in an equally repeated block."""
    return "" if repeated is None else "[each.key]" if repeated[0] == "for_each" else "[count.index]"


def block_lines(
    head: str, inside: Sequence[str], unit: str = "  ", *, repeated: tuple[str, str] | None = None, provider: str = ""
) -> list[str]:
    """Write a block, meta-arguments first: `repeated` is `count` or `for_each` with its expression."""
    meta = [f"provider = {provider}", ""] if provider else []
    meta += [f"{repeated[0]} = {repeated[1]}", ""] if repeated else []
    return [f"{head} {{", *indent([*meta, *inside], unit), "}"]


def insert_after(anchor: Block, lines: Sequence[str]) -> Insertion:
    """Insert blocks after another one of a file, which must not be JSON."""
    newline, text = anchor.source.newline, anchor.source.text
    added = newline.join(indent(lines, indentation(text, anchor.start)))
    return Insertion(anchor.source, line_end(text, anchor.end), f"{newline * 2}{added}")


def argument_into(block: Block, name: str, value: str, behind: Sequence[str]) -> Insertion | None:
    """Write `name = value` below the first existing argument of `behind`, otherwise below another one.

    The line joins the group of that argument if its `=` can be aligned with theirs; otherwise it is a group of its own.
    None if no argument of the block has a line of its own.
    """
    groups = list(argument_groups(block))
    by_name = {each.name: group for group in groups for each in group}
    group = next((by_name[each] for each in behind if each in by_name), groups[0] if groups else None)
    if group is None:
        return None
    last = next((each for each in reversed(group) if each.name in behind), group[-1])
    source, base = last.source, indentation(last.source.text, last.start)
    widths = {each.source.text.index("=", each.start) - each.start - 1 for each in group}
    width = widths.pop() if len(widths) == 1 else None
    if width is not None and len(name) <= width:
        text = f"{source.newline}{base}{name:<{width}} = {value}"
        return Insertion(source, line_end(source.text, last.value_end), text)
    return _paragraph(source, group[-1], f"{name} = {value}")


def _paragraph(source: SourceText, above: Argument, written: str) -> Insertion:
    end = line_end(source.text, above.value_end)
    following = source.text[end : line_end(source.text, end + len(source.newline))].strip()
    behind_it = source.newline if following not in ("", "}") else ""
    base = indentation(source.text, above.start)
    return Insertion(source, end, f"{source.newline * 2}{base}{written}{behind_it}")


def argument_beside(block: Block, name: str, value: str) -> Insertion | None:
    """Write `name = value` below the argument with the most similar name, otherwise as the last one."""
    own = [each for each in block.arguments.values() if each.source is block.source]
    nearest = max(own, key=lambda each: _count_shared_words(each.name, name), default=None)
    if nearest is None or isinstance(block, JsonBlock) or not _count_shared_words(nearest.name, name):
        return insert_last_argument(block, name, value)
    text = block.source.text
    if "\n" not in value and "\n" not in text[nearest.start : nearest.value_end]:
        return argument_into(block, name, value, [nearest.name])
    return _paragraph(block.source, nearest, f"{name} = {value}")


def _count_shared_words(one: str, other: str) -> int:
    """Return the number of leading words that two names share, with plurals treated as equal."""
    words = zip(*(re.sub(r"s(?=_|$)", "", each).split("_") for each in (one, other)), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda each: each[0] == each[1], words))


def insert_last_argument(block: Block, name: str, value: str) -> Insertion | None:
    """Write `name = value` at the end of a block, after a blank line, as for meta-arguments."""
    source = block.source
    if isinstance(block, JsonBlock) or not _is_spread(block):
        return None
    content = source.text[block.body_start : block.body_end].rstrip()
    end = line_end(source.text, block.body_start + len(content))
    base = indentation(source.text, block.start) + unit_of(block)
    gap = source.newline * 2 if content else source.newline
    return Insertion(source, end, f"{gap}{base}{name} = {value}")


_NEW_GROUP = regex(r"(?:\r?\n){2}([ \t]*)([\w-]+) = ([^\r\n]+)((?:\r?\n)?)")


def group_new_arguments(insertions: Iterable[Insertion]) -> tuple[Insertion, ...]:
    """Write new arguments that would each be a group of their own at one place as one group, aligned."""
    found: list[Insertion] = []
    for (source, offset), several in group_by_key(((each.source, each.offset), each) for each in insertions).items():
        plain = (each for each in several if not isinstance(each, Replacement))
        new = {each: match for each in plain if (match := _NEW_GROUP.fullmatch(each.text))}
        found += [each for each in several if each not in new]  # such as a line of the group above
        width = max((len(each[2]) for each in new.values()), default=0)
        lines = [f"{each[1]}{each[2]:<{width}} = {each[3]}" for each in new.values()]
        end = "".join({each[4] for each in new.values()})
        found += [Insertion(source, offset, source.newline.join(["", "", *lines]) + end)] if new else []
    return tuple(found)


def member_behind(source: SourceText, last: Member, written: str) -> Insertion:
    """Add a member after the last one of a JSON object, on a line of its own if that one is."""
    own_line = not source.text[line_start(source.text, last.start) : last.start].strip()
    gap = source.newline + indentation(source.text, last.start) if own_line else " "
    return Insertion(source, last.value.end, f",{gap}{written}")


def _is_spread(block: Block) -> bool:
    text = block.source.text
    return not text[line_start(text, block.body_end) : block.body_end].strip()


def argument_groups(block: Block) -> Iterator[list[Argument]]:
    """Yield the arguments on consecutive lines of their own."""
    group: list[Argument] = []
    if isinstance(block, JsonBlock) or not _is_spread(block):
        return
    own = (each for each in block.arguments.values() if each.source is block.source)
    for each in sorted(own, key=lambda each: each.start):
        text = each.source.text
        alone = "\n" not in text[each.start : each.value_end]
        alone = alone and not text[line_start(text, each.start) : each.start].strip()
        above = line_start(text, line_start(text, each.start) - 1)
        follows = bool(group) and line_end(text, group[-1].value_end) == line_end(text, above)
        if group and not (alone and follows):
            yield group
            group = []
        if alone:
            group.append(each)
    if group:
        yield group


_NAMED = regex(r'[ \t]*("?[\w-]+"?) +=(?!=)')


def unalign(source: SourceText, offset: int) -> list[Replacement] | None:
    """Remove the alignment around a line whose value will span several lines; None if no diff may show these lines."""
    edits, text = list(_blanks_around(source, offset)), source.text
    return (
        edits
        if all(harmless(text[line_start(text, each.offset) : line_end(text, each.offset)]) for each in edits)
        else None
    )


def _blanks_around(source: SourceText, offset: int) -> Iterator[Replacement]:
    text = source.text
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
            yield from without_blanks(source, first, each.end() - 1)
    yield from without_blanks(source, named.end(1) + 1, named.end() - 1)


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


def without_blanks(source: SourceText, start: int, end: int) -> Iterator[Replacement]:
    """Remove the text between two offsets if it is blank."""
    if source.text[start:end].isspace():
        yield Replacement(source, start, "", source.text[start:end])
