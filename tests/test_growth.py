"""Twice the plan takes twice the work, counted in calls: machines that run tests are too busy for a clock."""

from __future__ import annotations

import cProfile
import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from tests.bombs.growing import GROWING, Growing, plan_of
from tfcheck.cli.main import main

_SIZES = (60, 120, 240)
#: Between the two steps from size to size: 2 where the work is linear, 4 where it is quadratic.
_MOST = 2.3
#: Calls for one more of each: 5,000 to 14,000, and some ten times as many where a run ends at the limit of its steps.
_MOST_OF_ONE = 25_000


def _count_calls(directory: Path, make: Growing, size: int) -> int:
    path = directory / f"{size}.json"
    path.write_text(json.dumps(plan_of(make, size)))
    profile = cProfile.Profile()
    with redirect_stdout(StringIO()):
        profile.runcall(main.main, [str(path)], standalone_mode=False)
    return sum(each.callcount for each in profile.getstats())


@pytest.mark.parametrize("make", GROWING, ids=lambda make: make.__name__)
def test_work_does_not_grow_with_the_square(make: Growing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _count_calls(tmp_path, make, 2)  # the first run also imports
    small, medium, large = (_count_calls(tmp_path, make, size) for size in _SIZES)
    assert (large - medium) / (medium - small) < _MOST
    assert (large - medium) / (_SIZES[2] - _SIZES[1]) < _MOST_OF_ONE
