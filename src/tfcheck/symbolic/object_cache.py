"""Keep what a function returns for an object, which is recognised by identity."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")
#: The number of objects after which all are forgotten.
_MOST = 4096


def cache_by_object(function: Callable[[_In], _Out]) -> Callable[[_In], _Out]:
    """Return a function that computes the result for the same object only once.

    NOTE: equal texts may have different marks, which `functools.lru_cache` would take for the same.
    """
    known: dict[int, tuple[_In, _Out]] = {}  # the object is kept so that no other one gets its id

    @wraps(function)
    def find(value: _In) -> _Out:
        found = known.get(id(value))
        if found is None:
            if len(known) >= _MOST:
                known.clear()
            found = known[id(value)] = value, function(value)
        return found[1]

    find.cache_clear = known.clear  # type: ignore[attr-defined]
    return find
