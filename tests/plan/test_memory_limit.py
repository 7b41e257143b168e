"""What takes much memory although it has few bytes is refused in one line."""

from __future__ import annotations

import json
import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plan.made import SMALLEST, loaded
from tfcheck.plan import file, load
from tfcheck.symbolic import limits
from tfcheck.symbolic.limits import limit_steps
from tfcheck.vocabulary.errors import InputError

VARIABLE = {"configuration": {"root_module": {"variables": {"v": {"sensitive": True}}}}}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_SMALL", 10)
    monkeypatch.setattr(file, "_OBJECTS", 20)
    monkeypatch.setattr(file, "_PARTS", 1)


def refused(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        loaded(text)
    return caught.value


def _with_rows(count: int, row: object) -> bytes:
    return json.dumps(SMALLEST | {"resource_changes": [row] * count}, separators=(",", ":")).encode()


def test_more_objects_than_a_plan_of_the_size_has_are_refused() -> None:
    assert loaded(_with_rows(15, {}))
    error = refused(_with_rows(30, {}))
    assert error.message == "standard input has more than 20 objects, too many for its size"
    assert "terraform show -json" in error.hint


def test_parts_of_a_large_plan_show_that_it_is_crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_PARTS", 8)
    assert "too many for its size" in refused(_with_rows(1_000_000, {})).message


def test_a_plan_as_terraform_writes_it_is_never_crowded() -> None:
    row = {"address": "aws_iam_role.execution", "mode": "managed", "type": "aws_iam_role", "name": "execution"}
    row |= {"change": {"actions": ["no-op"], "before": {"name": "execution"}}}  # type: ignore[dict-item]
    assert loaded(_with_rows(10_000, row))


@pytest.mark.parametrize("value", [["ab"] * 200, [{}] * 200, [[]] * 200, [{"a": 1}] * 100])
def test_more_values_than_a_run_decodes_are_refused(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_VALUES", 100)
    monkeypatch.setattr(file, "_SMALL", 10_000)
    plan = loaded(json.dumps(SMALLEST | VARIABLE | {"variables": {"v": {"value": value}}})).plans[0]
    assert plan.secrets() is not None
    again = loaded(json.dumps(SMALLEST | VARIABLE | {"variables": {"v": {"value": value}}})).plans[0]
    with (
        limit_steps(),
        pytest.raises(InputError, match="the plan's variables cannot be decoded: the plan has too many"),
    ):
        again.secrets()


def test_each_file_brings_the_values_that_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_VALUES", 100)
    monkeypatch.setattr(file, "_SMALL", 10_000)
    with limit_steps():
        for _ in range(5):
            plan = loaded(json.dumps(SMALLEST | VARIABLE | {"variables": {"v": {"value": ["ab"] * 70}}})).plans[0]
            assert plan.secrets() == {"ab"}


def test_a_part_that_is_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_LARGEST_PART", 100)
    plan = loaded(json.dumps(SMALLEST | VARIABLE | {"variables": {"v": {"value": "x" * 200}}})).plans[0]
    with pytest.raises(InputError, match=r"^the plan's variables: \d+ bytes are more than tfcheck decodes$"):
        plan.secrets()


def test_more_plans_than_one_file_may_have_are_refused() -> None:
    text = json.dumps(SMALLEST, indent=20)
    assert len(loaded(text * 100).plans) == 100
    assert refused(text * 101).message == "standard input contains more than 100 plans"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("block", [1, 2, 3, 7, 2**20])
def test_utf_16_is_read_in_blocks(encoding: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_BLOCK", block)
    text = json.dumps(SMALLEST | {"variables": {"name": {"value": "\u00e4\u20ac\U0001f600"}}}, ensure_ascii=False)
    assert loaded(text.encode(encoding)).plans[0].variables == {"name": "\u00e4\u20ac\U0001f600"}


@pytest.mark.parametrize("block", [1, 2, 5, 2**20])
def test_broken_utf_16_is_named_by_its_byte(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_BLOCK", block)
    text = json.dumps(SMALLEST).encode("utf-16-le")
    assert f"is broken UTF-16 at byte {len(text)}" in refused(text + b"\0\xd8{\0").message
    assert f"is broken UTF-16 at byte {len(text)}" in refused(text + b"{").message


def test_a_plan_that_is_read_is_no_longer_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []

    class Mapped(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            called.append(option)

    monkeypatch.setattr(mmap, "mmap", Mapped)
    path = tmp_path / "plan.json"
    path.write_bytes(_with_rows(5, {}))
    plan = load(path).plans[0]
    assert not hasattr(mmap, "MADV_DONTNEED") or set(called) == {mmap.MADV_DONTNEED}
    assert plan.types() == ("",) or plan.types() == ()


def test_memory_that_cannot_be_released_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(mmap, "mmap", Locked)
    buffer = file.spool_blocks(iter((b"x" * 2**20,) * 9))
    file.release(buffer)
    assert len(buffer) == 9 * 2**20


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space of a process")
@pytest.mark.parametrize("form", ["plain", "utf-8", "utf-16-le"])
def test_too_little_memory_is_one_line(form: str, tmp_path: Path) -> None:
    import gzip
    import resource

    with (tmp_path / "plan").open("wb") as plan:
        if form == "plain":
            plan.truncate(2**27)
        else:
            plan.write(gzip.compress("{".encode(form)) + gzip.compress((" " * 2**20).encode(form)) * 45)
            plan.write(gzip.compress((" " * 2**20).encode(form)) * (45 if form == "utf-8" else 0))
    limit = 70 << 20
    found = subprocess.run(
        [sys.executable, "-m", "tfcheck", "plan"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert found.returncode == 3
    assert found.stderr.count("error: ") == 1
    assert "memory" in found.stderr
    assert "Traceback" not in found.stderr
