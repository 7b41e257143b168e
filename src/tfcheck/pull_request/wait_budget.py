"""Limit the time that one run spends on the pull request."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

#: What one run spends in all: requests, answers, and waiting between them.
SECONDS = 120.0


class WaitBudget:
    """A budget of seconds, from the first moment on: what is over is over, whether it was waited or worked.

    The clocks, the sleep and the dice can be replaced, so that tests wait for nothing. `waits` counts the waits: what
    was read before one may be out of date after it.
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
        """Build from the seconds that may be spent; `now` is the time of day, `clock` one that nobody sets."""
        self._now = now
        self._clock = clock
        self._end = clock() + seconds
        self._sleep = sleep
        self._chance = chance
        self.waits = 0

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now()

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._end - self._clock()

    def wait(self, seconds: float) -> bool:
        """Wait, or say at once that this would be too long."""
        if seconds >= self.left():
            return False
        self.waits += 1
        self._sleep(seconds)
        return True

    def between(self, least: float, most: float) -> bool:
        """Wait some time, so that two jobs do not stay in step; False where there is no time left."""
        return self.wait(least + (most - least) * self._chance())
