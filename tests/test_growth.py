"""Twice the plan calls no function four times as often, and work is charged: test machines are too busy for clocks."""

from __future__ import annotations

import cProfile
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import CodeType

import pytest

from tests.bombs.decided import DECIDED
from tests.bombs.growing import GROWING, Growing, plan_of
from tests.bombs.stack import ACCOUNT, TRUST, Json, container, evaluated, role, task
from tests.laws import part
from tfcheck.analysis import session
from tfcheck.cli.main import main
from tfcheck.symbolic import limits

_SIZES = (16, 32, 64)
_SIZES_WITH_SOURCES = (8, 16, 32)
#: Between the two steps from size to size: 2 where a function is called once for each, 4 where it is for each pair.
_MOST = 3
#: A function is looked at if it is called as often as this for one more of each.
_LEAST = 2
#: Calls for one more of each: 3,000 to 12,000, and some ten times as many where a run ends at the limit of its steps.
_MOST_OF_ONE = 25_000
#: Calls, also of what is built in, for a step that is charged: 1 to 4 for services.
_MOST_OF_A_STEP = 5


def _profile(directory: Path, make: Growing, size: int, *, builtins: bool = False) -> cProfile.Profile:
    """Profile a run that finds nothing in its caches."""
    for module in [each for name, each in sys.modules.items() if name.startswith("tfcheck")]:
        for cached in [each for each in vars(module).values() if hasattr(each, "cache_clear")]:
            cached.cache_clear()
    path = directory / f"{size}.json"
    path.write_text(json.dumps(plan_of(make, size)))
    profile = cProfile.Profile(builtins=builtins)
    with redirect_stdout(StringIO()):
        profile.runcall(main.main, [str(path)], standalone_mode=False)
    return profile


def _count_calls(directory: Path, make: Growing, size: int) -> Counter[str]:
    """Count the calls of every function of tfcheck."""
    found: Counter[str] = Counter()
    for each in _profile(directory, make, size).getstats():
        if isinstance(each.code, CodeType) and "tfcheck" in each.code.co_filename:
            found[f"{each.code.co_filename}:{each.code.co_firstlineno}: {each.code.co_name}"] += each.callcount
    return found


@pytest.mark.parametrize("make", part(GROWING, 14), ids=lambda make: make.__name__)
def test_work_does_not_grow_with_the_square(make: Growing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _count_calls(tmp_path, make, 2)  # the first run also imports
    found = [_count_calls(tmp_path, make, size) for size in _SIZES]
    assert _growing_functions(found, _SIZES) == {}
    assert (found[2] - found[1]).total() < _MOST_OF_ONE * (_SIZES[2] - _SIZES[1])


def _growing_functions(found: Sequence[Counter[str]], sizes: Sequence[int]) -> dict[str, int]:
    """Return the functions that are called more often for one more of each, the more there are already."""
    small, medium, large = found
    often = {name: calls for name, calls in (large - medium).items() if calls >= _LEAST * (sizes[2] - sizes[1])}
    return {name: calls for name, calls in often.items() if calls > _MOST * (medium[name] - small[name])}


@pytest.mark.parametrize("own_roles", [False, True])
def test_fixes_do_not_grow_with_the_square(own_roles: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = []
    for size in (2, *_SIZES_WITH_SOURCES):
        (tmp_path / "main.tf").write_text(_sources_of_denied(size, own_roles=own_roles))
        found.append(_count_calls(tmp_path, _denied_by_own_roles if own_roles else _denied, size))
    assert _growing_functions(found[1:], _SIZES_WITH_SOURCES) == {}


def _denied(count: int) -> Iterator[Json]:
    """Make so many tasks whose common role may do nothing."""
    for i in range(count):
        yield task([container()], f"t{i}")


def _denied_by_own_roles(count: int) -> Iterator[Json]:
    """Make so many tasks with roles of their own, which may do nothing."""
    for i in range(count):
        yield role(f"t{i}")
        yield task([container()], f"t{i}", execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/t{i}")


def _sources_of_denied(count: int, *, own_roles: bool) -> str:
    roles = [f"t{i}" if own_roles else "execution" for i in range(count)]
    tasks = (
        f'resource "aws_ecs_task_definition" "t{i}" {{\n  family = "t{i}"\n'
        f"  execution_role_arn = aws_iam_role.{name}.arn\n"
        '  container_definitions = jsonencode([{ name = "app", image = "nginx" }])\n}\n'
        for i, name in enumerate(roles)
    )
    trusted = f"assume_role_policy = jsonencode({json.dumps(TRUST).replace(': ', ' = ')})"
    written = (f'resource "aws_iam_role" "{name}" {{\n  name = "{name}"\n  {trusted}\n}}\n' for name in {*roles})
    return "".join((*written, *tasks))


def test_a_further_file_costs_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if a fix looks for a text in all files of a module."""
    monkeypatch.chdir(tmp_path)
    make = evaluated('"app"')()
    make.write(tmp_path)
    found = []
    for size in (2, 4, 12):
        for number in range(size):
            (tmp_path / f"f{number}.tf").write_text(f'locals {{\n  x{number} = "a"\n}}\n')
        profile = cProfile.Profile(builtins=False)
        with redirect_stdout(StringIO()):
            profile.runcall(main.main, ["plan.json"], standalone_mode=False)
        found.append(sum(each.callcount for each in profile.getstats()))
    assert (found[2] - found[1]) / 8 < 700


class _Counted(limits.Allowance):
    """An allowance that never ends."""

    taken = 0

    def take(self, steps: int) -> bool:
        type(self).taken += steps
        return True


@pytest.mark.parametrize("make", [*part(DECIDED, 4), *part(GROWING, 40)], ids=lambda make: make.__name__)
def test_calls_are_charged(make: Growing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(limits, "Allowance", _Counted)
    monkeypatch.setattr(session, "Allowance", _Counted)
    _profile(tmp_path, make, 2)  # the first run also imports
    found = []
    for size in _SIZES[1:]:
        monkeypatch.setattr(_Counted, "taken", 0)
        calls = sum(each.callcount for each in _profile(tmp_path, make, size, builtins=True).getstats())
        found.append((calls, _Counted.taken))
    (calls, steps), (more_calls, more_steps) = found
    assert more_calls - calls < _MOST_OF_A_STEP * (more_steps - steps)
