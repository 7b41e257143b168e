"""Plans that were stored with gzip."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import pytest

from tests.plan.made import SMALLEST, loaded
from tests.rows import every_row
from tfcheck.plan import file as stored
from tfcheck.plan import load
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PLAN = json.dumps(SMALLEST | {"variables": {"name": {"value": "ä"}}}).encode()


@pytest.mark.parametrize("text", [PLAN, PLAN.decode().encode("utf-16"), b"\xef\xbb\xbf" + PLAN, PLAN * 100])
def test_gzip_is_read_from_a_file_and_from_standard_input(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.json.gz"
    path.write_bytes(gzip.compress(text))
    for found in (load(path), loaded(gzip.compress(text))):
        assert {str(each.variables) for each in found.plans} == {"{'name': 'ä'}"}
    assert len(load(path).plans) == (100 if len(text) > 10_000 else 1)


def test_all_members_of_a_gzip_file_are_read() -> None:
    half = len(PLAN) // 2
    found = loaded(gzip.compress(PLAN[:half]) + gzip.compress(PLAN[half:]))
    assert found.plans[0].variables == {"name": "ä"}


@every_row("length", [3, 10, 15, -9, -1])
def test_gzip_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(InputError, match="is cut short"):
        loaded(gzip.compress(PLAN)[:length])


def test_damaged_gzip_is_refused() -> None:
    damaged = bytearray(gzip.compress(PLAN))
    damaged[-5] ^= 1
    with pytest.raises(InputError, match="is damaged gzip data"):
        loaded(bytes(damaged))


@pytest.mark.long
def test_gzip_of_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_LARGEST_UNPACKED", 3 * 2**20)
    machine = zlib.compressobj(9, wbits=31)
    bomb = machine.compress(b" " * 2**26) + machine.flush()
    assert len(bomb) < 2**17
    with pytest.raises(InputError, match="decompresses to more than 3 MiB") as caught:
        loaded(bomb)
    assert "gunzip" in caught.value.hint


def test_a_file_of_nothing_but_beginnings_of_gzip_is_refused_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_MOST_MEMBERS", 100)
    assert loaded(gzip.compress(b"") * 99 + gzip.compress(PLAN)).plans
    with pytest.raises(InputError, match="is gzip data of more than 100 parts") as caught:
        loaded(gzip.compress(b"") * 101 + gzip.compress(PLAN))
    assert "gunzip" in caught.value.hint
