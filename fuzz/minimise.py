"""Reduce an input that fails to what is needed for the failure."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from fuzz.plans import at, paths
from fuzz.target import Input


def minimised(given: Input, fails: Callable[[Input], bool], seconds: float = 60) -> Input:
    """Return a smaller input that still fails, as small as it gets in the time."""
    end = time.monotonic() + seconds
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for smaller in (*_fewer_files(given), *_fewer_lines(given)):
            if time.monotonic() < end and _size(smaller) < _size(given) and fails(smaller):
                given, changed = smaller, True
                break
        reduced = _reduced_plan(given, fails, end)
        changed, given = changed or reduced != given, reduced
    return given


def _size(given: Input) -> int:
    return len(given.plan) + sum(map(len, given.files.values()))


def _fewer_files(given: Input) -> Iterator[Input]:
    for name in given.files:
        yield msgspec.structs.replace(given, files={key: data for key, data in given.files.items() if key != name})


def _fewer_lines(given: Input) -> Iterator[Input]:
    for name, data in given.files.items():
        lines = data.splitlines(keepends=True)
        size = len(lines)
        while size >= 1:
            for start in range(0, len(lines), size):
                rest = b"".join((*lines[:start], *lines[start + size :]))
                yield msgspec.structs.replace(given, files=given.files | {name: rest})
            size //= 2


def _reduced_plan(given: Input, fails: Callable[[Input], bool], end: float) -> Input:
    """Take parts out of the plan, large ones first; of a plan that is not JSON, halves of its bytes."""
    try:
        document = json.loads(given.plan)
        every = sorted(paths(document), key=len)
    except (ValueError, RecursionError):
        return given
    for path in every:
        try:
            old = at(document, path)
        except (KeyError, IndexError, TypeError):
            continue  # gone with what it was in
        if time.monotonic() > end:
            break
        _without(document, path)
        smaller = msgspec.structs.replace(given, plan=json.dumps(document).encode())
        if fails(smaller):
            given = smaller
        else:
            _back(document, path, old)
    return given


def _without(document: Any, path: tuple[str | int, ...]) -> None:
    del at(document, path[:-1])[path[-1]]


def _back(document: Any, path: tuple[str | int, ...], old: Any) -> None:
    parent, last = at(document, path[:-1]), path[-1]
    if isinstance(parent, list) and isinstance(last, int):
        parent.insert(last, old)
    else:
        parent[last] = old
