"""A link that is put in the place of a directory at the worst moment leads nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repository.git import add, init
from tfcheck.repository import Gate, RefusedError, SourceAccess, held, writing
from tfcheck.repository.held import HeldDirectory, list_directory, read_file
from tfcheck.repository.writing import UnwritableError, append, replace

CANARY = b"canary-77aa"

pytestmark = pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only Linux holds directories")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with a directory, and one of the same content elsewhere."""
    tree = init(tmp_path / "tree")
    add(tree, "infra/main.tf", text="ok")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "main.tf").write_bytes(CANARY)
    monkeypatch.chdir(tree)
    return tree


def swap(tree: Path) -> None:
    """Put a link out of the repository in the place of the directory."""
    if not (tree / "infra").is_symlink():
        (tree / "infra").rename(tree / "before")
        (tree / "infra").symlink_to(tree.parent / "other")


def swap_back(tree: Path) -> None:
    (tree / "infra").unlink()
    (tree / "before").rename(tree / "infra")


def test_a_link_between_check_and_opening_is_not_followed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(tree, SourceAccess(shared=True))

    def swapped(path: Path) -> HeldDirectory:
        swap(tree)
        try:
            return HeldDirectory(path)
        finally:
            swap_back(tree)  # so that whoever looks at the path afterwards finds nothing

    monkeypatch.setattr(held, "HeldDirectory", swapped)
    for reading in (gate.file, gate.source):
        with pytest.raises((RefusedError, OSError)):
            reading("infra/main.tf")
    with pytest.raises(NotADirectoryError):
        gate.names("infra")


def test_a_directory_that_is_held_stays_the_one_that_was_checked(tree: Path) -> None:
    with HeldDirectory(tree / "infra") as held:
        swap(tree)
        with open(held.open("main.tf", os.O_RDONLY), "rb") as file:
            assert file.read() == b"ok"
    with pytest.raises(NotADirectoryError):
        read_file(tree / "infra" / "main.tf", 100)
    with pytest.raises(NotADirectoryError):
        list_directory(tree / "infra")


def moments(tree: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    seen: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_step", seen.append)
        replace(*contents(tree))
    (tree / "infra" / "main.tf").write_text("ok")
    (tree / "infra" / "new.tf").unlink()
    return len(seen)


def contents(tree: Path) -> list[writing.FileChange]:
    infra = tree / "infra"
    return [writing.FileChange(infra / "main.tf", b"new", b"ok"), writing.FileChange(infra / "new.tf", b"new")]


def at(moment: int, what: Callable[[], None]) -> Callable[[str], None]:
    count = iter(range(1000))
    return lambda name: what() if next(count) == moment else None


def test_nothing_is_written_through_a_link_that_comes_meanwhile(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = moments(tree, monkeypatch)
    assert total > 8
    for moment in range(total):
        monkeypatch.setattr(writing, "_step", at(moment, lambda: swap(tree)))
        try:
            replace(*contents(tree))
            expected = {"main.tf": b"new", "new.tf": b"new"}
        except UnwritableError:
            expected = {"main.tf": b"ok"}
        swap_back(tree)
        assert {each.name: each.read_bytes() for each in (tree / "infra").iterdir()} == expected
        assert [(each.name, each.read_bytes()) for each in (tree.parent / "other").iterdir()] == [("main.tf", CANARY)]
        (tree / "infra" / "main.tf").write_text("ok")
        (tree / "infra" / "new.tf").unlink(missing_ok=True)


@pytest.mark.parametrize("way", [replace, append])
def test_a_link_between_resolving_and_holding_is_refused(
    way: Callable[..., None], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(path: Path) -> HeldDirectory:
        swap(tree)
        return HeldDirectory(path)

    monkeypatch.setattr(writing, "HeldDirectory", swapped)
    with pytest.raises(NotADirectoryError):
        way(*(contents(tree) if way is replace else (tree / "infra" / "main.tf", "more")))
    assert [(each.name, each.read_bytes()) for each in (tree.parent / "other").iterdir()] == [("main.tf", CANARY)]
