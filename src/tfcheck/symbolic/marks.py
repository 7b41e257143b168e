"""Mark values as sensitive, and find the marks inside of values.

A string carries its marks itself (`Sensitive`), and so does a number; an unknown value has a flag. Bools and null carry
none. How Terraform's expressions pass marks on is `tfcheck.hcl.evaluate.marking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import msgspec

from tfcheck.symbolic.numerals import as_text
from tfcheck.symbolic.sensitive_number import SENSITIVE_NUMBERS as _NUMBERS
from tfcheck.symbolic.sensitive_number import marked_number, unmarked_number
from tfcheck.symbolic.sensitive_text import Sensitive, is_whole, stretches
from tfcheck.symbolic.size import parts_of
from tfcheck.symbolic.value import JsonText, Set, Text, Unknown, Value


def marked(value: Value) -> Value:
    """Return `value` with every string, number and unknown in it marked as sensitive."""
    return _mapped(value, _marked_leaf, {})


#: What may carry a mark.
Leaf: TypeAlias = str | Unknown | int | float | Fraction
_LEAVES = (str, Unknown, int, float, Fraction)


def _marked_leaf(leaf: Leaf) -> Value:
    if isinstance(leaf, str):
        return Sensitive(str(leaf))
    if not isinstance(leaf, Unknown):
        return marked_number(leaf)
    return leaf if leaf.sensitive else msgspec.structs.replace(leaf, sensitive=True)


def _mapped(value: Value, change: Callable[[Leaf], Value], made: dict[int, Value]) -> Value:
    """Return `value` with every string, number and unknown in it changed; what is in it several times is made once."""
    if isinstance(value, _LEAVES):
        return change(value)
    if id(value) in made:
        return made[id(value)]
    parts = [_mapped(each, change, made) for each in parts_of(value)]
    made[id(value)] = found = _rebuilt(value, parts)
    return found


def _rebuilt(value: Value, parts: list[Value]) -> Value:
    match value:
        case Text():
            return Text(tuple(parts))  # type: ignore[arg-type]  # as the pieces were
        case JsonText():
            return JsonText(parts[0])
        case Set():
            return Set(tuple(parts))
        case list():
            return parts
        case dict():
            return type(value)(zip(value, parts, strict=True))
        case _:
            return value


def holds_mark(value: Value) -> bool:
    """Whether a string, a number or an unknown inside of `value` is marked."""
    return any(map(_is_marked, _leaves(value)))


def _is_marked(leaf: Leaf) -> bool:
    return leaf.sensitive if isinstance(leaf, Unknown) else isinstance(leaf, (Sensitive, *_NUMBERS))


def is_marked_throughout(value: Value) -> bool:
    """Whether no string and no unknown inside of `value` is without a mark."""
    leaves = (each for each in _leaves(value) if isinstance(each, (str, Unknown)))
    return all(is_whole(each) if isinstance(each, str) else each.sensitive for each in leaves)


def unmarked(value: Value) -> Value:
    """Return `value` without any mark; what has none stays the object that it is."""
    return _mapped(value, _unmarked_leaf, {}) if holds_mark(value) else value


def _unmarked_leaf(leaf: Leaf) -> Value:
    if isinstance(leaf, Unknown):
        return msgspec.structs.replace(leaf, sensitive=False)
    if isinstance(leaf, str):
        return str(leaf)
    return unmarked_number(leaf) if isinstance(leaf, _NUMBERS) else leaf


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
    """Yield what is marked in the strings of `value`, and its marked numbers as they are written."""
    for each in _leaves(value):
        if isinstance(each, Sensitive):
            yield from stretches(each)
        elif isinstance(each, _NUMBERS):
            yield str(as_text(each))
        elif isinstance(each, Unknown) and each.shape is not None:
            yield from marked_strings(each.shape)


def _leaves(value: Value) -> Iterator[Leaf]:
    """Yield the strings, the numbers and the unknowns in `value`. What is in it several times is looked at once."""
    if isinstance(value, _LEAVES):
        yield value
        return
    seen: set[int] = set()
    todo = parts_of(value)[::-1]
    while todo:
        part = todo.pop()
        if isinstance(part, _LEAVES):
            yield part
        elif id(part) not in seen:
            seen.add(id(part))
            todo += parts_of(part)[::-1]
