"""Does python-hcl2 find a change to be what it should be?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import cases
from tests.laws import part
from tfcheck.analysis.fix_writing import second_opinion
from tfcheck.fix.edits.insertion import Insertion, Replacement, group_by_file
from tfcheck.fix.proof.second_reader import SecondOpinion, compare
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.vocabulary.errors import InputError

TEXT = 'a "b" {\n  x = [{ p = 1 }]\n  y = { q = "r" }\n  z = <<E\n{"s": [1]}\nE\n}\n'
FILE = SourceText("main.tf", TEXT)


def after(mark: str, text: str) -> Insertion:
    return Insertion(FILE, TEXT.index(mark) + len(mark), text)


def instead(old: str, new: str) -> Insertion:
    return Replacement(FILE, TEXT.index(old), new, old)


RIGHT = {
    "a block behind": [Insertion(FILE, len(TEXT), '\nc "d" {\n  e = 1\n}\n')],
    "an element": [after("{ p = 1 }", ", { p = 2 }")],
    "an element, from brace to brace": [after("p = 1 ", "}, { p = 2 ")],
    "a list around an object": [after("y = ", "["), after('q = "r" }', ", { q = 1 }]")],
    "text in a heredoc": [after("[1", ", 2")],
    "a comment": [after("{\n", "  # why\n")],
    "a string for another": [instead('"r"', '"s"')],
    "a string for a reference": [instead('"r"', "v.w.x")],
    "other text in a heredoc": [instead("[1]", "[2, 3]")],
    "blanks that align": [after("x", "  ")],
    "an element that is removed": [instead("{ p = 1 }", "")],
    "a string for another, and an element more": [after("{ p = 1 }", ", { p = 2 }"), instead('"r"', '"s"')],
}
WRONG = {
    "a list around nothing new": [after("y = ", "["), after('"r" }', "]")],
    "another value": [after("p = 1", "2")],
    "another operator": [after("p = 1", " + 1")],
    "another name": [after("  y", "y")],
    "what does not parse": [after("p = ", "}")],
    "a comment that hides something": [after("{\n", "  # ")],
    "another string": [after('"r', "s")],
    "a blank in a string": [after('"r', " ")],
    "one item for two": [instead('q = "r"', 'q = "r", s = 1')],
    "one value for two": [instead("{ p = 1 }", "{ p = 1 }, 2")],
    "a name that is removed": [instead("y = ", "")],
    "two items for a value": [instead('"r"', '"r", s = 1')],
    "another block": [instead('a "b"', 'a "c" {}\na "b"')],
}


@pytest.mark.parametrize("insertions", RIGHT.values(), ids=RIGHT)
def test_what_only_adds_is_right(insertions: list[Insertion]) -> None:
    assert compare(TEXT, insertions) is SecondOpinion.SAME_BUT_INSERTED


@pytest.mark.parametrize("insertions", WRONG.values(), ids=WRONG)
def test_what_changes_something_is_refused(insertions: list[Insertion]) -> None:
    assert compare(TEXT, insertions) is SecondOpinion.DIFFERENT
    with pytest.raises(InputError, match=r"`main\.tf`: python-hcl2 finds more changed"):
        second_opinion("main.tf", TEXT, insertions)


@pytest.mark.parametrize("text", ["é = 1\n", f"a = <<E\n{' ' * 9000}\nE\n", "# long\n" * 200_000])
def test_a_file_that_the_library_cannot_read_is_reported(text: str) -> None:
    assert compare(text, []) is SecondOpinion.UNREADABLE
    assert "only tfcheck's own parser" in second_opinion("main.tf", text, [])


@pytest.mark.several_cases
def test_every_fix_of_the_cases_only_adds() -> None:
    tried = part(cases.with_expectation(), 60)
    compared = 0
    for case in tried:
        for draft in case.fixed()[1].found if case.report().findings else ():
            for file, several in group_by_file(draft.insertions).items():
                if file.name.endswith(".tf"):
                    found = compare(file.text, several)
                    assert found is SecondOpinion.SAME_BUT_INSERTED, (case, draft.fix.diff)
                    compared += 1
    assert compared > len(tried) / 3


#: Runs a command and prints the files that were opened for writing, and the modules that were loaded.
WATCHED = """
import os, sys
def watch(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR) and not isinstance(arguments[0], int):
        print("wrote", arguments[0], file=sys.stderr)
    if event.startswith("pickle"):
        print("unpickled", arguments, file=sys.stderr)
sys.addaudithook(watch)
sys.dont_write_bytecode = True
from tfcheck.cli import main
status = main.run(sys.argv[1:])
print("loaded", *(name for name in ("hcl2", "lark") if name in sys.modules), file=sys.stderr)
"""


def watched(folder: Path, *arguments: str) -> list[str]:
    home = {name: str(folder / "home") for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=folder,
        env=os.environ | home | {"PYTHONPATH": str(cases.TESTDATA.parent / "src")},
        capture_output=True,
        encoding="utf-8",
    )
    return [line for line in done.stderr.splitlines() if line.startswith(("wrote", "unpickled", "loaded"))]


def test_a_check_loads_no_other_parser_and_neither_writes_nor_unpickles(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(cases.TESTDATA / "new-bucket-jsonencode", tmp_path / "case"))
    assert watched(folder, "plan.json") == ["loaded"]
