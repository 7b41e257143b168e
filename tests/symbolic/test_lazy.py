"""Attributes that are worked out when they are first asked for."""

from __future__ import annotations

import pytest

from tfcheck.symbolic.lazy import Lazy


class Counted:
    """Counts how often its attribute is worked out."""

    def __init__(self) -> None:
        self.count = 0

    @Lazy
    def value(self) -> int:
        """Return how often this was asked for."""
        self.count += 1
        if self.count > 1:
            raise ValueError
        return self.count


def test_it_is_worked_out_once_for_each_object() -> None:
    first, second = Counted(), Counted()
    assert (first.value, first.value, second.value) == (1, 1, 1)
    assert (first.count, second.count) == (1, 1)


def test_what_fails_is_not_kept() -> None:
    failing = Counted()
    failing.count = 1
    for count in (2, 3):
        with pytest.raises(ValueError, match=r"^$"):
            _ = failing.value
        assert failing.count == count


def test_the_class_says_what_it_is() -> None:
    assert Counted.value.__doc__ == "Return how often this was asked for."
