"""Atlantis with one repository, and a GitHub where its pull request is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.atlantis.server import Atlantis, in_process
from tests.pull_request.fake import FakeGitHub, serving
from tests.pull_request.job import Clock


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    made = FakeGitHub()
    yield made
    assert made.problems == []


@pytest.fixture
def atlantis(tmp_path: Path, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Atlantis]:
    """Return a server whose steps run in this process and wait for nothing."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    with serving(github) as where:
        made = Atlantis(tmp_path, where, in_process)
        yield made
        made.assert_nothing_leaked(github)
