"""What do `for` expressions and splats make of a collection?

See https://developer.hashicorp.com/terraform/language/expressions/for and
https://developer.hashicorp.com/terraform/language/expressions/splat.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.hcl.access import LocalScope, Unordered, elements, gather, is_referent, member_at
from tfcheck.hcl.budget import Run
from tfcheck.hcl.convert import to_string
from tfcheck.hcl.expression import ForList, ForObject, Splat
from tfcheck.hcl.kinds import surely_text
from tfcheck.hcl.operators import condition
from tfcheck.hcl.scope import EvaluationError, Scope, Seen
from tfcheck.value import JsonText, Set, Text, Unknown, Value, is_known, unknowns


class _Open(Exception):  # noqa: N818 (ends a walk)
    """A condition or a key is not known, and with it the shape of the result."""

    def __init__(self, waits: Unknown) -> None:
        super().__init__()
        self.result = Unknown(reason=waits.reason, where=waits.where, unsure=True)


def listed(node: ForList, scope: Scope, run: Run) -> Seen:
    """Work out `[for … : …]`.

    Raises:
        EvaluationError: what is walked is no collection, or an element fails.
    """
    try:
        rounds = [(key, run.see(node.result, inner)) for key, inner in _rounds(node, scope, run)]
    except _Open as found:
        return found.result
    results = gather([result for _, result in rounds])
    # Only the keys of a set are its elements: where one is not known, so is the order.
    ordered = len(rounds) < 2 or all(is_known(key) for key, _ in rounds)
    return results if ordered or not isinstance(results, list) else Unordered(results)


def keyed(node: ForObject, scope: Scope, run: Run) -> Seen:
    """Work out `{for … : … => …}`, also grouping by `...`.

    Raises:
        EvaluationError: what is walked is no collection, an element fails, or two have one key.
    """
    members: dict[str, Seen] = {}
    groups: dict[str, list[Seen]] = {}
    try:
        for _, inner in _rounds(node, scope, run):
            name = key_of(run.value(node.name, inner))
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
        return found.result
    return gather({name: gather(group) for name, group in groups.items()} if node.group else members)


def splat(node: Splat, scope: Scope, run: Run) -> Seen:
    """Work out `source[*]…`: of null nothing, of anything that is no list or set a list of one.

    Raises:
        EvaluationError: an element has no such attribute.
    """
    items = _splat_items(run.see(node.source, scope))
    if isinstance(items, Unknown):
        return Unknown(reason=items.reason, where=items.where, unsure=items.unsure)
    run.budget.spend(len(items))
    return gather([run.see(node.each, LocalScope(scope, {"*": item})) for item in items])


def key_of(value: Value) -> str | Unknown:
    """Convert the key of an object's member.

    Raises:
        EvaluationError: it is null or a collection.
    """
    name = to_string(value)
    if isinstance(name, str):
        return name
    if isinstance(name, Unknown | Text | JsonText):
        return next(unknowns(name), Unknown(unsure=True))
    raise EvaluationError("a key must not be null")


def _rounds(node: ForList | ForObject, scope: Scope, run: Run) -> Iterator[tuple[Value, Scope]]:
    """Give the key and the scope of every element that the `if` lets pass."""
    items = elements(run.see(node.collection, scope))
    if isinstance(items, Unknown):
        raise _Open(items)
    if not items and node.condition is not None and run.trying:
        # Terraform looks at the condition even where there is nothing to walk.
        condition(run.probe(node.condition, LocalScope(scope, {node.key: Unknown(), node.value: Unknown()})))
    for key, item in items:
        run.budget.spend(1)
        inner = LocalScope(scope, {node.key: key, node.value: item} if node.key else {node.value: item})
        if node.condition is not None:
            passes = run.condition(node.condition, inner)
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
        return _splat_items(source.whole()) if keys is None else [source]
    match source:
        case None:
            return []
        case list():
            return list(source)
        case Set():
            return list(source.items)
        case Unknown() if not surely_text(source):
            return source
        case _:
            return [source]
