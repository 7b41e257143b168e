"""Check the arguments of a function, and return the result for unknown ones.

Follows how Terraform converts the arguments of a call
(https://developer.hashicorp.com/terraform/language/expressions/function-calls).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec

from tfcheck.hcl.evaluate.convert import kind_name, mapping, sequence, to_bool, to_number, to_string
from tfcheck.hcl.evaluate.elements import Unordered
from tfcheck.hcl.evaluate.scope import EvaluationError, LimitError, Scope, Seen
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.symbolic.limits import REASON, take
from tfcheck.symbolic.value import ANYTHING, Hole, JsonText, Set, Text, Unknown, Value, is_known, unknowns

#: More characters than any document in a configuration has; a longer result is refused.
LONGEST_STRING = 1 << 20
#: More pieces, known and unknown, than any text in a configuration has.
MOST_PIECES = 4_000
#: More elements than any list in a configuration has.
LONGEST_LIST = 1 << 16
#: The number of characters read or created per step of the run.
_CHARACTERS = 40


#: Evaluates an expression in a scope.
See: TypeAlias = Callable[[Expression, Scope], Seen]


class Function(msgspec.Struct, frozen=True):
    """The signature and the implementation of one of Terraform's functions.

    `parameters` has one word for each parameter: `string`, `number`, `quantity` (a number, known or not), `integer`,
    `bool`, `sequence` (a list, set or tuple), `list` (no set), `strings` (a sequence of strings), `object` (also a
    map), `any`. Behind it `?` may be left out, `*` may be repeated or left out; `~` takes null. With `partial`, unknown
    parts inside arguments are passed on to `compute`, and so is a wholly unknown `string`, `quantity` or `any`; two
    words are for less: `literal` (a string without unknown parts) and `shaped` (any value that is not wholly unknown).
    `total`: it cannot fail for any value of an argument that is unknown now. `hole` describes a result that is unknown.
    With `scoped` the scope comes first, with `evaluates` what evaluates an expression in a scope, and then the scope.
    """

    compute: Callable[..., Value]
    parameters: str
    partial: bool = False
    total: bool = False
    hole: Hole = ANYTHING
    scoped: bool = False
    evaluates: bool = False


def convert_arguments(function: Function, arguments: Sequence[Value]) -> list[Value] | Unknown:
    """Convert the arguments of a call, or return the unknown result."""
    words = _parameter_kinds(function.parameters, len(arguments))
    converted: list[Value] = []
    for word, argument in zip(words, arguments, strict=True):
        if argument is None and not word.startswith("~"):
            raise EvaluationError("an argument must not be null")
        converted.append(None if argument is None else _CONVERSIONS[word.lstrip("~")](argument))
    for word, argument in zip(words, converted, strict=True):
        if _is_open(argument, word) if function.partial else not is_known(argument):
            return unknown_result(argument, may_fail=not function.total, hole=function.hole)
    return converted


def unknown_result(argument: Value, *, may_fail: bool = False, hole: Hole = ANYTHING) -> Unknown:
    """Return the unknown result of a call that needs the unknown parts of `argument`."""
    waits = list(unknowns(argument))
    if not waits:
        return Unknown(may_fail=may_fail, hole=hole)
    may_fail = may_fail or any(each.may_fail for each in waits)
    return Unknown(reason=waits[0].reason, where=waits[0].where, hole=hole, may_fail=may_fail)


def limit_error(what: str) -> LimitError:
    """Return the error for a result that is too large."""
    return LimitError(f"limit: {what}")


def afford(*, elements: int = 0, characters: int = 0, steps: int = 0) -> None:
    """Charge the run for a result of this size before it is built, and for `steps` of work."""
    if characters > LONGEST_STRING:
        raise limit_error("a string of so many characters")
    if elements > LONGEST_LIST:
        raise limit_error("a list of so many elements")
    if not take(elements // 4 + characters // _CHARACTERS + steps):
        raise LimitError(REASON)


def _parameter_kinds(parameters: str, count: int) -> list[str]:
    """Return one word for each of `count` arguments."""
    words = parameters.split()
    needed = sum(word[-1] not in "?*" for word in words)
    if words and words[-1].endswith("*"):
        words += [words[-1]] * (count - len(words))
    if not needed <= count <= len(words):
        raise EvaluationError(f"{count} arguments passed, {needed if count < needed else len(words)} wanted")
    return [word.rstrip("?*") for word in words[:count]]


def _is_open(argument: Value, word: str) -> bool:
    if isinstance(argument, (Unknown, Text, JsonText)):
        is_whole = isinstance(argument, Unknown) and word.lstrip("~") not in ("string", "any", "quantity")
        return is_whole or word == "literal"
    # The order of a set with unknown elements is unknown, and so is whether two of them are equal.
    return isinstance(argument, Set) and word.lstrip("~") not in ("any", "shaped") and not is_known(argument)


def to_int(value: Value) -> Value:
    """Convert to an int."""
    number = to_number(value)
    if isinstance(number, Unknown) or (isinstance(number, int) and abs(number) < 1 << 63):
        return number
    raise EvaluationError("a whole number is required")


def _elements(value: Value) -> Value:
    """Return a list, set or tuple; a set stays a set only if its order is unknown."""
    return value if isinstance(value, Unknown) or (isinstance(value, Set) and not is_known(value)) else sequence(value)


def _list(value: Value) -> Value:
    if isinstance(value, (list, Unknown)):
        return value
    raise EvaluationError(f"a list is required, got {kind_name(value)}")


def _strings(value: Value) -> Value:
    items = _elements(value)
    if not isinstance(items, list):
        return items
    strings = [to_string(item) for item in items]
    return Unordered(strings) if isinstance(items, Unordered) else strings


_CONVERSIONS: dict[str, Callable[[Any], Value]] = {
    "string": to_string,
    "literal": to_string,
    "number": to_number,
    # An unknown one keeps its symbol, since equal texts are equal numbers.
    "quantity": lambda value: value if isinstance(value, Unknown) else to_number(value),
    "integer": to_int,
    "bool": to_bool,
    "sequence": _elements,
    "list": _list,
    "strings": _strings,
    "object": lambda value: value if isinstance(value, Unknown) else mapping(value),
    "any": lambda value: value,
    "shaped": lambda value: value,
}
