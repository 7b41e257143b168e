"""A terminal shows how far a run is, after a second, and nothing of it stays."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cases import TESTDATA, Case
from tests.rows import every_row
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.cli import progress as module
from tfcheck.cli.main import run
from tfcheck.cli.progress import Bar, is_shown, progress
from tfcheck.vocabulary.progress import Progress

PLAN = TESTDATA / "thirty-services" / "plan.json"
TERMINAL = {"TERM": "xterm"}


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def lines(written: str) -> list[str]:
    """Return what stood on the line, one after the other."""
    plain = re.sub(r"\x1b\[(?:\?25[lh]|K)", "", written)
    return [each.rstrip() for each in plain.split("\r") if each.strip()]


def waits(*steps: Callable[[], None]) -> Callable[[float], bool]:
    """Return a wait that does something instead of waiting, and says after the last step that the run has ended."""
    left: Iterator[Callable[[], None]] = iter(steps)

    def wait(seconds: float) -> bool:
        step = next(left, None)
        if step is not None:
            step()
        return step is None

    return wait


def test_it_appears_only_after_the_first_second() -> None:
    now, terminal, asked = Progress(), Terminal(), []

    def wait(seconds: float) -> bool:
        asked.append(seconds)
        return True

    Bar(now, terminal).follow(wait)
    assert (asked, terminal.getvalue()) == ([1.0], "")


def test_it_shows_phase_and_count_and_is_taken_away() -> None:
    now, terminal = Progress(), Terminal()
    bar = Bar(now, terminal)
    now.begin("reading plan.json")

    def check_some() -> None:
        now.begin("checking task definitions", 4)
        now.step()

    bar.follow(waits(lambda: None, check_some, now.step, lambda: now.begin("searching for fixes")))
    bar.clear()
    assert lines(terminal.getvalue()) == [
        "reading plan.json ...",
        "checking task definitions  [#######-----------------------]  1/4",
        "checking task definitions  [###############---------------]  2/4",
        "searching for fixes ...",
    ]
    assert terminal.getvalue().endswith("\r\x1b[K\x1b[?25h")


def test_a_name_cannot_forge_the_line() -> None:
    now, terminal = Progress(), Terminal()
    now.begin("reading \x1b[2J\n" + "x" * 500)
    Bar(now, terminal).draw()
    assert "\\x1b[2J\\n" in terminal.getvalue()
    assert max(map(len, lines(terminal.getvalue()))) < 80


def test_a_terminal_that_is_gone_is_not_an_error() -> None:
    terminal = Terminal()
    bar = Bar(Progress("reading"), terminal)
    bar.draw()
    terminal.close()
    bar.draw()
    bar.clear()
    assert terminal.closed


@every_row(
    ("stream", "variables", "quiet", "shown"),
    [
        (Terminal(), TERMINAL, False, True),
        (Terminal(), TERMINAL, True, False),
        (Terminal(), {"TERM": "dumb"}, False, False),
        (Terminal(), {**TERMINAL, "CI": "true"}, False, False),
        (Terminal(), {**TERMINAL, "GITHUB_ACTIONS": "true"}, False, False),
        (io.StringIO(), TERMINAL, False, False),
    ],
)
def test_it_is_for_people_at_terminals(
    stream: io.StringIO, variables: dict[str, str], quiet: bool, shown: bool
) -> None:
    assert is_shown(stream, variables, quiet=quiet) is shown


def test_a_check_counts_its_task_definitions() -> None:
    seen: list[tuple[str, int, int]] = []

    class Watched(Progress):
        def begin(self, phase: str, total: int = 0) -> None:
            seen.append((self.phase, self.done, self.total))
            super().begin(phase, total)

    case = Case(PLAN.parent)
    plan = case.plan()
    now = Watched()
    check(plan, case.sources(plan), RunOptions(fixes=True), progress=now)
    assert [*seen[1:], (now.phase, now.done, now.total)] == [
        ("checking task definitions", 30, 30),
        ("comparing with the state before the change", 0, 0),
        ("searching for fixes of 120 findings", 0, 0),
    ]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let the bar see a terminal with a person before it."""
    stream = Terminal()
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setattr(module, "is_shared", lambda _: False)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_a_large_file_shows_it_before_it_is_read(tmp_path: Path, terminal: Terminal) -> None:
    plan = tmp_path / "plan.json"
    with plan.open("wb") as file:
        file.truncate(123_000_000)
    with progress(str(plan), quiet=True), progress(str(PLAN), quiet=True):
        pass
    assert terminal.getvalue() == ""
    with progress(str(plan), quiet=False):
        assert lines(terminal.getvalue())[0].startswith("reading ")
    assert terminal.getvalue().endswith("\r\x1b[K\x1b[?25h")


@pytest.mark.long
@pytest.mark.parametrize("command", [["check"], ["diff"], ["show"], ["baseline", "--output", "-"], ["fix"]])
def test_it_never_reaches_the_report(
    command: list[str], terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(TESTDATA / "regression-on-update" / "plan.json")
    run([*command, plan])
    quiet = capsys.readouterr().out
    monkeypatch.setattr(module, "_LARGE", 0)  # every file is large: the bar is there from the start
    run([*command, plan])
    assert "reading" in terminal.getvalue()
    assert "\r\x1b[K\x1b[?25h" in terminal.getvalue()
    assert capsys.readouterr().out == quiet != ""


def test_an_error_is_on_a_line_of_its_own(tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGE", 0)
    monkeypatch.setattr(sys, "stderr", terminal)
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    assert run([str(tmp_path / "plan.json")]) == 3
    assert "\x1b[?25herror: " in terminal.getvalue()
