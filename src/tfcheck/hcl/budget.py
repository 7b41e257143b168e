"""How much may the evaluation of one expression cost?

Sources are not ours: an expression may nest without end, or make lists of lists until memory is gone.
"""

from __future__ import annotations

from typing import Protocol

from tfcheck.hcl.expression import Expression
from tfcheck.hcl.scope import Scope, Seen
from tfcheck.value import JsonText, Set, Text, Unknown, Value

#: Nodes evaluated, elements and hundreds of characters made, for one expression.
STEPS = 300_000
#: Expressions inside each other. Python's own limit must not be met first.
DEPTH = 120
#: Characters of one string.
LENGTH = 1 << 22
#: Leaves of one value.
LEAVES = 200_000


class Limit(Exception):  # noqa: N818 (not an error of the expression: `try` does not see it)
    """Evaluating this would cost too much."""


class Budget:
    """Counts down what is left for one expression."""

    def __init__(self) -> None:
        self.steps = STEPS
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Take `steps` away.

        Raises:
            Limit: there are no more.
        """
        self.steps -= steps
        if self.steps < 0:
            raise Limit("limit: the expression takes too many steps")

    def enter(self) -> None:
        """Go one expression deeper.

        Raises:
            Limit: it nests too deeply.
        """
        if self.depth >= DEPTH:
            raise Limit("limit: the expression nests too deeply")
        self.depth += 1
        self.spend(1)

    def leave(self) -> None:
        """Come back up."""
        self.depth -= 1

    def weigh(self, value: Value) -> None:
        """Walk all of `value`, whose parts may be shared many times over.

        Raises:
            Limit: it has too many leaves or too many characters.
        """
        if not isinstance(value, list | dict | Set | JsonText | Text | str):
            return
        leaves = 0
        todo: list[Value] = [value]
        while todo:
            part = todo.pop()
            leaves += 1 + (len(part) // 100 if isinstance(part, str) else 0)
            if leaves > LEAVES:
                raise Limit("limit: the value is too large")
            todo.extend(_parts(part))


class Run(Protocol):
    """One evaluation under way, as the parts of the evaluator see it."""

    budget: Budget
    #: Above 0 inside of `try` and `can`, where it matters whether Terraform reports an error.
    trying: int

    def see(self, node: Expression, scope: Scope) -> Seen:
        """Work out a part of the expression."""

    def value(self, node: Expression, scope: Scope) -> Value:
        """Work out a part of the expression, all of it."""

    def condition(self, node: Expression, scope: Scope) -> bool | Unknown:
        """Work out a part of the expression that must be a bool."""

    def probe(self, node: Expression, scope: Scope) -> Value:
        """Work out a part of the expression only to see whether Terraform would report an error."""


def _parts(value: Value) -> list[Value]:
    match value:
        case list():
            return value
        case dict():
            return list(value.values())
        case Set():
            return list(value.items)
        case JsonText():
            return [value.value]
        case Text():
            return list(value.pieces)
        case _:
            return []
