"""Evaluate expressions, each value once, and remember what it rests on and which texts of it are marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.resolve import configuration_refs
from tfcheck.resolve.references import follow
from tfcheck.symbolic.marks import marked_strings
from tfcheck.symbolic.value import JsonText, Text, Unknown, Value

#: A name, argument, output or file: its kind, then what identifies it.
Key: TypeAlias = tuple[object, ...]


class Evaluation:
    """All values of one run by their keys. A value that leads back to itself is unknown."""

    def __init__(self) -> None:
        """Build with nothing evaluated."""
        self.secrets: set[str] = set()  # what was found marked
        self._found: dict[Key, Seen] = {}
        self._under_way: set[Key] = set()
        self._needs: dict[Key, set[Key]] = {}
        self._recording: list[set[Key]] = []

    def once(self, key: Key, work_out: Callable[[], Seen]) -> Seen:
        """Return the value of `key`, which is worked out only the first time."""
        self.record(key)
        if key in self._found:
            return self._found[key]
        if key in self._under_way:
            return Unknown(reason="the reference leads back to itself")
        self._under_way.add(key)
        try:
            found, self._needs[key] = self.recorded(work_out)
        finally:
            self._under_way.discard(key)
        self._found[key] = found
        return found

    def record(self, key: Key) -> None:
        """Note that what is being worked out rests on something."""
        if self._recording:
            self._recording[-1].add(key)

    def recorded(self, work_out: Callable[[], Seen]) -> tuple[Seen, set[Key]]:
        """Return a value, and what it directly rests on."""
        self._recording.append(set())
        try:
            found = work_out()
        finally:
            direct = self._recording.pop()
        return found, direct

    def rests_on(self, direct: set[Key]) -> set[Key]:
        """Return what something rests on in the end, and all that lies between."""
        found, waiting = set(direct), list(direct)
        while waiting:
            new = self._needs.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def evaluate(self, expression: Expression, scope: Scope) -> Value:
        """Evaluate an expression; what goes wrong makes the value unknown."""
        from tfcheck.hcl.evaluate.expressions import evaluate

        value = evaluate(expression, scope)
        self.secrets.update(marked_strings(value))
        return value

    def see_safely(self, expression: Expression, scope: Scope) -> Seen:
        """Evaluate an expression, leaving resources and modules unopened; what goes wrong makes it unknown."""
        if expression.place is configuration_refs.PLACE:
            return _follow_safely(expression, scope)
        from tfcheck.hcl.evaluate.expressions import see

        try:
            seen = see(expression, scope)
        except EvaluationError as error:
            return Unknown(reason=f"evaluation error: {error}", where=str(expression.place))
        if isinstance(seen, str | list | dict | Text | JsonText):
            self.secrets.update(marked_strings(seen))
        return seen


def whole(seen: Seen) -> Value:
    """Open what was left unopened."""
    # NOTE: not `isinstance(seen, Referent)`, which looks up every method of the protocol each time.
    if isinstance(seen, str | dict | list | Unknown | Text | JsonText):
        return seen
    return seen.whole() if hasattr(seen, "whole") else seen  # type: ignore[union-attr]


def _follow_safely(expression: Expression, scope: Scope) -> Seen:
    """Follow a reference of the configuration; what goes wrong makes it unknown."""
    try:
        return follow(expression, scope)
    except EvaluationError as error:
        return Unknown(reason=f"the plan's configuration leads nowhere: {error}")
