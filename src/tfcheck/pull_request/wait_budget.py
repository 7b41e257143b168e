"""Limit the time that a run spends on the pull request."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

#: The time for everything in one run: requests, responses, and waiting.
SECONDS = 120.0


class WaitBudget:
    """A budget of seconds that starts at once and includes waits and work.

    The clocks, the sleep and the random numbers can be replaced, so that tests do not wait. `waits` counts the waits:
    what was read before one may be out of date after it.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Build from the number of seconds; `now` is the time of day, `clock` a monotonic clock."""
        self._now = now
        self._clock = clock
        self._end = clock() + seconds
        self._sleep = sleep
        self._chance = chance
        self.waits = 0

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now()

    def remaining(self) -> float:
        """Return the remaining seconds."""
        return self._end - self._clock()

    def wait(self, seconds: float) -> bool:
        """Wait, or return at once that this would take too long."""
        if seconds >= self.remaining():
            return False
        self.waits += 1
        self._sleep(seconds)
        return True

    def wait_random(self, least: float, most: float) -> bool:
        """Wait a random time, so that two jobs do not stay in step; False if no time is left."""
        return self.wait(least + (most - least) * self._chance())
