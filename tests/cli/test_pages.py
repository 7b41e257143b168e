"""The pages of the documentation: every command on them exists, and getting started works as described."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from scripts import rule_pages
from tests.cases import TESTDATA
from tests.laws import part
from tfcheck.analysis import rulebook
from tfcheck.cli.main import main, run

DOCS = TESTDATA.parent / "docs"
PAGES = [TESTDATA.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: The placeholders for arguments on the pages that describe the command line itself.
_SYNTAX = re.compile(r"\.\.\.|\[[A-Z]")


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of every line of a page that runs tfcheck, after the name."""
    for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language not in ("", "sh", "console"):
            continue
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            called = re.search(r"(?:^|\$ |\| |&& )tfcheck (.*)", line)
            if called and not _SYNTAX.search(line):
                yield shlex.split(re.sub(r"\$\([^)]*\)", "x", called[1]), comments=True)


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that the words call, and the rest of them."""
    found: click.Command = main
    context = click.Context(main)
    while isinstance(found, click.Group) and words and words[0] in found.list_commands(context):
        inner = found.get_command(context, words[0])
        assert inner is not None
        found, words = inner, words[1:]
    if isinstance(found, click.Group):
        check = main.get_command(context, "check")
        assert check is not None
        return check, words
    return found, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(TESTDATA.parent).as_posix())
def test_every_option_on_a_page_exists(page: Path) -> None:
    for words in commands(page):
        command, rest = command_of(words)
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        known |= {"--help", "-h", "--version"}
        for word in rest:
            if word.startswith("-") and word != "-":
                assert word.partition("=")[0] in known, words


def test_the_commands_are_found() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 40


def test_getting_started_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(TESTDATA / "literal-missing", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    statuses = []
    for words in commands(DOCS / "getting-started.md"):
        if words[:1] != ["testdata/literal-missing/plan.json"]:
            statuses.append((" ".join(words), run(words)))
    assert statuses == [
        ("--version", 0),
        ("plan.json", 1),
        ("fix plan.json", 0),
        ("fix plan.json --write", 0),
        ("baseline plan.json", 0),
        ("--baseline tfcheck-baseline.json plan.json", 0),
    ]
    assert '"arn:aws:s3:::acme-config/orders/prod.env"' in (tmp_path / "main.tf").read_text(encoding="utf-8")


def test_the_navigation_has_every_page() -> None:
    text = (TESTDATA.parent / "mkdocs.yml").read_text(encoding="utf-8")
    site = yaml.safe_load(re.sub(r"!!python/name:\S+", "null", text))

    def linked(entry: object) -> Iterator[str]:
        match entry:
            case str():
                yield entry
            case dict():
                for each in entry.values():
                    yield from linked(each)
            case list():
                for each in entry:
                    yield from linked(each)

    listed = set(linked(site["nav"]))
    by_index = {each for folder in ("rules", "adr") for each in (DOCS / folder).glob("[!R]*.md")}
    assert listed == {each.relative_to(DOCS).as_posix() for each in {*DOCS.rglob("*.md")} - by_index}


@pytest.mark.long
def test_every_rule_has_its_page() -> None:
    rules = rulebook.manuals()
    assert set(rule_pages.FOLDER.glob("[!R]*.md")) == {rule_pages.place(each) for each in rules}
    for each in part(rules, 4):  # `make check` compares them all
        assert rule_pages.place(each).read_text(encoding="utf-8") == rule_pages.page(each), "run `make docs`"
