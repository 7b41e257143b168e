"""Which edits of a file are refused, and which parts of a change are left out."""

from __future__ import annotations

from collections.abc import Sequence

from tests.rows import every_row
from tfcheck.fix.edits.insertion import Insertion, Replacement
from tfcheck.fix.proof.task_proof import is_sound, unsound_parts
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source

BLOCK = "locals {\n  a = 1\n}\n"
ROLE = 'resource "aws_iam_role" "app" {\n  name = "app"\n}\n'


def sound(text: str, offset: int, new: str, old: str = "") -> bool:
    source = SourceText("main.tf", text)
    edit = Replacement(source, offset, new, old) if old else Insertion(source, offset, new)
    return is_sound(read_source(source), [edit])


@every_row(
    ("bad", "separated", "left_out"),
    [
        ([], True, []),
        ([{3}], True, [3]),
        ([{1}, {4}], True, [1, 4]),
        ([{0, 4}], True, [2, 3, 4]),
        ([{0, 4}], False, []),
        ([{2}, {0, 4}], True, [2, 3, 4]),
        ([{0}, {1}, {2}, {3}, {4}], True, [0, 1, 2, 3, 4]),
    ],
)
def test_what_fails_is_left_out_and_what_fails_only_together_is_separated(
    bad: list[set[int]], separated: bool, left_out: list[int]
) -> None:
    def hold(parts: Sequence[int]) -> bool:
        return not any(each <= set(parts) for each in bad)

    assert sorted(unsound_parts(range(5), hold, lambda _: separated)) == left_out


def test_a_new_block_and_a_new_argument_are_sound() -> None:
    assert sound(BLOCK + ROLE, len(BLOCK), "\nlocals {\n  b = 2\n}\n\n")
    assert sound(BLOCK + ROLE, len("locals {"), "\n  b = 2")
    assert sound(BLOCK + ROLE, BLOCK.index("1"), "2", "1")


def test_no_block_is_removed() -> None:
    assert not sound(BLOCK + ROLE, len(BLOCK), "", ROLE)


def test_no_block_is_changed_from_outside() -> None:
    assert not sound(BLOCK + ROLE, len(BLOCK), ROLE.replace('name = "app"', 'name = "other"'))


def test_a_file_that_cannot_be_read_is_not_edited() -> None:
    assert not sound(BLOCK + ROLE + "}", len(BLOCK + ROLE), "locals {\n  b = 2\n")


def test_an_edit_must_leave_something_that_can_be_read() -> None:
    assert not sound(BLOCK + ROLE, len("locals {"), "\n  b = = 2")
    assert not sound(BLOCK + ROLE, len(BLOCK), 'locals {\n  b = "\n}\n')
    assert not sound(BLOCK + ROLE, BLOCK.index("1"), "2", "3")


def test_no_edit_is_within_what_another_removes() -> None:
    source = SourceText("main.tf", BLOCK)
    removed = Replacement(source, BLOCK.index("a = 1"), "b = 2", "a = 1")
    assert is_sound(read_source(source), [removed])
    assert not is_sound(read_source(source), [removed, Insertion(source, BLOCK.index("= 1"), "\n  c ")])
