"""Write a new block after an existing one."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end
from tfcheck.fix.render import indent
from tfcheck.hcl.syntax.block import Block

#: The index of an instance in an equally repeated block, by the repetition.
INDEX = {"for_each": "[each.key]", "count": "[count.index]"}


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
    return Insertion(anchor.source.name, line_end(text, anchor.end), f"{newline * 2}{added}")
