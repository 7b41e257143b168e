from __future__ import annotations

from pathlib import Path

import pytest

from tfcheck.repository import Gate, RefusedError
from tfcheck.repository.listing import matching_files


def test_directories_may_lie_100_levels_deep_and_no_deeper(tmp_path: Path) -> None:
    deepest = tmp_path.joinpath(*["d"] * 100)
    deepest.mkdir(parents=True)
    (deepest / "a.json").touch()
    assert matching_files(Gate(tmp_path), ".", "**/*.json") == ("d/" * 100 + "a.json",)

    (deepest / "d").mkdir()
    with pytest.raises(RefusedError, match="more than 100 levels below it"):
        matching_files(Gate(tmp_path), ".", "**/*.json")
