"""Keep what two texts have in common at both ends, where it is open which of them a value is."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.symbolic.value import JsonText, Text, TextLike, Unknown, pieces, spelled_out, text

_Piece = str | Unknown | JsonText


def shared_ends(one: TextLike, other: TextLike, between: Unknown) -> Text | None:
    """Return a text that begins and ends as both do, with `between` in its middle; None where they share no end."""
    head, mine, theirs = _shared_head(pieces(spelled_out(one)), pieces(spelled_out(other)))
    found = text([*head, between, _shared_tail(mine, theirs)])
    return found if isinstance(found, Text) else None


def _shared_head(one: Sequence[_Piece], other: Sequence[_Piece]) -> tuple[list[_Piece], list[_Piece], list[_Piece]]:
    """Return the pieces that both begin with, and what is left of each."""
    head: list[_Piece] = []
    first, second = list(one), list(other)
    while first and second:
        mine, theirs = first[0], second[0]
        if isinstance(mine, str) and isinstance(theirs, str):
            begun = _beginning(mine, theirs)
            first[:1], second[:1] = _rest(mine, begun), _rest(theirs, begun)
            head += [begun] if begun else []
            if not begun or (len(begun) < len(mine) and len(begun) < len(theirs)):
                break
        elif mine == theirs and isinstance(mine, Unknown) and mine.symbol is not None:
            head.append(mine)
            del first[0], second[0]
        else:
            break
    return head, first, second


def _rest(piece: str, begun: str) -> list[_Piece]:
    return [piece[len(begun) :]] if len(piece) > len(begun) else []


def _shared_tail(one: Sequence[_Piece], other: Sequence[_Piece]) -> str:
    """Return the literal that what is left of both ends with."""
    mine, theirs = (each[-1] if each and isinstance(each[-1], str) else "" for each in (one, other))
    return _beginning(mine[::-1], theirs[::-1])[::-1]


def _beginning(one: str, other: str) -> str:
    """Return what both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))]
