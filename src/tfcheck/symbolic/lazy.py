"""Attributes that are computed on first use, for classes with many thousands of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

_T = TypeVar("_T")


class Lazy(Generic[_T]):
    """An attribute that a function computes once.

    NOTE: `functools.cached_property` does the same for all other classes. Up to Python 3.11 it takes a lock each time,
    and it makes a dictionary for each object, which an object with few attributes does without.
    """

    def __init__(self, make: Callable[[Any], _T]) -> None:
        """Build from the function, which has the attribute's name."""
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | _T:
        """Return the attribute of an object; a stored one is found before this is called again."""
        if instance is None:
            return self
        found = self._make(instance)
        setattr(instance, self._name, found)
        return found
