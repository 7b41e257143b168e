"""Functions on strings, also with unknown pieces.

See https://developer.hashicorp.com/terraform/language/functions (string functions). The result for unknown pieces is
known only if it is the same for everything that they may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import msgspec

from tfcheck.hcl.evaluate.elements import OPEN_ORDER, Unordered
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import inline
from tfcheck.hcl.functions.arguments import Function, afford, limit_error, unknown_result
from tfcheck.hcl.functions.pieces import isolate, isolate_around, settled_start, strip_ends, without_affix
from tfcheck.hcl.syntax.template import SPACE
from tfcheck.symbolic.match import Verbatim, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.texts import split_literals
from tfcheck.symbolic.value import (
    Hole,
    JsonText,
    ListStart,
    Piece,
    TextLike,
    Truth,
    Unknown,
    Value,
    pieces,
    spelled_out,
    text,
)


def change_case(subject: TextLike, change: Callable[[str], str]) -> Value:
    """Convert to lower or upper case; unknown pieces that have no other letters stay the same."""
    return text(_mapped_piece(piece, change) for piece in pieces(subject))


def _mapped_piece(piece: Piece, change: Callable[[str], str]) -> TextLike:
    if isinstance(piece, str):
        if piece.isascii():
            return change(piece)
        return piece if change(piece) == piece else "".join(_mapped_letter(letter, change) for letter in piece)
    if isinstance(piece, Unknown) and not piece.hole.negated and change(piece.hole.chars) == piece.hole.chars:
        return piece
    if isinstance(piece, Unknown) and piece.shape is not None:
        shape = change_case(piece.shape, change)
        return piece if shape == piece.shape else shape  # type: ignore[return-value]
    return unknown_result(
        piece, hole=Hole(shortest=1) if isinstance(piece, JsonText) else _mapped_hole(piece.hole, change)
    )


def _mapped_hole(hole: Hole, change: Callable[[str], str]) -> Hole:
    """Return what the letters of a hole become; other characters stay excluded."""
    if not (hole.chars + hole.starts).isascii():
        return Hole(shortest=hole.shortest)
    kept = (each for each in hole.chars if not each.isalpha()) if hole.negated else set(map(change, hole.chars))
    texts = tuple(map(change, hole.texts))
    return Hole("".join(sorted(kept)), hole.negated, hole.shortest, hole.longest, change(hole.starts), texts=texts)


def _mapped_letter(letter: str, change: Callable[[str], str]) -> str:
    changed = change(letter)
    if len(changed) != 1:
        # NOTE: Go converts letter by letter, Python may return several for one; then the result is not decided here.
        raise limit_error(f"the letter U+{ord(letter):04X}")
    return changed


def title(subject: TextLike) -> Value:
    """Capitalise every word."""
    out: list[TextLike] = []
    before: Piece = " "
    for piece in pieces(spelled_out(inline(subject))):
        if isinstance(piece, str) and piece.isascii():
            out += (_title_letter(piece[0], before), _INITIAL.sub(lambda found: found[0].upper(), piece)[1:])
            before = piece[-1]
            continue
        for letter in piece if isinstance(piece, str) else (piece,):
            out.append(_title_letter(letter, before))
            before = letter
    return text(out)


#: The first letter of a word in plain text, except the first character.
_INITIAL = regex("(?<=[^A-Za-z0-9_])[a-z]")


def _title_letter(letter: Piece, before: Piece) -> TextLike:
    """Return a letter, or an unknown piece, in title case after another one."""
    begins = _ends_word(before)
    if isinstance(letter, str):
        raised = _mapped_letter(letter, str.title)
        if raised == letter or begins is Truth.FALSE:
            return letter
        return raised if begins is Truth.TRUE else unknown_result(before, hole=Hole(letter + raised, False, 1, 1))
    # NOTE: words may begin inside it.
    is_same = isinstance(letter, Unknown) and not letter.hole.negated and letter.hole.chars.upper() == letter.hole.chars
    is_word = isinstance(letter, Unknown) and _ends_word(letter) is Truth.FALSE and letter.hole.shortest > 0
    return letter if is_same or (is_word and begins is Truth.FALSE) else unknown_result(letter)


def _ends_word(piece: Piece) -> Truth:
    """Whether the last character of a piece separates words."""
    if isinstance(piece, str):
        return Truth.of(_separates(piece[-1]))
    if isinstance(piece, JsonText) or piece.hole.negated or piece.hole.shortest == 0:
        return Truth.UNKNOWN
    found = set(map(_separates, piece.hole.chars))
    return Truth.of(found == {True}) if len(found) == 1 else Truth.UNKNOWN


def _separates(letter: str) -> bool:
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    return letter in SPACE and not letter.isalpha()


#: Characters that are always a cluster of their own: Latin, Greek and Cyrillic letters, punctuation, kana and Chinese
#: characters. The tables of Unicode are not worth their weight here.
_CLUSTERS = regex(
    "[\x00-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u9fff]*"
)


def clusters(subject: str) -> list[str]:
    """Split a string into grapheme clusters (Unicode Standard Annex 29), which `length` and `substr` count."""
    if not _CLUSTERS.fullmatch(subject):
        raise limit_error("the characters of a string that may combine")
    return re.findall("\r\n|.", subject, re.DOTALL) if "\r\n" in subject else list(subject)


def substr(subject: TextLike, offset: int, length: int) -> Value:
    """Return `length` characters from `offset`; -1 means the rest, a negative offset counts from the end."""
    if isinstance(subject, str):
        return _substr(clusters(subject), offset, length)
    split = _split_at(spelled_out(subject), offset, length)
    if split is not None:
        return split
    first, *rest = pieces(subject)
    if offset < 0 or not isinstance(first, str):
        return subject if offset == 0 and 0 <= _longest(subject) <= length else unknown_result(subject)
    begun = clusters(first)
    if length >= 0 and offset + length < len(begun):
        return _substr(begun, offset, length)
    if offset < len(begun) and (length < 0 or 0 <= _longest(subject) <= offset + length):
        return text(["".join(begun[offset:]), *rest])
    return unknown_result(subject)


def _split_at(subject: TextLike, offset: int, length: int) -> TextLike | None:
    """Split a text with unknown pieces of known length; None for other pieces."""
    begin = whole = 0
    out: list[TextLike] = []
    parts = pieces(subject)
    for piece in parts:
        size = _fixed_length(piece)
        if size is None:
            return None
        whole += size
    start = max(0, offset + whole) if offset < 0 else offset
    if length == 0 and offset < 0:
        return None
    end = whole if length < 0 else min(whole, start + length)
    for piece in parts:
        low, high = max(start - begin, 0), min(end - begin, size := _fixed_length(piece) or 0)
        if low < high:
            if isinstance(piece, str):
                out.append(piece[low:high])
            elif (low, high) == (0, size):
                out.append(piece)
            elif isinstance(piece, Unknown) and not piece.hole.starts:
                hole = msgspec.structs.replace(piece.hole, shortest=high - low, longest=high - low, texts=())
                out.append(Unknown(reason=piece.reason, where=piece.where, hole=hole, sensitive=piece.sensitive))
            else:
                return None
        begin += size
    return text(out)


def _substr(letters: list[str], offset: int, length: int) -> str:
    if offset < 0:
        offset = max(0, offset + len(letters))
        # NOTE: Terraform checks for a length of 0 only after a positive offset.
        length = -1 if length == 0 else length
    elif length == 0:
        return ""
    if offset and offset >= len(letters):
        return ""
    return "".join(letters[offset:] if length < 0 else letters[offset : offset + length])


def _longest(subject: TextLike) -> int:
    """Return the greatest possible length of a text, or -1 if there is no limit."""
    total = 0
    for piece in pieces(subject):
        if isinstance(piece, str):
            total += len(piece)
        elif isinstance(piece, Unknown) and piece.hole.longest is not None:
            total += piece.hole.longest
        elif isinstance(piece, Unknown) and piece.shape is not None and _longest(piece.shape) >= 0:
            total += _longest(piece.shape)
        else:
            return -1
    return total


def has_part(subject: TextLike, part: TextLike, *, before: str = "", after: str = "") -> Value:
    """Whether `part` occurs in `subject`; `before` and `after` are `*` where it may be surrounded by other text."""
    subject = inline(subject)
    truth = glob((before, Verbatim(part), after), subject)
    return unknown_result([subject, part]) if truth is Truth.UNKNOWN else truth is Truth.TRUE


def trim_affix(subject: TextLike, affix: TextLike, *, at_end: bool) -> Value:
    """Remove a prefix or suffix, once."""
    spelled = inline(subject)
    has_it = glob(("*", Verbatim(affix)) if at_end else (Verbatim(affix), "*"), spelled)
    if has_it is Truth.FALSE:
        return subject
    rest = without_affix(spelled, affix, at_end=at_end) if has_it is Truth.TRUE else None
    return unknown_result([subject, affix]) if rest is None else rest


def trim(subject: TextLike, characters: TextLike) -> Value:
    """Remove every one of `characters` from both ends."""
    if not isinstance(characters, str):
        return unknown_result([subject, characters])
    stripped = strip_ends(inline(subject), characters)
    return unknown_result(subject) if stripped is None else stripped


def chomp(subject: TextLike) -> Value:
    """Remove all newlines from the end."""
    stripped = strip_ends(subject, "\r\n", start=False)
    return unknown_result(subject) if stripped is None else stripped


def indent(count: int, subject: TextLike) -> Value:
    """Indent every line but the first by `count` blanks."""
    if count < 0:
        raise EvaluationError("the number of blanks is negative")
    afford(characters=count)
    return replace(subject, "\n", "\n" + " " * count)


def replace(subject: TextLike, part: TextLike, replacement: TextLike) -> Value:
    """Replace every `part`, which is a regular expression if it is between slashes."""
    if not isinstance(part, str):
        return unknown_result([subject, part, replacement])
    if len(part) > 1 and part.startswith("/") and part.endswith("/"):
        if not isinstance(replacement, str):
            return unknown_result([subject, replacement])
        from tfcheck.hcl.functions import patterns  # the engine for regular expressions

        return patterns.replace(subject, part[1:-1], replacement)
    if isinstance(subject, str) and isinstance(replacement, str):
        afford(characters=subject.count(part) * len(replacement))
        return subject.replace(part, replacement)
    if part == replacement:
        return subject
    spelled = inline(subject)
    isolated = isolate(spelled, part) if part else None
    if isolated is not None and not any(part in piece for piece in pieces(isolated) if isinstance(piece, str)):
        return subject
    if isolated is None and isinstance(replacement, str):
        isolated = isolate_around(spelled, part, replacement, lambda piece: _replace_unknown(piece, replacement))
    if isolated is None:
        return unknown_result([subject, replacement])
    count = sum(piece.count(part) for piece in pieces(isolated) if isinstance(piece, str))
    afford(characters=count * _weight(replacement), steps=count)
    return join(replacement, [*split_literals(isolated, part)])


def _replace_unknown(piece: Unknown, replacement: str) -> Unknown:
    """Return the unknown result of a replacement in an unknown text."""
    chars = piece.hole.chars
    chars = "".join(sorted(set(chars) - set(replacement) if piece.hole.negated else set(chars) | set(replacement)))
    return unknown_result(piece, hole=Hole(chars, negated=piece.hole.negated))


def split(separator: TextLike, subject: TextLike) -> Value:
    """Split a string at every `separator`; an empty one separates all characters."""
    if not isinstance(separator, str):
        return unknown_result([separator, subject])
    if isinstance(subject, str):
        afford(elements=subject.count(separator) if separator else len(subject))
        return list(subject.split(separator) if separator else subject)
    isolated = isolate(inline(subject), separator)
    if isolated is not None:
        return [*split_literals(isolated, separator)]
    first = split_literals(settled_start(inline(subject), separator), separator)[:-1] if separator else []
    waits = unknown_result(subject)
    return (
        ListStart(reason=waits.reason, where=waits.where, may_fail=waits.may_fail, first=(*first,)) if first else waits
    )


def join(separator: TextLike, *lists: list[Value]) -> Value:
    """Join strings with `separator`."""
    if not lists:
        raise EvaluationError("at least one list is required")
    if any(isinstance(each, Unordered) and len(each) > 1 for each in lists):
        return Unknown(reason=OPEN_ORDER)
    items = [item for each in lists for item in each]
    if None in items:
        raise EvaluationError("an element of the list is null")
    between = max(len(items) - 1, 0) * _weight(separator)
    afford(characters=between + sum(_weight(item) for item in items), steps=len(items))
    parts: list[TextLike] = []
    for index, item in enumerate(items):
        parts += [separator, item] if index else [item]  # type: ignore[list-item]
    return text(parts)


def _weight(written: Value) -> int:
    """Return the number of known characters, plus one for each unknown piece."""
    if isinstance(written, str):
        return len(written)
    return sum(len(each) if isinstance(each, str) else 1 for each in pieces(written))  # type: ignore[arg-type, misc]


def length_of(subject: TextLike) -> Value:
    """Return the number of characters of a string, each grapheme cluster as one."""
    if isinstance(subject, str):
        return len(clusters(subject))
    lengths = [_fixed_length(each) for each in pieces(spelled_out(subject))]
    known = [each for each in lengths if each is not None]
    return sum(known) if len(known) == len(lengths) else unknown_result(subject)


def _fixed_length(piece: Piece) -> int | None:
    """Return how many characters a piece adds to any text; None if that is unknown."""
    # NOTE: only ASCII without the carriage return never joins several characters to one cluster.
    if isinstance(piece, str):
        return len(piece) if piece.isascii() and "\r" not in piece else None
    if isinstance(piece, JsonText) or piece.hole.negated or not piece.hole.chars.isascii() or "\r" in piece.hole.chars:
        return None
    return piece.hole.shortest if piece.hole.shortest == piece.hole.longest else None


FUNCTIONS = {
    "chomp": Function(chomp, "string", partial=True, total=True),
    "endswith": Function(partial(has_part, before="*"), "string string", partial=True, total=True),
    "indent": Function(indent, "integer string", partial=True),
    "join": Function(join, "string strings*", partial=True),
    "lower": Function(partial(change_case, change=str.lower), "string", partial=True, total=True),
    "replace": Function(replace, "string string string", partial=True),
    "split": Function(split, "string string", partial=True, total=True),
    "startswith": Function(partial(has_part, after="*"), "string string", partial=True, total=True),
    "strcontains": Function(partial(has_part, before="*", after="*"), "string string", partial=True, total=True),
    "strrev": Function(lambda subject: "".join(reversed(clusters(subject))), "string", total=True),
    "substr": Function(substr, "string integer integer", partial=True),
    "title": Function(title, "string", partial=True, total=True),
    "trim": Function(trim, "string string", partial=True, total=True),
    "trimprefix": Function(partial(trim_affix, at_end=False), "string string", partial=True, total=True),
    "trimspace": Function(partial(trim, characters=SPACE), "string", partial=True, total=True),
    "trimsuffix": Function(partial(trim_affix, at_end=True), "string string", partial=True, total=True),
    "upper": Function(partial(change_case, change=str.upper), "string", partial=True, total=True),
}
