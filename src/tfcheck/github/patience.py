"""Limit the time that one run waits for GitHub."""

from __future__ import annotations

import random
import time
from collections.abc import Callable


class WaitBudget:
    """A budget of seconds, from which every wait is taken.

    The clock, the sleep and the dice can be replaced, so that tests wait for nothing.
    """

    def __init__(
        self,
        seconds: float = 120.0,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Build from the seconds that may be waited."""
        self._left = seconds
        self._now = now
        self._sleep = sleep
        self._chance = chance

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now()

    def wait(self, seconds: float) -> bool:
        """Wait, or say at once that this would be too long."""
        if seconds > self._left:
            return False
        self._left -= seconds
        self._sleep(seconds)
        return True

    def between(self, least: float, most: float) -> bool:
        """Wait some time, so that two jobs do not stay in step; False where there is no time left."""
        return self.wait(least + (most - least) * self._chance())

    def spend(self, seconds: float) -> None:
        """Take off time that was spent waiting for an answer."""
        self._left -= seconds
