"""`tostring` and the other conversions, `coalesce` and `sensitive`.

See https://developer.hashicorp.com/terraform/language/functions (type conversion functions).
"""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.hcl.evaluate.convert import to_bool, to_number, to_string, unify, unify_elements
from tfcheck.hcl.evaluate.elements import Unordered
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import ANY, EmptyList
from tfcheck.hcl.functions.arguments import Function, unknown_result
from tfcheck.symbolic.value import Set, Unknown, Value, is_known, is_never_empty


def tolist(items: Value) -> Value:
    """Convert all elements to one type, in order."""
    if items == []:
        return items if isinstance(items, EmptyList) else EmptyList(ANY, ANY)
    if items is None or isinstance(items, list):
        unified = None if items is None else unify_elements(items)
        return Unordered(unified) if unified is not None and isinstance(items, Unordered) else unified
    if not isinstance(items, Set):
        raise EvaluationError("a list or a set is required")
    if is_known(items):
        return list(items.items)
    if None in items.items:
        return unknown_result(items)
    # The known parts of strings may decide Terraform's order.
    from tfcheck.hcl.functions.lists import sort

    return sort(list(items.items))


def coalesce(*values: Value) -> Value:
    """Return the first value that is neither null nor an empty string, converted to the type of all."""
    if not values:
        raise EvaluationError("at least one argument is required")
    converted = _unify(values)
    for index, value in enumerate(converted):
        if value is None or value == "":
            continue
        if _definitely_chosen(value, values) or all(value is None or value == "" for value in converted[index + 1 :]):
            return value
        return unknown_result(list(values), may_fail=True)
    raise EvaluationError("no argument is set")


def _unify(values: tuple[Value, ...]) -> list[Value]:
    """Convert to one type. An untyped null prevents the conversion, a typed one does not: both must agree."""
    if None not in values:
        return unify(values)
    try:
        unified = unify(values)
    except EvaluationError:
        unified = [None] * len(values)
    return [
        value
        if (type(value) is type(other) or isinstance(value, list | dict)) and value == other
        else Unknown(reason="the type of a null decides", may_fail=True)
        for value, other in zip(values, unified, strict=True)
    ]


def _definitely_chosen(value: Value, values: Sequence[Value]) -> bool:
    if isinstance(value, (list, dict, Set)):
        # An unknown argument may be a string, which has no common type with a structure.
        return not any(isinstance(each, Unknown) for each in values)
    return is_never_empty(value) or (is_known(value) and value != "")


# NOTE: a mark is not part of the value.
FUNCTIONS = {
    "coalesce": Function(coalesce, "~any*", partial=True),
    "nonsensitive": Function(lambda value: value, "~any", partial=True),
    "sensitive": Function(lambda value: value, "~any", partial=True),
    "tobool": Function(to_bool, "~any", partial=True),
    "tolist": Function(tolist, "~shaped", partial=True),
    "tonumber": Function(to_number, "~any", partial=True),
    "tostring": Function(to_string, "~any", partial=True),
}
