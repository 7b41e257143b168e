"""How many examples a law tries: few in every run, many with `make laws`."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

#: What a law tries that says nothing else, by default and at most.
DEFAULT, MOST = 50, 5_000


def tries(number: int, **more: Any) -> settings:
    """Return the settings of a law that tries `number` examples by default, and as many times more as others do."""
    times = max(settings().max_examples // DEFAULT, 1)
    return settings(max_examples=min(number * times, max(MOST, number)), **more)
