"""What is read from git's index is what git itself lists, and a broken index is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.repository.git import add, git, init, write
from tests.rows import every_row
from tfcheck.repository.visibility import SUBMODULE, BrokenIndexError, tracked_files

NAMES = ("a.tf", "a/b.json", "a/b/c.json", "ü/é.txt", "z" * 200 + "/" + "y" * 200, "x y", "link")


def tracked(directory: Path) -> dict[str, str]:
    own = Path(git(directory, "rev-parse", "--absolute-git-dir").strip())
    found = tracked_files((own / "index").read_bytes(), lambda name: (own / name).read_bytes())
    return {name: f"{file.mode:o} {file.hash.hex()}" for name, file in found.items()}


def listed(directory: Path) -> dict[str, str]:
    rows = filter(None, git(directory, "ls-files", "-z", "--stage").split("\0"))
    return {name: about.removesuffix(" 0") for about, name in (row.split("\t") for row in rows)}


@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version(tmp_path: Path, version: str, hashes: str) -> None:
    init(tmp_path, f"--object-format={hashes}")
    add(tmp_path, *NAMES)
    git(tmp_path, "update-index", "--index-version", version)
    write(tmp_path, "later")
    git(tmp_path, "add", "-N", "later")

    assert tracked(tmp_path) == listed(tmp_path)
    assert set(tracked(tmp_path)) == {*NAMES, "later"}


@pytest.mark.parametrize("version", ["2", "4"])
def test_a_split_index(tmp_path: Path, version: str) -> None:
    init(tmp_path)
    many = [f"d/{number}" for number in range(300)]
    add(tmp_path, *many)
    git(tmp_path, "update-index", "--index-version", version)
    git(tmp_path, "config", "splitIndex.maxPercentChange", "100")
    git(tmp_path, "update-index", "--split-index")
    add(tmp_path, "new/1", "new/2")
    write(tmp_path, "d/7", text="changed")
    git(tmp_path, "add", "d/7")
    git(tmp_path, "rm", "-q", "--cached", "d/0", *many[100:200])

    assert tracked(tmp_path) == listed(tmp_path)
    assert len(tracked(tmp_path)) == 201


def test_a_sparse_index_leaves_out_what_is_not_checked_out(tmp_path: Path) -> None:
    init(tmp_path)
    add(tmp_path, "in/a", "out/b", "top")
    git(tmp_path, "commit", "-qm", "x")
    git(tmp_path, "sparse-checkout", "set", "--cone", "--sparse-index", "in")

    assert set(tracked(tmp_path)) == {"in/a", "top"}


def test_an_index_without_a_checksum(tmp_path: Path) -> None:
    init(tmp_path)
    add(tmp_path, *NAMES)
    index = tmp_path / ".git" / "index"
    index.write_bytes(index.read_bytes()[:-20] + b"\0" * 20)

    assert set(tracked(tmp_path)) == set(NAMES)


def test_a_work_tree_beside_the_first(tmp_path: Path) -> None:
    init(tmp_path / "one")
    add(tmp_path / "one", "a")
    git(tmp_path / "one", "commit", "-qm", "x")
    git(tmp_path / "one", "worktree", "add", "-q", "../two")
    add(tmp_path / "two", "b")

    assert set(tracked(tmp_path / "two")) == {"a", "b"}


def test_submodules_are_distinguished_from_files(tmp_path: Path) -> None:
    init(tmp_path / "inner")
    add(tmp_path / "inner", "a")
    git(tmp_path / "inner", "commit", "-qm", "x")
    init(tmp_path / "outer")
    git(tmp_path / "outer", "submodule", "--quiet", "add", "../inner", "sub")

    found = tracked_files((tmp_path / "outer/.git/index").read_bytes(), lambda _: b"")
    assert {name for name, file in found.items() if file.mode == SUBMODULE} == {"sub"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = init(tmp_path_factory.mktemp("repository"))
    add(folder, *NAMES)
    return (folder / ".git" / "index").read_bytes()


@given(st.data())
@tries(300)
def test_a_broken_index_is_refused(index: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(index) - 21))
    broken = index[:at] + data.draw(st.binary(min_size=1, max_size=8)) + index[at + 8 :]
    broken = broken[:-20] + b"\0" * 20 if data.draw(st.booleans()) else broken
    try:
        found = tracked_files(broken, lambda _: b"")
    except BrokenIndexError:
        return
    assert all(isinstance(name, str) for name in found)


def test_names_that_share_beginnings_do_not_fill_the_memory() -> None:
    entry = b"\0" * 60 + b"\x0f\xff"
    data = b"DIRC\0\0\0\x04" + (20_000).to_bytes(4, "big") + entry + b"\0" + b"a" * 5_000 + b"\0"
    data += (entry + b"\0b\0") * 19_999
    with pytest.raises(BrokenIndexError):
        tracked_files(data + b"\0" * 20, lambda _: b"")


@every_row("data", [b"", b"DIRC", b"DIRC\0\0\0\x02\xff\xff\xff\xff" + b"\0" * 40, b"x" * 1000])
def test_what_is_not_an_index_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenIndexError):
        tracked_files(data, lambda _: b"")
