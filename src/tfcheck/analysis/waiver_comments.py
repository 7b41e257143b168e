"""Read waivers from comments in the sources: `# tfcheck:ignore env-file -- reason (until 2027-03-01)`.

A comment counts for the block that it is inside of, or directly above; in `.tf.json` it is the member `//` of a block.
Comments in installed modules do not count, and in CI neither do those in files that git does not track.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from tfcheck.config.rules import match_rules, suggestion
from tfcheck.config.waivers import UNKNOWN, Waiver, is_date
from tfcheck.hcl.syntax.expression import Call, Expression, ListOf, Literal, ObjectOf, Template
from tfcheck.hcl.syntax.json_document import Array, JsonScalar
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic import limits
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.waiver import WAIVER_MARK

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Block, SourceFile

_WAIVER = regex(r"(?<![# ])[# ]*tfcheck:[ \t]*ignore\b")
_COMMENT = regex(r"(?:^|(?<=[\s,{}\[\]()]))(?:#|//)[ \t]*tfcheck:[ \t]*ignore\b(?P<rest>.*)$")
_ONLY_COMMENT = regex(r"[ \t]*(?:#|//|$)")
_CONTINUED = regex(r"[ \t]*(?:#|//)(?P<indent>[ \t]+)(?P<text>\S.*)$")
_UNTIL = regex(r"\(until ([^()]*)\)[ \t]*$")
_NARROWING = ("container", "resource", "verdict")
_LONGEST, _MOST, _MOST_CONTINUED = 500, 1_000, 10
#: The most lines of comments between a waiver and its block.
_FURTHEST = 100
_GRAMMAR = "write `# tfcheck:ignore RULE -- REASON`"


def comments(sources: Sources, directory: str | None, rules: tuple[str, ...]) -> Iterator[Waiver]:
    """Yield the waivers in the files that were read; their paths are relative to `directory`."""
    every = (
        each
        for file in sources.files_with(WAIVER_MARK)
        if sources.may_be_shown(file.source.name)
        for each in _read_file(file, directory, rules)
    )
    yield from islice(every, _MOST)


def _read_file(file: SourceFile, directory: str | None, rules: tuple[str, ...]) -> Iterator[Waiver]:
    name = posixpath.normpath(posixpath.join(directory or ".", file.source.name))
    if name.endswith(".json"):
        yield from (_waiver(text, block, [], number, name, rules, 0) for block, number, text in _members(file))
        return
    lines = file.source.text.split("\n")
    for number, line in enumerate(lines, 1):
        if WAIVER_MARK in line and (comment := _COMMENT.search(line)):
            further = _continuation(comment["rest"], lines, number) if _ONLY_COMMENT.match(line) else []
            text, block = " ".join((comment["rest"], *further)), _block(file, lines, number)
            yield _waiver(text, block, lines, number, name, rules, len(further))


def _members(file: SourceFile) -> Iterator[tuple[Block | None, int, str]]:
    """Yield the waivers in the members `//`, texts or lists of texts, of the blocks of a JSON file, with their lines.

    NOTE: a waiver finds its block by line, so it has none if several begin there.
    """
    starts = Counter(each.place.line for each in file.blocks)
    for block in file.blocks:
        for member in block.value.members if isinstance(block, JsonBlock) else ():
            for each in member.value.items if isinstance(member.value, Array) else (member.value,):
                text = each.value if member.name == "//" and isinstance(each, JsonScalar) else None
                if isinstance(text, str) and (found := _WAIVER.match(text)):
                    alone = block if starts[block.place.line] == 1 else None
                    yield alone, file.source.line(each.start), " ".join(text[found.end() :].split())


def _continuation(text: str, lines: list[str], number: int) -> list[str]:
    """Return the comment lines below a waiver that belong to it: indented ones, and all up to one that gives its date.

    NOTE: a waiver without its date would never expire.
    """
    found: list[str] = []
    indented = 0
    for line in lines[number : number + _MOST_CONTINUED]:
        below = _CONTINUED.match(line)
        if below is None or _WAIVER.search(line) or _UNTIL.search(text.rstrip("\r")):
            break
        text = below["text"]
        found.append(text)
        indented += indented == len(found) - 1 and len(below["indent"]) > 1
    return found if found and _UNTIL.search(text.rstrip("\r")) else found[:indented]


def _waiver(
    text: str, block: Block | None, lines: list[str], number: int, name: str, rules: tuple[str, ...], further: int
) -> Waiver:
    """Parse one comment; what is wrong with it becomes its problem."""
    what, _, why = text.strip().rstrip("\r").partition("--")
    until = _UNTIL.search(why)
    reason = " ".join(_UNTIL.sub("", why).split())
    selector, *narrowing = what.split() or [""]
    pairs = dict(each.partition("=")[::2] for each in narrowing)
    container = pairs.get("container", "")
    problem = _problem(selector, pairs, reason, until[1].strip() if until else "", rules)
    if block is None:
        problem = problem or ("it is not at a block" if lines else "several blocks begin in the line of its block")
    elif not (container or problem):
        container, problem = _container(block, lines, number)
    return Waiver(
        rule=clip(selector),
        reason=clip(reason, _LONGEST),
        file=name,
        line=number,
        end_line=number + further,
        until=until[1].strip() if until and not problem else "",
        container=container,
        resource=pairs.get("resource", ""),
        verdict=pairs.get("verdict", ""),
        block=(block.place.file, block.place.line) if block else None,
        problem=problem,
    )


def _problem(selector: str, pairs: dict[str, str], reason: str, until: str, rules: tuple[str, ...]) -> str:
    if not selector:
        return f"it names no rule: {_GRAMMAR}"
    if "," in selector:
        return "it names several rules: write one comment for each"
    if not match_rules(selector, rules):
        return f"there is no rule `{clip(selector)}`: {suggestion(selector, rules)}"
    unknown = next((each for each, value in pairs.items() if each not in _NARROWING or not value), None)
    if unknown is not None:
        return f"`{clip(unknown)}` is not understood: {_GRAMMAR}, with container=NAME or resource=ARN before the reason"
    if pairs.get("verdict", UNKNOWN) != UNKNOWN:
        return f"`verdict={clip(pairs['verdict'])}` is not understood: write verdict={UNKNOWN}"
    if not reason:
        return f"it gives no reason: {_GRAMMAR}"
    return f"`{clip(until)}` is not a day: write (until 2027-03-01)" if until and not is_date(until) else ""


def _block(file: SourceFile, lines: list[str], number: int) -> Block | None:
    """Return the block that contains a comment, or that follows it with nothing but comments between."""
    below, furthest = number, min(len(lines), number + _FURTHEST)
    while below < furthest and lines[below - 1].strip() and _ONLY_COMMENT.match(lines[below - 1]):
        below += 1
    for line in (number, below):
        at = bisect_right(file.blocks, line, key=lambda block: block.place.line) - 1
        if at >= 0 and file.blocks[at].place.line <= line <= file.blocks[at].end_line:
            return file.blocks[at]
    return None


def _container(block: Block, lines: list[str], number: int) -> tuple[str, str]:
    """Return the container of a task definition that a comment refers to, or why it cannot be determined."""
    argument = block.arguments.get("container_definitions")
    if argument is None or argument.source is not block.source:
        return "", ""
    first, last = argument.place.line, argument.source.line(max(argument.value_end - 1, argument.value_start))
    if not first < number <= last:
        return "", ""
    inner = (
        argument.expression.arguments[0]
        if isinstance(argument.expression, Call) and argument.expression.arguments
        else argument.expression
    )
    items = [each for each in inner.items if isinstance(each, ObjectOf)] if isinstance(inner, ListOf) else []
    if not limits.take(len(items)):
        return "", limits.REASON
    ahead, furthest = number, min(len(lines), number + _FURTHEST)
    while ahead < furthest and _ONLY_COMMENT.match(lines[ahead - 1]):
        ahead += 1
    starts = [each for each in items if each.place.line <= ahead]
    name = _container_name(starts[-1]) if starts else ""
    return name, "" if name else "its container is not known: write container=NAME before the reason"


def _container_name(item: ObjectOf) -> str:
    for key, value in item.items:
        if _literal_text(key) == "name":
            return _literal_text(value)
    return ""


def _literal_text(expression: Expression) -> str:
    """Return a literal string, or an empty one for anything else."""
    if isinstance(expression, Template) and len(expression.parts) == 1:
        return _literal_text(expression.parts[0])
    is_text = isinstance(expression, Literal) and isinstance(expression.value, str)
    return expression.value if is_text else ""  # type: ignore[union-attr,return-value]
