"""How far a run is: the phase that it is in, and how much of that is done."""

from __future__ import annotations

import msgspec


class Progress(msgspec.Struct):
    """The phase of a run; whoever shows it looks at it from time to time. `total` is 0 where it is not known."""

    phase: str = ""
    done: int = 0
    total: int = 0

    def begin(self, phase: str, total: int = 0) -> None:
        """Enter the next phase."""
        self.phase, self.done, self.total = phase, 0, total

    def step(self) -> None:
        """Count one more of the phase as done."""
        self.done += 1
