"""A test of a table: each row is tried in one test, and every row that fails is reported with its error.

A row often takes microseconds, where pytest needs some milliseconds for every test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import signature
from typing import Any

import pytest

_Test = Callable[..., None]


def every_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[_Test], _Test]:
    """Return a decorator like `pytest.mark.parametrize`, for tests that share their fixtures among all rows.

    Raises:
        BaseExceptionGroup: in the test, with the error of each row that fails.
    """
    wanted = names.replace(",", " ").split() if isinstance(names, str) else [*names]
    table = [_values(row, wanted) for row in rows]

    def decorate(test: _Test) -> _Test:
        @wraps(test)
        def run(**others: Any) -> None:
            failed = [error for row in table if (error := _error_of(test, row, others))]
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(table)} rows", failed)

        asked = signature(test)
        left = [each for name, each in asked.parameters.items() if name not in wanted]
        run.__signature__ = asked.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return decorate


def _values(row: Any, wanted: list[str]) -> dict[str, Any]:
    if len(wanted) == 1:
        return {wanted[0]: row}
    return dict(zip(wanted, row, strict=True))


def _error_of(test: _Test, row: dict[str, Any], others: dict[str, Any]) -> BaseException | None:
    try:
        test(**row, **others)
    except (Exception, BaseExceptionGroup, pytest.fail.Exception) as error:
        error.add_note(f"in the row {row}")
        return error
    return None
