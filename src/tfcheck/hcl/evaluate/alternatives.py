"""Evaluate with every value that an unknown condition may choose, and keep what is certain of the results.

`concat(known, flag ? [x] : [])` has the known elements for both values of the flag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import ListValue, is_definitely_text
from tfcheck.symbolic import limits
from tfcheck.symbolic.choices import distinct_values
from tfcheck.symbolic.marks import has_mark
from tfcheck.symbolic.value import JsonText, OneOf, Unknown, Value, one_of, parts_of, unknowns

#: The number of values that are distinguished.
MOST = 32


def choose(values: Sequence[Value], rest: Unknown) -> Value:
    """Return what is certain of one of several values, part by part where all have one shape; otherwise `rest`."""
    distinct = distinct_values(values)
    if len(distinct) == 1:
        return distinct[0]
    lists = [each for each in distinct if isinstance(each, list) and type(each) in (list, ListValue)]
    if len(lists) == len(distinct) and len(set(map(len, lists))) == 1:
        chosen = [choose(column, rest) for column in zip(*lists, strict=True)]
        return ListValue(chosen) if all(isinstance(each, ListValue) for each in lists) else chosen
    objects = [each for each in distinct if isinstance(each, dict) and type(each) is type(distinct[0])]
    if len(objects) == len(distinct) and all(each.keys() == objects[0].keys() for each in objects):
        return type(objects[0])((name, choose([each[name] for each in objects], rest)) for name in objects[0])
    return as_choice(rest, distinct)


def as_choice(rest: Unknown, values: Sequence[Value]) -> Unknown:
    """Return an unknown value together with the values that it may be, if there are not too many and none is marked."""
    distinct = distinct_values(values)
    if len(distinct) > MOST or any(map(_is_anything, distinct)) or any(map(has_mark, distinct)):
        return rest
    known = {name: getattr(rest, name) for name in Unknown.__struct_fields__}
    texts = [each for each in distinct if isinstance(each, str)]
    if len(texts) == len(distinct) and not is_definitely_text(rest):
        known["hole"] = one_of(*texts)
    return OneOf(**known, values=tuple(distinct))


def _is_anything(value: Value) -> bool:
    return isinstance(value, Unknown) and value.symbol is None and not is_definitely_text(value)


def for_each_choice(values: Sequence[Value], rest: Unknown, compute: Callable[[Sequence[Value]], Value]) -> Value:
    """Return what is certain of the results for every choice in `values`; `rest` if there is none, or too many.

    A choice that occurs more than once is one and the same. No choice is made in texts and in sets.
    """
    possible = every_choice(values)
    if len(possible) == 1:
        return rest
    try:
        results = list(map(compute, possible))
    except EvaluationError:
        return rest
    return choose(results, msgspec.structs.replace(rest, may_fail=any(each.may_fail for each in unknowns(results))))


def every_choice(
    values: Sequence[Value], counts: Callable[[OneOf], bool] = lambda _: True
) -> Sequence[Sequence[Value]]:
    """Return what `values` are for every choice in them that counts; if that is too much, only themselves."""
    possible: Sequence[Sequence[Value]] = [values]
    most = _most_variants(values, counts)
    while most > 1 and (
        chosen := next(
            (found for each in possible for value in each for found in _choices(value) if counts(found)), None
        )
    ):
        possible = [other for each in possible for other in _variants(each, chosen)]
        if len(possible) > most:
            return [values]
    return possible


def _most_variants(values: Sequence[Value], counts: Callable[[OneOf], bool]) -> int:
    """Return how many variants of values there are to distinguish; 1 if more than allowed, or if few steps are left."""
    number, known = 1, set[int]()
    for each in chain.from_iterable(map(_choices, values)):
        if counts(each) and id(each) not in known:
            known.add(id(each))
            number *= len(each.values)
        if number > MOST:
            return 1
    if number == 1:
        return 1
    leaves = limits.size(list(values)).leaves
    return MOST if leaves * number <= limits.LEAVES and limits.take(leaves * number) else 1


def _variants(values: Sequence[Value], chosen: OneOf) -> Sequence[Sequence[Value]]:
    """Return what the values are for each value of a choice, once if it does not occur."""
    if not any(found is chosen for value in values for found in _choices(value)):
        return [values]
    return [[_substitute(value, chosen, by) for value in values] for by in chosen.values]


def _choices(value: Value) -> Iterator[OneOf]:
    """Yield the choices among the parts of a value."""
    if isinstance(value, OneOf) and value.values:
        yield value
    elif isinstance(value, (list, dict, JsonText)):
        for each in parts_of(value):
            yield from _choices(each)


def _substitute(value: Value, chosen: OneOf, by: Value) -> Value:
    if value is chosen:
        return by
    if next(_choices(value), None) is None or isinstance(value, OneOf):
        return value
    parts = [_substitute(each, chosen, by) for each in parts_of(value)]
    match value:
        case dict():
            return type(value)(zip(value, parts, strict=True))
        case list():
            return type(value)(parts)
        case _:
            return JsonText(parts[0])
