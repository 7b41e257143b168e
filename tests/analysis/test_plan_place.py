"""Where the plan's own file is in its repository."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tfcheck.analysis.session import Session

PLAN = Path(__file__).parents[2] / "testdata" / "literal-granted" / "plan.json"


def place(plan: str) -> str | None:
    (checked,) = Session([plan]).check(plan)
    return checked.report.plan.file


def test_it_is_seen_from_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    made = tmp_path / "infra" / "plan.json"
    made.parent.mkdir()
    made.write_bytes(PLAN.read_bytes())
    monkeypatch.chdir(made.parent)
    assert place("plan.json") == place(str(made)) == "infra/plan.json"


def test_outside_of_a_repository_it_is_its_name(tmp_path: Path) -> None:
    made = tmp_path / "plan.json"
    made.write_bytes(PLAN.read_bytes())
    assert place(str(made)) == "plan.json"


def test_a_link_is_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "link.json").symlink_to(PLAN)
    assert place(str(tmp_path / "link.json")) == "link.json"


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd here")
def test_what_a_shell_substitutes_has_a_place_too() -> None:
    reader, writer = os.pipe()

    def fill() -> None:
        with os.fdopen(writer, "wb") as file:
            file.write(PLAN.read_bytes())

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        assert place(f"/dev/fd/{reader}") == str(reader)
    finally:
        thread.join()
        os.close(reader)
