"""Check attributes that are computed on first use."""

from __future__ import annotations

import pytest

from tfcheck.symbolic.caching import Lazy


class Counted:
    """Counts how often its attribute is worked out."""

    def __init__(self) -> None:
        self.count = 0

    @Lazy
    def value(self) -> int:
        """Return the number of calls."""
        self.count += 1
        if self.count > 1:
            raise ValueError
        return self.count


def test_an_attribute_is_computed_once_for_each_object() -> None:
    first, second = Counted(), Counted()
    assert (first.value, first.value, second.value) == (1, 1, 1)
    assert (first.count, second.count) == (1, 1)


def test_a_failed_computation_is_not_stored() -> None:
    failing = Counted()
    failing.count = 1
    for count in (2, 3):
        with pytest.raises(ValueError, match=r"^$"):
            _ = failing.value
        assert failing.count == count


def test_the_class_shows_the_docstring_of_the_attribute() -> None:
    assert Counted.value.__doc__ == "Return the number of calls."
