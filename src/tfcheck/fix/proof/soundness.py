"""Test whether changed files parse as intended, and whether their diff may be shown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Change, Insertion, apply_insertions, fits, group_by_file
from tfcheck.fix.proof.trial import reread
from tfcheck.hcl.syntax.block import Block, SourceFile
from tfcheck.hcl.syntax.expression import Unreadable
from tfcheck.hcl.syntax.json_document import read_document
from tfcheck.hcl.syntax.lexer import MalformedError


def is_readable(change: Change, files: Files, reported: Iterable[str] = ()) -> bool:
    """Whether the changed files parse, and the diff shows nothing secret, unless it is `reported` already."""
    return not files.reveals(change.insertions, reported) and are_sound(change)


def are_sound(change: Change) -> bool:
    """Whether all changed files parse as intended."""
    changes = group_by_file(change.insertions)
    return all(is_sound(reread(source, source.text), several) for source, several in changes.items())


def is_sound(before: SourceFile, insertions: Sequence[Insertion]) -> bool:
    """Whether an edited file parses as intended; the insertions are sorted by offset.

    The file has its old blocks and perhaps new ones at the insertions; no other block has changed, and every changed
    argument can be parsed.
    """
    source = before.source
    if not fits(source.text, insertions):
        return False
    after = reread(source, apply_insertions(source.text, insertions))
    if before.problem or after.problem:
        return False
    if source.name.endswith(".json") and source.is_configuration:
        try:
            read_document(after.source.text)
        except MalformedError:
            return False
        return True
    return _same_blocks(before, after, set(_changed_blocks(before, insertions)))


def _changed_blocks(before: SourceFile, insertions: Sequence[Insertion]) -> Iterator[int]:
    ends = [block.end for block in before.blocks]
    for each in insertions:
        index = bisect_right(ends, each.offset)
        if index < len(ends) and before.blocks[index].start < each.offset:
            yield index


def _same_blocks(before: SourceFile, after: SourceFile, changed: set[int]) -> bool:
    position = 0
    for block in after.blocks:
        old = before.blocks[position] if position < len(before.blocks) else None
        if old is not None and (old.type, old.labels) == (block.type, block.labels):
            if position not in changed and old.text != block.text:
                return False
            if position in changed and not _parses(block):
                return False
            position += 1
        elif not _parses(block):
            return False
    return position == len(before.blocks)


def _parses(block: Block) -> bool:
    return not any(isinstance(each.expression, Unreadable) for each in block.all_arguments())
