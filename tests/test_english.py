"""What users read keeps to the words of docs/contributing/style.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from tests.cases import Case, with_plan
from tests.laws import part
from tests.source_trees import SOURCES, nodes
from tfcheck.analysis import rulebook
from tfcheck.cli import main as command_line
from tfcheck.report.cause_text import Detail
from tfcheck.report.markdown import markdown
from tfcheck.report.text import text as as_text

ROOT = Path(__file__).parent.parent

#: The left column of the page's table, as patterns. What is a common word elsewhere is matched in its odd use only.
REFUSED = re.compile(
    r"\b(?:is|are) told\b|\b[Tt]ells?\b|\bmend(?:s|ed|ing)?\b|\bsurely\b|\bstands? (?:for|behind)\b|\bbut for\b"
    r"|\bwithdraws?\b|\bof which (?:counts|none|nothing|one)\b|\bthe other way round\b|\bwhatever\b|(?:^|[.|] )Else\b"
    r"|\bthe own account\b|\bpitfalls?\b"
    r"|\bwhat this rests on\b|\bseldom needs\b|(?<!there )\bis no (?:plan|report|rule|file)\b"
    r"|\b(?:plan|change|driver|stack|module)s? makes?\b"
)
#: Pages that quote the refused words.
QUOTING = {"style.md"}


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from commands(found, f"{name} {each}")


def texts() -> Iterator[tuple[str, str]]:
    pages = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "testdata/README.md"))
    for page in (*pages, *sorted((ROOT / "docs").rglob("*.md"))):
        if page.name not in QUOTING:
            yield (
                page.relative_to(ROOT).as_posix(),
                re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S),
            )
    for name, command in commands(command_line.main, "tfcheck"):
        yield f"{name} --help", command.get_help(click.Context(command, info_name=name, **command.context_settings))
    for manual in rulebook.manuals():
        yield f"rule {manual.id}", f"{manual.title}\n{manual.text}"
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    for section in ("inputs", "outputs"):
        for name, each in action[section].items():
            yield f"action.yml: {name}", each["description"]
    for screen in sorted((ROOT / "tests").rglob("*.txt")):
        yield screen.relative_to(ROOT).as_posix(), screen.read_text(encoding="utf-8")


def refused(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if REFUSED.search(line)]


def test_what_users_read_uses_the_words_of_the_style_page() -> None:
    assert {where: lines for where, text in texts() if (lines := refused(text))} == {}


@pytest.mark.parametrize("case", part(with_plan(), 4), ids=repr)
def test_so_does_what_is_put_together_for_a_report(case: Case) -> None:
    """Of the screens only the lines without a path, which may have a word of the case's name."""
    report = case.report()
    screens = as_text(report, Detail(verbose=True, expand=True, width=1_000)) + markdown([report])
    assert [line for line in refused(screens) if case.folder.name not in line] == []


def literals(path: Path) -> Iterator[str]:
    """Yield the texts in a module, except docstrings."""
    alone = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_so_does_every_text_in_the_code() -> None:
    assert {(path.name, text) for path in SOURCES for text in literals(path) if REFUSED.search(text)} == set()


def docstrings(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def test_so_does_every_docstring() -> None:
    found = {(path.name, line) for path in SOURCES for text in docstrings(path) for line in refused(text)}
    assert found == set()


def test_so_does_every_name_of_a_test_and_every_docstring_outside_of_the_package() -> None:
    others = [
        path for part in ("tests", "scripts", "fuzz", "benchmarks") for path in sorted((ROOT / part).rglob("*.py"))
    ]
    defined = ((path.name, node) for path in others for node in nodes(path) if isinstance(node, ast.FunctionDef))
    names = {(name, node.name) for name, node in defined if REFUSED.search(node.name.replace("_", " "))}
    assert (
        names | {(path.name, line) for path in others for text in docstrings(path) for line in refused(text)} == set()
    )


def test_a_docstring_says_what_is_returned() -> None:
    """A command's docstring is its help, which says what the command does."""
    verbs = re.compile(r"(?:Describe|Explain|List|Name|Propose|Require|Summarise)\b")
    functions = (
        (path.name, node.name)
        for path in SOURCES
        for node in nodes(path)
        if path.parent.name != "cli"
        and isinstance(node, ast.FunctionDef)
        and verbs.match(ast.get_docstring(node) or "")
    )
    assert set(functions) == set()


def is_generator(function: ast.FunctionDef) -> bool:
    """Whether a function itself contains `yield`, outside of the functions in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return False


def test_a_generator_yields_what_it_finds() -> None:
    returning = (
        (path.name, node.name)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        and (ast.get_docstring(node) or "").startswith("Return ")
        and is_generator(node)
    )
    assert list(returning) == []
