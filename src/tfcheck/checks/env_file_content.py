"""Write environment files in the format that ECS reads.

Each line is `NAME=VALUE`, split at the first `=`. ECS interprets nothing else: it ignores a line without `=`, keeps
quotes as part of the value, keeps `export` and spaces before the `=` as part of the name, and accepts a comment only
with a `#` in the first column. tfcheck inspects files whose `content` is in the plan, and reports only the numbers of
lines.

Write:

    # database
    DATABASE_HOST=db.example.com
    GREETING=Hello, world

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import files
from tfcheck.inventory.catalogue import OBJECT, catalogue
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Severity

_QUOTED = regex(r"""(["']).*\1""")
_MOST = 5


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for file in files(task):
        holder = catalogue(world, OBJECT).find_by_arn(file.value)
        if holder is not None:
            for what, lines in _misread(holder).items():
                yield Misconfiguration(
                    f"{_line_numbers(lines)} of {holder.address} {what}",
                    Severity.INFO,
                    file.container.name,
                    what,
                    address=str(holder.address),
                    argument="content",
                )


def _misread(holder: WorldObject) -> dict[str, list[int]]:
    """Return what ECS reads differently than intended, with the line numbers.

    Sensitive content is not inspected.
    """
    content = holder.attribute("content")
    found: dict[str, list[int]] = {}
    if isinstance(content, str) and not holder.sensitive("content"):
        for number, line in enumerate(content.splitlines(), start=1):
            what = _misreading_words(line)
            if what:
                found.setdefault(what, []).append(number)
    return found


def _misreading_words(line: str) -> str:
    """Return how ECS reads a line; empty if it reads the line as intended."""
    if not line.strip() or line.startswith("#"):
        return ""
    name, mark, value = line.partition("=")
    if not mark:
        return "without `=` is ignored"
    if name.startswith("export "):
        return "begins with `export`, which becomes part of the name"
    if name != name.strip():
        return "has spaces around the name, which become part of it"
    return "has quotes around the value, which become part of it" if _QUOTED.fullmatch(value) else ""


def _line_numbers(lines: list[int]) -> str:
    more = " and more" if len(lines) > _MOST else ""
    return f"line {', '.join(map(str, lines[:_MOST]))}{more}"


CHECK = Check("env-file-content", "invalid lines in environment files", __doc__, _search)
