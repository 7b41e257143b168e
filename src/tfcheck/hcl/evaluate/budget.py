"""Bound what the evaluation of one expression may cost, and of all expressions of a run together.

Sources are not ours: an expression may nest without end, or make lists of lists until memory is gone.
"""

from __future__ import annotations

from typing import Protocol

from tfcheck.hcl.evaluate.scope import Scope, Seen
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.symbolic.limits import REASON, take
from tfcheck.symbolic.size import LEAVES, size
from tfcheck.symbolic.value import Unknown, Value

#: Nodes evaluated, elements and hundreds of characters made, for one expression.
STEPS = 600_000
#: So many steps are taken from the run's allowance at once.
_MOST_OWED = 200
#: Expressions inside each other. Python's own limit must not be met first.
DEPTH = 120
#: Characters of one string. A task definition has 64 KiB at most, a policy less.
LENGTH = 1 << 20
#: Pieces, known and unknown, of one string: a task definition has no room for more references.
PIECES = 4_000
#: Parts of a value inside each other: a walk over them must not run out of stack. A policy has about 6.
LEVELS = 100


class Limit(Exception):  # noqa: N818 (not an error of the expression: `try` does not see it)
    """Evaluating this would cost too much."""


class Budget:
    """Counts down what is left for one expression."""

    def __init__(self) -> None:
        self.steps = STEPS
        self.depth = 0
        self._owed = 0

    def spend(self, steps: int) -> None:
        """Count `steps` down.

        Raises:
            Limit: there are no more.
        """
        self.steps -= steps
        if self.steps < 0:
            raise Limit("limit: the expression takes too many steps")
        self._owed += steps
        if self._owed > _MOST_OWED and not self.pay():
            raise Limit(REASON)

    def pay(self) -> bool:
        """Charge the steps of many nodes to the run's allowance at once, and return whether there were enough."""
        steps, self._owed = self._owed, 0
        return take(steps)

    def enter(self) -> None:
        """Go one expression deeper.

        Raises:
            Limit: it nests too deeply.
        """
        if self.depth >= DEPTH:
            raise Limit("limit: the expression nests too deeply")
        self.depth += 1
        self.spend(4)

    def leave(self) -> None:
        """Come back up."""
        self.depth -= 1

    def weigh(self, value: Value) -> None:
        """Count the leaves of `value`, whose parts may be shared many times over; each part is looked at once.

        Raises:
            Limit: it has too many leaves or too many characters, or nests too deeply.
        """
        found = size(value)
        self.spend(found.looked // 2 + found.leaves // 8)
        if found.leaves > LEAVES:
            raise Limit("limit: the value is too large")
        if found.levels > LEVELS:
            raise Limit("limit: the value nests too deeply")


class Run(Protocol):
    """One evaluation under way, as the parts of the evaluator see it."""

    budget: Budget
    #: Above 0 inside of `try` and `can`, where it matters whether Terraform reports an error.
    trying: int

    def see(self, node: Expression, scope: Scope) -> Seen:
        """Evaluate a part of the expression."""

    def value(self, node: Expression, scope: Scope) -> Value:
        """Evaluate a part of the expression, all of it."""

    def condition(self, node: Expression, scope: Scope) -> tuple[bool | Unknown, bool]:
        """Evaluate a part of the expression that must be a bool, and whether it is marked as sensitive."""

    def probe(self, node: Expression, scope: Scope) -> Value:
        """Evaluate a part of the expression only to see whether Terraform would report an error."""
