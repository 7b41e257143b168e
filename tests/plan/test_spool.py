"""Is a large plan from a pipe mapped from a private file that nobody finds afterwards?"""

from __future__ import annotations

import io
import json
import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.plan.made import SMALLEST, loaded
from tfcheck.plan import file as plan_file
from tfcheck.plan.file import spool_blocks

BLOCKS = (b"ab" * 50, b"", b"cd" * 50, b"e")
WHOLE = b"".join(BLOCKS)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Call more than 10 bytes large."""
    monkeypatch.setattr(plan_file, "_IN_MEMORY", 10)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_what_is_large_is_mapped_and_what_is_small_is_not() -> None:
    assert isinstance(spool_blocks(iter(BLOCKS)), memoryview)
    assert spool_blocks(iter(BLOCKS)) == WHOLE
    assert spool_blocks(iter((b"small",))) == b"small"
    assert spool_blocks(iter(())) == b""


def test_only_the_user_can_read_the_file_and_it_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[os.stat_result] = []
    original = plan_file._view

    def view(file: IO[bytes]) -> bytes | memoryview:
        opened.append(os.fstat(file.fileno()))
        assert list(tmp_path.iterdir()) == []
        return original(file)

    monkeypatch.setattr(plan_file, "_view", view)
    assert spool_blocks(iter(BLOCKS)) == WHOLE
    assert [(stat.S_IMODE(each.st_mode) & 0o077, each.st_nlink) for each in opened] == [(0, 0)]


def test_without_a_place_to_write_everything_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise FileNotFoundError("no usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert spool_blocks(iter(BLOCKS)) == WHOLE


@pytest.mark.parametrize("room", [0, 1, 100, 150, 200])
def test_a_full_disk_loses_nothing(monkeypatch: pytest.MonkeyPatch, room: int, tmp_path: Path) -> None:
    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            left = room - self.tell()
            if left <= 0:
                raise OSError(28, "No space left on device")
            return super().write(memoryview(data)[: min(left, 30)])

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full(tmp_path / "file", "w+"))
    assert spool_blocks(iter(BLOCKS)) == WHOLE


def test_an_input_that_fails_later_is_not_taken_for_a_full_disk() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 20
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        spool_blocks(broken())


def test_a_plan_is_read_from_standard_input(tmp_path: Path) -> None:
    assert len(loaded(json.dumps(SMALLEST) + " " * 100).plans) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in its file system")
def test_a_named_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(WHOLE,))
    writer.start()
    assert plan_file.content(pipe) == WHOLE
    writer.join()
