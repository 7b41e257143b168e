"""Find where to insert a statement into a `data "aws_iam_policy_document"`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end, line_start
from tfcheck.fix.into_list import insert_into_list
from tfcheck.fix.literal import read_json_parts
from tfcheck.fix.render import StatementStyle, Syntax, block, ends_with_comma, statement
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.json_document import Member
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock


def insert_into_document(document: Block, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...] | None:
    """Add `statement` blocks after the last one; None if the block's layout has no room."""
    if isinstance(document, JsonBlock):
        return _insert_into_json(document, wanted)
    text = document.source.text
    nested = [each for each in document.blocks("statement") if each.source is document.source]
    if len(nested) != len(document.blocks("statement")):
        return None
    style = _style(text, document, nested)
    if nested:
        return _insert_after(document, nested, wanted, style)
    brace = document.body_end
    start = line_start(text, brace)
    if start <= document.start or text[start:brace].strip():
        return None
    base, newline = indentation(text, brace) + style.unit, document.source.newline
    blank = "" if not text[document.body_start : start].strip() else newline
    added = (newline * 2).join(_block_text(each, style, base, newline) for each in wanted)
    return (Insertion(document.source.name, start, f"{blank}{added}{newline}"),)


def _insert_after(
    document: Block, nested: Sequence[Block], wanted: Sequence[NeededStatement], style: StatementStyle
) -> tuple[Insertion, ...]:
    text, newline = document.source.text, document.source.newline
    last = max(nested, key=lambda each: each.start)
    gap = newline * (1 if _close(text, nested) else 2)
    base = indentation(text, last.start)
    added = "".join(gap + _block_text(each, style, base, newline) for each in wanted)
    return (Insertion(document.source.name, line_end(text, last.end), added),)


def _block_text(wanted: NeededStatement, style: StatementStyle, base: str, newline: str) -> str:
    return newline.join(base + line if line else line for line in block(wanted, style))


def _close(text: str, nested: Sequence[Block]) -> bool:
    """Whether statements follow one another without a blank line."""
    ordered = sorted(nested, key=lambda each: each.start)
    between = [text[one.end : other.start] for one, other in itertools.pairwise(ordered)]
    return bool(between) and all(each.count("\n") == 1 for each in between)


def _style(text: str, document: Block, nested: Sequence[Block]) -> StatementStyle:
    shown = [each for each in nested if each.type == "statement"]
    shown += [inner for each in nested if each.type == "dynamic" for inner in each.blocks("content")]
    named = any("sid" in each.arguments for each in shown) or not shown
    effect = any("effect" in each.arguments for each in shown)
    every = [each.attribute_text(name) for each in shown for name in ("actions", "resources")]
    lists = every[-2:]
    return StatementStyle(
        sid=named,
        effect=effect,
        spread=all("\n" in each for each in lists) and bool(lists),
        trailing=ends_with_comma(every),
        order=tuple(shown[-1].arguments) if shown else (),
        unit=_unit(text, document),
    )


def _unit(text: str, document: Block) -> str:
    starts = [*(each.start for each in document.arguments.values()), *(each.start for each in document.nested)]
    base = indentation(text, document.start)
    steps = [indentation(text, start).removeprefix(base) for start in starts]
    return next((each for each in steps if each), "  ")


def _insert_into_json(document: JsonBlock, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...] | None:
    source = document.source
    found = next((each for each in document.value.members if each.name == "statement"), None)
    if found is None:
        members = document.value.members
        if not members:
            return None
        style = StatementStyle(Syntax.TF_JSON, quoted=True, between=": ", one_line=True, effect=False)
        added = ", ".join("".join(statement(each, style, document=True)) for each in wanted)
        return (member_behind(document.source, members[-1], f'"statement": [{added}]'),)
    parts = read_json_parts(source.text, found.value.start, found.value.end)
    return insert_into_list(source, parts, wanted, Syntax.TF_JSON, document=True)


def member_behind(source: SourceText, last: Member, written: str) -> Insertion:
    """Add a member after the last one of a JSON object, on a line of its own if that one is."""
    own_line = not source.text[line_start(source.text, last.start) : last.start].strip()
    gap = source.newline + indentation(source.text, last.start) if own_line else " "
    return Insertion(source.name, last.value.end, f",{gap}{written}")
