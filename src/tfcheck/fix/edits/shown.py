"""The lines of a source file, and which of them the diff of a change is allowed to show."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

import msgspec

from tfcheck.fix.edits.diff import Lines
from tfcheck.fix.edits.harmless import empty, harmless
from tfcheck.fix.edits.insertion import Insertion, line_end
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.blocks import read
from tfcheck.hcl.syntax.source import BYTE_ORDER_MARK, SourceText
from tfcheck.hcl.syntax.tf_json import read_json


class ShownLines(Lines):
    """The lines of one file; `conceals` tells whether a text contains something that must not be shown."""

    def __init__(self, source: SourceText, conceals: Callable[[str], bool]) -> None:
        """Build from the text of the file."""
        self._mark = BYTE_ORDER_MARK if source.bom else ""
        super().__init__(self._mark + source.text)
        self._source = source
        self._conceals = conceals
        self._is_json = source.name.endswith(".json")
        blocks = (read_json(source) if self._is_json else read(source)).blocks
        self._blocks = sorted(blocks, key=lambda each: -each.start)
        self._edited: tuple[range, ...] = ()

    def moved(self, insertions: Sequence[Insertion]) -> list[Insertion]:
        """Return insertions as they are in the lines, which begin with the byte order mark where the file has one."""
        return [msgspec.structs.replace(each, offset=each.offset + len(self._mark)) for each in insertions]

    def around(self, insertions: Sequence[Insertion]) -> ShownLines:
        """Take note of the blocks that are edited, and return the lines."""
        self._edited = tuple(lines for each in insertions for lines in self._edited_by(each))
        return self

    def is_harmless(self, line: str) -> bool:
        """Whether a line that is replaced is allowed to be shown."""
        return harmless(line.removeprefix(BYTE_ORDER_MARK)) and not self._conceals(line)

    def may_show(self, number: int) -> bool:
        """Whether a line that stays as it is is allowed to be shown: one of an edited block, or a blank one."""
        line = self.all[number]
        if not line.strip() or (self._is_json and empty(line)):
            return True
        return any(number in each for each in self._edited) and self.is_harmless(line)

    def _edited_by(self, insertion: Insertion) -> list[range]:
        """Return the lines of the block that something is put into or right behind."""
        text = self._source.text
        behind = bisect_left(self._blocks, -insertion.offset, key=lambda each: -each.start)
        around = (each for each in self._blocks[behind:] if insertion.offset <= line_end(text, each.end))
        found = next(around, None)
        return [] if found is None else [self._lines(found)]

    def _lines(self, block: Block) -> range:
        return range(self._line(block.start), self._line(block.end - 1) + 1)

    def _line(self, offset: int) -> int:
        return self.at(offset + len(self._mark))
