"""A fake GitHub for one test, which fails the test if anything it was asked, or anything it did, was not right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pull_request.fake import FakeGitHub
from tests.pull_request.second_server import SecondServer, listening


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    made = FakeGitHub()
    yield made
    assert made.problems == []


@pytest.fixture
def server() -> Iterator[SecondServer]:
    with listening(SecondServer()) as found:
        yield found
