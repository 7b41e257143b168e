"""Functions on objects and maps.

See https://developer.hashicorp.com/terraform/language/functions (collection functions).
"""

from __future__ import annotations

from fractions import Fraction

from tfcheck.hcl.evaluate.convert import to_bool, to_number, to_string, unify_elements
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import MapValue, is_definitely_text
from tfcheck.hcl.functions.arguments import LONGEST_LIST, Function, afford, limit_error, unknown_result
from tfcheck.symbolic.value import Set, Unknown, Value


def keys(members: dict[str, Value]) -> Value:
    """Return the keys, sorted by code point."""
    return [key for key in sorted(members)]  # noqa: C416 (a list of values, not of strings)


def values(members: dict[str, Value]) -> Value:
    """Return the values in the order of their keys."""
    return [members[key] for key in sorted(members)]


def lookup(members: dict[str, Value], key: str, *default: Value) -> Value:
    """Return the member called `key`, or the default."""
    # NOTE: the default must have the map's element type even if it is not used.
    fallback = default[0] if default else None
    if default and isinstance(members, MapValue):
        fallback = _convert_default(members, fallback)
    if key not in members and not default:
        raise EvaluationError("there is no such key, and no default")
    return members.get(key, fallback)


def _convert_default(members: MapValue, default: Value) -> Value:
    """Convert a default to a map's element type, which an empty map does not show."""
    if default is None or isinstance(default, Unknown):
        return default
    for item in members.values():
        if is_definitely_text(item):
            return to_string(default)
        if isinstance(item, bool):
            return to_bool(default)
        if isinstance(item, (int, float, Fraction)):
            return to_number(default)
    if isinstance(default, (bool, int, float, Fraction)) or any(isinstance(item, Unknown) for item in members.values()):
        return Unknown(reason="`lookup` in a map whose type is unknown", may_fail=True)
    return default


def merge(*objects: Value) -> Value:
    """Merge objects; later ones win, and null is ignored."""
    if all(
        isinstance(members, MapValue) and all(isinstance(item, str) for item in members.values()) for members in objects
    ):
        merged: dict[str, Value] = MapValue()
    else:
        merged = {}
    for members in objects:
        if isinstance(members, Unknown):
            return unknown_result(members, may_fail=True)
        if not isinstance(members, dict | None):
            raise EvaluationError("an object or a map is required")
        if len(merged) > LONGEST_LIST:
            raise limit_error("an object of so many members")
        afford(steps=len(members or {}) // 4)
        merged.update(members or {})
    return merged


def zipmap(names: list[Value], items: list[Value]) -> Value:
    """Build an object from keys and values."""
    if len(names) != len(items):
        raise EvaluationError("the lists differ in length")
    if not all(isinstance(name, str) for name in names):
        if None in names:
            raise EvaluationError("a key is null")
        return unknown_result(names)
    return dict(zip(map(str, names), items, strict=True))


def transpose(members: dict[str, Value]) -> Value:
    """Invert a map of lists of strings."""
    turned: dict[str, list[str]] = {}
    for key in sorted(members):
        items = members[key]
        afford(steps=2 * len(items) if isinstance(items, list) else 0)
        if not isinstance(items, (list, Set)):
            raise EvaluationError("a map of lists of strings is required")
        for item in items.items if isinstance(items, Set) else items:
            name = to_string(item)
            if not isinstance(name, str):
                raise EvaluationError("an element of a list is null")
            turned.setdefault(name, []).append(key)
    return {name: list(turned[name]) for name in sorted(turned)}


def tomap(members: dict[str, Value]) -> Value:
    """Convert all members to one type."""
    if isinstance(members, MapValue):
        return members
    return MapValue(zip(members, unify_elements(list(members.values())), strict=True))


FUNCTIONS = {
    "keys": Function(keys, "object", partial=True),
    "lookup": Function(lookup, "object literal ~any?", partial=True),
    "merge": Function(merge, "~any*", partial=True),
    "tomap": Function(tomap, "object", partial=True),
    "transpose": Function(transpose, "object"),
    "values": Function(values, "object", partial=True),
    "zipmap": Function(zipmap, "strings list", partial=True),
}
