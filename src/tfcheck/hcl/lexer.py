"""Where does an expression end, and which texts with interpolations does it hold?

Follows the HCL native syntax specification (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md) and, where
it is silent, what Terraform accepts. Nothing here says what an expression means.
"""

from __future__ import annotations

import re
from enum import Enum

import msgspec

#: How deep brackets and interpolations may be nested; real sources stay below 20.
DEEPEST = 60
#: How deep the nodes of an expression may be nested, so that nobody who walks them runs out of stack.
DEEPEST_NODES = 100

_RUN = re.compile(r'[^"#/{}()\[\]\n<]*')
_PLAIN_QUOTED = re.compile(r'"(?:[^"\\$%\n]++|\\[^\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+"')
_QUOTED_TEXT = re.compile(r'(?:[^"\\$%\n]++|\\[^\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))++')
_BARE_TEXT = re.compile(r"(?:[^$%\n]++|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+\n?")
_LINE_COMMENT = re.compile(r"[^\n]*")
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class MalformedError(Exception):
    """The text is not what Terraform accepts, at `offset`."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class PieceKind(Enum):
    """What a template is made of."""

    TEXT = "text"
    INTERPOLATION = "${"
    DIRECTIVE = "%{"


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a template: a text on one line, with its newline, or what stands inside `${ }` or `%{ }`.

    `trims_before` and `trims_behind` are the marks `~`.
    """

    kind: PieceKind
    start: int
    end: int
    trims_before: bool = False
    trims_behind: bool = False


class Heredoc(msgspec.Struct, frozen=True, gc=False):
    """`<<X` or, `indented`, `<<-X`: its pieces and the offset behind its end marker."""

    indented: bool
    pieces: tuple[Piece, ...]
    end: int


def attribute_end(text: str, start: int) -> int:
    """Find the offset behind the value that begins at `start`, blanks and comments behind it not counted.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    end = start
    position = start
    while True:
        stop = _RUN.match(text, position).end()  # type: ignore[union-attr]  # matches the empty string
        end = max(end, position + len(text[position:stop].rstrip(" \t\r"))) if text[position:stop].strip() else end
        char = text[stop : stop + 1]
        if char in ("", "\n", "#", "}") or text.startswith("//", stop):
            return end
        comment = comment_end(text, stop) if char == "/" else None
        position = comment or step_over(text, stop, 0)
        end = end if comment else position


def _sequence_end(text: str, start: int, depth: int) -> int:
    """Find the brace that closes the `${` or `%{` whose inside begins at `start`."""
    position = start
    while True:
        position = _RUN.match(text, position).end()  # type: ignore[union-attr]  # matches the empty string
        if text.startswith("}", position):
            return position
        if position == len(text):
            raise MalformedError("an interpolation is not closed", start)
        position = comment_end(text, position) or step_over(text, position, depth)


def step_over(text: str, position: int, depth: int = 0) -> int:
    """Step over what begins at `position`: a string, a heredoc, a bracket with all it holds, or one character.

    Raises:
        MalformedError: a string, a heredoc or a bracket is not closed, or closes nothing.
    """
    char = text[position]
    if char == '"':
        return quoted_end(text, position, depth)
    if char in _CLOSING:
        return bracket_end(text, position, depth)
    if char in ")]}":
        raise MalformedError(f"`{char}` closes nothing", position)
    heredoc = heredoc_at(text, position, depth) if char == "<" else None
    return heredoc.end if heredoc else position + 1


def bracket_end(text: str, start: int, depth: int = 0) -> int:
    """Find the offset behind the bracket that pairs with the one at `start`.

    Raises:
        MalformedError: none does, or brackets are nested too deeply.
    """
    open_brackets = [_CLOSING[text[start]]]
    position = start + 1
    while open_brackets:
        position = _RUN.match(text, position).end()  # type: ignore[union-attr]  # matches the empty string
        char = text[position : position + 1]
        if char == open_brackets[-1]:
            open_brackets.pop()
            position += 1
        elif not char or depth + len(open_brackets) > DEEPEST:
            raise MalformedError("nested too deeply" if char else "a bracket is not closed", start)
        elif char in _CLOSING:
            open_brackets.append(_CLOSING[char])
            position += 1
        else:
            position = comment_end(text, position) or step_over(text, position, depth + len(open_brackets))
    return position


def line_end(text: str, start: int) -> int:
    """Find the newline, or the end of the text, at or behind `start`."""
    return _LINE_COMMENT.match(text, start).end()  # type: ignore[union-attr]  # matches the empty string


def comment_end(text: str, start: int) -> int | None:
    """Find the offset behind the comment at `start`, a line comment's newline excluded; None where there is none.

    Raises:
        MalformedError: a `/*` is not closed.
    """
    if text.startswith("#", start) or text.startswith("//", start):
        return line_end(text, start)
    if not text.startswith("/*", start):
        return None
    end = text.find("*/", start + 2)
    if end < 0:
        raise MalformedError("a comment is not closed", start)
    return end + 2


def quoted_end(text: str, start: int, depth: int = 0) -> int:
    """Find the offset behind the quoted string that begins at `start`.

    Raises:
        MalformedError: it is not closed on its line.
    """
    plain = _PLAIN_QUOTED.match(text, start)
    return plain.end() if plain else quoted_pieces(text, start, depth)[1]


def quoted_pieces(text: str, start: int, depth: int = 0) -> tuple[tuple[Piece, ...], int]:
    """Split the quoted string that begins at `start`; also give the offset behind it.

    Raises:
        MalformedError: it is not closed on its line.
    """
    pieces: list[Piece] = []
    position = start + 1
    while not text.startswith('"', position):
        literal = _QUOTED_TEXT.match(text, position)
        if literal:
            pieces.append(Piece(PieceKind.TEXT, position, literal.end()))
            position = literal.end()
        elif text.startswith(("${", "%{"), position):
            pieces.append(_sequence(text, position, depth))
            position = _behind(text, pieces[-1])
        else:
            raise MalformedError("a quoted string is not closed on its line", start)
    return tuple(pieces), position + 1


def heredoc_at(text: str, start: int, depth: int = 0) -> Heredoc | None:
    """Split the heredoc that begins at `start`; None where there is none.

    Raises:
        MalformedError: its end marker is missing.
    """
    opening = _HEREDOC.match(text, start)
    if not opening:
        return None
    marker = re.compile(rf"[ \t]*{re.escape(opening[2])}(?=[ \t]*\r?(?:\n|\Z))")
    pieces: list[Piece] = []
    position = opening.end()
    while position < len(text):
        # The marker counts only where a line of text begins, not inside or behind an interpolation.
        closing = marker.match(text, position) if text[position - 1] == "\n" else None
        if closing:
            return Heredoc(opening[1] == "-", tuple(pieces), closing.end())
        pieces.append(_bare_piece(text, position, len(text), depth))
        position = _behind(text, pieces[-1])
    raise MalformedError(f"the end marker `{opening[2]}` of a heredoc is missing", start)


def template_pieces(text: str) -> tuple[Piece, ...]:
    """Split the text of a template file.

    Raises:
        MalformedError: a `${` or `%{` is not closed.
    """
    pieces: list[Piece] = []
    position = 0
    while position < len(text):
        pieces.append(_bare_piece(text, position, len(text), 0))
        position = _behind(text, pieces[-1])
    return tuple(pieces)


def _bare_piece(text: str, start: int, end: int, depth: int) -> Piece:
    if text.startswith(("${", "%{"), start):
        return _sequence(text, start, depth)
    literal = _BARE_TEXT.match(text, start, end)
    assert literal  # it matches the empty string
    return Piece(PieceKind.TEXT, start, literal.end())


def _sequence(text: str, start: int, depth: int) -> Piece:
    """Read the `${ }` or `%{ }` at `start`."""
    if depth >= DEEPEST:
        raise MalformedError("nested too deeply", start)
    trims_before = text.startswith("~", start + 2)
    inside = start + 2 + trims_before
    end = _sequence_end(text, inside, depth + 1)
    trims_behind = end > inside and text[end - 1] == "~"
    return Piece(PieceKind(text[start : start + 2]), inside, end - trims_behind, trims_before, trims_behind)


def _behind(text: str, piece: Piece) -> int:
    """Give the offset behind a piece and, where it has one, its closing brace."""
    return piece.end if piece.kind is PieceKind.TEXT else piece.end + piece.trims_behind + 1
