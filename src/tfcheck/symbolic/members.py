"""Compare values with many others, looking up what is the same text."""

from __future__ import annotations

from collections.abc import Iterable

from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value, identity


class Members:
    """Values that are compared with many others: what is the same text is looked up instead of compared with each."""

    def __init__(self, values: Iterable[Value]) -> None:
        """Build from the values."""
        self._values = list(values)
        self._texts = {identity(each) for each in self._values} - {None}
        self._others = [each for each in self._values if not isinstance(each, str)]

    def include(self, value: Value) -> Truth:
        """Whether one of them is equal to a value."""
        if identity(value) in self._texts:
            return Truth.TRUE
        # NOTE: two known strings that differ are never equal.
        among = self._others if isinstance(value, str) else self._values
        return Truth.some(equal(value, each) for each in among)
