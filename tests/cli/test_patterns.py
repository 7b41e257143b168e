"""Patterns of the action's inputs name what they name in a shell, and no links of a pull request lead them astray."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from tests.repository.git import write
from tfcheck.cli.action_inputs import expand_glob

FILES = ("a.json", "x/a.json", "x/y/a.json", "x/y/b.json", ".hidden/a.json", "x/.h/a.json", "[x]/a.json", "-x/-a.json")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, *FILES, text="{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


PATTERNS = (
    *("**/a.json", "x/**/a.json", "**/y/*.json", "**/**/a.json", "x/**/y/**/b.json", "*.json", "none/**/a"),
    *("**/.h/a.json", "[[]x]/**/*.json", "**/-a.json", "*/*.json"),
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_names_what_python_finds_as_well(here: Path, pattern: str) -> None:
    assert expand_glob(pattern) == sorted(set(glob.glob(pattern, recursive=True)))


def test_a_pattern_may_end_with_all_directories(here: Path) -> None:
    assert expand_glob("x/**") == ["x/a.json", "x/y", "x/y/a.json", "x/y/b.json"]


def test_an_absolute_pattern_is_one(here: Path) -> None:
    assert expand_glob(f"{here}/**/b.json") == [str(here / "x" / "y" / "b.json")]


def test_links_that_lead_up_are_not_entered(here: Path) -> None:
    for name in ("one", "two", "three"):
        (here / "x" / name).symlink_to("..")
    assert expand_glob("**/b.json") == ["x/y/b.json"]
