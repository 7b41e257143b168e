"""The commands on the pages of the documentation, in workflows and in help texts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import yaml

from tests.cases import TESTDATA
from tfcheck.cli.main import main

ROOT = TESTDATA.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
WORKFLOWS = [ROOT / "action.yml", *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
#: What runs something, at the beginning of a line. A colon behind it belongs to what tfcheck prints.
PROGRAM = re.compile(
    r"(?:\$ )?(?:tfcheck|terraform|terragrunt|tofu|cdktf|make|pipx?|python3?|\.venv/\S+|git|aws|docker|curl|act|eval)\s"
)
#: How a page describes command lines: `tfcheck report [OPTIONS] FILE...`.
SYNOPSIS = re.compile(r"\[[A-Z]+\] ")


class Command(msgspec.Struct, frozen=True):
    """A line of a page without its comment; `output` is what follows it there, `config` the last TOML above it."""

    page: Path
    place: int
    line: str
    output: str = ""
    config: str = ""
    is_inline: bool = False

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.place}: {self.line}"

    @property
    def calls_tfcheck(self) -> bool:
        return re.search(r"(?:^|[\s(|&=])tfcheck(?: |$)", self.line) is not None

    @property
    def needs_shell(self) -> bool:
        """Whether there is more in the line than a program and its arguments."""
        return re.search(r"[|&;<>()$*]", re.sub(r"'[^']*'|\"[^\"$]*\"", "", self.line)) is not None

    @property
    def words(self) -> list[str]:
        """The arguments of tfcheck."""
        called = re.search(r"(?:^|[\s(|&=])tfcheck(?: ([^|&;>]*|.*'.*|.*\".*))?$", self.line)
        return shlex.split(re.sub(r"\$\([^)]*\)", "x", called[1] or "")) if called else []


class Block(msgspec.Struct, frozen=True):
    """A fenced block: its language, its text, and the number of its first line."""

    language: str
    text: str
    place: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(each[1], each[2], text.count("\n", 0, each.start()) + 2) for each in _FENCE.finditer(text)]


def commands(page: Path) -> list[list[Command]]:
    """Return the commands of each block of a page, and of its text."""
    config = ""
    found = []
    for block in blocks(page):
        if block.language == "toml":
            config = block.text
        found.append([*_of_block(page, block, config)])
    return [each for each in [*found, [*_of_text(page)]] if each]


def _of_block(page: Path, block: Block, config: str) -> Iterator[Command]:
    lines: Iterator[tuple[int, str, str]]
    match block.language:
        case "sh" | "bash":
            lines = ((place, line, "") for place, line in _joined(block))
        case "console":
            lines = _with_output(block)
        case "yaml":
            lines = ((block.place, each, "") for each in of_data(yaml.safe_load(block.text)))
        case "groovy":
            lines = ((block.place, each, "") for each in re.findall(r"sh '(.*)'", block.text) if "tfcheck " in each)
        case "dockerfile":
            lines = ((place, line[4:], "") for place, line in _joined(block) if line.startswith("RUN "))
        case _:
            return
    for place, line, output in lines:
        if bare := _without_comment(line):
            yield Command(page, place, bare, output, config)


def _joined(block: Block) -> Iterator[tuple[int, str]]:
    """Yield the lines; one that ends in a backslash includes the next."""
    place, begun = block.place, ""
    for line in block.text.splitlines():
        begun += line.strip()
        if begun.endswith("\\"):
            begun = begun[:-1]
        else:
            yield place, begun
            begun = ""
        place += 1


def _with_output(block: Block) -> Iterator[tuple[int, str, str]]:
    for each in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        yield block.place + block.text.count("\n", 0, each.start()), each[1], each[2]


def _without_comment(line: str) -> str:
    return "" if line.startswith("#") else re.sub(r"\s+# .*$", "", line)


def of_data(data: Any) -> Iterator[str]:
    """Yield the lines in the strings of a workflow that call tfcheck."""
    match data:
        case str():
            yield from (line for line in data.splitlines() if re.search(r"(?:^|[\s&])tfcheck ", line))
        case list():
            yield from (found for each in data for found in of_data(each))
        case dict():
            # What describes a step, and what a configuration file calls a target, is not run.
            yield from (
                found for key, each in data.items() if key not in ("name", "description") for found in of_data(each)
            )


def _of_text(page: Path) -> Iterator[Command]:
    text = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))
    for each in _SPAN.finditer(text):
        line = " ".join(each[2].split())
        if re.match(r"(?:tfcheck|make) ", line):
            yield Command(page, text.count("\n", 0, each.start()) + 1, line, is_inline=True)


def everything() -> list[list[Command]]:
    """Return all commands of all pages, of workflows and of help texts, by block."""
    of_pages = [found for page in PAGES for found in commands(page)]
    for file in WORKFLOWS:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        of_pages.append([Command(file, 1, line) for line in of_data(data)])
    return [each for each in [*of_pages, *_of_help(main, "tfcheck")] if each]


def _of_help(command: click.Command, name: str) -> Iterator[list[Command]]:
    """Yield the examples in the help texts of a command and of those below it."""
    page = ROOT / "src" / "tfcheck" / "cli" / f"{name} --help"
    lines = [line.strip() for line in (command.help or "").splitlines()]
    yield [Command(page, 1, _without_comment(line)) for line in lines if PROGRAM.match(line)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            if (inner := command.get_command(context, each)) is not None and not inner.hidden:
                yield from _of_help(inner, f"{name} {each}")
