"""The file and line of a piece of the sources."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

import msgspec

from tfcheck.hcl.syntax.expression import Place

BYTE_ORDER_MARK = "\ufeff"
#: The characters of one file, and of one string in a JSON file. Real files stay below 1 MB.
CHARACTERS = 4_000_000
#: The number of characters read per step of the run.
TEXT = 20
#: Why a file is not read.
TOO_LONG = f"limit: longer than {CHARACTERS:,} characters"


class SourceText(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The text of a file, or of a template in it; offsets count characters of `text`.

    INVARIANT: `text` is as in the file, including carriage returns, but without the byte order mark: `bom` is whether
    there was one, so that edits can be written back into the user's bytes.
    """

    name: str
    text: str
    first_line: int = 1
    bom: bool = False
    #: All of `text` is on one line of the file, like a string in a JSON file.
    one_line: bool = False

    @cached_property
    def _breaks(self) -> list[int]:
        if self.one_line:
            return []
        # NOTE: only `\n`; `str.splitlines` also splits at U+2028, form feeds and others.
        return [found.start() for found in re.finditer("\n", self.text)]

    @property
    def is_configuration(self) -> bool:
        """Whether the file declares Terraform blocks, and is not one that an expression reads."""
        return self.name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json"))

    @cached_property
    def newline(self) -> str:
        """The most frequent line break."""
        return "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"

    def line(self, offset: int) -> int:
        """Return the line number, as counted in the file, of the character at `offset`."""
        return self.first_line + bisect_left(self._breaks, offset)

    def stretch(self, offset: int) -> tuple[int, int]:
        """Return the offsets of the first and the last character of the line with `offset`."""
        index = bisect_left(self._breaks, offset)
        begin = self._breaks[index - 1] + 1 if index else 0
        return begin, self._breaks[index] if index < len(self._breaks) else len(self.text)

    def place(self, offset: int) -> Place:
        """Return the file and line of the character at `offset`."""
        return Place(self.name, self.line(offset))

    def line_text(self, line: int) -> str:
        """Return the text of a line without its end; empty if there is no such line."""
        index = line - self.first_line
        if not 0 <= index <= len(self._breaks):
            return ""
        start, end = self.stretch(self._breaks[index] if index < len(self._breaks) else len(self.text))
        return self.text[start:end].removesuffix("\r")


def decode_source(name: str, data: bytes) -> SourceText:
    """Decode the bytes of a file, and record its byte order mark.

    Raises:
        UnicodeDecodeError: `data` is not UTF-8, which Terraform does not accept either.
    """
    written = data.decode("utf-8")
    bom = written.startswith(BYTE_ORDER_MARK)
    return SourceText(name, written.removeprefix(BYTE_ORDER_MARK), bom=bom)
