from __future__ import annotations

from hypothesis import given

from tests.report.hostile import names
from tests.rows import every_row
from tfcheck.report.diff import Edit, edits

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
