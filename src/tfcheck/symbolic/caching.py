"""Compute once: what a function returns for an object, and attributes of classes with many thousands of objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, Self, TypeVar, overload

_In = TypeVar("_In")
_Out = TypeVar("_Out")
#: The number of objects after which all are forgotten.
_MOST = 4096


def cache_by_object(function: Callable[[_In], _Out], most: int = _MOST) -> Callable[[_In], _Out]:
    """Return a function that computes the result for the same object only once, and keeps at most so many.

    NOTE: equal texts may have different marks, which `functools.lru_cache` would take for the same.
    """
    known: dict[int, tuple[_In, _Out]] = {}  # the object is kept so that no other one gets its id

    @wraps(function)
    def find(value: _In) -> _Out:
        found = known.get(id(value))
        if found is None:
            if len(known) >= most:
                known.clear()
            found = known[id(value)] = value, function(value)
        return found[1]

    find.cache_clear = known.clear  # type: ignore[attr-defined]
    return find


class Lazy(Generic[_Out]):
    """An attribute that a function computes once.

    NOTE: `functools.cached_property` does the same for all other classes. Up to Python 3.11 it takes a lock each time,
    and it makes a dictionary for each object, which an object with few attributes does without.
    """

    def __init__(self, make: Callable[[Any], _Out]) -> None:
        """Build from the function, which has the attribute's name."""
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _Out: ...

    def __get__(self, instance: object | None, owner: type) -> Self | _Out:
        """Return the attribute of an object; a stored one is found before this is called again."""
        if instance is None:
            return self
        found = self._make(instance)
        setattr(instance, self._name, found)
        return found
