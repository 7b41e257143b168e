"""The type of a value, the common type of several values, and whether two values are equal.

Follows Terraform's conversion and unification of types
(https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion) and its operator `==`
(https://developer.hashicorp.com/terraform/language/expressions/operators#equality-operators).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias, Union

import msgspec

from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import exact
from tfcheck.symbolic.value import ANYTHING, JsonText, Set, Text, Truth, Unknown, Value


class Primitive(msgspec.Struct, frozen=True):
    """`string`, `number`, `bool`, or one of ANY, UNSEEN and UNCLEAR, which are not types yet."""

    name: str


class ListType(msgspec.Struct, frozen=True):
    """`list(element)`."""

    element: Type


class SetType(msgspec.Struct, frozen=True):
    """`set(element)`."""

    element: Type


class MapType(msgspec.Struct, frozen=True):
    """`map(element)`."""

    element: Type


class TupleType(msgspec.Struct, frozen=True):
    """`tuple([a, b])`."""

    elements: tuple[Type, ...]


class ObjectType(msgspec.Struct, frozen=True):
    """`object({name = type})`; `defaults` has the optional attributes with their defaults."""

    attributes: dict[str, Type]
    defaults: dict[str, Value] = {}


Type: TypeAlias = Union[  # noqa: UP007 (types refer to each other)
    Primitive, ListType, SetType, MapType, TupleType, ObjectType
]

STRING = Primitive("string")
NUMBER = Primitive("number")
BOOL = Primitive("bool")
#: Any type: that of `null`, and `any` in a declaration.
ANY = Primitive("any")
#: The type of an unknown value, whose effect on the common type is also unknown.
UNSEEN = Primitive("unseen")
#: The type of values of which it is not known whether they have a common type.
UNCLEAR = Primitive("unclear")


class ListValue(list[Value]):
    """A list that is certainly not a tuple: all of its elements have one type."""


class EmptyList(ListValue):
    """An empty list whose element type is known: with its lists as tuples, and as lists where possible."""

    def __init__(self, element: Type, as_collections: Type) -> None:
        super().__init__()
        self.readings = (element, as_collections)


class MapValue(dict[str, Value]):
    """An object that is a map: all of its members have one type, to which `lookup` converts its default.

    Any other dict counts as an object there, as it is written in the sources or shown by a plan.
    """


class EmptyMap(MapValue):
    """An empty map whose element type is known, as that of `EmptyList`."""

    def __init__(self, element: Type, as_collections: Type) -> None:
        super().__init__()
        self.readings = (element, as_collections)


def is_definitely_text(value: Value) -> bool:
    """Whether `value` is certainly a string, known or not."""
    if isinstance(value, Unknown):
        return value.shape is not None or bool(value.family) or (value.hole != ANYTHING and not value.hole.open_type)
    return isinstance(value, (str, Text, JsonText))


def type_of(value: Value, *, collections: bool) -> Type:
    """Return the type of `value`.

    Most values do not distinguish lists from tuples nor maps from objects: with `collections`, lists and maps are
    assumed where possible.
    """
    match value:
        case None:
            return ANY
        case bool():
            return BOOL
        case int() | float() | Fraction():
            return NUMBER
        case EmptyList():
            return ListType(value.readings[collections])
        case EmptyMap():
            return MapType(value.readings[collections])
        case ListValue():
            return ListType(_type_of_each(value, collections=collections))
        case MapValue():
            return MapType(_type_of_each(list(value.values()), collections=collections))
        case list():
            columns = tuple(type_of(item, collections=collections) for item in value)
            uniform = _uniform(columns) if collections else None
            return TupleType(columns) if uniform is None else ListType(uniform)
        case dict():
            members = {name: type_of(item, collections=collections) for name, item in value.items()}
            uniform = _uniform(members.values()) if collections else None
            return ObjectType(members) if uniform is None else MapType(uniform)
        case Set():
            return SetType(common([type_of(item, collections=collections) for item in value.items]) or ANY)
        case _:
            return STRING if is_definitely_text(value) else UNSEEN


def _type_of_each(items: Sequence[Value], *, collections: bool) -> Type:
    """Return the type that all of these have, which the nulls and unknown values among them do not show."""
    for as_lists in dict.fromkeys((collections, False)):
        shared: Type | None = ANY
        for item in items:
            shared = _same(shared, type_of(item, collections=as_lists)) if shared is not None else None
        if shared is not None:
            return _of_typed(shared)
    return UNCLEAR


def _of_typed(kind: Type) -> Type:
    """Return a type in which nulls have a type too, which they do not show."""
    match kind:
        case ListType() | SetType() | MapType():
            return type(kind)(_of_typed(kind.element))
        case TupleType():
            return TupleType(tuple(map(_of_typed, kind.elements)))
        case ObjectType():
            return ObjectType({name: _of_typed(inner) for name, inner in kind.attributes.items()})
        case _:
            return UNSEEN if kind == ANY else kind


def _same(one: Type, other: Type) -> Type | None:
    """Return the type of two values that have the same; None if they cannot."""
    if one == other or other in (ANY, UNSEEN):
        return UNSEEN if (one, other) == (ANY, UNSEEN) else one
    match one, other:
        case (Primitive(), _) if one in (ANY, UNSEEN):
            return other
        case (ObjectType(), ObjectType()) if one.attributes.keys() == other.attributes.keys():
            both = {name: _same(kind, other.attributes[name]) for name, kind in one.attributes.items()}
            attributes = {name: kind for name, kind in both.items() if kind is not None}
            return ObjectType(attributes) if len(attributes) == len(both) else None
        case (ListType() | SetType() | MapType(), ListType() | SetType() | MapType()) if type(one) is type(other):
            element = _same(one.element, other.element)
            return None if element is None else type(one)(element)
        case _:
            return None


def empty_beside(empty: Value, other: Value) -> Value:
    """Return an empty list or object with the element type that Terraform gives to it beside `other`."""
    found = [common(type_of(each, collections=as_lists) for each in (empty, other)) for as_lists in (False, True)]
    kinds = [kind for kind in found if kind is not None]
    if kinds and isinstance(other, list) and all(isinstance(kind, ListType) for kind in kinds):
        return EmptyList(*(elements(kind)[0] for kind in (kinds[0], kinds[-1])))
    if kinds and isinstance(other, dict) and all(isinstance(kind, MapType) for kind in kinds):
        return EmptyMap(*(elements(kind)[0] for kind in (kinds[0], kinds[-1])))
    return empty


def common(types: Iterable[Type]) -> Type | None:
    """Return the type that all `types` convert to, or None."""
    kinds = list(types)
    seen = [kind for kind in kinds if kind is not ANY and kind != ANY]
    decided = [kind for kind in seen if kind != UNSEEN]
    if not decided:
        return UNSEEN if seen else ANY
    shared: Type | None = None
    if all(isinstance(kind, Primitive) for kind in decided):
        if STRING in decided or all(kind == decided[0] for kind in decided):
            shared = STRING if STRING in decided else decided[0]
        elif len(decided) < len(seen):
            # A number and a bool have no common type, unless the unknown value turns out to be a string.
            return UNSEEN
    elif all(isinstance(kind, (MapType, ObjectType)) for kind in decided):
        shared = _common_structure(_common_mapping(decided), decided, has_null=len(seen) < len(kinds))
    elif all(isinstance(kind, (ListType, TupleType, SetType)) for kind in decided):
        shared = _common_structure(_common_sequence(decided), decided, has_null=len(seen) < len(kinds))
    return shared if shared is None or len(decided) == len(seen) else _blur(shared)


def _common_structure(shared: Type | None, types: Sequence[Type], *, has_null: bool) -> Type | None:
    """Return the common type of structures, which Terraform leaves as they are beside a null without a type."""
    differ = any(kind != shared for kind in types) and not any(isinstance(kind, SetType) for kind in types)
    return UNSEEN if has_null and differ and shared not in (None, UNCLEAR) else shared


def _common_mapping(types: Sequence[Type]) -> Type | None:
    objects = [kind for kind in types if isinstance(kind, ObjectType)]
    if len(objects) == len(types) and all(kind.attributes.keys() == objects[0].attributes.keys() for kind in objects):
        shared = {name: common(kind.attributes[name] for kind in objects) for name in objects[0].attributes}
        attributes = {name: kind for name, kind in shared.items() if kind is not None}
        return ObjectType(attributes) if len(attributes) == len(shared) else None
    found = [element for kind in types for element in elements(kind)]
    element = common(found)
    if element is None and any(ANY in kind.attributes.values() for kind in objects):
        return UNCLEAR  # an attribute that is null without a type may let Terraform leave all as they are
    return None if element is None else MapType(UNCLEAR if mix_nulls(found) else element)


def _common_sequence(types: Sequence[Type]) -> Type | None:
    tuples = [kind for kind in types if isinstance(kind, TupleType)]
    if len(tuples) == len(types) and len({len(kind.elements) for kind in tuples}) == 1:
        shared = [common(column) for column in zip(*(kind.elements for kind in tuples), strict=True)]
        columns = tuple(kind for kind in shared if kind is not None)
        return TupleType(columns) if len(columns) == len(shared) else None
    if any(isinstance(kind, SetType) for kind in types):
        return _common_with_sets(types)
    found = [element for kind in types for element in elements(kind)]
    element = common(found)
    return None if element is None else ListType(UNCLEAR if mix_nulls(found) else element)


def mix_nulls(kinds: Sequence[Type]) -> bool:
    """Whether elements have a null in a place where others have a structure, so that Terraform may not convert them.

    It converts them if the null is of that type, as an attribute of a typed variable is.
    """
    rows = [kind.attributes for kind in kinds if isinstance(kind, ObjectType)]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = [[row[name] for row in rows if name in row] for name in names]
    # NOTE: the elements of an empty list are of any type, like null.
    inner = [one for kind in kinds if not isinstance(kind, ObjectType) for one in elements(kind)]
    return any(map(_is_mixed, columns)) or any(mix_nulls(each) for each in (*columns, inner) if each)


def _is_mixed(kinds: Sequence[Type]) -> bool:
    return ANY in kinds and not all(isinstance(kind, Primitive) for kind in kinds)


def _common_with_sets(types: Sequence[Type]) -> Type | None:
    """Find the common type of sets, lists and tuples: a list stays a list, a tuple becomes a set of that type."""
    sets = [kind for kind in types if isinstance(kind, SetType)]
    lists = [kind for kind in types if isinstance(kind, ListType)]
    element = common(kind.element for kind in sets)
    if element == ANY or (lists and any(kind.element != element for kind in lists)):
        element = common(inner for kind in types for inner in elements(kind))
        element = None if element is None else _blur(element) if lists else element
    if element is None:
        return None
    return ListType(element) if lists else SetType(element)


def elements(kind: Type) -> tuple[Type, ...]:
    """Return the element types of `kind`."""
    match kind:
        case ListType() | SetType() | MapType():
            return (kind.element,)
        case TupleType():
            return kind.elements
        case ObjectType():
            return tuple(kind.attributes.values())
        case _:
            return ()


def _uniform(members: Iterable[Type]) -> Type | None:
    """Return the type that all members already have, apart from nulls."""
    decided = [kind for kind in members if kind != ANY]
    if not decided:
        return ANY
    return decided[0] if all(kind == decided[0] for kind in decided) else None


def _blur(kind: Type) -> Type:
    """Return what remains of the type `kind` beside a value of unknown type."""
    match kind:
        case ListType():
            return ListType(_blur(kind.element))
        case SetType():
            return SetType(_blur(kind.element))
        case MapType():
            return MapType(_blur(kind.element))
        case TupleType():
            return TupleType(tuple(_blur(element) for element in kind.elements))
        case ObjectType():
            return ObjectType({name: _blur(element) for name, element in kind.attributes.items()})
        case _:
            return kind if kind in (STRING, UNCLEAR) else UNSEEN


#: Steps for comparing two values; the parts of structures are compared one by one.
_STEPS = 5


def equal_values(left: Value, right: Value, *, alike: bool = False) -> Truth:
    """Compare two values as `==` does.

    Values do not distinguish lists from tuples, nor maps from objects. Two structures with equal contents are equal
    only if both sides are `alike` in that; otherwise the result is unknown, as it is when the run's allowance is used
    up.
    """
    if not take(_STEPS):
        return Truth.UNKNOWN
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _equal_unknown(left, right)
    match left, right:
        case (str(), str()):
            return Truth.of(left == right)
        case (str() | Text() | JsonText(), str() | Text() | JsonText()):
            return equal(left, right)
        case (list(), list()):
            return _equal_lists(left, right, alike=alike)
        case (Set(), Set()):
            contents = _equal_lists(list(left.items), list(right.items), alike=True)
            is_certain = alike or (bool(left.items) and all(isinstance(item, str) for item in left.items))
            if contents is Truth.TRUE and is_certain:
                return Truth.TRUE
            return _may_overlap(left.items, right.items)
        case (Set() | list(), Set() | list()):
            items, others = (each.items if isinstance(each, Set) else each for each in (left, right))
            return _may_overlap(items, others)
        case (dict(), dict()):
            if left.keys() != right.keys():
                return Truth.FALSE
            contents = Truth.every(equal_values(item, right[name], alike=alike) for name, item in left.items())
            return contents if alike or contents is Truth.FALSE else Truth.UNKNOWN
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return Truth.of(left is right)
    first, second = exact(left), exact(right)
    return Truth.of(first is not None and first == second)


def _equal_unknown(left: Value, right: Value) -> Truth:
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return equal(left, right)
    unknown, other = (left, right) if isinstance(left, Unknown) else (right, left)
    if is_definitely_text(other):
        return equal(unknown, other)
    return Truth.FALSE if is_definitely_text(unknown) else Truth.UNKNOWN


def _equal_lists(left: list[Value], right: list[Value], *, alike: bool) -> Truth:
    if not alike:
        return _may_overlap(left, right)
    if len(left) != len(right):
        return Truth.FALSE
    return Truth.every(equal_values(one, other, alike=True) for one, other in zip(left, right, strict=True))


def _may_overlap(left: Sequence[Value], right: Sequence[Value]) -> Truth:
    """Return FALSE if one side has an element that the other definitely lacks.

    Order and repetition do not count, since either may be a set that the plan shows as a list.
    """
    some = _has_missing(left, right) or _has_missing(right, left)
    return Truth.FALSE if some else Truth.UNKNOWN


def _has_missing(items: Iterable[Value], others: Sequence[Value]) -> bool:
    return any(all(equal_values(item, other) is Truth.FALSE for other in others) for item in items)
