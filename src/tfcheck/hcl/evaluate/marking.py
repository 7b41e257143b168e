"""Propagate sensitive marks through expressions.

As in Terraform (https://developer.hashicorp.com/terraform/language/manage-sensitive-data), each element of a list has
its own mark. The result of a function is marked if any part of an argument is, except for functions that only move
elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from tfcheck.hcl.evaluate.elements import LazyCollection, element, evaluate_all, is_referent
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.symbolic.limits import affordable
from tfcheck.symbolic.marks import has_mark as value_holds_mark
from tfcheck.symbolic.marks import mark_all, mark_occurrences, marked_strings, unmark_all
from tfcheck.symbolic.numbers import SENSITIVE_NUMBERS
from tfcheck.symbolic.results import name_result
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.symbol import Result, Symbol
from tfcheck.symbolic.value import (
    JsonText,
    PlainText,
    Set,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
    parts_of,
    pieces,
    unknowns,
)


class Marked:
    """A marked value other than a text: a number, a bool, null or a collection.

    `unmarked`: what `nonsensitive` returns, if it is not the value.
    """

    def __init__(self, value: Value) -> None:
        self.value = value
        self.unmarked: Callable[[], Seen] | None = None
        self._whole: Value = None

    def member(self, key: str | int) -> Seen:
        """Return one element, marked."""
        return mark(element(self.value, key))

    def keys(self) -> Sequence[str] | int | None:
        """Return the names of an object, the length of a list, or None for anything else."""
        if isinstance(self.value, dict):
            return list(self.value)
        return len(self.value) if isinstance(self.value, list) else None

    def evaluate(self) -> Value:
        """Return the value with every string and number in it marked."""
        if self._whole is None:
            self._whole = mark_all(self.value)
        return self._whole


#: Functions that return elements unchanged: the result is marked if a whole argument is.
_ELEMENTWISE = frozenset(
    {
        *("chunklist", "concat", "element", "flatten", "keys", "length", "lookup", "merge", "one", "reverse"),
        *("setproduct", "slice", "tobool", "tolist", "tomap", "tonumber", "tostring", "values", "zipmap"),
    }
)
#: Functions that join texts with `text`, so that the marks of the pieces are those of the result.
_PIECEWISE = frozenset(
    {"ephemeralasnull", "format", "join", "jsonencode", "templatefile", "templatestring", "tostring"}
)


def mark(seen: Seen) -> Seen:
    """Mark `seen` as `sensitive` does."""
    if isinstance(seen, Marked):
        return seen
    if is_referent(seen):
        return Marked(seen.evaluate())
    if isinstance(seen, PlainText):
        return mark_all(seen)
    if isinstance(seen, JsonText):
        found = mark_all(seen)
        return found if value_holds_mark(found) else Marked(seen)
    return Marked(seen)  # type: ignore[arg-type]


def mark_if(condition: bool, seen: Seen) -> Seen:
    """Mark `seen` if the condition is true."""
    return mark(seen) if condition else seen


def is_marked(seen: Seen) -> bool:
    """Whether Terraform's `issensitive` is true, which ignores marks of elements inside a collection."""
    if isinstance(seen, (str, Unknown, Text, JsonText, *SENSITIVE_NUMBERS)):
        return value_holds_mark(evaluate_all(seen))
    return isinstance(seen, Marked)


def has_mark(seen: Seen) -> bool:
    """Whether anything in `seen` is marked; a resource or a module is not evaluated."""
    return any(map(_holds_mark, _parts_of(seen))) if isinstance(seen, LazyCollection) else _holds_mark(seen)


def _holds_mark(part: Seen) -> bool:
    return isinstance(part, Marked) or (not is_referent(part) and value_holds_mark(part))  # type: ignore[arg-type]


def _parts_of(seen: Seen) -> Iterator[Seen]:
    """Yield all parts of a list or an object recursively, each once; or the value itself."""
    todo, looked_at = [seen], {id(seen)}
    while todo:
        part = todo.pop()
        if not isinstance(part, LazyCollection):
            yield part
            continue
        found = [each for each in members(part) if id(each) not in looked_at or not isinstance(each, LazyCollection)]
        looked_at.update(map(id, found))
        todo += found


def members(gathered: LazyCollection) -> Iterator[Seen]:
    """Iterate over the members of a list or an object."""
    yield from gathered.members.values() if isinstance(gathered.members, Mapping) else gathered.members


def without_mark(seen: Seen) -> Seen:
    """Return a value without its outer mark; texts keep theirs."""
    return seen.value if isinstance(seen, Marked) else seen


def nonsensitive(seen: Seen) -> Seen:
    """Return a value without its mark, but with those of its elements."""
    if isinstance(seen, Marked) and seen.unmarked:
        return seen.unmarked()
    value = without_mark(seen)
    # NOTE: a set has the marks of its elements, which have none of their own.
    return unmark_all(value) if isinstance(value, (TextLike, Set)) else value


def call_mark_function(name: str, argument: Seen) -> tuple[bool, Seen]:
    """Compute `sensitive`, `nonsensitive` and `issensitive`; the first result is whether `name` is one of them."""
    match name.removeprefix("core::"):
        case "sensitive":
            return True, mark(argument)
        case "nonsensitive":
            return True, nonsensitive(argument)
        case "issensitive":
            return True, is_marked(argument)
        case _:
            return False, None


#: Functions that evaluate their first argument, so that the result may quote it where it is unknown.
_TEMPLATES = frozenset({"templatefile", "templatestring"})
#: Functions that depend on nothing but their arguments, and never return null.
_PURE = frozenset(
    {
        *("alltrue", "anytrue", "contains", "endswith", "length", "startswith", "strcontains"),
        *("base64decode", "base64encode", "base64sha256", "base64sha512", "chomp", "format", "formatlist", "indent"),
        *("join", "lower", "md5", "replace", "sha1", "sha256", "sha512", "split", "strrev", "substr", "title", "trim"),
        *("trimprefix", "trimspace", "trimsuffix", "upper", "urlencode", "uuidv5"),
    }
)


def compute_quietly(
    name: str, arguments: Sequence[Seen], values: Sequence[Value], compute: Callable[[], Value]
) -> Value:
    """Compute a call; an error, or why the result is unknown, must not quote a marked argument."""
    try:
        result = compute()
    except EvaluationError:
        if _any_marked(arguments, values):
            raise EvaluationError(f"`{name}` fails for a sensitive value") from None
        raise
    if name.removeprefix("core::") in _TEMPLATES and _any_marked(arguments[:1], values[:1]) and not is_known(result):
        return Unknown(reason=f"`{name}` of a sensitive template", may_fail=True)
    if not isinstance(result, (Unknown, Text)):
        return result
    marked = _any_marked(arguments, values)
    if marked and isinstance(result, Unknown) and result.symbol is None:
        waits = next((each for value in values for each in unknowns(value)), None)
        reason, where = (waits.reason, waits.where) if waits else (f"`{name}` of a sensitive value", "")
        result = msgspec.structs.replace(result, reason=reason, where=where)
    if marked and isinstance(result, Unknown) and result.symbol and isinstance(result.symbol.owner, Result):
        symbol = Symbol(msgspec.structs.replace(result.symbol.owner, sensitive=True), result.symbol.path)
        return msgspec.structs.replace(result, symbol=symbol)
    name = name.removeprefix("core::")
    return name_result(result, name, values, sensitive=marked) if name in _PURE else result


def _any_marked(arguments: Sequence[Seen], values: Sequence[Value]) -> bool:
    return any(map(has_mark, (*arguments, *values)))


def element_at(seen: Seen, key: Seen) -> Seen:
    """Return `seen[key]`, marked if the key is, which an error must not quote then."""
    if not is_marked(key):
        return element(seen, evaluate_all(key))
    try:
        return mark(element(seen, evaluate_all(key)))
    except EvaluationError:
        raise EvaluationError("there is no element for a sensitive index") from None


def mark_result(name: str, arguments: Sequence[Seen], values: Sequence[Value], result: Seen) -> Seen:
    """Return the result of a function, marked if its arguments are; `values` are the evaluated arguments."""
    name = name.removeprefix("core::")
    arguments = [_open(each) if is_referent(each) else value for each, value in zip(arguments, values, strict=True)]
    if not any(map(has_mark, arguments)):
        return result
    if name in _PIECEWISE and isinstance(result, (str, Text, JsonText)):
        covered = _with_all_marks(result, arguments)
        if covered is not None:
            parts = (part for each in arguments for part in _parts_of(each))
            return mark_if(any(isinstance(part, Marked) and _is_unmarkable(part.value) for part in parts), covered)
    if name in _ELEMENTWISE:
        return mark_if(marks_whole(name, arguments), result)
    return mark(result)


def marks_whole(name: str, arguments: Sequence[Seen], *, lazily: bool = False) -> bool:
    """Whether the arguments of a function that only moves members mark its whole result."""
    if name == "lookup":
        arguments = arguments[:2]  # the default counts only if it is the result
    if any(map(is_marked, arguments)) or (name == "zipmap" and has_mark(arguments[0])):
        return True
    if name == "setproduct" and any(isinstance(each, Set) for each in arguments):
        return any(map(has_mark, arguments))
    if lazily or name in ("length", "keys"):
        return False
    # An element that cannot keep its mark in the function marks the whole result.
    collections = (each for each in arguments if isinstance(each, LazyCollection))
    return any(isinstance(part, Marked) for each in collections for part in _parts_of(each))


def _open(seen: Seen) -> Seen:
    """Return a resource or a module as the object of its members, which know their marks."""
    if not is_referent(seen) or isinstance(seen, (Marked, LazyCollection)):
        return seen
    keys = seen.keys()
    if keys is None:
        return seen.evaluate()
    if isinstance(keys, int):
        return LazyCollection([_open(seen.member(index)) for index in range(keys)])
    return LazyCollection({key: _open(seen.member(key)) for key in keys})


def _is_unmarkable(value: Value) -> bool:
    """Whether a marked value cannot carry its mark itself: a bool, null, or the keys of a map."""
    if value is None or isinstance(value, (bool, dict)):
        return True
    return isinstance(value, (list, Set)) and any(map(_is_unmarkable, parts_of(value)))


#: The characters that are searched for marked texts, and the length from which these are marked where they occur.
#: INVARIANT: fewer characters than texts of this length: the place of a mark must not show which text it is.
_SEARCHED, _SHORTEST = 300_000, 6


def _with_all_marks(result: TextLike, arguments: Sequence[Seen]) -> TextLike | None:
    """Return a text with its marks on every marked text of the arguments; None if it has, or may have, lost a mark.

    A marked text may also be a part of another one by chance, such as a password that is the name of the project.
    """
    if not value_holds_mark(result):
        return None
    sensitive = {each for argument in arguments for each in marked_strings(evaluate_all(argument)) if each}
    size = sum(len(each) for each in pieces(result) if isinstance(each, str))
    if not affordable(len(sensitive), size):
        return None
    if _is_covered(result, sensitive):
        return result
    is_cheap = size * len(sensitive) < _SEARCHED
    long = {each for each in sensitive if len(each) >= _SHORTEST}
    found = mark_occurrences(result, long) if is_cheap and _is_covered(result, sensitive - long) else None
    return found if isinstance(found, TextLike) and _is_covered(found, sensitive) else None


def _is_covered(text: TextLike, sensitive: set[str]) -> bool:
    shown = "\0".join(redact(each) for each in pieces(text) if isinstance(each, str))
    return not any(each in shown for each in sensitive)
