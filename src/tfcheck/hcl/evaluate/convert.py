"""Convert a value to a type, or several values to their common type.

See https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion and
https://developer.hashicorp.com/terraform/language/expressions/type-constraints. Unknown leaves stay unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from tfcheck.hcl.evaluate import types
from tfcheck.hcl.evaluate.alternatives import for_each_choice
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import EmptyList, EmptyMap, ListValue, MapValue
from tfcheck.symbolic.choices import is_choice, without_choice
from tfcheck.symbolic.limits import LEAVES, REASON, size, take
from tfcheck.symbolic.marks import Leaf, map_leaves
from tfcheck.symbolic.numbers import ROUNDED, as_text, exact, parse_number, spell_number
from tfcheck.symbolic.value import JsonText, OneOf, Set, Text, Truth, Unknown, Value, parts_of, unknowns

_BOOLS = {"true": True, "false": False, "1": True, "0": False}
#: Why a number or a bool is unknown that may become a string.
OPEN_TYPE = "converted to the type of another value, which is not known yet"


def to_string(value: Value) -> Value:
    """Convert to a string; null and unknown parts stay."""
    match value:
        case None:
            return None
        case list() | dict() | Set():
            raise EvaluationError(f"string required, got {kind_name(value)}")
        case _:
            written = as_text(value)
            return ROUNDED if written is None else written


def to_number(value: Value) -> Value:
    """Convert to a number (int or Fraction); null stays null."""
    if value is None or (isinstance(value, (int, float, Fraction)) and not isinstance(value, bool)):
        return exact(value)
    if not isinstance(value, str):
        return _converted_text(value, "a number")
    number = parse_number(value)
    if number is None:
        raise EvaluationError("a number is required, got other text")
    return number


def to_bool(value: Value) -> Value:
    """Convert to a bool; null stays null."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value not in _BOOLS:
            raise EvaluationError("a bool is required, got other text")
        return _BOOLS[value]
    return _converted_text(value, "a bool")


def _converted_text(value: Value, wanted: str) -> Value:
    if isinstance(value, Unknown):
        # A symbol is the text; the number or bool is another value.
        return Unknown(reason=value.reason, where=value.where, may_fail=True)
    if isinstance(value, (Text, JsonText)):
        return Unknown(reason=f"{wanted} in a text that is known only after apply", may_fail=True)
    raise EvaluationError(f"{wanted} is required, got {kind_name(value)}")


def convert(value: Value, kind: types.Type) -> Value:
    """Convert `value` to `kind`, as Terraform does for a variable of that type."""
    if isinstance(value, OneOf) and value.values:
        return for_each_choice([value], without_choice(value), lambda chosen: convert(chosen[0], kind))
    if isinstance(value, Unknown) or value is None:
        return value
    if isinstance(value, (list, dict)) and not take(2 * len(value)):
        return Unknown(reason=REASON)
    match kind:
        case types.ListType():
            return ListValue(elements_of(sequence(value), kind.element)) or EmptyList(kind.element, kind.element)
        case types.SetType():
            return build_set(elements_of(sequence(value), kind.element))
        case types.MapType():
            members = mapping(value)
            converted = elements_of(list(members.values()), kind.element)
            return MapValue(zip(members, converted, strict=True)) or EmptyMap(kind.element, kind.element)
        case types.TupleType():
            items = sequence(value)
            if len(items) != len(kind.elements):
                raise EvaluationError(f"tuple of {len(kind.elements)} elements required, got {len(items)}")
            return [convert(item, element) for item, element in zip(items, kind.elements, strict=True)]
        case types.ObjectType():
            members = mapping(value)
            attributes: dict[str, Value] = {}
            for name, wanted in kind.attributes.items():
                if name not in members and name not in kind.defaults:
                    raise EvaluationError(f"attribute `{name}` is required")
                item = members.get(name)
                attributes[name] = convert(kind.defaults.get(name) if item is None else item, wanted)
            return attributes
        case types.Primitive():
            to_primitive = _TO_PRIMITIVE.get(kind)
            return value if to_primitive is None else to_primitive(value)


def elements_of(items: Sequence[Value], element: types.Type) -> list[Value]:
    """Convert every element to one type; for `any`, to their common type."""
    converted = [convert(item, element) for item in items]
    return unify(converted) if _is_open_type(element) and _leaves_open(element, converted) else converted


def _leaves_open(kind: types.Type, values: Iterable[Value]) -> bool:
    """Whether it depends on all of some values what they are converted to; nulls stay null."""
    known = [each for each in values if each is not None]
    if kind == types.ANY or any(isinstance(each, Unknown) for each in known):
        return bool(known) and _is_open_type(kind)
    match kind:
        case types.ObjectType():
            rows = [each for each in known if isinstance(each, dict)]
            return any(_leaves_open(inner, [each[name] for each in rows]) for name, inner in kind.attributes.items())
        case types.TupleType():
            tuples = [each for each in known if isinstance(each, list)]
            return any(_leaves_open(inner, [each[at] for each in tuples]) for at, inner in enumerate(kind.elements))
        case types.ListType() | types.SetType() | types.MapType():
            return _leaves_open(kind.element, [one for each in known for one in parts_of(each)])
    return False


def _is_open_type(kind: types.Type) -> bool:
    return kind == types.ANY or any(_is_open_type(inner) for inner in types.elements(kind))


def sequence(value: Value) -> list[Value]:
    """Return the elements of a list or a set."""
    if isinstance(value, Set):
        return list(value.items)
    if isinstance(value, list):
        return value
    raise EvaluationError(f"a list or a set is required, got {kind_name(value)}")


def mapping(value: Value) -> dict[str, Value]:
    """Return an object or a map."""
    if isinstance(value, dict):
        return value
    raise EvaluationError(f"an object or a map is required, got {kind_name(value)}")


def unify(values: Sequence[Value], *, structural: Sequence[bool] = ()) -> list[Value]:
    """Convert `values` to their common type, as conditionals, `tolist`, `coalesce` and others do.

    Whether a list is a list or a tuple for Terraform may affect its elements: then the element becomes unknown.
    `structural` says of each value whether all its lists and mappings are certainly tuples and objects.
    """
    if all(isinstance(value, str | Text | JsonText | Unknown | None) for value in values) and not any(
        isinstance(value, OneOf) for value in values
    ):
        return list(values)
    leaves = size(list(values)).leaves
    if leaves > LEAVES or not take(2 * leaves):
        return [Unknown(reason=REASON) for _ in values]
    if any(map(is_choice, unknowns(list(values)))):
        values = [map_leaves(value, _without_open_choice(values)) for value in values]
    readings = [_reading(values, collections=[False] * len(values))]
    if not structural or not all(structural):
        readings.append(_reading(values, collections=[not each for each in structural] or [True] * len(values)))
    possible = [reading for reading in readings if reading is not None]
    if not possible:
        raise EvaluationError("the values have no type in common")
    return [combine(one, other, _common_reading) for one, other in zip(possible[0], possible[-1], strict=True)]


def unify_elements(items: list[Value]) -> list[Value]:
    """Convert what becomes one list, set or map to a common type."""
    if isinstance(items, ListValue):
        return items
    kinds = [types.type_of(item, collections=False) for item in items]
    return list(map(_convert_to_unclear_type, items)) if types.mix_nulls(kinds) else unify(items)


def _without_open_choice(values: Sequence[Value]) -> Callable[[Leaf], Value]:
    """Return what forgets the choices among `values` that the common type may change: all but those of texts."""
    has_set = _has_any(list(values), (Set,))
    return lambda leaf: (
        without_choice(leaf)
        if isinstance(leaf, OneOf) and (has_set or _has_any([*leaf.values], (int, float, Fraction, Set)))
        else leaf
    )


def _has_any(value: Value, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) or any(_has_any(each, kinds) for each in parts_of(value))


def _reading(values: Sequence[Value], *, collections: Sequence[bool]) -> list[Value] | None:
    """Convert to the common type with the lists of each value as tuples, or as lists where possible."""
    pairs = zip(values, collections, strict=True)
    shared = types.common([types.type_of(value, collections=as_lists) for value, as_lists in pairs])
    if shared is None:
        return None
    if shared == types.ANY:  # there are only nulls
        return list(values)
    try:
        return [convert(value, shared) for value in values]
    except EvaluationError:
        return None


def _convert_to_open_type(value: Value) -> Value:
    """Return what remains of `value` beside a value of unknown type: numbers and bools may become strings."""
    match value:
        case list():
            return [_convert_to_open_type(item) for item in value]
        case dict():
            return {name: _convert_to_open_type(item) for name, item in value.items()}
        case bool() | int() | float() | Fraction():
            return Unknown(reason=OPEN_TYPE)
        case _:
            return value


def _convert_to_unclear_type(_: Value) -> Value:
    return Unknown(reason="the values may have no type in common", may_fail=True)


_TO_PRIMITIVE = {
    types.STRING: to_string,
    types.NUMBER: to_number,
    types.BOOL: to_bool,
    types.UNSEEN: _convert_to_open_type,
    types.UNCLEAR: _convert_to_unclear_type,
}


def combine(one: Value, other: Value, join: Callable[[Value, Value], Value]) -> Value:
    """Return what `join` makes of two values, or part by part of structures of the same shape."""
    match one, other:
        case (list(), list()) if len(one) == len(other):
            parts = [combine(first, second, join) for first, second in zip(one, other, strict=True)]
            return ListValue(parts) if isinstance(one, ListValue) and isinstance(other, ListValue) else parts
        case (dict(), dict()) if one.keys() == other.keys():
            members = {name: combine(item, other[name], join) for name, item in one.items()}
            return MapValue(members) if isinstance(one, MapValue) and isinstance(other, MapValue) else members
        case _:
            return join(one, other)


def _common_reading(one: Value, other: Value) -> Value:
    """Keep what two readings have in common."""
    if isinstance(one, Set) and isinstance(other, Set):
        is_same = types.equal_values(one, other, alike=True) is Truth.TRUE
    else:
        is_same = type(one) is type(other) and one == other
    return one if is_same else Unknown(reason=OPEN_TYPE)


def keep_unconverted(items: list[Value], empty: EmptyList) -> list[Value]:
    """Return what of `items` stays the same if they become elements of a list of the type of `empty`."""
    try:
        converted = unify([empty, items])[1]
    except EvaluationError:  # Terraform makes a tuple of lists without a common type
        return items
    others = converted if isinstance(converted, list) else [converted] * len(items)
    return [combine(one, other, _common_value) for one, other in zip(items, others, strict=True)]


def _common_value(one: Value, other: Value) -> Value:
    return one if isinstance(one, Unknown) and not is_choice(one) else _common_reading(one, other)


def build_set(items: Iterable[Value]) -> Value:
    """Build a set of `items` of one type: without duplicates, in Terraform's order.

    If two items may be equal, the whole set is unknown. With unknown items the given order stays.
    """
    items = list(items)
    if all(isinstance(item, str) for item in items):
        return Set(tuple(sorted({str(item): item for item in items}.values(), key=str)))
    different = without_equals(items)
    if different is None:
        return Unknown(reason="a set of values that may turn out to be equal")
    if all(isinstance(item, str | None | bool | int | float | Fraction | list | dict | Set) for item in different):
        different.sort(key=_rank)
    return Set(tuple(different))


def without_equals(items: Iterable[Value]) -> list[Value] | None:
    """Return the first of equal elements each; None if two may turn out to be equal."""
    different: list[Value] = []
    for item in items:
        found = Truth.some(types.equal_values(item, other, alike=True) for other in different)
        if found is Truth.UNKNOWN:
            return None
        different += [item] if found is Truth.FALSE else []
    return different


def _rank(item: Value) -> tuple[bool, Fraction, str]:
    """Return the rank of a set element: numbers by size, strings by code point, structures by hash, null last."""
    number = int(item) if isinstance(item, bool) else exact(item)
    if item is None or number is not None:
        return item is None, Fraction(number or 0), ""
    return False, Fraction(0), item if isinstance(item, str) else _hash_text(item)


def _hash_text(item: Value) -> str:
    match item:
        case str():
            return '"' + "".join(map(_hashed_char, item)) + '"'
        case bool():
            return "T" if item else "F"
        case list():
            return "[" + "".join(_hash_text(part) + ";" for part in item) + "]"
        case MapValue():
            return "{" + "".join(f"{_hash_text(name)}:{_hash_text(item[name])};" for name in sorted(item)) + "}"
        case dict():
            return "<" + "".join(f"{_hash_text(item[name])};" for name in sorted(item)) + ">"
        case Set():
            return "[" + "".join(_hash_text(part) + ";" for part in item.items) + "]"
        case None:
            return "~"
        case _:
            number = exact(item)
            return (None if number is None else spell_number(number)) or "?"


def _hashed_char(char: str) -> str:
    """Escape like Go's `%q`: unprintable characters sort by their escape."""
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_ESCAPES = {'"': '\\"', "\\": "\\\\"} | {chr(7 + index): f"\\{letter}" for index, letter in enumerate("abtnvfr")}


def kind_name(value: Value) -> str:
    """Return the name of the type of `value` for people."""
    match value:
        case None:
            return "null"
        case bool():
            return "a bool"
        case list():
            return "a list"
        case Set():
            return "a set"
        case dict():
            return "an object"
        case str() | Text() | JsonText():
            return "a string"
        case Unknown():
            return "a value not known yet"
        case _:
            return "a number"
