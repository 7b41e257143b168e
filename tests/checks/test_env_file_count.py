"""A task has at most ten environment files."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, files, messages
from tfcheck.checks import env_file_count


def test_ten_files_are_the_most() -> None:
    assert messages(env_file_count.CHECK, files(*[FILE] * 10)) == []
    (found,) = messages(env_file_count.CHECK, files(*[FILE] * 11))
    assert found.startswith("error: container `app` names 11")
    (found,) = messages(env_file_count.CHECK, files(*[FILE] * 6), {**files(*[FILE] * 6), "name": "side"})
    assert found.startswith("warning: the containers name 12")
