"""Access the attributes and elements of a value.

Resources and modules stay lazy in lists, objects and `for`: they are evaluated completely only where a function, an
operator or a conversion needs the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TypeGuard

import msgspec

from tfcheck.hcl.evaluate.alternatives import for_each_choice
from tfcheck.hcl.evaluate.convert import kind_name, to_string
from tfcheck.hcl.evaluate.scope import EvaluationError, Referent, Scope, Seen
from tfcheck.hcl.evaluate.types import Type, is_definitely_text
from tfcheck.symbolic.marks import mark_all
from tfcheck.symbolic.numbers import SENSITIVE_NUMBERS, exact, parse_number
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.symbol import Symbol
from tfcheck.symbolic.value import JsonText, ListStart, Set, Text, Unknown, Value, known_text, unknowns

_VALUES = (type(None), bool, int, float, str, list, dict, Unknown, Text, JsonText, Set, Fraction)
_BOOL_KEY = Unknown(reason="unsupported: a bool as a key of an object or a map", may_fail=True)


class LocalScope(msgspec.Struct, frozen=True, eq=False):
    """Names bound inside an expression or a block, before those of `parent`: `for`, templates, iterators."""

    parent: Scope
    names: dict[str, Seen]

    def lookup(self, root: str, name: str) -> Seen:
        """Return a bound name, or look it up in `parent`."""
        return member(self.names[root], name) if root in self.names else self.parent.lookup(root, name)

    def declared_type(self, name: str) -> Type | None:
        """Return the type of an input variable of `parent`."""
        return self.parent.declared_type(name)

    def read_file(self, path: str) -> bytes | None:
        """Read a file as `parent` does."""
        return self.parent.read_file(path)

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        """Return files for `fileset`."""
        return self.parent.list_files(directory, pattern)


OPEN_ORDER = "the order of elements that are those of a set, or may be"


class Unordered(list[Value]):
    """A list from a set with unknown elements, or what may be one: the elements are certain, their order is not."""


class LazyCollection:
    """A list or an object made during evaluation, some members of which are Referents."""

    def __init__(self, members: Sequence[Seen] | Mapping[str, Seen]) -> None:
        self.members = members
        self._whole: Value = None

    def member(self, key: str | int) -> Seen:
        """Return one of the members."""
        if isinstance(self.members, Mapping):
            if isinstance(key, str) and key in self.members:
                return self.members[key]
        elif isinstance(key, int) and 0 <= key < len(self.members):
            return self.members[key]
        raise EvaluationError(f"no element {key}" if isinstance(key, int) else f"no element `{redact(key)}`")

    def keys(self) -> Sequence[str] | int | None:
        """Return the names, or the length of a list."""
        return list(self.members) if isinstance(self.members, Mapping) else len(self.members)

    def evaluate(self) -> Value:
        """Evaluate every member, once: it may be a part of several others."""
        if self._whole is None and isinstance(self.members, Mapping):
            self._whole = {name: evaluate_all(member) for name, member in self.members.items()}
        elif self._whole is None:
            self._whole = [evaluate_all(member) for member in self.members]
        return self._whole


def is_referent(seen: Seen) -> TypeGuard[Referent]:
    """Whether `seen` has members that are evaluated on request."""
    return not isinstance(seen, _VALUES)


def evaluate_all(seen: Seen) -> Value:
    """Evaluate all of `seen`."""
    return seen.evaluate() if is_referent(seen) else seen  # type: ignore[return-value]


def gather(members: list[Seen] | dict[str, Seen]) -> Seen:
    """Build a list or an object, which is lazy if one of its members is."""
    every = members.values() if isinstance(members, dict) else members
    return LazyCollection(members) if any(is_referent(member) for member in every) else members  # type: ignore[return-value]


def bound_value(scope: Scope, name: str) -> tuple[bool, Seen]:
    """Return the value that `name` is bound to by an enclosing `for`, template or iterator, if any."""
    while isinstance(scope, LocalScope):
        if name in scope.names:
            return True, scope.names[name]
        scope = scope.parent
    return False, None


def without_possible_error(seen: Seen) -> Seen:
    """Return a value that is not an error: an error in a referenced block ends the run, and no `try` catches it."""
    if isinstance(seen, Unknown) and seen.may_fail:
        return msgspec.structs.replace(seen, may_fail=False)
    return seen


def possible_error(seen: Seen) -> Unknown | None:
    """Return the first part of `seen` that may be an error."""
    if is_referent(seen):
        return None
    return next((each for each in unknowns(evaluate_all(seen)) if each.may_fail), None)


def member(seen: Seen, name: str) -> Seen:
    """Evaluate `seen.name`."""
    if is_referent(seen):
        return member_at(seen, name)
    match seen:
        case dict():
            if name not in seen:
                raise EvaluationError(f"no attribute `{redact(name)}`")
            return seen[name]
        case Unknown():
            part = _part_of_unknown(seen, name)
            return for_each_choice([seen], part, lambda chosen: evaluate_all(member(chosen[0], name)))
        case list():
            raise EvaluationError(f"a list has no attribute `{redact(name)}`")
        case _:
            raise EvaluationError(f"{kind_name(evaluate_all(seen))} has no attributes")


def element(seen: Seen, key: Value) -> Seen:
    """Evaluate `seen[key]`."""
    if key is None:
        raise EvaluationError("an index must not be null")
    key = known_text(key)
    if isinstance(key, (Unknown, Text, JsonText)):
        if isinstance(seen, str | bool | None):
            raise EvaluationError(f"{kind_name(seen)} has no elements to be picked")
        waits = next(unknowns(key), None) or Unknown()
        return Unknown(reason=waits.reason, where=waits.where, may_fail=True)
    if isinstance(key, (list, dict, Set)):
        raise EvaluationError(f"{kind_name(key)} is not an index")
    if is_referent(seen):
        keys = seen.keys()
        if isinstance(keys, int):
            return member_at(seen, _position(key, keys))
        if keys is None and isinstance(key, int) and not isinstance(key, bool):
            return member_at(seen, key)
        return member_at(seen, _member_name(key))
    match seen:
        case Unordered():
            _position(key, len(seen))
            return Unknown(reason=OPEN_ORDER, may_fail=True)
        case list():
            return seen[_position(key, len(seen))]
        case dict():
            # An object takes a bool for its text, a map does not.
            return _BOOL_KEY if isinstance(key, bool) else member(seen, _member_name(key))
        case ListStart() if (known := known_element(seen, key)) is not None:
            return known
        case Unknown():
            part = _part_of_unknown(seen, key if isinstance(key, (int, str)) else _member_name(key))
            return for_each_choice([seen], part, lambda chosen: evaluate_all(element(chosen[0], key)))
        case _:
            raise EvaluationError(f"{kind_name(evaluate_all(seen))} has no elements to be picked")


def known_element(seen: Seen, key: Seen) -> Value:
    """Return an element of a list with known first elements; None for any other."""
    if not isinstance(seen, ListStart) or type(key) is not int or not 0 <= key < len(seen.first):
        return None
    return mark_all(seen.first[key]) if seen.sensitive else seen.first[key]


def elements(seen: Seen) -> list[tuple[Value, Seen]] | Unknown:
    """Return keys and elements in the order of `for` and `for_each`, or Unknown."""
    if is_referent(seen):
        keys = seen.keys()
        if keys is None:
            return elements(seen.evaluate())
        if isinstance(keys, int):
            return [(position, member_at(seen, position)) for position in range(keys)]
        return [(name, member_at(seen, name)) for name in sorted(keys)]
    match seen:
        case list():
            return list(enumerate(seen))
        case Set():
            return [(item, item) for item in seen.items]
        case dict():
            return [(name, seen[name]) for name in sorted(seen)]
        case Unknown() if not is_definitely_text(seen):
            return seen
        case _:
            raise EvaluationError(f"{kind_name(evaluate_all(seen))} cannot be iterated")


def member_at(referent: Referent, key: str | int) -> Seen:
    """Return a member, where no error inside another block can be caught."""
    seen = referent.member(key)
    return seen if isinstance(referent, LazyCollection) else without_possible_error(seen)


def _member_name(key: Value) -> str:
    """Return a key as the name of a member, with its mark."""
    name = to_string(key)
    return name if isinstance(name, str) else str(name)


def _position(key: Value, length: int) -> int:
    """Read `key` as a list index; a numeric string is one too."""
    number = exact(key) if not isinstance(key, str) else parse_number(key)
    if not isinstance(number, int):
        raise EvaluationError(f"{kind_name(key)} is not an index into a list")
    if not 0 <= number < length:
        raise EvaluationError(f"index {number} is out of range")
    return number


def _part_of_unknown(source: Unknown, step: str | int) -> Unknown:
    """Return a part of an unknown attribute, which may not exist: its symbol, extended by the step."""
    if is_definitely_text(source):
        raise EvaluationError("a string has no attributes and no elements")
    if source.symbol is None:
        return Unknown(reason=source.reason, where=source.where, may_fail=True)
    is_number = isinstance(step, int)
    if isinstance(step, SENSITIVE_NUMBERS):
        step = _member_name(step)  # a label shows a number
    symbol = element_symbol(source.symbol, step) if isinstance(step, int) else None
    symbol = symbol or source.symbol.at(step)
    return Unknown(symbol, source.reason, source.where, may_fail=source.may_fail or is_number)


#: The step to any element of an unknown list: during a splat, and in its result.
_WALKED, _EACH = "\0each", "*"


def splat_of_unknown(source: Unknown, see: Callable[[Unknown], Seen]) -> Unknown:
    """Evaluate a splat over an unknown list: its symbol gets a step to any element."""
    symbol = None if source.symbol is None else source.symbol.at(_WALKED)
    seen = see(Unknown(symbol, source.reason, source.where)) if symbol is not None else None
    found = seen.symbol if isinstance(seen, Unknown) else None
    if found is not None:
        found = Symbol(found.owner, tuple(_EACH if step == _WALKED else step for step in found.path))
    return Unknown(found, source.reason, source.where, may_fail=source.may_fail)


def element_symbol(symbol: Symbol, position: int) -> Symbol | None:
    """Return the symbol of one element of a splat's result; None if no splat made it."""
    if _EACH not in symbol.path:
        return None
    at = symbol.path.index(_EACH)
    return Symbol(symbol.owner, (*symbol.path[:at], position, *symbol.path[at + 1 :]))
