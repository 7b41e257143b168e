"""The pages of the documentation: every option on them exists, each page is in the navigation, each rule has one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
import yaml

from scripts import rule_pages
from tests.cli.pages import DOCS, ROOT, everything
from tests.laws import part
from tfcheck.analysis import rulebook
from tfcheck.cli.main import main


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


def test_every_option_on_a_page_exists() -> None:
    for line in (each for block in everything() for each in block if each.calls_tfcheck):
        command, rest = command_of(line.words)
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        known |= {"--help", "-h", "--version"}
        for word in rest:
            if word.startswith("-") and word != "-":
                assert word.partition("=")[0] in known, line


def test_the_navigation_has_every_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
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
    for each in part(rules, 16):  # `make check` compares them all
        assert rule_pages.place(each).read_text(encoding="utf-8") == rule_pages.page(each), "run `make docs`"
