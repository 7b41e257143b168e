"""Find the blocks of a file with their arguments and nested blocks, and their exact places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from tfcheck.hcl.syntax.expression import Expression, ListOf, Place
from tfcheck.hcl.syntax.lexer import DEEPEST, MalformedError, attribute_end, quoted_end
from tfcheck.hcl.syntax.literals import unescape
from tfcheck.hcl.syntax.parse import parse_range, reference_text
from tfcheck.hcl.syntax.source import TEXT, SourceText
from tfcheck.symbolic import limits
from tfcheck.symbolic.regex import regex


class Argument(msgspec.Struct, frozen=True, eq=False, dict=True):
    """`name = value`. Offsets into the text of `source`: of the name, and of the start and end of the value."""

    name: str
    source: SourceText
    start: int
    value_start: int
    value_end: int

    @property
    def place(self) -> Place:
        """The place of the argument."""
        return self.source.place(self.start)

    @property
    def text(self) -> str:
        """The value as written."""
        return self.source.text[self.value_start : self.value_end].strip()

    @cached_property
    def expression(self) -> Expression:
        """The value, parsed once."""
        return self.parse()

    def parse(self) -> Expression:
        """Parse the value."""
        return parse_range(self.source, self.value_start, self.value_end)


class Block(msgspec.Struct, frozen=True, eq=False):
    """`type "label" { ... }`.

    Offsets into the text of `source`: `start` of the type, `body_start` behind the opening brace, `body_end` of the
    closing brace, `end` behind it. Arguments and nested blocks may come from an override file and then have a source
    of their own.
    """

    type: str
    labels: tuple[str, ...]
    source: SourceText
    start: int
    body_start: int
    body_end: int
    end: int
    arguments: Mapping[str, Argument]
    nested: tuple[Block, ...]

    @property
    def place(self) -> Place:
        """The place of the block's beginning."""
        return self.source.place(self.start)

    @property
    def kind(self) -> str:
        """Its type; that of a `dynamic` block is of the blocks that it repeats."""
        return self.labels[0] if self.type == "dynamic" and self.labels else self.type

    @property
    def end_line(self) -> int:
        """The line of the closing brace."""
        return self.source.line(self.body_end)

    @property
    def text(self) -> str:
        """The block as written."""
        return self.source.text[self.start : self.end]

    def attributes(self) -> tuple[str, ...]:
        """Return the names of the written arguments, in source order."""
        return tuple(self.arguments)

    def attribute(self, name: str) -> Expression | None:
        """Return the expression of an argument; None if it is not written."""
        argument = self.arguments.get(name)
        return argument.expression if argument else None

    def attribute_text(self, name: str) -> str:
        """Return an argument as written; empty if it is not written."""
        argument = self.arguments.get(name)
        return argument.text if argument else ""

    def attribute_place(self, name: str) -> Place | None:
        """Return the place of an argument."""
        argument = self.arguments.get(name)
        return argument.place if argument else None

    def blocks(self, name: str) -> list[Block]:
        """Return the nested blocks of a type in source order.

        `dynamic "name"` blocks are included; they keep the type `dynamic` and the label.
        """
        return [
            block
            for block in self.nested
            if block.type == name or (block.type == "dynamic" and block.labels == (name,))
        ]

    def all_arguments(self) -> Iterator[Argument]:
        """Iterate over the arguments, and those of the nested blocks."""
        yield from self.arguments.values()
        for each in self.nested:
            yield from each.all_arguments()

    @property
    def repetition(self) -> tuple[str, str] | None:
        """`count` or `for_each`, with its expression as written; None for a single instance."""
        found = ((each, self.attribute_text(each)) for each in ("count", "for_each") if each in self.arguments)
        return next(found, None)

    def switch(self) -> Expression | None:
        """Return `lifecycle { enabled }` of OpenTofu 1.11; None if it is not written."""
        written = (each.attribute("enabled") for each in self.blocks("lifecycle"))
        return next((each for each in written if each is not None), None)

    def ignored_changes(self) -> tuple[str, ...]:
        """Return the entries of `lifecycle { ignore_changes }` as written (`tags["x"]`); `all` for everything."""
        listed = [each.attribute("ignore_changes") for each in self.blocks("lifecycle")]
        entries = [item for each in listed for item in (each.items if isinstance(each, ListOf) else (each,))]
        return tuple(name for each in entries if each is not None and (name := reference_text(each)))


class Problem(msgspec.Struct, frozen=True):
    """Why a file, or the rest of it, cannot be used."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Format as `main.tf:3: a bracket is not closed`."""
        return f"{self.place}: {self.message}"


class SourceFile(msgspec.Struct, frozen=True, eq=False):
    """A source file. With a `problem`, it has only what comes before that."""

    source: SourceText
    blocks: tuple[Block, ...]
    problem: Problem | None = None


# The block finder is our own because edits are inserted at its offsets and because a file is accepted
# exactly when Terraform accepts it. Expressions are only delimited here; `tfcheck.hcl.syntax.parse` parses them on
# first use.


#: Steps for one more argument or block, and for one more label.
_ITEM, _LABEL = 6, 2

_BLANK = regex(r"(?:[ \t\r\n]++|#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_BLANK_IN_LINE = regex(r"(?:[ \t]++|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_NAME = regex(r"[^\W\d][\w-]*+")
_ATTRIBUTE = regex(r"=(?!=)")


def read_blocks(source: SourceText) -> SourceFile:
    """Find the blocks of a `.tf` file; a syntax error becomes the file's `problem`."""
    walker = _Walker(source)
    try:
        walker.spend(len(source.text) // TEXT)
        walker.body(0)
    except MalformedError as fault:
        return SourceFile(source, tuple(walker.found), Problem(source.place(fault.offset), fault.message))
    return SourceFile(source, tuple(walker.found))


class _Walker:
    """A cursor over the text of a file."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.text = source.text
        self.position = 0
        #: The complete blocks of the file itself.
        self.found: list[Block] = []

    def body(self, depth: int) -> tuple[dict[str, Argument], list[Block]]:
        """Parse arguments and blocks up to the closing brace, or at depth 0 to the end of the file."""
        arguments: dict[str, Argument] = {}
        blocks = [] if depth else self.found
        while True:
            self.skip(_BLANK)
            if self.at_end(depth):
                return arguments, blocks
            self.spend(_ITEM)
            start = self.position
            name = self.name()
            self.skip(_BLANK_IN_LINE)
            if not _ATTRIBUTE.match(self.text, self.position):
                blocks.append(self.block(name, start, depth))
            elif name in arguments:
                raise MalformedError(f"`{name}` is set twice", start)
            else:
                arguments[name] = self.argument(name, start)

    def at_end(self, depth: int) -> bool:
        if self.position == len(self.text):
            if depth:
                raise MalformedError("a block is not closed", self.position)
            return True
        return depth > 0 and self.text[self.position] == "}"

    def argument(self, name: str, start: int) -> Argument:
        self.position += 1
        self.skip(_BLANK_IN_LINE)
        value_start = self.position
        self.position = attribute_end(self.text, value_start)
        if self.position == value_start:
            raise MalformedError(f"`{name}` has no value", start)
        return Argument(name, self.source, start, value_start, self.position)

    def block(self, kind: str, start: int, depth: int) -> Block:
        if depth >= DEEPEST:
            raise MalformedError("limit: nested too deeply", start)
        labels = self.labels()
        body_start = self.position
        arguments, nested = self.body(depth + 1)
        body_end = self.position
        self.position += 1
        return Block(kind, labels, self.source, start, body_start, body_end, self.position, arguments, tuple(nested))

    def labels(self) -> tuple[str, ...]:
        """Parse the labels and the opening brace of a block."""
        labels: list[str] = []
        while not self.text.startswith("{", self.position):
            self.spend(_LABEL)
            start = self.position
            if self.text.startswith('"', start):
                self.position = quoted_end(self.text, start)
                labels.append(unescape(self.text[start + 1 : self.position - 1]))
            else:
                labels.append(self.name())
            self.skip(_BLANK_IN_LINE)
        self.position += 1
        return tuple(labels)

    def spend(self, steps: int) -> None:
        if not limits.take(steps):
            raise MalformedError(limits.REASON, self.position)

    def name(self) -> str:
        found = _NAME.match(self.text, self.position)
        if not found:
            raise MalformedError("an argument or a block was expected", self.position)
        self.position = found.end()
        return found[0]

    def skip(self, blank: re.Pattern[str]) -> None:
        self.position = blank.match(self.text, self.position).end()  # type: ignore[union-attr]  # matches the empty string
