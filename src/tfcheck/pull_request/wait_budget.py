"""Limit the time that a run spends on the pull request."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

#: The time for everything in one run: requests, responses, and waiting.
SECONDS = 120.0
#: In seconds. Every run looks again after it has written, and at a newer commit, at a random moment.
LOOK_AGAIN = 2.0, 4.0
#: How long after its answer was lost a write may still be carried out. GitHub ends a request after 10 seconds and
#: GitLab after 60, and 30 of them are over when tfcheck gives one up.
_LATE = 30.0
_RESERVE = 10.0


class WaitBudget:
    """A budget of seconds that starts at once and includes waits and work.

    The clock, the sleep and the random numbers can be replaced, so that tests do not wait. `waits` counts the waits:
    what was read before one may be out of date after it. `lost` counts the writes without an answer.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Build from the number of seconds; `clock` is a monotonic clock."""
        self._clock = clock
        self._end = clock() + seconds
        self._sleep = sleep
        self._chance = chance
        self.waits = 0
        self.lost = 0
        self._late = -math.inf

    def remaining(self) -> float:
        """Return the remaining seconds."""
        return self._end - self._clock()

    def lose_answer(self) -> None:
        """Remember that a write had no answer: it may be carried out late."""
        self.lost += 1
        self._late = self._clock() + _LATE

    def find_answer(self) -> None:
        """Expect nothing late any more: the only write without an answer has been carried out."""
        if self.lost == 1:
            self._late = -math.inf

    def expects_late_write(self) -> bool:
        """Whether a write without an answer may still be carried out."""
        return self._late > self._clock()

    def wait_for_late_write(self, most: float) -> bool:
        """Wait a part of the time in which a lost write may be carried out; False if it is over, or no time is left."""
        seconds = min(self._late - self._clock(), self.remaining() - _RESERVE, most)
        return seconds > 0 and self.wait(seconds)

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

    def wait_briefly(self) -> bool:
        """Wait for a random moment before looking again; False if no time is left."""
        return self.wait_random(*LOOK_AGAIN)
