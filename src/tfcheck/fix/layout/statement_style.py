"""The style of statements, as that of their neighbours: one line or several, quotes, commas, lists, the order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import indentation, line_end, line_start, unit_of
from tfcheck.fix.text.policy_text import ListParts, ObjectParts, Parts, Syntax
from tfcheck.hcl.syntax.block import Block

#: The maximum length of a written line.
WIDEST = 110


class StatementStyle(msgspec.Struct, frozen=True):
    """The style of a statement's neighbours.

    `between` is the text between a name and its value, `pad` the text inside the braces of a one-line object, `gap`
    that inside the brackets of a one-line list, `ends_lines` the text after each item on its own line, `closes` that
    after the last one, `order` the items of a statement. With `spread` each action, or each resource, has its own
    line, and with `trailing` the last one a comma; `widest` is the maximum length of a one-line list. With `document`
    the names are those of an `aws_iam_policy_document`.
    """

    syntax: Syntax = Syntax.HCL
    document: bool = False
    quoted: bool = False
    between: str = " = "
    comma: str = ", "
    ends_lines: str = ""
    closes: str = ""
    pad: str = " "
    gap: str = ""
    one_line: bool = False
    sid: bool = True
    effect: bool = True
    lists: bool = False
    resource_lists: bool = False
    spread: tuple[bool, bool] = (False, False)
    trailing: bool = True
    order: tuple[str, ...] = ()
    widest: int = WIDEST
    unit: str = "  "


def plain_style(syntax: Syntax) -> StatementStyle:
    """Return the style of a statement without neighbours."""
    return StatementStyle() if syntax is Syntax.HCL else StatementStyle(syntax, quoted=True, between=": ")


def style_of(text: str, known: Iterable[Parts], syntax: Syntax) -> StatementStyle:
    """Return the style of the statements in a list, preferring that of the last one."""
    shown = [each for each in known if isinstance(each, ObjectParts) and each.items]
    if not shown:
        return plain_style(syntax)
    last = shown[-1]
    names = {each.name.lower() for one in shown for each in one.items}
    action = last.item("Action") or last.item("actions")
    every = [each.value for one in shown for each in one.items if isinstance(each.value, ListParts)]
    lists = [each for each in every if last.start < each.start]
    resources = [one for each in reversed(shown) if (one := each.item("Resource") or each.item("resources"))]
    # NOTE: everything is one text here.
    named = (each for each in resources if text[each.value.start : each.value.end] != '"*"')
    resource = next(named, action)
    flat = "\n" not in text[last.start : last.end]
    values = [each.value if each is not None else None for each in (action, resource)]
    wide = ["\n" in text[each.start : each.end] if isinstance(each, ListParts) else None for each in values]
    return StatementStyle(
        syntax=syntax,
        quoted=last.items[-1].quoted,
        between=_separator(last.items[-1].between, syntax),
        comma=", " if not flat or ", " in text[last.start : last.end] or syntax is Syntax.HCL else ",",
        ends_lines="," if not flat and text[last.items[0].value.end] == "," else "",
        closes="," if not flat and syntax is Syntax.HCL and text[last.items[-1].value.end] == "," else "",
        pad=" " if text[last.start + 1] == " " or (not flat and syntax is Syntax.HCL) else "",
        gap=next((" " for each in reversed(every) if text[each.start + 1 : each.start + 3] == ' "'), ""),
        one_line=flat,
        sid="sid" in names,
        effect="effect" in names or last.item("actions") is None,
        lists=action is not None and action.value in lists,
        resource_lists=resource is not None and isinstance(resource.value, ListParts),
        spread=(bool(wide[1] if wide[0] is None else wide[0]), bool(wide[0] if wide[1] is None else wide[1])),
        trailing=ends_with_comma(text[each.start : each.end] for each in every),
        order=tuple(each.name for each in last.items),
        widest=max(WIDEST, *(len(text[each.start : each.end]) for each in shown)),
        unit=_unit(text, last),
    )


def _separator(written: str, syntax: Syntax) -> str:
    """Return the separator between a name and its value without alignment blanks."""
    if syntax is not Syntax.HCL:
        return ": " if written.endswith(" ") else ":"
    return " = " if ":" not in written else ": " if written.startswith(":") else " : "


def _unit(text: str, one: ObjectParts) -> str:
    if "\n" not in text[one.start : one.end]:
        line = indentation(text, one.start)
        outer = (indentation(text, at) for at in _lines_above(text, one.start))
        return line.removeprefix(next((each for each in outer if len(each) < len(line)), line)) or "  "
    base, inner = indentation(text, one.end - 1), indentation(text, one.items[0].start)
    return inner.removeprefix(base) if inner.startswith(base) and inner != base else "  "


def _lines_above(text: str, offset: int) -> Iterator[int]:
    """Yield the start of each line above the one with `offset` that is not blank, the nearest first."""
    start = line_start(text, offset)
    while start > 0:
        start = line_start(text, start - 1)
        if text[start : line_end(text, start)].strip():
            yield start


def style_of_blocks(document: Block, nested: Sequence[Block]) -> StatementStyle:
    """Return the style of the `statement` blocks in a policy document, preferring that of the last one."""
    shown = [each for each in nested if each.type == "statement"]
    shown += [inner for each in nested if each.type == "dynamic" for inner in each.blocks("content")]
    named = any("sid" in each.arguments for each in shown) or not shown
    effect = any("effect" in each.arguments for each in shown)
    every = [each.attribute_text(name) for each in shown for name in ("actions", "resources")]
    actions, resources = every[-2:] or ("", "")
    return StatementStyle(
        sid=named,
        effect=effect,
        spread=("\n" in actions, "\n" in resources),
        trailing=ends_with_comma(every),
        order=tuple(shown[-1].arguments) if shown else (),
        unit=unit_of(document),
    )


def ends_with_comma(lists: Iterable[str]) -> bool:
    """Whether a comma follows the last element of multi-line lists, which is the default."""
    spread = [each for each in lists if "\n" in each]
    return not spread or spread[-1].removesuffix("]").rstrip().endswith(",")


def label_like(name: str, known: Sequence[str]) -> str:
    """Name a map element in the style of the others, by default in camel case, which a `Sid` allows."""
    if known and all(each[:1].isupper() for each in known):
        return name
    word = re.sub(r".*(?=[A-Z])", "", name).lower()
    if known and all(each.isalpha() and each.islower() for each in known) and word not in known:
        return word
    separator = next((each for each in "_-" if any(each in one for one in known)), "")
    if separator:
        return re.sub(r"(?<!^)(?=[A-Z])", separator, name).lower()
    return name[:1].lower() + name[1:]
