"""Partly known values.

A value is plain JSON data (None, bool, numbers, str, list, dict) in which any leaf may be `Unknown`, any string may be
a `Text` with unknown pieces, and a string known to be JSON of such data is a `JsonText`. Equality and matching are in
`tfcheck.symbolic.match`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from fractions import Fraction
from typing import TypeAlias, Union

import msgspec

from tfcheck.symbolic.caching import cache_by_object
from tfcheck.symbolic.doubt import Doubt, DoubtKind, Hint
from tfcheck.symbolic.sensitive_text import join, redact
from tfcheck.symbolic.symbol import Result, Symbol


class Truth(Enum):
    """Kleene's three values. UNKNOWN means "known after apply", never "probably"."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    def __and__(self, other: Truth) -> Truth:
        """Return the falser side."""
        # NOTE: by identity, since `.value` of an Enum is slow and this is the innermost step of every decision.
        if self is _TRUE or other is _FALSE:
            return other
        return _UNKNOWN if self is _UNKNOWN else _FALSE

    def __or__(self, other: Truth) -> Truth:
        """Return the truer side."""
        if self is _FALSE or other is _TRUE:
            return other
        return _UNKNOWN if self is _UNKNOWN else _TRUE

    def __invert__(self) -> Truth:
        """Return the opposite of true and false; unknown stays."""
        return _INVERTED[self]

    def __bool__(self) -> bool:
        """Raise an error: `if truth:` would silently read UNKNOWN as true."""
        raise TypeError("three-valued: compare with `is Truth.TRUE`")

    @staticmethod
    def of(fact: bool) -> Truth:
        """Return TRUE or FALSE for a known fact."""
        return _TRUE if fact else _FALSE

    @staticmethod
    def every(truths: Iterable[Truth]) -> Truth:
        """Return the conjunction; TRUE when there are none."""
        result = _TRUE
        for truth in truths:
            if truth is _FALSE:
                return _FALSE
            if truth is _UNKNOWN:
                result = truth
        return result

    @staticmethod
    def some(truths: Iterable[Truth]) -> Truth:
        """Return the disjunction; FALSE when there are none."""
        result = _FALSE
        for truth in truths:
            if truth is _TRUE:
                return _TRUE
            if truth is _UNKNOWN:
                result = truth
        return result


_FALSE, _UNKNOWN, _TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
_INVERTED = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


class Hole(msgspec.Struct, frozen=True):
    """The possible texts of an unknown value: their characters and their length.

    `chars` lists the characters that may occur, or with `negated` those that may not; `longest` None is no limit.
    `starts` is a literal beginning that every such text has. `open_type`: the value need not be a string, but may be
    a number or null. `texts` lists all of them, if it is not empty.
    """

    chars: str = ""
    negated: bool = True
    shortest: int = 0
    longest: int | None = None
    starts: str = ""
    open_type: bool = False
    texts: tuple[str, ...] = ()

    def allows(self, char: str) -> bool:
        """Whether `char` may occur in the text."""
        return (char in self.chars) is not self.negated

    def admits(self, text: str) -> bool:
        """Whether it may be this text."""
        if len(text) < self.shortest or (self.longest is not None and len(text) > self.longest):
            return False
        if self.texts:
            return text in self.texts
        return text.startswith(self.starts) and all(map(self.allows, text[len(self.starts) :]))


_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def one_of(*texts: str) -> Hole:
    """Return the hole of a text that is one of these."""
    chars, lengths = "".join(sorted(set("".join(texts)))), [len(each) for each in texts]
    return Hole(chars, False, min(lengths), max(lengths), texts=texts)


ANYTHING = Hole()
#: One part of an ARN, or a name: neither a separator nor a wildcard. Not empty.
NAME = Hole(chars=":/*?$ ", shortest=1)
#: The suffix that AWS appends to a secret's name.
SECRET_SUFFIX = Hole(chars=_ALNUM, negated=False, shortest=6, longest=6)
ACCOUNT_ID = Hole(chars="0123456789", negated=False, shortest=12, longest=12)
#: The suffix that the provider appends to `name_prefix` and `bucket_prefix`.
PREFIX_SUFFIX = Hole(chars="0123456789abcdef", negated=False, shortest=26, longest=26)
#: The id that AWS assigns to a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
ROLE_ID = Hole(chars="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", negated=False, shortest=16, longest=128, starts="AROA")
REGION = Hole(chars="abcdefghijklmnopqrstuvwxyz0123456789-", negated=False, shortest=9)
PARTITION = Hole(chars="abcdefghijklmnopqrstuvwxyz-", negated=False, shortest=3, starts="aws")


class KnownAfterApply(str):
    """The reason for a value that is known only after apply."""

    __slots__ = ()


def hint_of(*values: Value) -> Hint | None:
    """Return what to pass so that the first unknown value that can become known does; None if none can."""
    reasons = (each.reason for each in values if isinstance(each, Unknown))
    return next((each.hint for each in reasons if isinstance(each, Doubt) and each.hint is not None), None)


class Unknown(msgspec.Struct, frozen=True):
    """A value known only after apply, or one that tfcheck cannot compute.

    `reason` says what it waits for, `where` the file and line that made it unknown. `shape` is the same value with the
    parts of it that are known (the ARN of a bucket whose name is known); it describes the same text as `symbol` and
    never replaces it. Unknowns of one `family` with different symbols are definitely different (ids that AWS assigns).
    `fresh`: AWS assigns it only when the plan is applied, so that it is nothing that is known before.
    `may_fail`: it may be an error that `try` would catch (a gap of ours, an index into a list not known yet).
    """

    symbol: Symbol | None = None
    reason: str = KnownAfterApply("known only after apply")
    where: str = ""
    hole: Hole = ANYTHING
    shape: str | Text | None = None
    family: str = ""
    may_fail: bool = False
    sensitive: bool = False
    fresh: bool = False


class ListStart(Unknown, frozen=True):
    """A list with known `first` elements, followed by at least one more."""

    first: tuple[Value, ...] = ()


class OneOf(Unknown, frozen=True):
    """One of several values, by a condition that is unknown; none of them is marked."""

    values: tuple[Value, ...] = ()

    def __hash__(self) -> int:
        """Return a hash without the values, which may be lists."""
        return hash(self.reason)


class JsonText(msgspec.Struct, frozen=True, eq=False):
    """A string that is the JSON encoding of `value`, which has unknown leaves."""

    value: Value


class Text(msgspec.Struct, frozen=True):
    """A string with unknown pieces. Build it with `text`, which keeps its invariants.

    INVARIANT: no empty literal, never two literals side by side, at least one piece that is not a literal, and more
    than one piece.
    """

    pieces: tuple[Piece, ...]


class Set(msgspec.Struct, frozen=True):
    """A Terraform set made during evaluation: in Terraform's order, without duplicates."""

    items: tuple[Value, ...]


Value: TypeAlias = Union[  # a quoted name does not go with `|`
    None, bool, int, float, "Fraction", str, Unknown, Text, JsonText, Set, list["Value"], dict[str, "Value"]
]
#: A value that is or will be a string; `PlainText` is not the encoding of a JSON document.
PlainText: TypeAlias = str | Text | Unknown
TextLike: TypeAlias = str | Unknown | Text | JsonText
Piece: TypeAlias = str | Unknown | JsonText


def text(pieces: Iterable[TextLike]) -> TextLike:
    """Join `pieces` into one string.

    A single piece is returned as it is, so that `"${x}"` stays `x`; no piece at all is the empty string.
    """
    together: list[Piece] = []
    literals: list[str] = []
    for piece in pieces:
        # NOTE: most are strings, and checking for that first takes a tenth of the time.
        if isinstance(piece, str):
            literals += (piece,) if piece else ()
            continue
        for part in piece.pieces if isinstance(piece, Text) else (piece,):
            if isinstance(part, str):
                literals += (part,) if part else ()
                continue
            if literals:
                together.append(join(literals))
                literals = []
            together.append(part)
    if literals:
        together.append(join(literals))
    if not together:
        return ""
    return together[0] if len(together) == 1 else Text(tuple(together))


def pieces(value: TextLike) -> tuple[Piece, ...]:
    """Return the pieces of any string; an empty one has none."""
    if isinstance(value, str):
        return (value,) if value else ()
    return value.pieces if isinstance(value, Text) else (value,)


def is_never_empty(value: Value) -> bool:
    """Whether a value definitely is a string with a character."""
    if isinstance(value, Unknown):
        return (
            value.hole.shortest > 0 or bool(value.family) or (value.shape is not None and is_never_empty(value.shape))
        )
    return isinstance(value, (str, Text, JsonText)) and any(
        not isinstance(each, Unknown) or is_never_empty(each) for each in pieces(value)
    )


def spelled_out(value: TextLike) -> TextLike:
    """Replace every unknown piece that has a known shape by that shape, recursively."""
    return value if isinstance(value, str) else _spell_out(value)


@cache_by_object
def _spell_out(value: TextLike) -> TextLike:
    own = pieces(value)
    if not any(isinstance(each, Unknown) and each.shape is not None for each in own):
        return value
    shapes = (each.shape if isinstance(each, Unknown) else None for each in own)
    return text(each if shape is None else spelled_out(shape) for each, shape in zip(own, shapes, strict=True))


def known_text(value: Value) -> Value:
    """Return a text as a string if everything in it is known but not sensitive; otherwise unchanged."""
    if not isinstance(value, (Unknown, Text)) or any(
        isinstance(each, Unknown) and each.sensitive for each in pieces(value)
    ):
        return value
    spelled = spelled_out(value)
    return spelled if isinstance(spelled, str) else value


def identity(value: Value) -> TextLike | None:
    """Return a key that is equal for two strings only if they are the same text, or None.

    What has no symbol may be equal to something else of which as little is known, so it has no identity.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, (Unknown, Text)):
        return None
    parts: list[TextLike] = []
    for piece in pieces(spelled_out(value)):
        if isinstance(piece, JsonText) or (isinstance(piece, Unknown) and piece.symbol is None):
            return None
        parts.append(piece if isinstance(piece, str) else Unknown(symbol=piece.symbol))
    return text(parts)


def items(value: Value) -> tuple[Value, ...] | Unknown:
    """Return the elements of a list or set; null has none.

    A collection with an open number of elements is an `Unknown`, which cannot be iterated over: each caller has to
    decide what further elements mean for it. So is a value that is not a collection.
    """
    match value:
        case None:
            return ()
        case list():
            return tuple(value)
        case Set():
            return value.items
        case Unknown():
            return value
        case _:
            return Unknown(reason="it is not a list")


def parts_of(value: Value) -> list[Value]:
    """Return the direct parts of a value: elements, members without their keys, pieces."""
    match value:
        case list():
            return value
        case dict():
            return list(value.values())
        case Set():
            return list(value.items)
        case JsonText():
            return [value.value]
        case Text():
            return list(value.pieces)
        case _:
            return []


def unknowns(value: Value) -> Iterator[Unknown]:
    """Iterate over every unknown leaf and piece of `value`, in order."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, Unknown):
            yield part
        elif not isinstance(part, str):
            todo += parts_of(part)[::-1]


def strings(value: Value) -> Iterator[str]:
    """Iterate over the known strings in `value` at any depth, except object keys."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, (list, dict)):
            todo += parts_of(part)[::-1]


def is_known(value: Value) -> bool:
    """Whether nothing in `value` is unknown."""
    return next(unknowns(value), None) is None


_PROVIDER_DOUBTS = {
    "region": DoubtKind.PROVIDER_REGION,
    "account_id": DoubtKind.PROVIDER_ACCOUNT,
    "partition": DoubtKind.PROVIDER_PARTITION,
}


def value_doubt(value: Value) -> Doubt:
    """Return that something depends on a value, in the words that display it."""
    shown = display(value)
    if shown == _UNNAMED:
        return Doubt(shown, DoubtKind.UNNAMED_VALUE)
    symbol = value.symbol if isinstance(value, Unknown) else None
    is_of_provider = symbol is not None and symbol.is_of_provider
    return Doubt(shown, _PROVIDER_DOUBTS.get(str(symbol.path[-1])) if symbol and is_of_provider else None)


_UNNAMED = "(known after apply)"


def display(value: Value) -> str:
    """Format a string for people: unknown pieces as `${aws_s3_bucket.b.arn}`, marked ones as `(sensitive)`."""
    match value:
        case str():
            return redact(value)
        case Unknown(symbol=None, shape=None):
            return _UNNAMED
        case Unknown(symbol=None, shape=shape):
            return display(shape)
        case Unknown(symbol=Symbol(owner=Result(function="conditional"))):
            return _UNNAMED
        case Unknown(symbol=symbol):
            return f"${{{symbol}}}"
        case Text():
            return "".join(display(piece) for piece in value.pieces)
        case _:
            return _UNNAMED
