"""What holds for every test: how many examples a law tries, and that the machine it runs on is a person's own.

A law tries 25 examples by default, the same ones in every run, so that what passes here passes everywhere; 1,000 new
ones with `HYPOTHESIS_PROFILE=thorough` (`make laws`). In CI only tracked files are read and shown; the tests that are
about that set the variables themselves.

The garbage collector leaves alone what lives as long as the run, thousands of tests and all modules: the command itself
runs without it.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tfcheck.repository.shared_machine import signs

for _name in signs(os.environ):
    del os.environ[_name]

settings.register_profile(
    "quick",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_finish() -> None:
    """Let the garbage collector look at new objects only, and not often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty directory: in this repository a plan without sources makes tfcheck look through all of it."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that a test gives the same files share the check."""
    from tests.checked_once import once

    monkeypatch.setattr("tfcheck.analysis.check.check", once)
