"""Evaluate a conditional, whose two arms are converted to one type.

See https://developer.hashicorp.com/terraform/language/expressions/conditionals.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

import msgspec

from tfcheck.hcl.evaluate.alternatives import as_choice
from tfcheck.hcl.evaluate.budget import EvaluationRun
from tfcheck.hcl.evaluate.convert import OPEN_TYPE, build_set, combine, to_string, unify
from tfcheck.hcl.evaluate.elements import Unordered, bound_value, evaluate_all, is_referent
from tfcheck.hcl.evaluate.failing import stand_ins
from tfcheck.hcl.evaluate.marking import is_marked, mark_if, without_mark
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.evaluate.types import (
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    Type,
    empty_beside,
    equal_values,
    is_definitely_text,
)
from tfcheck.hcl.syntax.expression import (
    Attribute,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    Index,
    ListOf,
    Literal,
    ObjectOf,
    Splat,
    Template,
    Variable,
)
from tfcheck.symbolic.choices import is_choice, values_of
from tfcheck.symbolic.marks import has_mark
from tfcheck.symbolic.results import name_result
from tfcheck.symbolic.symbol import Result
from tfcheck.symbolic.value import (
    Piece,
    Set,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    one_of,
    parts_of,
    pieces,
    spelled_out,
    text,
)

_Seen = TypeVar("_Seen", bound=Seen)


def chosen_arm(node: Conditional, truth: bool, scope: Scope, run: EvaluationRun) -> Seen:
    """Return the arm that `truth` chooses, converted if the other arm's type requires it.

    An error in the other arm does not count, but its type does. NOTE: Terraform's type of a null is unknown here,
    unless a variable declares it; it is assumed to be that of the other arm.
    """
    arm, other = (node.then, node.otherwise) if truth else (node.otherwise, node.then)
    seen = run.see(arm, scope)
    try:
        peer = run.see(other, scope)
    except EvaluationError:
        return _beside_failing(arm, seen, other, scope, run)
    return _beside(arm, seen, other, peer, scope, run)


def _beside_failing(arm: Expression, seen: Seen, other: Expression, scope: Scope, run: EvaluationRun) -> Seen:
    """Return the chosen arm beside one that fails, if each type that this may have gives the same."""
    types = stand_ins(other, scope, run)
    try:
        one, *others = (_beside(arm, seen, each, run.see(each, scope), scope, run) for each in types)
    except EvaluationError:
        if len(types) == 1:
            raise
        return Unknown(reason=OPEN_TYPE, may_fail=True)
    return one if all(each == one for each in others) else Unknown(reason=OPEN_TYPE, may_fail=True)


def _beside(arm: Expression, seen: Seen, other: Expression, peer: Seen, scope: Scope, run: EvaluationRun) -> Seen:
    """Return the chosen arm, marked and converted by the other one."""
    # NOTE: the mark of the other arm counts too, as in Terraform.
    marks = is_marked(seen) or is_marked(peer)
    beside = without_mark(peer)
    beside = _with_declared_type(other, beside, scope) if gives_structure(arm) else beside
    return mark_if(marks, _converted_arm(arm, without_mark(seen), other, beside, run))


def _converted_arm(arm: Expression, seen: Seen, other: Expression, peer: Seen, run: EvaluationRun) -> Seen:
    """Return the chosen arm, converted to the common type of both."""
    if is_referent(seen) or is_referent(peer):
        return seen
    value, beside = evaluate_all(seen), evaluate_all(peer)
    # A set makes sets of tuples at the same place.
    if not _is_open_to(value, other, run) and not _has_any(beside, (Set,)):
        return empty_beside(value, beside) if value in ([], {}) else seen
    if run.trying and _may_clash(value, beside):
        return Unknown(reason="the arms of a conditional may have no type in common", may_fail=True)
    structural = [is_structural(arm, value), is_structural(other, beside)]
    if isinstance(value, list) and isinstance(beside, Set) and not gives_structure(arm):
        # With a set, a tuple becomes a set, a list does not.
        names = [item for item in value if isinstance(item, str)]
        is_sorted = len(names) == len(value) and all(one < following for one, following in pairwise(names))
        return value if is_sorted else _list_or_set(value)
    if (isinstance(value, Set) or isinstance(beside, Set)) and (gives_structure(arm) or gives_structure(other)):
        structural = [True, True]
    return unify([value, beside], structural=structural)[0]


def _list_or_set(items: list[Value]) -> Value:
    """Return a list that may be a set: a set has the same elements in another order if they are different texts."""
    as_set = build_set(items) if all(map(is_definitely_text, items)) else None
    if isinstance(as_set, Set) and len(as_set.items) == len(items):
        return Unordered(items)
    return Unknown(reason="a list or a set, by the type of the other arm")


def _is_open_to(value: Value, other: Expression, run: EvaluationRun) -> bool:
    """Whether the other arm could change the value, or be an error."""
    if run.trying or _has_any(value, _CONVERTIBLE):
        return True
    return isinstance(value, list) and isinstance(other, Call) and other.name in ("toset", "setunion")


def common_value(node: Conditional, truth: Unknown, scope: Scope, run: EvaluationRun) -> Seen:
    """Return what both arms have in common when the condition is unknown."""
    arms = f"{describe(node.then)} or {describe(node.otherwise)}"
    rest = Unknown(
        reason=f"{arms}, by a condition that waits for: {truth.reason}", where=truth.where, may_fail=truth.may_fail
    )
    marks = False
    try:
        left, right = run.see(node.then, scope), run.see(node.otherwise, scope)
        marks = is_marked(left) or is_marked(right)
        then, otherwise = evaluate_all(without_mark(left)), evaluate_all(without_mark(right))
        structural = [is_structural(node.then, then), is_structural(node.otherwise, otherwise)]
        one, other = unify([then, otherwise], structural=structural)
    except EvaluationError:
        return mark_if(marks, msgspec.structs.replace(rest, may_fail=True))
    return mark_if(marks, combine(one, other, lambda first, second: _common_parts(first, second, truth, rest)))


def _common_parts(one: Value, other: Value, truth: Unknown, rest: Unknown) -> Value:
    """Return what is equal in both, also at the ends of texts; `rest` otherwise."""
    if equal_values(one, other) is Truth.TRUE:
        return one
    if not is_definitely_text(one) or not is_definitely_text(other) or has_mark(one) or has_mark(other):
        return as_choice(rest, [one, other])
    assert isinstance(one, TextLike)
    assert isinstance(other, TextLike)
    between: Value = rest
    if isinstance(one, str) and isinstance(other, str):
        ends = shared_ends(one, other, rest)
        first, last = (ends.pieces[0], ends.pieces[-1]) if ends else (rest, rest)
        kept = slice(len(first) if isinstance(first, str) else None, -len(last) if isinstance(last, str) else None)
        between = msgspec.structs.replace(rest, hole=one_of(one[kept], other[kept]))
        between = name_result(between, "conditional", [truth, one[kept], other[kept]])
        assert isinstance(between, Unknown)
        between = as_choice(between, [one[kept], other[kept]])
    else:
        between = name_result(rest, "conditional", [truth, one, other])
    assert isinstance(between, Unknown)
    around = shared_ends(one, other, between)
    return as_choice(between if around is None else msgspec.structs.replace(rest, shape=around), [one, other])


def _may_clash(one: Value, other: Value) -> bool:
    """Whether an unknown value may have a type that is incompatible with the other one."""
    match one, other:
        case (dict(), dict()) if one.keys() == other.keys():
            return any(_may_clash(item, other[name]) for name, item in one.items())
        case (list(), list()) if len(one) == len(other):
            return any(map(_may_clash, one, other))
    unknown, beside = (one, other) if isinstance(one, Unknown) else (other, one)
    if not isinstance(unknown, Unknown) or is_definitely_text(unknown) or isinstance(beside, Unknown | None):
        return False
    # An attribute is usually a string, and people do not write what can only fail.
    is_attribute = unknown.symbol is not None and not isinstance(unknown.symbol.owner, Result)
    return not is_attribute or isinstance(beside, (list, dict, Set))


#: The types of what the type of the other arm could change: numbers, bools and sets.
_CONVERTIBLE = (int, float, Fraction, Set)


def _has_any(value: Value, kinds: tuple[type, ...]) -> bool:
    """Whether a value, or what is or may be in its lists and objects, is of one of some types."""
    inner = parts_of(value) if isinstance(value, (list, dict)) else values_of(value) if is_choice(value) else ()
    return isinstance(value, kinds) or any(_has_any(each, kinds) for each in inner)


def unify_arguments(nodes: Sequence[Expression], values: list[Value], scope: Scope) -> list[Value]:
    """Convert the arguments of `coalesce` to one type where some are sets and every list is definitely a tuple.

    A null that is declared as a string makes strings of numbers and bools.
    """
    if len(nodes) != len(values):
        return values
    if any(value is None and declared_type(node, scope) == STRING for node, value in zip(nodes, values, strict=True)):
        return [to_string(value) for value in values]
    typed = [_with_declared_type(*each, scope) for each in zip(nodes, values, strict=True)]
    if None in typed or not any(isinstance(each, Set) for each in typed):
        return values
    if not all(gives_structure(node) for node, value in zip(nodes, values, strict=True) if isinstance(value, list)):
        return values
    unified = unify(typed, structural=[True] * len(typed))
    return [None if value is None else each for value, each in zip(values, unified, strict=True)]


def _with_declared_type(node: Expression, value: _Seen, scope: Scope) -> _Seen | Set:
    """Return a set of a string instead of null, if `node` refers to a variable that is declared as `set(string)`."""
    return Set(("",)) if value is None and declared_type(node, scope) == SetType(STRING) else value


def declared_type(node: Expression, scope: Scope) -> Type | None:
    """Return the type that the declaration of a variable gives to a reference to it or to a part of it."""
    match node:
        case Attribute(source=Variable(name="var")) if not bound_value(scope, "var")[0]:
            return scope.declared_type(node.name)
        case Attribute() | Index():
            whole = declared_type(node.source, scope)
            if isinstance(whole, ObjectType):
                return whole.attributes.get(node.name) if isinstance(node, Attribute) else None
            return whole.element if isinstance(whole, (ListType, MapType)) else None
        case _:
            return None


def shared_ends(one: TextLike, other: TextLike, between: Unknown) -> Text | None:
    """Return a text with the common beginning and end of both, and `between` in the middle; None without either."""
    head, *rests = _shared_head(pieces(spelled_out(one)), pieces(spelled_out(other)))
    ends = [rest[-1] if rest else "" for rest in rests]
    mine, theirs = (end[::-1] if isinstance(end, str) else "" for end in ends)
    found = text([*head, between, _beginning(mine, theirs)[::-1]])
    return found if isinstance(found, Text) else None


def _shared_head(one: Sequence[Piece], other: Sequence[Piece]) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Return the common first pieces, and the rest of each."""
    head: list[Piece] = []
    first, second = list(one), list(other)
    while first and second:
        mine, theirs = first[0], second[0]
        if isinstance(mine, str) and isinstance(theirs, str):
            begun = _beginning(mine, theirs)
            first[:1], second[:1] = _drop_prefix(mine, begun), _drop_prefix(theirs, begun)
            head += [begun] if begun else []
            if not begun or (len(begun) < len(mine) and len(begun) < len(theirs)):
                break
        elif mine == theirs and isinstance(mine, Unknown) and mine.symbol is not None:
            head.append(mine)
            del first[0], second[0]
        else:
            break
    return head, first, second


def _drop_prefix(piece: str, begun: str) -> list[Piece]:
    return [piece[len(begun) :]] if len(piece) > len(begun) else []


def _beginning(one: str, other: str) -> str:
    """Return the common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))]


_LITERALS = (ListOf, ObjectOf, ForList, ForObject)


def is_structural(node: Expression, value: Value) -> bool:
    """Whether all lists in `value`, the result of `node`, are tuples, all mappings objects, and all nulls untyped."""
    match node, value:
        case (ListOf(), list()) if len(node.items) == len(value):
            return all(is_structural(item, part) for item, part in zip(node.items, value, strict=True))
        case (ObjectOf(), dict()):
            if all(_is_scalar(part) for part in value.values()):
                return True
            written = [(name.value, part) for name, part in node.items if isinstance(name, Literal)]
            named = {name: part for name, part in written if isinstance(name, str)}
            return named.keys() == value.keys() and all(
                is_structural(named[name], part) for name, part in value.items()
            )
        case (ForList(), list()):
            return all(_is_scalar(part) for part in value)
        case (ForObject(), dict()) if not node.group:
            return all(_is_scalar(part) for part in value.values())
        case (Literal(), None):
            return True
        case _:
            return _is_scalar(value)


def gives_structure(node: Expression) -> bool:
    """Whether `node` definitely evaluates to a list or an object."""
    return isinstance(node, _LITERALS)


def describe(node: Expression) -> str:
    """Return a description of the kind of an expression, without its values."""
    match node:
        case Literal(value=None):
            return "null"
        case Literal():
            return "a literal"
        case Template():
            return "a text"
        case ListOf() | ForList() | Splat():
            return "a list"
        case ObjectOf() | ForObject():
            return "an object"
        case Call():
            return f"`{node.name}(…)`"
        case Variable() | Attribute() | Index():
            return f"`{_reference(node)}`"
        case _:
            return "another expression"


def _reference(node: Expression) -> str:
    match node:
        case Variable():
            return node.name
        case Attribute():
            return f"{_reference(node.source)}.{node.name}"
        case Index():
            return f"{_reference(node.source)}[…]"
        case _:
            return "…"


def _is_scalar(value: Value) -> bool:
    return value is not None and not isinstance(value, (list, dict, Set))
