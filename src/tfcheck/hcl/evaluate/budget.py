"""Limit the cost of evaluating one expression, and of all expressions of a run together.

Anybody may have written the sources: an expression may nest without end, or build lists of lists until memory is full.
"""

from __future__ import annotations

from typing import Protocol

from tfcheck.hcl.evaluate.scope import Scope, Seen
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.symbolic.limits import LEAVES, REASON, size, take
from tfcheck.symbolic.value import Unknown, Value

#: Evaluated nodes, created elements and hundreds of characters, for one expression.
STEPS = 600_000
#: Steps for an expression, and for each of its nodes.
_EXPRESSION_STEPS, _NODE_STEPS = 12, 6
#: The number of steps that are taken from the run's allowance at once.
_MOST_OWED = 200
#: Nested expressions. Python's own limit must not be reached first.
DEPTH = 120
#: Characters of one string. A task definition has at most 64 KiB, a policy less.
LENGTH = 1 << 20
#: Pieces, known and unknown, of one string: a task definition has no room for more references.
PIECES = 4_000
#: Nesting levels of a value: recursion must not exhaust the stack. A policy has about 6.
LEVELS = 100


class Limit(Exception):  # noqa: N818 (not an error of the expression: `try` does not see it)
    """Evaluating this would cost too much; all methods of `Budget` that spend steps may raise this."""


class Budget:
    """Counts down the remaining steps for one expression."""

    def __init__(self) -> None:
        self.steps = STEPS
        self.depth = 0
        self._owed = _EXPRESSION_STEPS

    def spend(self, steps: int) -> None:
        """Spend a number of steps."""
        self.steps -= steps
        if self.steps < 0:
            raise Limit("limit: the expression takes too many steps")
        self._owed += steps
        if self._owed > _MOST_OWED and not self.pay():
            raise Limit(REASON)

    def pay(self) -> bool:
        """Charge the steps of many nodes to the run's allowance at once, and return whether it was enough."""
        steps, self._owed = self._owed, 0
        return take(steps)

    def enter(self) -> None:
        """Enter a nested expression."""
        if self.depth >= DEPTH:
            raise Limit("limit: the expression nests too deeply")
        self.depth += 1
        self.spend(_NODE_STEPS)

    def leave(self) -> None:
        """Leave a nested expression."""
        self.depth -= 1

    def weigh(self, value: Value) -> None:
        """Count the leaves of `value`, visiting each shared part once."""
        found = size(value)
        self.spend(found.visited // 2 + found.leaves // 8)
        if found.leaves > LEAVES:
            raise Limit("limit: the value is too large")
        if found.levels > LEVELS:
            raise Limit("limit: the value nests too deeply")


class EvaluationRun(Protocol):
    """One evaluation in progress, as seen by the parts of the evaluator."""

    budget: Budget
    #: Above 0 inside `try` and `can`, where it matters whether Terraform reports an error.
    trying: int

    def see(self, node: Expression, scope: Scope) -> Seen:
        """Evaluate a part of the expression."""

    def value(self, node: Expression, scope: Scope) -> Value:
        """Evaluate a part of the expression completely."""

    def condition(self, node: Expression, scope: Scope) -> tuple[bool | Unknown, bool]:
        """Evaluate a part of the expression that must be a bool, and return whether it is sensitive."""

    def probe(self, node: Expression, scope: Scope) -> Value:
        """Evaluate a part of the expression only to find out whether Terraform would report an error."""
