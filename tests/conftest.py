"""What holds for every test: how many examples a law tries, and that the machine it runs on is a person's own.

A law tries 15 examples by default, the same ones in every run, so that what passes here passes everywhere; 1,000 new
ones with `HYPOTHESIS_PROFILE=thorough` (`make laws`). In CI only tracked files are read and shown; the tests that are
about that set the variables themselves.

The tests of one case run one after another, in one process: its plan is checked once for all of them, and for the tests
before them that are about several cases.

The garbage collector leaves alone what lives as long as the run, thousands of tests and all modules: the command itself
runs without it.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from tests.cases import Case
from tests.laws import DEFAULT
from tfcheck.repository.machine import signs

for _name in signs(os.environ):
    del os.environ[_name]
# Without compiled modules every worker, and every command that a test starts, would compile all of them again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A new repository of git holds no samples of hooks: they would be most of the files that the tests make and remove.
os.environ["GIT_TEMPLATE_DIR"] = ""

gc.disable()  # until all tests are collected

settings.register_profile(
    "quick",
    max_examples=DEFAULT,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of each case next to one another, behind those of several cases, and these behind all others."""
    items.sort(key=_case_of)


def _case_of(item: pytest.Item) -> tuple[bool, str]:
    chosen = item.callspec.params.get("case") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""
    name = chosen.name if isinstance(chosen, Case) else ""
    return bool(name or item.get_closest_marker("several_cases")), name


def pytest_collection(session: pytest.Session) -> None:
    """Load a share of the modules in each worker first: otherwise all compile the same modules at the same time."""
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER"), os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    if worker and workers and session.config.args == session.config.getini("testpaths"):
        for path in sorted(Path(__file__).parent.rglob("test_*.py"))[int(worker[2:]) :: int(workers)]:
            with suppress(Exception, pytest.skip.Exception):  # which the collection reports
                import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Let the garbage collector look at new objects only, and not often."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(200_000, 20, 50)


def pytest_sessionfinish() -> None:
    """Leave out what pytest would do at its end: look five times at every object that the tests have made."""
    gc.freeze()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Send no report on a set-up or a tear-down that went well to the process that shows what the workers did."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


_NUMBERS = count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory for one test; pytest's own fixture looks at those of all other tests to number it."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}-{next(_NUMBERS)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty directory: in this repository a plan without sources makes tfcheck look through all of it."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands share the check that tests give the same files."""
    from tests.checked_once import once

    monkeypatch.setattr("tfcheck.analysis.check.check", partial(once, tmp_path))
