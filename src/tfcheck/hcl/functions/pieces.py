"""Decide what is certain about the characters of a partly unknown string."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from tfcheck.symbolic.value import ANYTHING, Hole, JsonText, Piece, TextLike, Unknown, pieces, spelled_out, text

#: A longer part is not searched for in unknown pieces.
_LONGEST_PART = 64


def isolate(subject: TextLike, part: str) -> TextLike | None:
    """Return `subject` with every occurrence of `part` inside one literal; None if that is not certain.

    A piece with a known shape is replaced by it only if the shape contains the part, so that its symbol is kept.
    """
    if part == "":
        return subject if isinstance(subject, str) else None
    spelled = spelled_out(subject)
    if any(_may_touch(pieces(spelled), index, part) for index in range(len(pieces(spelled)))):
        return None
    result = text(_open_hole(piece, part) for piece in pieces(subject))
    # An occurrence may extend from a literal into the beginning of a shape.
    return result if _count(result, part) == _count(spelled, part) else spelled


def settled_start(subject: TextLike, part: str) -> TextLike:
    """Return the beginning of `subject` in which every occurrence of `part` is inside one literal."""
    parts = pieces(spelled_out(subject))
    return text(parts[: next((each for each in range(len(parts)) if _may_touch(parts, each, part)), len(parts))])


def isolate_around(
    subject: TextLike, part: str, replacement: str, change: Callable[[Unknown], Unknown]
) -> TextLike | None:
    """Return `subject` as `isolate` does, with `change` applied to pieces in which `part` may have to be replaced.

    None if more may have to be replaced than one such piece, or one literal, contains. What the part and its
    replacement both begin and end with may be outside: it stays as it is.
    """
    if part == "":
        return None
    parts = list(pieces(spelled_out(subject)))
    # An occurrence in a literal may share its ends with one around a piece, and only one of them is replaced.
    is_literal = any(part in each for each in parts if isinstance(each, str))
    edges = (0, 0) if is_literal else _common_edges(part, replacement)
    for index, piece in enumerate(parts):
        if isinstance(piece, str) or not _may_touch(parts, index, part):
            continue
        if isinstance(piece, JsonText) or _may_touch(parts, index, part, beyond=edges):
            return None
        parts[index] = change(piece)
    return text(parts)


def _common_edges(one: str, other: str) -> tuple[int, int]:
    """Return the lengths of what both begin with, and of what their remainders both end with."""
    start = _common(one, other)
    return start, _common(one[start:][::-1], other[start:][::-1])


def _common(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False)))


def _open_hole(piece: Piece, part: str) -> TextLike:
    if isinstance(piece, Unknown) and piece.shape is not None and _count(spelled_out(piece.shape), part):
        return spelled_out(piece.shape)
    return piece


def _may_touch(parts: Sequence[Piece], index: int, part: str, *, beyond: tuple[int, int] | None = None) -> bool:
    """Whether `part` may occur in, begin in, end in or span the unknown piece at `index`.

    `beyond` leaves out what extends over the ends of the piece by at most so many of its first and last characters.
    """
    piece = parts[index]
    if isinstance(piece, str):
        return False
    hole = piece.hole if isinstance(piece, Unknown) else ANYTHING
    if len(part) > _LONGEST_PART:
        return True
    return any(
        _may_contain(hole, part[start:end], spans=start > 0 and end < len(part))
        and _may_end(parts[:index], part[:start])
        and _may_begin(parts[index + 1 :], part[end:])
        for start in range(len(part))
        for end in range(start, len(part) + 1)
        if (start < end or start > 0) and (beyond is None or start > beyond[0] or end < len(part) - beyond[1])
    )


def _may_contain(hole: Hole, middle: str, *, spans: bool) -> bool:
    """Whether the unknown text may contain `middle`, or be equal to it if the part spans it."""
    if hole.longest is not None and len(middle) > hole.longest:
        return False
    return all(map(hole.allows, middle)) and (not spans or len(middle) >= hole.shortest)


def _may_end(before: Sequence[Piece], part: str) -> bool:
    if not part or not before:
        return not part
    last = before[-1]
    return not isinstance(last, str) or last.endswith(part) or (len(before) > 1 and part.endswith(last))


def _may_begin(behind: Sequence[Piece], part: str) -> bool:
    if not part or not behind:
        return not part
    first = behind[0]
    return not isinstance(first, str) or first.startswith(part) or (len(behind) > 1 and part.startswith(first))


def _count(subject: TextLike, part: str) -> int:
    return sum(piece.count(part) for piece in pieces(subject) if isinstance(piece, str))


def without_affix(subject: TextLike, affix: TextLike, *, at_end: bool) -> TextLike | None:
    """Remove a known prefix or suffix of `subject`; None if the rest is not certain."""
    for whole in (subject, spelled_out(subject)):
        rest = _remove_affix(list(pieces(whole)), list(pieces(affix)), at_end=at_end)
        if rest is not None:
            return rest
    return None


def _remove_affix(whole: list[Piece], part: list[Piece], *, at_end: bool) -> TextLike | None:
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
        else:
            symbol, wanted = (each.symbol if isinstance(each, Unknown) else None for each in (mine, other))
            if symbol is None or symbol != wanted:
                return None
    return text(whole)


def strip_ends(subject: TextLike, characters: str, *, start: bool = True, end: bool = True) -> TextLike | None:
    """Remove `characters` from the ends; None if their number is not certain."""
    if isinstance(subject, str):
        subject = subject.lstrip(characters) if start and characters else subject
        return subject.rstrip(characters) if end and characters else subject
    parts: list[Piece] | None = list(pieces(subject))
    if parts and start:
        parts = _strip_end(parts, characters, first=True)
    if parts and end:
        parts = _strip_end(parts, characters, first=False)
    return None if parts is None else text(parts)


def _strip_end(parts: list[Piece], characters: str, *, first: bool) -> list[Piece] | None:
    """Remove characters from the first or the last end; None if their number is not certain."""
    outer, rest = (parts[0], parts[1:]) if first else (parts[-1], parts[:-1])
    remaining: TextLike | None = None
    if isinstance(outer, str):
        remaining = outer.lstrip(characters) if first else outer.rstrip(characters)
        if not remaining and rest:
            return _strip_end(rest, characters, first=first)
    elif _has_bounded_ends(outer, characters):
        return parts
    elif isinstance(outer, Unknown) and outer.shape is not None:
        remaining = strip_ends(outer.shape, characters, start=first, end=not first)
        if not remaining:
            return None
        if remaining == outer.shape:
            return parts
    if remaining is None:
        return None
    return [*pieces(remaining), *rest] if first else [*rest, *pieces(remaining)]


def _has_bounded_ends(piece: Unknown | JsonText, characters: str) -> bool:
    """Whether a piece definitely has another character than `characters` at either end."""
    if isinstance(piece, JsonText):
        return characters.isspace()
    return piece.hole.shortest > 0 and not any(piece.hole.allows(char) for char in characters)
