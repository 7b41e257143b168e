"""What does a template consist of?

Texts lose what the marks `~` and the indentation of `<<-` take away, exactly as in Terraform, which trims only the text
up to the end of that line. Directives become nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tfcheck.hcl.escape import unescaped, unescaped_bare
from tfcheck.hcl.expression import Expression, ForDirective, IfDirective, Literal
from tfcheck.hcl.lexer import DEEPEST, MalformedError, Piece, PieceKind
from tfcheck.hcl.source import SourceText

# What Go's `unicode.IsSpace` accepts; `str.strip` would take more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_KEYWORD = re.compile(r"\s*(if|else|endif|for|endfor)(?![\w-])\s*")
_FOR = re.compile(r"([^\W\d][\w-]*)\s*(?:,\s*([^\W\d][\w-]*)\s*)?\bin(?![\w-])\s*")

#: Parses the expression between two offsets.
Parser = Callable[[int, int], Expression]


def parts(
    source: SourceText, pieces: Sequence[Piece], parse: Parser, *, quoted: bool = False, indented: bool = False
) -> tuple[Expression, ...]:
    """Turn the pieces of a template into nodes; `quoted` has backslash escapes, `indented` is `<<-`.

    Raises:
        MalformedError: a directive is not closed, or closes nothing.
    """
    texts = _texts(source.text, pieces, unescaped if quoted else unescaped_bare)
    if indented:
        texts = _without_indentation(texts)
    builder = _Builder(source, pieces, texts, parse)
    found, closing = builder.until(())
    if closing:
        raise MalformedError(f"`{closing}` closes nothing", pieces[builder.next - 1].start)
    return found


def _texts(text: str, pieces: Sequence[Piece], decode: Callable[[str], str]) -> list[str | None]:
    """Decode and trim the texts; None stands for what is none."""
    texts: list[str | None] = []
    for index, piece in enumerate(pieces):
        if piece.kind is not PieceKind.TEXT:
            texts.append(None)
            continue
        decoded = decode(text[piece.start : piece.end])
        if index and pieces[index - 1].trims_behind:
            decoded = decoded.lstrip(_SPACE)
        if index + 1 < len(pieces) and pieces[index + 1].trims_before:
            decoded = decoded.rstrip(_SPACE)
        texts.append(decoded)
    return texts


def _without_indentation(texts: list[str | None]) -> list[str | None]:
    """Take away the smallest indentation of all lines but blank ones.

    NOTE: a line that begins behind a newline eaten by `~` does not count as one, here as in Terraform.
    """
    indented: list[int] = []
    smallest: int | None = None
    at_line_start = True
    for index, text in enumerate(texts):
        blank = text is not None and text.endswith("\n") and not text.strip(_SPACE)
        if at_line_start and not blank:
            width = 0 if text is None else len(text) - len(text.lstrip(_SPACE))
            smallest = width if smallest is None else min(smallest, width)
            indented.append(index)
        at_line_start = text is not None and text.endswith("\n")
    for index in indented:
        texts[index] = (texts[index] or "")[smallest:] if texts[index] is not None else None
    return texts


class _Builder:
    """Reads pieces in order and nests what stands between directives."""

    def __init__(self, source: SourceText, pieces: Sequence[Piece], texts: list[str | None], parse: Parser) -> None:
        self.source = source
        self.pieces = pieces
        self.texts = texts
        self.parse = parse
        self.next = 0
        self.depth = 0

    def until(self, closings: tuple[str, ...]) -> tuple[tuple[Expression, ...], str]:
        """Read up to one of the directives `closings`, which is given too; empty at the end of the template."""
        found: list[Expression] = []
        self.depth += 1
        while self.next < len(self.pieces):
            piece, text = self.pieces[self.next], self.texts[self.next]
            self.next += 1
            if text is not None:
                self.add_text(found, text, piece)
            elif piece.kind is PieceKind.INTERPOLATION:
                found.append(self.parse(piece.start, piece.end))
            else:
                directive, closing = self.directive(piece)
                if directive is None:
                    self.depth -= 1
                    return tuple(found), closing
                found.append(directive)
        if closings:
            raise MalformedError(f"`{closings[-1]}` is missing", self.pieces[-1].start)
        return tuple(found), ""

    def add_text(self, found: list[Expression], text: str, piece: Piece) -> None:
        last = found[-1] if found else None
        if isinstance(last, Literal) and isinstance(last.value, str):
            found[-1] = Literal(last.value + text, last.place)
        elif text:
            found.append(Literal(text, self.source.place(piece.start)))

    def directive(self, piece: Piece) -> tuple[Expression | None, str]:
        """Read an `if` or `for` with all that it holds; the name of any other directive is given instead."""
        if self.depth > DEEPEST:
            raise MalformedError("nested too deeply", piece.start)
        keyword = _KEYWORD.match(self.source.text, piece.start, piece.end)
        if not keyword:
            raise MalformedError("an unknown directive in a template", piece.start)
        if keyword[1] == "if":
            return self.if_directive(piece, keyword.end()), ""
        if keyword[1] == "for":
            return self.for_directive(piece, keyword.end()), ""
        return None, keyword[1]

    def if_directive(self, piece: Piece, start: int) -> IfDirective:
        condition = self.parse(start, piece.end)
        then, closing = self.until(("else", "endif"))
        otherwise: tuple[Expression, ...] = ()
        if closing == "else":
            otherwise, closing = self.until(("endif",))
        if closing != "endif":
            raise MalformedError(f"`{closing}` closes nothing", self.pieces[self.next - 1].start)
        return IfDirective(condition, then, otherwise, self.source.place(piece.start))

    def for_directive(self, piece: Piece, start: int) -> ForDirective:
        names = _FOR.match(self.source.text, start, piece.end)
        if not names:
            raise MalformedError("an unreadable `for` directive", piece.start)
        collection = self.parse(names.end(), piece.end)
        inside, closing = self.until(("endfor",))
        if closing != "endfor":
            raise MalformedError(f"`{closing}` closes nothing", self.pieces[self.next - 1].start)
        key, value = (names[1], names[2]) if names[2] else ("", names[1])
        return ForDirective(key, value, collection, inside, self.source.place(piece.start))
