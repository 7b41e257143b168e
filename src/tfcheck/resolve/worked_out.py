"""Work every value out once, and remember what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.symbolic.value import Unknown

#: A name, argument, output or file: its kind, then what identifies it.
Key: TypeAlias = tuple[object, ...]


class WorkedOut:
    """Values by key. A value that leads back to itself is unknown."""

    def __init__(self) -> None:
        """Begin with nothing worked out."""
        self._worked_out: dict[Key, Seen] = {}
        self._under_way: set[Key] = set()
        self._needs: dict[Key, set[Key]] = {}
        self._recording: list[set[Key]] = []
        self._following = False  # single references of the plan's configuration

    def _once(self, key: Key, work_out: Callable[[], Seen]) -> Seen:
        key = (*key, self._following)
        self.record(key)
        if key in self._worked_out:
            return self._worked_out[key]
        if key in self._under_way:
            return Unknown(reason="the reference leads back to itself")
        self._under_way.add(key)
        try:
            found, self._needs[key] = self.recorded(work_out)
        finally:
            self._under_way.discard(key)
        self._worked_out[key] = found
        return found

    def record(self, key: Key) -> None:
        """Note that what is being worked out rests on something."""
        if self._recording:
            self._recording[-1].add(key)

    def recorded(self, work_out: Callable[[], Seen]) -> tuple[Seen, set[Key]]:
        """Return a value, and what it directly rests on."""
        self._recording.append(set())
        try:
            found = work_out()
        finally:
            direct = self._recording.pop()
        return found, direct

    def rests_on(self, direct: set[Key]) -> set[Key]:
        """Return what something rests on in the end, and all that lies between."""
        found, waiting = set(direct), list(direct)
        while waiting:
            new = self._needs.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found
