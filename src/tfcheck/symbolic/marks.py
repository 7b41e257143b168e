"""Mark values as sensitive, and find the marks inside values.

A string or a number carries its mark itself (`Sensitive`); an unknown value has a flag. Bools and null have no marks.
How Terraform's expressions propagate marks is in `tfcheck.hcl.evaluate.marking`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import msgspec

from tfcheck.symbolic.numbers import SENSITIVE_NUMBERS as _NUMBERS
from tfcheck.symbolic.numbers import as_text, marked_number, unmarked_number
from tfcheck.symbolic.sensitive_text import Sensitive, is_fully_marked, merge_spans, stretches
from tfcheck.symbolic.value import JsonText, OneOf, Set, Text, Unknown, Value, parts_of


def mark_all(value: Value) -> Value:
    """Mark every string, number and unknown in `value` as sensitive."""
    return map_leaves(value, _marked_leaf)


def mark_occurrences(value: Value, sensitive: Collection[str]) -> Value:
    """Mark sensitive texts wherever a string in `value` contains them."""
    return map_leaves(value, lambda leaf: _with_marks(leaf, sensitive) if isinstance(leaf, str) else leaf)


def _with_marks(text: str, sensitive: Collection[str]) -> str:
    plain = str(text)
    spans = [*text.spans] if isinstance(text, Sensitive) else []
    for each in sensitive:
        found: list[tuple[int, int]] = []
        start = plain.find(each)
        while start >= 0:
            first = found.pop()[0] if found and found[-1][1] >= start else start
            found.append((first, start + len(each)))
            start = plain.find(each, start + 1)
        spans += found
    return Sensitive(plain, merge_spans(sorted(spans))) if spans else text


#: Types that can carry a mark.
Leaf: TypeAlias = str | Unknown | int | float | Fraction
_LEAVES = (str, Unknown, int, float, Fraction)
_MARKED = (Sensitive, *_NUMBERS)


def _marked_leaf(leaf: Leaf) -> Value:
    if isinstance(leaf, str):
        return Sensitive(str(leaf))
    if not isinstance(leaf, Unknown):
        return marked_number(leaf)
    if isinstance(leaf, OneOf):
        return msgspec.structs.replace(leaf, sensitive=True, values=())
    return leaf if leaf.sensitive else msgspec.structs.replace(leaf, sensitive=True)


def map_leaves(value: Value, change: Callable[[Leaf], Value], made: dict[int, Value] | None = None) -> Value:
    """Change every string, number and unknown in `value`, keeping shared parts shared: those `made` before."""
    if isinstance(value, _LEAVES):
        return change(value)
    made = {} if made is None else made
    if id(value) not in made:
        made[id(value)] = _rebuilt(value, [map_leaves(each, change, made) for each in parts_of(value)])
    return made[id(value)]


def _rebuilt(value: Value, parts: list[Value]) -> Value:
    match value:
        case _ if not parts:
            return value
        case Text():
            return Text(tuple(parts))  # type: ignore[arg-type]  # as the pieces were
        case JsonText():
            return JsonText(parts[0])
        case Set():
            return Set(tuple(parts))
        case list():
            return type(value)(parts)
        case dict():
            return type(value)(zip(value, parts, strict=True))
        case _:
            return value


def has_mark(value: Value) -> bool:
    """Whether a string, a number or an unknown inside `value` is marked."""
    return _is_marked(value) if isinstance(value, _LEAVES) else any(map(_is_marked, _leaves(value)))


def _is_marked(leaf: Leaf) -> bool:
    return leaf.sensitive if isinstance(leaf, Unknown) else isinstance(leaf, _MARKED)


def is_marked_throughout(value: Value) -> bool:
    """Whether every string and unknown inside `value` is marked."""
    leaves = (each for each in _leaves(value) if isinstance(each, (str, Unknown)))
    return all(is_fully_marked(each) if isinstance(each, str) else each.sensitive for each in leaves)


def unmark_all(value: Value) -> Value:
    """Remove all marks from `value`; without any, it stays the same object."""
    return map_leaves(value, _unmarked_leaf) if has_mark(value) else value


def _unmarked_leaf(leaf: Leaf) -> Value:
    if isinstance(leaf, Unknown):
        return msgspec.structs.replace(leaf, sensitive=False)
    if isinstance(leaf, str):
        return str(leaf)
    return unmarked_number(leaf) if isinstance(leaf, _NUMBERS) else leaf


def apply_mask(
    value: Any, mask: Any, mark: Callable[[Any], Any] = mark_all, gather: Callable[[Any], Any] = lambda parts: parts
) -> Any:
    """Mark the parts of `value` that a plan's sensitivity mask marks; `gather` builds a value from its parts."""
    match value, mask:
        case _, None | False:
            return value
        case _, True:
            return mark(value)
        case dict(), dict():
            return gather({name: apply_mask(item, mask.get(name), mark, gather) for name, item in value.items()})
        case list(), list():
            # NOTE: a mask may be shorter than its list: Terraform drops unmarked elements at the end.
            masks = mask + [None] * (len(value) - len(mask))
            return gather([apply_mask(item, part, mark, gather) for item, part in zip(value, masks, strict=False)])
        case list() | dict(), list() | dict():
            return mark(value)  # another shape than its mask: the marked parts are unknown
        case _:
            return value


def marked_strings(value: Value) -> Iterator[str]:
    """Yield the marked parts of strings in `value`, and its marked numbers as text."""
    for each in _leaves(value):
        if isinstance(each, Sensitive):
            yield from stretches(each)
        elif isinstance(each, _NUMBERS):
            yield str(as_text(each))
        elif isinstance(each, Unknown) and each.shape is not None:
            yield from marked_strings(each.shape)


def _leaves(value: Value) -> Iterator[Leaf]:
    """Yield the strings, numbers and unknowns in `value`, visiting shared parts once."""
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
