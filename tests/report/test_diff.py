from __future__ import annotations

import difflib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.report.hostile import names
from tests.report.samples import DENIED, DENIED_BUCKET, FINDING, report
from tests.rows import every_row
from tfcheck.report.diff import Edit, edits, join_diffs
from tfcheck.report.joined_fixes import join_fixes
from tfcheck.vocabulary.finding import Fix

HEAD = "--- a/infra/main.tf\n+++ b/infra/main.tf\n"


def test_inserted_lines_and_where_they_go() -> None:
    diff = HEAD + "@@ -29,3 +29,5 @@ resource\n a\n+one\n+two\n b\n c\n@@ -40,2 +42,3 @@\n d\n e\n+end\n"
    assert edits(diff) == (Edit("infra/main.tf", 30, (), ("one", "two")), Edit("infra/main.tf", 42, (), ("end",)))


def test_a_hunk_without_context_goes_behind_its_line() -> None:
    assert edits(HEAD + "@@ -28,0 +29,1 @@\n+x\n") == (Edit("infra/main.tf", 29, (), ("x",)),)
    assert edits("--- /dev/null\n+++ b/new.tf\n@@ -0,0 +1 @@\n+x\n") == (Edit("new.tf", 1, (), ("x",)),)


def test_inserted_lines_that_look_like_headers_are_lines() -> None:
    diff = HEAD + "@@ -1,2 +1,4 @@\n a\n+++ b/evil\n+@@ -1 +1 @@\n b\n"
    assert edits(diff) == (Edit("infra/main.tf", 2, (), ("++ b/evil", "@@ -1 +1 @@")),)


def test_lines_that_are_replaced_and_removed() -> None:
    diff = HEAD + "@@ -1,4 +1,3 @@\n a\n-b\n+x\n c\n-d\n"
    assert edits(diff) == (Edit("infra/main.tf", 2, ("b",), ("x",)), Edit("infra/main.tf", 4, ("d",), ()))


def test_line_endings_stay() -> None:
    assert edits(HEAD + "@@ -1 +1,2 @@\n a\r\n+x\r\n") == (Edit("infra/main.tf", 2, (), ("x\r",)),)


def test_several_files() -> None:
    diff = HEAD + "@@ -1 +1,2 @@\n a\n+x\n--- a/b.tf\n+++ b/b.tf\n@@ -1 +1,2 @@\n+y\n a\n"
    assert [each.file for each in edits(diff)] == ["infra/main.tf", "b.tf"]


@every_row(
    "diff",
    [
        "",
        "hello",
        HEAD + "@@ -1,9 +1,10 @@\n a\n+x\n",
        "--- a/x\n+++ b/../../etc/passwd\n@@ -1 +1,2 @@\n a\n+x\n",
        "--- a/x\n+++ b//etc/passwd\n@@ -1 +1,2 @@\n a\n+x\n",
        "--- a/x\n+++ x\n@@ -1 +1,2 @@\n a\n+x\n",
    ],
)
def test_nothing_is_read_of_anything_else(diff: str) -> None:
    assert edits(diff) == ()


@given(names)
def test_any_text_is_read_without_complaint(diff: str) -> None:
    for each in edits(f"{HEAD}@@ -1,3 +1,9 @@\n{diff}"):
        assert each.file == "infra/main.tf"


LINES = [f"line {each}\n" for each in range(12)]
#: Two places, each with the number of lines that it replaces, and the lines of context around them.
CHANGES = st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(0, 3))


def changed(change: tuple[int, int, int], name: str) -> tuple[list[str], str]:
    """Return the lines with three new ones at a place, and the diff with its context."""
    place, old, context = change
    new = [*LINES[:place], *(f"{name} {each}\n" for each in range(3)), *LINES[place + old :]]
    rows = difflib.unified_diff(LINES, new, "a/x.tf", "b/x.tf", n=context)
    return new, "".join(rows)


def both(one: tuple[int, int, int], other: tuple[int, int, int]) -> list[str]:
    """Return the lines with both changes, which lie apart."""
    (first, old, _), (second, length, _) = sorted((one, other))
    (name, later) = ("one", "other") if (first, old) == one[:2] else ("other", "one")
    between, rest = LINES[first + old : second], LINES[second + length :]
    added = ([f"{each} {number}\n" for number in range(3)] for each in (name, later))
    return [*LINES[:first], *next(added), *between, *next(added), *rest]


def apply(file: Path, diffs: Sequence[str]) -> bool:
    file.write_text("".join(LINES))
    command = ["git", "apply", "--unidiff-zero", "-"]
    return all(subprocess.run(command, cwd=file.parent, input=each.encode()).returncode == 0 for each in diffs)


def fix(diff: str) -> Fix:
    return Fix(title="t", safety="safe", proven=True, hcl="", diff=diff)


@settings(max_examples=20)
@given(CHANGES, CHANGES)
@example((4, 0, 1), (8, 0, 0))
@example((5, 0, 3), (5, 1, 1))
def test_patches_of_a_page_apply_one_after_the_other(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    fixes = [fix(changed(one, "one")[1]), fix(changed(other, "other")[1])]
    (first, old, _), second = min(one, other), max(one, other)[0]
    assume(fixes[0] != fixes[1] and first + max(old, 1) <= second)
    shown = join_fixes(fixes).values()
    diffs = list(dict.fromkeys(each.fix.diff for each in shown if not each.is_refused))
    assert not any(each.is_refused for each in shown)
    with TemporaryDirectory() as folder:
        file = Path(folder, "x.tf")
        assert apply(file, diffs)
        assert file.read_text() == "".join(both(one, other))


def test_near_patches_are_joined_and_those_that_exclude_each_other_are_not() -> None:
    base = fix(changed((5, 1, 3), "one")[1])
    for other, joined in (
        ((5, 0, 3), True),
        ((5, 1, 3), False),
        ((4, 2, 1), False),
        ((6, 0, 3), True),
        ((7, 1, 3), True),
    ):
        shown = join_fixes([base, fix(changed(other, "other")[1])])
        assert [len(set(shown.values())), any(each.is_refused for each in shown.values())] == [2 - joined, not joined]
    far = fix(changed((12, 0, 1), "far")[1])
    assert [each.fix for each in join_fixes([base, far]).values()] == [base, far]
    near = fix(changed((6, 0, 3), "near")[1])
    shown = join_fixes([base], [near])
    assert [shown[each].is_refused for each in (base, near)] == [False, True]


def test_a_joined_patch_keeps_the_order_and_makes_equal_edits_once() -> None:
    one, two = (changed((5, 0, 3), name)[1] for name in ("one", "two"))
    assert [each.new for each in edits(join_diffs([two, one, two]))] == [(*lines("two"), *lines("one"))]
    assert join_diffs([one]) == "diff --git a/x.tf b/x.tf\n" + one.replace("\t", "")
    assert join_diffs([one, one[:-1] + "\\ No newline at end of file\n"]) == ""


def test_a_joined_patch_has_the_order_of_the_answers() -> None:
    """As `tfcheck fix` writes it; the page has the order of the causes."""
    one, two = (fix(changed((5, 0, 3), name)[1]) for name in ("one", "two"))
    found = [
        msgspec.structs.replace(FINDING, answers=(answer,), fix=fix)
        for answer, fix in ((DENIED, one), (DENIED_BUCKET, two))
    ]
    shown = join_fixes([two, one], reports=[report(DENIED, DENIED_BUCKET, findings=tuple(found))])
    assert [each.new for each in edits(shown[one].fix.diff)] == [(*lines("one"), *lines("two"))]


def lines(name: str) -> list[str]:
    return [f"{name} {each}" for each in range(3)]
