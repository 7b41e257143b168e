"""Evaluate `for` expressions and splats.

See https://developer.hashicorp.com/terraform/language/expressions/for and
https://developer.hashicorp.com/terraform/language/expressions/splat.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.hcl.evaluate.budget import EvaluationRun
from tfcheck.hcl.evaluate.convert import to_string
from tfcheck.hcl.evaluate.elements import (
    LocalScope,
    Unordered,
    elements,
    evaluate_all,
    gather,
    is_referent,
    member_at,
    splat_of_unknown,
)
from tfcheck.hcl.evaluate.marking import is_marked, mark_if, without_mark
from tfcheck.hcl.evaluate.operators import condition
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.evaluate.types import is_definitely_text
from tfcheck.hcl.syntax.expression import ForList, ForObject, Splat
from tfcheck.symbolic.value import JsonText, Set, Text, Unknown, Value, is_known, unknowns


class _Open(Exception):  # noqa: N818 (ends a walk)
    """A condition or a key is unknown, and so is the shape of the result."""

    def __init__(self, waits: Unknown) -> None:
        super().__init__()
        self.result = Unknown(reason=waits.reason, where=waits.where, may_fail=True)


def evaluate_for_list(node: ForList, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate `[for … : …]`."""
    collection = run.see(node.collection, scope)
    marks = _Marks(collection)
    try:
        rounds = [(key, run.see(node.result, inner)) for key, inner in _rounds(node, collection, scope, run, marks)]
    except _Open as found:
        return mark_if(marks.found, found.result)
    results = gather([result for _, result in rounds])
    # Only the keys of a set are its elements: if one is unknown, so is the order.
    ordered = len(rounds) < 2 or all(is_known(key) for key, _ in rounds)
    return mark_if(marks.found, results if ordered or not isinstance(results, list) else Unordered(results))


def evaluate_for_object(node: ForObject, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate `{for … : … => …}`, also grouping by `...`."""
    members: dict[str, Seen] = {}
    groups: dict[str, list[Seen]] = {}
    collection = run.see(node.collection, scope)
    marks = _Marks(collection)
    try:
        for _, inner in _rounds(node, collection, scope, run, marks):
            written = run.see(node.name, inner)
            marks.found = marks.found or is_marked(written)
            name = key_of(evaluate_all(written))
            if isinstance(name, Unknown):
                raise _Open(name)
            if name in members:
                raise EvaluationError("two elements have one key")
            seen = run.see(node.result, inner)
            if node.group:
                groups.setdefault(name, []).append(seen)
            else:
                members[name] = seen
    except _Open as found:
        return mark_if(marks.found, found.result)
    grouped: dict[str, Seen] = {name: gather(group) for name, group in groups.items()}
    return mark_if(marks.found, gather(grouped if node.group else members))


def splat(node: Splat, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate `source[*]…`: null gives an empty list, anything but a list or set a list of one."""
    source = run.see(node.source, scope)
    items = _splat_items(without_mark(source))
    if isinstance(items, Unknown):
        open_list = splat_of_unknown(items, lambda item: run.see(node.each, LocalScope(scope, {"*": item})))
        return msgspec.structs.replace(open_list, sensitive=is_marked(source))
    run.budget.spend(len(items))
    found = gather([run.see(node.each, LocalScope(scope, {"*": item})) for item in items])
    return mark_if(is_marked(source), found)


def key_of(value: Value) -> str | Unknown:
    """Convert the key of an object's member."""
    name = to_string(value)
    if isinstance(name, str):
        return name
    if isinstance(name, (Unknown, Text, JsonText)):
        return next(unknowns(name), Unknown(may_fail=True))
    raise EvaluationError("a key must not be null")


class _Marks:
    """Whether a collection, a condition or a key is sensitive, which makes the whole result sensitive."""

    def __init__(self, collection: Seen) -> None:
        self.found = is_marked(collection)


def _rounds(
    node: ForList | ForObject, collection: Seen, scope: Scope, run: EvaluationRun, marks: _Marks
) -> Iterator[tuple[Value, Scope]]:
    """Return the key and the scope of every element that passes the `if`."""
    items = elements(without_mark(collection))
    if isinstance(items, Unknown):
        raise _Open(items)
    if not items and node.condition is not None and run.trying:
        # Terraform checks the condition even of an empty collection.
        condition(run.probe(node.condition, LocalScope(scope, {node.key: Unknown(), node.value: Unknown()})))
    for key, item in items:
        run.budget.spend(3)
        inner = LocalScope(scope, {node.key: key, node.value: item} if node.key else {node.value: item})
        if node.condition is not None:
            passes, is_secret = run.condition(node.condition, inner)
            marks.found = marks.found or is_secret
            if isinstance(passes, Unknown):
                raise _Open(passes)
            if not passes:
                continue
        yield key, inner


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
