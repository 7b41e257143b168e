"""The progress of a run: its phase, and how much of that is done."""

from __future__ import annotations

import msgspec


class Progress(msgspec.Struct):
    """The phase of a run, which its display polls. `total` is 0 if it is unknown."""

    phase: str = ""
    done: int = 0
    total: int = 0

    def begin(self, phase: str, total: int = 0) -> None:
        """Enter the next phase."""
        self.phase, self.done, self.total = phase, 0, total

    def step(self) -> None:
        """Count one more of the phase as done."""
        self.done += 1
