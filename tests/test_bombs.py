"""No input of 20 MB takes long or much, and none ends in a traceback: bombs in processes that are not allowed much."""

from __future__ import annotations

import os

import pytest

from tests.bombs.run import run

_IS_SLOW = bool(os.environ.get("TFCHECK_SLOW_TESTS"))
#: One for each way to make much of little.
_SAMPLE = (*("files-1e5", "statements-1e5", "stars-questions", "waivers-many-resources", "call-count"),)


def _checked(name: str) -> None:
    from tests.bombs.all import BOMBS

    found = run(BOMBS[name]())

    assert found.status in (0, 1, 3), found.err[-500:]
    assert "Traceback" not in found.err
    # NOTE: what is promised is 3 seconds and 500 MB; machines that run tests are slow, and share their cores.
    assert found.seconds < 10
    assert found.megabytes < 500


@pytest.mark.parametrize("name", _SAMPLE)
def test_a_bomb_takes_little(name: str) -> None:
    _checked(name)


def _others() -> list[str]:
    """Return the names of the other bombs, which take seconds to list, where they are run."""
    from tests.bombs.all import BOMBS

    return [name for name in BOMBS if name not in _SAMPLE]


@pytest.mark.slow
@pytest.mark.skipif(not _IS_SLOW, reason="TFCHECK_SLOW_TESTS is not set: takes minutes")
@pytest.mark.parametrize("name", _others() if _IS_SLOW else ["each"])
def test_every_bomb_takes_little(name: str) -> None:
    _checked(name)
