"""Split partly known texts, and compare them with known ones where a look at their ends is enough."""

from __future__ import annotations

from tfcheck.symbolic.value import JsonText, Piece, Text, TextLike, Truth, Unknown, pieces, spelled_out, text


def without_prefix(value: TextLike, prefix: str) -> TextLike:
    """Return a text without a literal prefix, if it begins with that."""
    if isinstance(value, str):
        return value.removeprefix(prefix)
    first, *rest = pieces(value)
    return text([first.removeprefix(prefix), *rest]) if isinstance(first, str) else value


def may_contain(value: TextLike, mark: str) -> bool:
    """Whether an unknown piece of a text may contain a mark."""
    unknown = [each for each in pieces(value) if not isinstance(each, str)]
    return any(isinstance(each, JsonText) or each.hole.allows(mark) for each in unknown)


def split_text(value: TextLike, mark: str, limit: int | None = None) -> list[TextLike] | None:
    """Split a text at the first `limit` marks, or at all; None if an unknown piece before them may contain one."""
    if isinstance(value, str):
        return [*value.split(mark, -1 if limit is None else limit)]
    parts: list[list[TextLike]] = [[]]
    for piece in pieces(value):
        if isinstance(piece, str):
            first, *rest = piece.split(mark, -1 if limit is None else limit + 1 - len(parts))
            parts[-1].append(first)
            parts.extend([each] for each in rest)
        elif (limit is None or len(parts) <= limit) and (not isinstance(piece, Unknown) or piece.hole.allows(mark)):
            return None
        else:
            parts[-1].append(piece)
    return [text(part) for part in parts]


def split_literals(value: TextLike, mark: str, limit: int | None = None) -> list[TextLike]:
    """Split the literals of a text at the first `limit` marks, or at all."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces(value):
        most = -1 if limit is None else limit + 1 - len(parts)
        first, *rest = piece.split(mark, most) if isinstance(piece, str) else [piece]
        parts[-1].append(first)
        parts.extend([each] for each in rest)
    return [text(part) for part in parts]


#: More possible texts of one are not listed.
_MOST = 16


def possible_texts(value: TextLike) -> list[TextLike]:
    """Return what a text may be, by the few that its unknown pieces are; nothing without such, or for too many."""
    spelled = spelled_out(value)
    found: list[TextLike] = [spelled]
    for choice in dict.fromkeys(each for each in pieces(spelled) if isinstance(each, Unknown) and each.hole.texts):
        assert isinstance(choice, Unknown)
        found = [
            text(chosen if piece == choice else piece for piece in pieces(each))
            for each in found
            for chosen in choice.hole.texts
        ]
        if len(found) > _MOST:
            return []
    return found if len(found) > 1 else []


def equal_known(value: Unknown | Text, known: str) -> Truth | None:
    """Compare with a string; None if that takes more than a look at the ends."""
    if isinstance(value, Unknown) and _is_plain(value):
        return Truth.UNKNOWN if value.hole.admits(known) else Truth.FALSE
    spelled = spelled_out(value)
    if isinstance(spelled, str):
        return Truth.of(spelled == known)
    first, last = pieces(spelled)[0], pieces(spelled)[-1]
    begins = not isinstance(first, str) or known.startswith(first)
    return None if begins and (not isinstance(last, str) or known.endswith(last)) else Truth.FALSE


def _is_plain(value: Unknown) -> bool:
    """Whether only its hole limits the possible texts of an unknown value."""
    is_open = value.hole.longest is None or value.hole.longest > len(value.hole.starts)
    return is_open and value.shape is None and not (value.fresh or value.family)
