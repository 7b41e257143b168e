"""What is sure about the characters of a string with unknown pieces?"""

from __future__ import annotations

from tfcheck.value import JsonText, TextLike, Unknown, pieces, spelled_out, text

Piece = str | Unknown | JsonText


def settled(subject: TextLike, part: str) -> TextLike | None:
    """Give `subject` so that every occurrence of `part` lies inside one literal; None where that is not sure.

    A piece with a known shape is spelled out only where the shape holds the part, so that its symbol is kept.
    """
    if part == "":
        return subject if isinstance(subject, str) else None
    parts: list[TextLike] = []
    for piece in pieces(subject):
        sure = piece if isinstance(piece, str) else _settled_piece(piece, part)
        if sure is None:
            return None
        parts.append(sure)
    result = text(parts)
    spelled = spelled_out(result)
    # An occurrence may reach from a literal into the beginning of a shape.
    return result if _count(result, part) == _count(spelled, part) else spelled


def _settled_piece(piece: Unknown | JsonText, part: str) -> TextLike | None:
    if isinstance(piece, JsonText):
        return None
    if apart(piece, part):
        return piece
    if piece.shape is None:
        return None
    shape = settled(piece.shape, part)
    if shape is None:
        return None
    return shape if _count(shape, part) else piece


def apart(piece: Unknown, part: str) -> bool:
    """Tell whether no occurrence of `part` can touch the text that `piece` turns out to be."""
    spans = len(part) > 1 and piece.hole.shortest == 0
    return not spans and not any(piece.hole.allows(char) for char in part)


def _count(subject: TextLike, part: str) -> int:
    return sum(piece.count(part) for piece in pieces(subject) if isinstance(piece, str))


def without_start(subject: TextLike, start: TextLike) -> TextLike | None:
    """Remove `start`, with which `subject` is known to begin; None where the rest is not sure."""
    for whole in (subject, spelled_out(subject)):
        rest = _without(list(pieces(whole)), list(pieces(start)), at_end=False)
        if rest is not None:
            return rest
    return None


def without_end(subject: TextLike, end: TextLike) -> TextLike | None:
    """Remove `end`, with which `subject` is known to end; None where the rest is not sure."""
    for whole in (subject, spelled_out(subject)):
        rest = _without(list(pieces(whole)), list(pieces(end)), at_end=True)
        if rest is not None:
            return rest
    return None


def _without(whole: list[Piece], part: list[Piece], *, at_end: bool) -> TextLike | None:
    position = -1 if at_end else 0
    while part:
        if not whole:
            return None
        mine, other = whole.pop(position), part.pop(position)
        if isinstance(mine, str) and isinstance(other, str):
            if not (mine.endswith(other) if at_end else mine.startswith(other)):
                return None
            rest = mine[: len(mine) - len(other)] if at_end else mine[len(other) :]
            whole.insert(len(whole) if at_end else 0, rest)
        elif not _one_symbol(mine, other):
            return None
    return text(whole)


def _one_symbol(mine: Piece, other: Piece) -> bool:
    if isinstance(mine, Unknown) and isinstance(other, Unknown):
        return mine.symbol is not None and mine.symbol == other.symbol
    return False


def ends_stripped(subject: TextLike, characters: str, *, start: bool = True, end: bool = True) -> TextLike | None:
    """Remove `characters` from the ends; None where it is not sure how many there are."""
    if isinstance(subject, str):
        subject = subject.lstrip(characters) if start and characters else subject
        return subject.rstrip(characters) if end and characters else subject
    parts: list[Piece] | None = list(pieces(subject))
    if parts and start:
        parts = _start_stripped(parts, characters)
    if parts and end:
        parts = _end_stripped(parts, characters)
    return None if parts is None else text(parts)


def _start_stripped(parts: list[Piece], characters: str) -> list[Piece] | None:
    first, *rest = parts
    if isinstance(first, str):
        stripped = first.lstrip(characters)
        return [stripped, *rest] if stripped or not rest else _start_stripped(rest, characters)
    if _bounded(first, characters):
        return parts
    if isinstance(first, Unknown) and first.shape is not None:
        shape = ends_stripped(first.shape, characters, end=False)
        if shape:
            return parts if shape == first.shape else [*pieces(shape), *rest]
    return None


def _end_stripped(parts: list[Piece], characters: str) -> list[Piece] | None:
    *rest, last = parts
    if isinstance(last, str):
        stripped = last.rstrip(characters)
        return [*rest, stripped] if stripped or not rest else _end_stripped(rest, characters)
    if _bounded(last, characters):
        return parts
    if isinstance(last, Unknown) and last.shape is not None:
        shape = ends_stripped(last.shape, characters, start=False)
        if shape:
            return parts if shape == last.shape else [*rest, *pieces(shape)]
    return None


def _bounded(piece: Unknown | JsonText, characters: str) -> bool:
    """Tell whether a piece surely has a character that is none of `characters` at either end."""
    if isinstance(piece, JsonText):
        return characters.isspace()
    return piece.hole.shortest > 0 and not any(piece.hole.allows(char) for char in characters)
