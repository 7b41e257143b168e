"""Bound what one run may cost, whoever wrote its input and however.

Sources and plans are not ours: a few lines may double a list sixty times, or compare everything with everything. What
takes long counts its steps here, and where none are left its answer is unknown. Steps are counted and not seconds, so
that an answer never depends on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Steps of about a microsecond that one check may take; a plan of 20 MB takes about 20,000.
STEPS = 1_000_000
#: Plans beyond this many bytes may take a step more for each tenth: there is more to decide in them.
_SMALL = 20_000_000
#: What to answer where there are no steps left, and what the run says about it once.
REASON = "limit: too much to work out in one run"
NOTE = f"{REASON}: what was left is unknown"


class Allowance:
    """Counts down what is left for one run."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps
        self.exceeded = False

    def take(self, steps: int) -> bool:
        """Take steps away. Whether there were enough; where not, nothing is left for what is smaller either."""
        self.steps -= steps
        if self.steps < 0:
            self.exceeded = True
        return not self.exceeded


# NOTE: a context variable, as `decimal` has one: what compares two texts does not know for which run it does.
_RUN: ContextVar[Allowance | None] = ContextVar("_RUN", default=None)


@contextmanager
def bounded(size: int = 0) -> Iterator[Allowance]:
    """Bound everything inside that takes steps; `size` is how many bytes the plan has. One inside another shares it."""
    around = _RUN.get()
    if around is not None:
        yield around
        return
    allowance = Allowance(STEPS + max(size - _SMALL, 0) // 10)
    token = _RUN.set(allowance)
    try:
        yield allowance
    finally:
        _RUN.reset(token)


def take(steps: int) -> bool:
    """Take steps from the run's allowance. Whether there were enough; always outside of `bounded`."""
    allowance = _RUN.get()
    return allowance is None or allowance.take(steps)


#: Pairs of characters of a pattern and a text that are compared at most: those of two texts of 3,000 characters, which
#: is more than any ARN has.
_MOST_PAIRS = 10_000_000


def affordable(pattern: int, text: int) -> bool:
    """Whether a pattern and a text of so many characters may be compared, and take the steps that it needs."""
    return pattern * text <= _MOST_PAIRS and take(pattern * text // 1000)
