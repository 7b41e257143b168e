"""What is left of an expression when its texts, comments and insignificant newlines are taken out?

python-hcl2's grammar sees this skeleton. It has the length of the original, so every offset in the grammar's tree is an
offset of the original too. Masking takes away what the grammar gets wrong although Terraform accepts it: `$${`
before an interpolation, newlines inside brackets, letters beyond ASCII, `core::` functions, `!!x`, `[ * ]`.
"""

from __future__ import annotations

import re

import msgspec

from tfcheck.hcl.lexer import MalformedError, heredoc_at, quoted_end

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]++)
    |(?P<newline>\n)
    |(?P<comment>\#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)
    |(?P<splat>\[\s*+\*\s*+\])
    |(?P<word>[^\W\d][\w-]*+(?:::[^\W\d][\w-]*+)*+)
    |(?P<number>\d[\d.]*+(?:[eE][+-]?\d++)?)
    |(?P<quoted>")
    |(?P<heredoc><<)
    |(?P<opening>[(\[{])
    |(?P<closing>[)\]}])
    |(?P<operator>==|!=|<=|>=|=>|&&|\|\||\.\.\.)
    |(?P<prefix>[!-])
    |(?P<other>.)""",
    re.VERBOSE,
)
_FOR = re.compile(r"\{(?:\s++|#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+for\s++[^\W\d]")
_OPERANDS = frozenset({"splat", "word", "number", "quoted", "heredoc", "closing"})
_BEFORE_OPERANDS = frozenset({"if", "in", "for"})


class Skeleton(msgspec.Struct, frozen=True):
    """The masked text, and at the offset of a last prefix operator all that stand before it (`!!`)."""

    text: str
    prefixes: dict[int, str]


def skeleton(text: str, start: int, end: int) -> Skeleton:
    """Mask the expression between two offsets of `text`; offsets in the result count from `start`.

    Raises:
        MalformedError: a string or a heredoc is not closed, or the expression goes on behind `end`.
    """
    masker = _Masker(text, start, end)
    position = start
    while position < end:
        position = masker.take(position)
    if position > end:
        raise MalformedError("the expression does not end where it should", start)
    return Skeleton("".join(masker.masked), masker.prefixes)


class _Masker:
    """Masks token after token."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.masked = list(text[start:end])
        self.prefixes: dict[int, str] = {}
        #: For every open bracket whether a newline inside means something.
        self.brackets: list[bool] = []
        #: Whether the last token ends an operand, so that a `-` subtracts.
        self.operand = False
        #: Where the last prefix operator stands if nothing came behind it.
        self.prefix: int | None = None

    def take(self, position: int) -> int:
        """Mask the token at `position` and give the offset behind it."""
        token = _TOKEN.match(self.text, position)
        if not token:
            raise MalformedError("something unexpected in an expression", position)
        kind = token.lastgroup or ""
        end = self.string_end(kind, position) or token.end()
        if kind in ("blank", "comment", "newline"):
            if kind == "comment" or (kind == "newline" and not any(self.brackets[-1:])):
                self.write(position, " " * (end - position))
            return end
        self.mask(kind, token, end)
        is_prefix = kind == "prefix" and not self.operand
        self.prefix = self.prefix_run(position) if is_prefix else None
        self.operand = kind in _OPERANDS and token[0] not in _BEFORE_OPERANDS
        return end

    def mask(self, kind: str, token: re.Match[str], end: int) -> None:
        start = token.start()
        if kind in ("quoted", "heredoc") and end - start > 2:
            self.write(start, '"' + "s" * (end - start - 2) + '"')
        elif kind == "splat":
            self.write(start, "[*]".ljust(end - start))
        elif kind == "word":
            self.write(start, "".join(char if char.isascii() and char != ":" else "_" for char in token[0]))
        elif kind == "opening":
            self.brackets.append(token[0] == "{" and not _FOR.match(self.text, start))
        elif kind == "closing" and self.brackets:
            self.brackets.pop()

    def string_end(self, kind: str, position: int) -> int | None:
        if kind == "quoted":
            return quoted_end(self.text, position)
        heredoc = heredoc_at(self.text, position) if kind == "heredoc" else None
        return heredoc.end if heredoc else None

    def prefix_run(self, position: int) -> int:
        """Leave only the last of several prefix operators: the grammar knows no more."""
        earlier = ""
        if self.prefix is not None:
            earlier = self.prefixes.pop(self.prefix)
            self.masked[self.prefix] = " "
        offset = position - self.start
        self.prefixes[offset] = earlier + self.text[position]
        return offset

    def write(self, position: int, masked: str) -> None:
        offset = position - self.start
        self.masked[offset : offset + len(masked)] = masked
