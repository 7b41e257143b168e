"""Mark values as sensitive, and find the marks inside of values.

A string carries its marks itself (`Sensitive`), an unknown value has a flag. Numbers, bools and null carry none: what
is printed is always a string. How Terraform's expressions pass marks on is `tfcheck.hcl.evaluate.marking`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tfcheck.symbolic.sensitive_text import Sensitive, is_whole, stretches
from tfcheck.symbolic.value import JsonText, Set, Text, Unknown, Value


def marked(value: Value) -> Value:
    """Return `value` with every string and every unknown in it marked as sensitive."""
    match value:
        case str():
            return Sensitive(str(value))
        case Unknown():
            return value if value.sensitive else msgspec.structs.replace(value, sensitive=True)
        case Text():
            return Text(tuple(marked(piece) for piece in value.pieces))  # type: ignore[misc]
        case JsonText():
            return JsonText(marked(value.value))
        case Set():
            return Set(tuple(map(marked, value.items)))
        case list():
            return [marked(item) for item in value]
        case dict():
            return type(value)((name, marked(item)) for name, item in value.items())
        case _:
            return value


def holds_mark(value: Value) -> bool:
    """Whether a string or an unknown inside of `value` is marked."""
    match value:
        case str():
            return isinstance(value, Sensitive)
        case Unknown():
            return value.sensitive
        case Text():
            return any(map(holds_mark, value.pieces))
        case JsonText():
            return holds_mark(value.value)
        case Set():
            return any(map(holds_mark, value.items))
        case list():
            return any(map(holds_mark, value))
        case dict():
            return any(map(holds_mark, value.values()))
        case _:
            return False


def is_marked_throughout(value: Value) -> bool:
    """Whether no string and no unknown inside of `value` is without a mark."""
    match value:
        case str():
            return is_whole(value)
        case Unknown():
            return value.sensitive
        case Text():
            return all(map(is_marked_throughout, value.pieces))
        case JsonText():
            return is_marked_throughout(value.value)
        case Set():
            return all(map(is_marked_throughout, value.items))
        case list():
            return all(map(is_marked_throughout, value))
        case dict():
            return all(map(is_marked_throughout, value.values()))
        case _:
            return True


def unmarked(value: Value) -> Value:
    """Return `value` without any mark; what has none stays the object that it is."""
    return _without(value) if holds_mark(value) else value


def _without(value: Value) -> Value:
    match value:
        case str():
            return str(value)
        case Unknown():
            return msgspec.structs.replace(value, sensitive=False)
        case Text():
            return Text(tuple(_without(piece) for piece in value.pieces))  # type: ignore[misc]
        case JsonText():
            return JsonText(_without(value.value))
        case Set():
            return Set(tuple(map(_without, value.items)))
        case list():
            return [_without(item) for item in value]
        case dict():
            return type(value)((name, _without(item)) for name, item in value.items())
        case _:
            return value


def with_mask(value: Any, mask: Any) -> Any:
    """Return `value` with those parts marked that a sensitivity mask of a plan marks."""
    match value, mask:
        case _, None | False:
            return value
        case dict(), True:
            return {name: marked(item) for name, item in value.items()}
        case _, True:
            return marked(value)
        case dict(), dict():
            return {name: with_mask(item, mask.get(name)) for name, item in value.items()}
        case list(), list():
            # NOTE: a mask may be shorter than its list: Terraform drops what marks nothing from the end.
            masks = mask + [None] * (len(value) - len(mask))
            return [with_mask(item, part) for item, part in zip(value, masks, strict=False)]
        case list() | dict(), list() | dict():
            return marked(value)  # another shape than its mask: nobody can tell what is marked
        case _:
            return value


def marked_strings(value: Value) -> Iterator[str]:
    """Yield what is marked in the strings of `value`."""
    match value:
        case Sensitive():
            yield from stretches(value)
        case Unknown() if value.shape is not None:
            yield from marked_strings(value.shape)
        case Text():
            for piece in value.pieces:
                yield from marked_strings(piece)
        case JsonText():
            yield from marked_strings(value.value)
        case Set():
            for item in value.items:
                yield from marked_strings(item)
        case list():
            for item in value:
                yield from marked_strings(item)
        case dict():
            for item in value.values():
                yield from marked_strings(item)
        case _:
            pass
