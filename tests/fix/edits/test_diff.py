"""`git apply` makes the spliced text of a diff, for any text and path."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tfcheck.fix.edits.diff import Lines, diff
from tfcheck.fix.edits.insertion import Insertion, Replacement, apply_insertions, fits, group_by_file
from tfcheck.hcl.syntax.source import SourceText

LINES = st.lists(st.sampled_from(["a", "", "}", "  b", "\tc", "ü\u2028", "d\r"]), max_size=30).map("\n".join)
FILE = SourceText("f", "")


def insertion(offset: int, text: str) -> Insertion:
    return Insertion(FILE, offset, text)


@tries(30)
@given(LINES, st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["x", "y\n", "\nz", "\n}\n"])), max_size=4))
def test_git_makes_the_same_text(text: str, places: list[tuple[int, str]]) -> None:
    changes = group_by_file(insertion(min(offset, len(text)), new) for offset, new in places).get(FILE, ())
    written = diff("f", Lines(text), changes)
    assert (written == "") == (changes == ())
    if written and text:
        assert applied("f", text, written) == apply_insertions(text, changes)


@tries(30)
@given(
    LINES, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12), st.sampled_from(["", "x", "y\n"])), max_size=4)
)
def test_git_makes_the_same_text_of_replacements(text: str, places: list[tuple[int, int, str]]) -> None:
    spans = [(min(start, len(text)), min(start + size, len(text)), new) for start, size, new in places]
    made = [Replacement(FILE, start, new, text[start:end]) for start, end, new in spans if text[start:end] != new]
    changes = group_by_file(made).get(FILE, ())
    if not fits(text, changes) or not text:
        return
    wanted = apply_insertions(text, changes)
    written = diff("f", Lines(text), changes)
    assert applied("f", text, written) == wanted if wanted != text else True


def test_changes_that_overlap_do_not_fit() -> None:
    one, other = Replacement(FILE, 0, "x", "ab"), Replacement(FILE, 1, "y", "bc")
    assert fits("abc", [one])
    assert not fits("abc", [one, other])
    assert not fits("abd", [other])
    assert not fits("abc", [one, insertion(1, "z")])
    assert fits("abc", [insertion(0, "z"), one, insertion(2, "z")])


def test_lines_that_are_replaced_one_after_the_other_are_one_change() -> None:
    changes = [Replacement(FILE, 0, "x", "a"), Replacement(FILE, 2, "y", "b"), Replacement(FILE, 4, "", "c\n")]
    assert diff("f", Lines("a\nb\nc\nd\n"), changes).split("\n")[3:] == [
        "@@ -1,4 +1,3 @@", "-a", "-b", "-c", "+x", "+y", " d", "",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["a b/c.tf", 'q"uote.tf', "straße.tf", "back\\slash.tf", "tab\t.tf", "m/plain.tf"])
def test_git_understands_the_path(path: str) -> None:
    assert applied(path, "a\nb\n", diff(path, Lines("a\nb\n"), [insertion(2, "x\n")])) == "a\nx\nb\n"


def test_only_new_lines_are_marked_where_lines_are_put_in() -> None:
    text = "".join(f"{number}\n" for number in range(400)) + "}\n" * 4
    written = diff("f", Lines(text), [insertion(text.index("300\n"), "}\n}\n"), insertion(len(text), "}\n")])
    assert [line for line in written.split("\n") if line[:1] in "+-" and line[1:2] not in "+-"] == ["+}"] * 3
    assert written.count("@@ -") == 2


def test_a_change_finds_its_place_among_equal_lines_after_another_change() -> None:
    """Git takes the nearest lines that fit: without its first line, the second block is where the third was."""
    blocks = [f"block {name} {{\n  a\n  b\n  c\n  d\n}}\n" for name in ("one", "two", "three")]
    text, more = "".join(blocks), blocks[0].replace("one", "new")
    lines, place = Lines(text), text.rindex("  d")
    before = applied("f", text, diff("f", lines, [insertion(0, more)]))
    assert applied("f", before, diff("f", lines, [insertion(place, "  x\n")])) == f"{more}{text[:place]}  x\n  d\n}}\n"


def test_a_missing_last_newline_is_marked() -> None:
    assert diff("f", Lines("a\n}"), [insertion(3, "\n\nb {\n}")]).split("\n")[3:] == [
        "@@ -1,2 +1,5 @@", " a", "-}", "\\ No newline at end of file", "+}", "+", "+b {", "+}",
        "\\ No newline at end of file", "",
    ]  # fmt: skip


def test_equal_insertions_are_made_once_and_others_in_order() -> None:
    changes = group_by_file([insertion(1, "b"), insertion(1, "c"), insertion(1, "b"), insertion(0, "-")])[FILE]
    assert apply_insertions("ad", changes) == "-abcd"


def applied(path: str, text: str, written: str, *options: str) -> str:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
        subprocess.run(["git", "init", "-q"], cwd=name, check=True)
        subprocess.run(["git", "apply", *options, "-"], cwd=name, input=written.encode(), check=True)
        return file.read_bytes().decode()
