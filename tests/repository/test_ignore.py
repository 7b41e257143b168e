"""What is ignored is what `git check-ignore` says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.laws import tries
from tests.repository.git import git, init, write
from tfcheck.repository.ignore import Ignored
from tfcheck.repository.wildcard import matches_path
from tfcheck.symbolic.limits import limit_steps

PATHS = tuple(
    f"{directory}{name}"
    for directory in ("", "a/", "a/b/", "a/b/c/", "build/", "x/build/", ".terraform/")
    for name in ("leaf", "b.json", "secret.tf", "!x", "#y", "z ", "a[1]", "*.txt", "foo.bar.json", "\\n")
)
EXAMPLES = (
    "*.json\n!b.json\n",
    "build/\n",
    "/build\n!/build/leaf\n",
    "a/**\n!a/b.json\n",
    "a/*\n!a/b\n",
    "**/c/leaf\n",
    "a/**/leaf\n",
    "\\!x\n\\#y\n#y\n",
    "z \\ \nz\\ \n",
    "z   \n",
    "[!a].json\n[^b].json\n",
    "a[[]1]\n",
    "a\\[1\\]\n",
    "?ecret.tf\r\n",
    "[[:alpha:]].json\n",
    "*\n!*/\n!*.tf\n",
    "/*\n!/a\n",
    "**\n",
    "a/\n!a/\n",
    "foo*.json\n",
    "f*.*.json\n",
    "[a-c].json\n[]-]\n",
    "/\n//\n",
    "\\\\n\n",
    "b/../a\n",
)


def ignored(tree: Path) -> set[str]:
    out = git(tree, "check-ignore", "--no-index", "-z", "--stdin", status=None, stdin="\0".join(PATHS))
    return set(filter(None, out.split("\0")))


def ours(tree: Path) -> set[str]:
    found = Ignored(tree, tree / ".git", {"HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull})
    return {path for path in PATHS if tuple(path.split("/")) in found}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = init(tmp_path_factory.mktemp("repository"))
    write(folder, *PATHS)
    return folder


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("where", [".gitignore", "a/.gitignore", ".git/info/exclude"])
def test_as_git_does(tree: Path, where: str, text: str) -> None:
    write(tree, where, text=text)
    try:
        assert ours(tree) == ignored(tree)
    finally:
        (tree / where).unlink()


PIECE = st.sampled_from(["a", "leaf", "b", "c", "*", "?", "/", "!", ".json", "[ab]", "[!a]", "build", "secret", ".tf"])
#: `**` only as a part of its own, as git documents it: before 2.40, what `b**` matched depended on git's memory.
PART = st.just("**") | st.lists(PIECE, min_size=1, max_size=4).map("".join)
#: Two stars that are not a part of their own.
TWO_STARS = re.compile(r"[^/]\*\*|\*\*[^/]")
LINE = st.lists(PART, min_size=1, max_size=3).map("/".join).filter(lambda line: not TWO_STARS.search(line))


@given(st.lists(LINE, max_size=4).map("\n".join), st.lists(LINE, max_size=2).map("\n".join))
@tries(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_patterns_that_were_made_up(tree: Path, top: str, inner: str) -> None:
    (tree / ".gitignore").write_text(top)
    (tree / "a/.gitignore").write_text(inner)
    assert ours(tree) == ignored(tree), (top, inner)
    (tree / ".gitignore").unlink()
    (tree / "a/.gitignore").unlink()


def test_what_a_user_ignores_everywhere(tmp_path: Path) -> None:
    write(tmp_path, ".config/git/ignore", text="*.env\n")
    found = Ignored(tmp_path / "tree", tmp_path / "tree/.git", {"HOME": str(tmp_path)})
    assert ("a", "prod.env") in found

    write(tmp_path, ".gitconfig", text="[core]\n\texcludesFile = ~/mine\n")
    write(tmp_path, "mine", text="*.key\n")
    found = Ignored(tmp_path / "tree", tmp_path / "tree/.git", {"HOME": str(tmp_path)})
    assert ("a", "prod.key") in found
    assert ("a", "prod.env") not in found


def test_a_pattern_cannot_take_for_ever() -> None:
    stars = "*a" * 2000 + "b"
    assert not matches_path(("**",) * 50 + (stars,), ("a" * 4000,))
    assert not matches_path(("**", "a") * 40 + ("b",), ("a",) * 200)


def test_many_rules_for_deep_files_ignore_what_takes_too_long_to_find_out(tmp_path: Path) -> None:
    deep = ("d",) * 60
    for depth in range(60):
        write(tmp_path, "/".join((*deep[:depth], ".gitignore")), text="*a*b*c\n" * 1_000)
    found = Ignored(tmp_path, tmp_path / ".git", {"HOME": str(tmp_path)})
    with limit_steps() as allowance:
        assert (*deep, "x") in found
    assert allowance.exceeded


def test_what_was_ignored_for_lack_of_steps_stays_ignored_when_there_are_some_again(tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", text="a\n" * 100 + "secret.tf\n")
    found = Ignored(tmp_path, tmp_path / ".git", {"HOME": str(tmp_path)})
    with limit_steps() as allowance:
        allowance.take(allowance.steps - 50)
        assert ("secret.tf",) in found
    assert ("secret.tf",) in found
    assert ("a", "secret.tf") in found
