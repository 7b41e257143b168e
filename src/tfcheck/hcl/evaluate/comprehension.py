"""Evaluate `for` expressions, splats, templates, and calls that need only a part of what is passed to them.

See https://developer.hashicorp.com/terraform/language/expressions/for,
https://developer.hashicorp.com/terraform/language/expressions/splat and
https://developer.hashicorp.com/terraform/language/expressions/strings. The parser has already applied strip marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, product
from typing import Any, cast

import msgspec

from tfcheck.hcl.evaluate.alternatives import MOST, choose, for_each_choice
from tfcheck.hcl.evaluate.budget import LENGTH, PIECES, EvaluationRun, Limit
from tfcheck.hcl.evaluate.convert import to_string
from tfcheck.hcl.evaluate.elements import (
    LocalScope,
    Unordered,
    element,
    elements,
    evaluate_all,
    gather,
    is_referent,
    known_element,
    member,
    member_at,
    splat_of_unknown,
)
from tfcheck.hcl.evaluate.marking import Marked, is_marked, mark_if, nonsensitive, without_mark
from tfcheck.hcl.evaluate.operators import condition
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.evaluate.types import ListType, SetType, TupleType, is_definitely_text
from tfcheck.hcl.syntax.expression import Expression, ForList, ForObject, JoinedTexts, Literal, Splat, Template
from tfcheck.symbolic.choices import without_choice
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import (
    JsonText,
    OneOf,
    Set,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
    known_text,
    pieces,
    text,
    unknowns,
)

_MOVING = frozenset({"chunklist", "concat", "element", "merge", "one", "reverse", "slice", "values"})


def call_lazily(name: str, arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    """Return whether a function only moves the members of lazy arguments, as `values` does, and its result."""
    if name == "element" and len(arguments) == 2 and (known := known_element(*arguments)) is not None:
        return True, known
    if not any(is_referent(argument) for argument in arguments):
        return False, None
    keys = arguments[0].keys() if is_referent(arguments[0]) else None
    match name, keys, arguments:
        case "length", int(), [_]:
            return True, keys
        case "length" | "keys", Sequence(), [_]:
            return True, len(keys) if name == "length" else [*sorted(keys)]
        case "lookup", Sequence(), [members, str() as key, *default] if len(default) <= 1:
            if key not in keys and not default:
                raise EvaluationError("no such key, and no default")
            return True, member(members, str(key)) if key in keys else default[0]
    return _move_members(name, list(map(_open, arguments))) if name in _MOVING else (False, None)


def _open(argument: Seen) -> Any:
    """Return a resource or a module as the list or the object of its members, which stay lazy."""
    keys = argument.keys() if is_referent(argument) else None
    if isinstance(keys, int):
        return [element(argument, position) for position in range(keys)]
    return argument if keys is None else {key: member(argument, key) for key in keys}


def _move_members(name: str, arguments: Sequence[Any]) -> tuple[bool, Seen]:
    first, *numbers = arguments
    if not all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in numbers):
        numbers = [None]
    match name, first, numbers:
        case "values", dict(), []:
            return True, gather([first[key] for key in sorted(first)])
        case "reverse", list(), []:
            return True, gather(first[::-1])
        case "one", list(), []:
            if len(first) > 1:
                raise EvaluationError("more than one element")
            return True, first[0] if first else None
        case "element", [_, *_], [int(position)]:
            return True, first[position % len(first)]
        case "slice", list(), [int(start), int(end)] if start <= end <= len(first):
            return True, gather(first[start:end])
        case "chunklist", list(), [int(size)] if size:
            return True, gather([gather(first[start : start + size]) for start in range(0, len(first), size)])
        case "concat", _, _ if all(isinstance(each, list) for each in arguments):
            return True, gather([item for items in arguments for item in items])
        case "merge", _, _ if all(isinstance(each, dict | None) for each in arguments):
            return True, gather({key: item for members in arguments for key, item in (members or {}).items()})
    return False, None  # also for an error, which the function itself reports


def render(node: Template, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate a template; a single interpolation keeps its type."""
    if len(node.parts) == 1:
        return run.see(node.parts[0], scope)
    rendered = [_part_text(part, scope, run) for part in node.parts]
    return _mark_if(any(map(is_marked, rendered)), _join(rendered, run))


def join_texts(node: JoinedTexts, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate a `%{ for }`."""
    listed = run.see(node.texts, scope)
    texts = evaluate_all(without_mark(listed))

    def join(texts: Value) -> Value:
        return _join([as_text(each) for each in texts], run) if isinstance(texts, list) else texts

    if isinstance(texts, OneOf):
        return mark_if(
            is_marked(listed), for_each_choice([texts], without_choice(texts), lambda chosen: join(chosen[0]))
        )
    joined = join(texts)
    return mark_if(is_marked(listed), joined)


def as_text(value: Value) -> TextLike:
    """Convert an interpolated value."""
    converted = to_string(value)
    if isinstance(converted, TextLike):
        return converted
    raise EvaluationError("null cannot be part of a text")


def _join(parts: Sequence[TextLike], run: EvaluationRun) -> TextLike:
    """Join texts, if that does not become too long."""
    count = sum(len(pieces(part)) for part in parts)
    length = sum(len(piece) for part in parts for piece in pieces(part) if isinstance(piece, str))
    if length > LENGTH or count > PIECES:
        raise Limit("limit: the text is too long")
    run.budget.spend(4 + length // 100 + count // 2)
    return text(parts)


def _part_text(part: Expression, scope: Scope, run: EvaluationRun) -> TextLike:
    if isinstance(part, Literal) and isinstance(part.value, str):
        return part.value
    seen = run.see(part, scope)
    return _mark_if(is_marked(seen), as_text(evaluate_all(seen)))


def _mark_if(condition: bool, rendered: TextLike) -> TextLike:
    """Mark all of a text if the condition is true and no part of it has a mark."""
    return cast(TextLike, mark_if(condition and not is_marked(rendered), rendered))


class _UnknownShape(Exception):  # noqa: N818 (ends a walk)
    """A condition or a key is unknown, and so is the shape of the result."""

    def __init__(self, waits: Unknown) -> None:
        super().__init__()
        self.result = Unknown(reason=waits.reason, where=waits.where, may_fail=True)


def evaluate_for(node: ForList | ForObject, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate `[for … : …]` or `{for … : … => …}`.

    For Terraform, the elements of a sensitive collection have no marks of their own; only the result has one. They do
    have some here, so that no error and no reason quotes them, but not in what `nonsensitive` of the result returns.
    """
    collection = run.see(node.collection, scope)
    made = _evaluate_for(node, collection, scope, run)
    if isinstance(made, Marked) and isinstance(collection, Marked):
        made.unmarked = lambda: nonsensitive(_evaluate_for(node, nonsensitive(collection), scope, run))
    return made


def _evaluate_for(node: ForList | ForObject, collection: Seen, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate a `for`.

    Where the shape is unknown, it is what is certain for each choice in the collection, then with and without each
    element.
    """
    marks = _Marks(collection)

    def build(rounds: Sequence[_Round]) -> Seen:
        return _list(node, rounds, run) if isinstance(node, ForList) else _object(node, rounds, run, marks)

    def evaluate(items: Seen, rest: Unknown) -> Value:
        try:
            possible = _possible_rounds(list(_rounds(node, items, scope, run, marks)))
            return choose([evaluate_all(build(each)) for each in possible], rest)
        except _UnknownShape as found:
            return found.result

    try:
        result = build(list(_certain_rounds(_rounds(node, collection, scope, run, marks))))
    except _UnknownShape as found:
        rest: Unknown = found.result
        whole = rest if is_referent(collection) else evaluate_all(collection)
        result = for_each_choice([whole], rest, lambda chosen: evaluate(chosen[0], rest))
        result = evaluate(collection, rest) if result is rest else result
    return mark_if(marks.found, result)


def _list(node: ForList, rounds: Sequence[_Round], run: EvaluationRun) -> Seen:
    results = gather([run.see(node.result, each.scope) for each in rounds])
    # Only the keys of a set are its elements: if one is unknown, so is the order.
    ordered = len(rounds) < 2 or all(is_known(each.key) for each in rounds)
    return results if ordered or not isinstance(results, list) else Unordered(results)


def _object(node: ForObject, rounds: Sequence[_Round], run: EvaluationRun, marks: _Marks) -> Seen:
    """Build an object, also grouping by `...`."""
    members: dict[str, Seen] = {}
    groups: dict[str, list[Seen]] = {}
    for each in rounds:
        written = run.see(node.name, each.scope)
        marks.found = marks.found or is_marked(written)
        name = key_of(evaluate_all(written))
        if isinstance(name, Unknown):
            raise _UnknownShape(name)
        if name in members:
            raise EvaluationError("two elements have one key")
        seen = run.see(node.result, each.scope)
        if node.group:
            groups.setdefault(name, []).append(seen)
        else:
            members[name] = seen
    grouped: dict[str, Seen] = {name: gather(group) for name, group in groups.items()}
    return gather(grouped if node.group else members)


def splat(node: Splat, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate `source[*]…`: null gives an empty list, anything but a list or set a list of one.

    A null that is a list or set is an error. Without its type that matters only where `try` would catch it.
    """
    source = run.see(node.source, scope)
    if run.trying and without_mark(source) is None and not isinstance(node.source, Literal):
        from tfcheck.hcl.evaluate.conditional import declared_type

        kind = declared_type(node.source, scope)
        if kind is None:
            return Unknown(reason="the type of a null decides", where=str(node.place), may_fail=True)
        if isinstance(kind, (ListType, SetType, TupleType)):
            raise EvaluationError("a null list has no elements")
    return _splat(node, source, scope, run)


def _splat(node: Splat, source: Seen, scope: Scope, run: EvaluationRun) -> Seen:
    items = _splat_items(without_mark(source))
    if isinstance(items, Unknown):
        open_list = splat_of_unknown(items, lambda item: run.see(node.each, LocalScope(scope, {"*": item})))
        open_list = msgspec.structs.replace(open_list, sensitive=is_marked(source))
        return for_each_choice([items], open_list, lambda chosen: evaluate_all(_splat(node, chosen[0], scope, run)))
    run.budget.spend(len(items))
    found = gather([run.see(node.each, LocalScope(scope, {"*": item})) for item in items])
    return mark_if(is_marked(source), found)


def key_of(value: Value) -> str | Unknown:
    """Convert the key of an object's member."""
    name = known_text(to_string(value))
    if isinstance(name, str):
        return name
    if isinstance(name, (Unknown, Text, JsonText)):
        return next(unknowns(name), Unknown(may_fail=True))
    raise EvaluationError("a key must not be null")


class _Round(msgspec.Struct, frozen=True):
    """One element of a `for`: its key, its scope, and why it is unknown whether it passes the `if`."""

    key: Value
    scope: Scope
    doubt: Unknown | None


def _certain_rounds(rounds: Iterator[_Round]) -> Iterator[_Round]:
    for each in rounds:
        if each.doubt is not None:
            raise _UnknownShape(each.doubt)
        yield each


def _possible_rounds(rounds: list[_Round]) -> list[list[_Round]]:
    """Return every possible selection of elements, if there are not too many."""
    doubts = [each.doubt for each in rounds if each.doubt is not None]
    if 2 ** len(doubts) > MOST:
        raise _UnknownShape(doubts[0])
    choices = product(*([(each,)] if each.doubt is None else [(each,), ()] for each in rounds))
    return [list(chain.from_iterable(each)) for each in choices]


class _Marks:
    """Whether a collection, a condition or a key is sensitive, which makes the whole result sensitive."""

    def __init__(self, collection: Seen) -> None:
        self.found = is_marked(collection)


def _rounds(
    node: ForList | ForObject, collection: Seen, scope: Scope, run: EvaluationRun, marks: _Marks
) -> Iterator[_Round]:
    """Yield every element that passes the `if`, or may pass it."""
    items = elements(collection)
    if isinstance(items, Unknown):
        raise _UnknownShape(items)
    if not items and node.condition is not None and run.trying:
        # Terraform checks the condition even of an empty collection.
        condition(run.probe(node.condition, LocalScope(scope, {node.key: Unknown(), node.value: Unknown()})))
    for name, item in items:
        run.budget.spend(3)
        key = Sensitive(name) if isinstance(name, str) and is_marked(collection) else name
        inner = LocalScope(scope, {node.key: key, node.value: item} if node.key else {node.value: item})
        passes: bool | Unknown = True
        if node.condition is not None:
            passes, is_secret = run.condition(node.condition, inner)
            marks.found = marks.found or is_secret
        if passes is not False:
            yield _Round(key, inner, passes if isinstance(passes, Unknown) else None)


def _splat_items(source: Seen) -> list[Seen] | Unknown:
    if is_referent(source):
        keys = source.keys()
        if isinstance(keys, int):
            return [member_at(source, position) for position in range(keys)]
        return _splat_items(source.evaluate()) if keys is None else [source]
    match source:
        case None:
            return []
        case list():
            return list(source)
        case Set():
            return list(source.items)
        case Unknown() if not is_definitely_text(source):
            return source
        case _:
            return [source]
