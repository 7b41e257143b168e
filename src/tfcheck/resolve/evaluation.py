"""Evaluate expressions, each value once, with its dependencies and marked texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.expression import LONG_ROOTS, Attribute, Expression, Index, Literal, Unreadable, Variable
from tfcheck.resolve import configuration_refs
from tfcheck.symbolic.marks import marked_strings
from tfcheck.symbolic.sensitive_text import shown_key
from tfcheck.symbolic.value import JsonText, Text, Unknown, Value

#: A name, argument, output or file: its kind, then its identity.
Key: TypeAlias = tuple[object, ...]


class Evaluation:
    """All values of one run by key. A cyclic value is unknown."""

    def __init__(self, known: Mapping[Key, Seen]) -> None:
        """Build from the values that need not be computed."""
        self.secrets: set[str] = set()  # what was found marked
        self._found: dict[Key, Seen] = {**known}
        self._under_way: set[Key] = set()
        self._needs: dict[Key, set[Key]] = {}
        self._recording: list[set[Key]] = []

    def once(self, key: Key, work_out: Callable[[], Seen]) -> Seen:
        """Return the value of `key`, which is computed only once."""
        self.record(key)
        if key in self._found:
            return self._found[key]
        if key in self._under_way:
            return Unknown(reason="the reference leads back to itself")
        self._under_way.add(key)
        try:
            found, self._needs[key] = self.with_dependencies(work_out)
        finally:
            self._under_way.discard(key)
        self._found[key] = found
        return found

    def record(self, key: Key) -> None:
        """Record a dependency of the value that is being computed."""
        if self._recording:
            self._recording[-1].add(key)

    def with_dependencies(self, work_out: Callable[[], Seen]) -> tuple[Seen, set[Key]]:
        """Return a value with its direct dependencies."""
        self._recording.append(set())
        try:
            found = work_out()
        finally:
            direct = self._recording.pop()
        return found, direct

    def all_dependencies(self, direct: set[Key]) -> set[Key]:
        """Return all direct and indirect dependencies."""
        found, waiting = set(direct), list(direct)
        while waiting:
            new = self._needs.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def evaluate(self, expression: Expression, scope: Scope) -> Value:
        """Evaluate an expression; an error makes the value unknown."""
        from tfcheck.hcl.evaluate.expressions import evaluate

        value = evaluate(expression, scope)
        self.secrets.update(marked_strings(value))
        return value

    def see_safely(self, expression: Expression, scope: Scope) -> Seen:
        """Evaluate an expression, leaving resources and modules lazy; an error makes the value unknown."""
        if expression.place is configuration_refs.PLACE:
            try:
                return follow(expression, scope)
            except EvaluationError as error:
                return Unknown(reason=f"the plan's configuration leads nowhere: {error}")
        from tfcheck.hcl.evaluate.expressions import see

        try:
            seen = see(expression, scope)
        except EvaluationError as error:
            return Unknown(reason=f"evaluation error: {error}", where=str(expression.place))
        if isinstance(seen, (str, list, dict, Text, JsonText)):
            self.secrets.update(marked_strings(seen))
        return seen


def evaluate_all(seen: Seen) -> Value:
    """Evaluate what is still lazy."""
    # NOTE: not `isinstance(seen, Referent)`, which looks up every method of the protocol each time.
    if isinstance(seen, (str, dict, list, Unknown, Text, JsonText)):
        return seen
    return seen.evaluate() if hasattr(seen, "evaluate") else seen  # type: ignore[union-attr]


def follow(expression: Expression, scope: Scope) -> Seen:
    """Evaluate a constant or a reference; an EvaluationError if there definitely is no such object."""
    match expression:
        case Literal():
            return expression.value
        case Attribute(source=Variable(name=root), name=name) if root not in LONG_ROOTS:
            return scope.lookup(root, name)
        case Attribute(source=Attribute(source=Variable(name=root), name=kind), name=name) if root in LONG_ROOTS:
            return scope.lookup(kind if root == "resource" else f"{root}.{kind}", name)
        case Attribute():
            return _member(follow(expression.source, scope), expression.name)
        case Index():
            key = follow(expression.key, scope)
            if not isinstance(key, (str, int)):
                return Unknown(reason="the plan does not show which instance is meant")
            return _member(follow(expression.source, scope), key)
        case Unreadable():
            return Unknown(reason=expression.reason, may_fail=True)
        case _:
            return Unknown(reason="the plan does not show this value", may_fail=True)


def _member(seen: Seen, key: str | int) -> Seen:
    if isinstance(seen, Unknown):
        if seen.symbol is None:
            return seen
        return Unknown(symbol=seen.symbol.at(key), reason=seen.reason, where=seen.where)
    if isinstance(seen, dict) and key in seen:
        return seen[str(key)]
    if isinstance(seen, list) and isinstance(key, int) and 0 <= key < len(seen):
        return seen[key]
    if isinstance(seen, msgspec.Struct | str | dict | list | bool | int | float | None) or not hasattr(seen, "member"):
        raise EvaluationError(f"there is no {shown_key(key)}")
    found: Seen = seen.member(key)
    return found
