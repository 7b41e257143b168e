"""Render a statement as a block, an object or JSON, in the style of the surrounding code.

The layout is the one that `terraform fmt` leaves alone
(https://developer.hashicorp.com/terraform/language/style): `=` aligned over consecutive lines, an argument whose value
opens a bracket without closing it not aligned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tfcheck.fix.edits.insertion import indentation, line_end, line_start, unit_of
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled
from tfcheck.fix.text.policy_text import DOCUMENT_ELEMENTS, ELEMENTS, ListParts, ObjectParts, Parts, Syntax
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.vocabulary.address import escape

#: An item: its name, and its value on one line or as several lines.
Item: TypeAlias = tuple[str, "str | Sequence[str]"]


def block(wanted: NeededStatement, style: StatementStyle) -> list[str]:
    """Render a `statement` block, with lines indented relative to it."""
    items = _items(wanted, replace(style, document=True))
    starts = [place for place, (name, _) in enumerate(items) if not place or name in style.apart]
    groups = [items[start:end] for start, end in pairwise([*starts, len(items)])]
    lines = [line for each in groups for line in ("", *align(each))][1:]
    if wanted.principal:
        kind, who = wanted.principal
        inside = [("type", text((kind,))), ("identifiers", str(_list(who, style, is_list=True, spread=False)))]
        lines += ["", "principals {", *indent(align(inside), style.unit), "}"]
    if wanted.gate:
        gate = f"for_each = {wanted.gate} ? [1] : []"
        inner = [gate, "", "content {", *indent(lines, style.unit), "}"]
        return ['dynamic "statement" {', *indent(inner, style.unit), "}"]
    return ["statement {", *indent(lines, style.unit), "}"]


def statement(wanted: NeededStatement, style: StatementStyle) -> list[str]:
    """Render an object: in a policy, in a `.tf.json` file, or in a value that a document is made from."""
    items = _items(wanted, style, principal=True)
    flat = _flat(items, style)
    if style.one_line and (flat is not None) and len(flat) <= style.widest:
        return [flat]
    mark = style.between
    inside = align(items, mark, style.ends_lines if style.syntax is Syntax.HCL else ",", quoted=style.quoted)
    return ["{", *indent([*inside[:-1], inside[-1] + style.closes], style.unit), "}"]


def listing(wanted: Iterable[NeededStatement], style: StatementStyle) -> str:
    """Render objects below each other, each with a comma."""
    return "\n".join("\n".join(statement(each, style)) + "," for each in wanted)


def render_on_one_line(wanted: NeededStatement, style: StatementStyle) -> str:
    """Render an object on one line, regardless of its length."""
    items = _items(wanted, style, principal=True)
    found = _flat([(name, _render_list(value, style)) for name, value in items], style)
    assert found is not None  # every value is on one line
    return found


def text(spelled: Spelled, syntax: Syntax = Syntax.HCL) -> str:
    """Render a text: a bare reference if it is nothing else, otherwise a quoted template."""
    if syntax is Syntax.HCL:
        if len(spelled) == 1 and isinstance(spelled[0], Reference):
            return spelled[0].expression
        return '"' + "".join(_hcl_piece(each, escape) for each in spelled) + '"'
    if syntax is Syntax.JSON:
        # NOTE: Terraform replaces `${...}` before the JSON is parsed, so references stay unchanged.
        return '"' + "".join(_hcl_piece(each, lambda literal: as_json(literal)[1:-1]) for each in spelled) + '"'
    return as_json("".join(_template_piece(each) for each in spelled))


def as_json(content: object, indent: int | None = None) -> str:
    """Render JSON whose unprintable characters are escaped: no change may hide anything from its reader."""
    written = json.dumps(content, indent=indent, ensure_ascii=False)
    if written.isprintable():
        return written
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in written)


def quote(literal: str) -> str:
    """Quote a literal as a string of Terraform's language."""
    return text((literal,))


def _template_piece(piece: str | Reference) -> str:
    if isinstance(piece, Reference):
        return f"${{{piece.expression}}}"
    return piece.replace("${", "$${").replace("%{", "%%{")


def _hcl_piece(piece: str | Reference, escaped: Callable[[str], str]) -> str:
    return _template_piece(piece if isinstance(piece, Reference) else escaped(piece))


def _items(wanted: NeededStatement, style: StatementStyle, *, principal: bool = False) -> list[Item]:
    sid, effect, action, resource = DOCUMENT_ELEMENTS if style.document else ELEMENTS
    items: list[Item] = []
    if style.sid:
        items.append((sid, text((wanted.sid,), style.syntax)))
    if style.effect:
        items.append((effect, '"Allow"'))
    actions = [(each,) for each in wanted.actions]
    is_wide = len(f"[{style.comma.join(text(each, style.syntax) for each in actions)}]") > WIDEST
    spread = style.spread[0] or (is_wide and len(actions) > 1)
    items.append((action, _list(actions, style, is_list=style.lists or style.document, spread=spread)))
    if wanted.resources:
        is_everything = wanted.resources == (("*",),)
        is_list = style.document or (style.resource_lists and not (is_everything and style.everything))
        spread = style.spread[1] or len(wanted.resources) > 1
        items.append((resource, _list(wanted.resources, style, is_list=is_list, spread=spread)))
    if principal and wanted.principal:
        items.append(_principal(wanted.principal, style))
    places = {name: place for place, name in enumerate(style.order)}
    return sorted(items, key=lambda each: places.get(each[0], len(places)))


def _list(several: Sequence[Spelled], style: StatementStyle, *, is_list: bool, spread: bool) -> str | list[str]:
    """Render texts as a string, a list on one line or, with `spread`, on several lines."""
    written = [text(each, style.syntax) for each in several]
    if len(several) == 1 and isinstance(several[0][0], Reference) and several[0][0].over:
        return several[0][0].expression
    if len(written) == 1 and not is_list:
        return written[0]
    if not spread:
        return f"[{style.gap}{style.comma.join(written)}{style.gap}]"
    last = "," if style.syntax is Syntax.HCL and style.trailing else ""
    lines = [f"{each}," for each in written[:-1]] + [written[-1] + last]
    return ["[", *indent(lines, style.unit), "]"]


def _principal(principal: tuple[str, tuple[Spelled, ...]], style: StatementStyle) -> tuple[str, str]:
    kind, who = principal
    written = _list(who, style, is_list=style.document, spread=False)
    if style.document:
        pairs = [("type", text((kind,), style.syntax)), ("identifiers", str(written))]
        inside = style.comma.join(f"{_name(name, style.quoted)}{style.between}{value}" for name, value in pairs)
        return "principals", f"{{{style.pad}{inside}{style.pad}}}"
    return "Principal", f"{{{style.pad}{_name(kind, style.quoted)}{style.between}{written}{style.pad}}}"


def _name(name: str, in_quotes: bool) -> str:
    return f'"{name}"' if in_quotes else name


def _flat(items: Sequence[Item], style: StatementStyle) -> str | None:
    if not all(isinstance(value, str) for _, value in items):
        return None
    written = (f"{_name(name, style.quoted)}{style.between}{value}" for name, value in items)
    return f"{{{style.pad}{style.comma.join(written)}{style.pad}}}"


def _render_list(value: str | Sequence[str], style: StatementStyle) -> str:
    if isinstance(value, str):
        return value
    inside = [each.strip().removesuffix(",") for each in value[1:-1]]
    return f"[{style.gap}{style.comma.join(inside)}{style.gap}]"


def align(items: Sequence[Item], between: str = " = ", comma: str = "", *, quoted: bool = False) -> list[str]:
    """Render items below each other; `=` is aligned for those on consecutive lines, `:` never is."""
    lines: list[str] = []
    for is_flat, several in groupby(items, key=lambda each: isinstance(each[1], str)):
        group = [(_name(name, quoted), value) for name, value in several]
        width = max(len(name) for name, _ in group) if is_flat and "=" in between else 0
        for name, value in group:
            first, *others = [value] if isinstance(value, str) else value
            lines += [f"{name:<{width}}{between}{first}", *others]
            lines[-1] += comma
    lines[-1] = lines[-1].removesuffix(comma)
    return lines


def indent(lines: Sequence[str], unit: str) -> list[str]:
    """Indent lines, except empty ones."""
    return [unit + line if line else line for line in lines]


#: The maximum length of a written line.
WIDEST = 110


class StatementStyle(msgspec.Struct, frozen=True):
    """The style of a statement's neighbours.

    `between` is the text between a name and its value, `pad` the text inside the braces of a one-line object, `gap`
    that inside the brackets of a one-line list, `ends_lines` the text after each item on its own line, `closes` that
    after the last one, `order` the items of a statement. With `spread` each action, or each resource, has its own
    line, and with `trailing` the last one a comma; `widest` is the maximum length of a one-line list. With `everything`
    `"*"` is not in a list, with `document` the names are those of an `aws_iam_policy_document`; the arguments `apart`
    have a blank line before them.
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
    everything: bool = False
    spread: tuple[bool, bool] = (False, False)
    trailing: bool = True
    apart: frozenset[str] = frozenset()
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
    actions = [one.value for each in shown if (one := each.item("Action") or each.item("actions"))]
    resources = [one for each in reversed(shown) if (one := each.item("Resource") or each.item("resources"))]
    # NOTE: everything is one text here.
    named = [each for each in resources if text[each.value.start : each.value.end] != '"*"']
    resource = next(iter(named), action)
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
        lists=_lists_one(actions),
        resource_lists=resource is not None and isinstance(resource.value, ListParts),
        everything=len(named) < len(resources),
        spread=(bool(wide[1] if wide[0] is None else wide[0]), bool(wide[0] if wide[1] is None else wide[1])),
        trailing=ends_with_comma(text[each.start : each.end] for each in every),
        order=tuple(each.name for each in last.items),
        widest=max(WIDEST, *(len(text[each.start : each.end]) for each in shown)),
        unit=_unit(text, last),
    )


def _lists_one(values: Sequence[Parts]) -> bool:
    """Whether a single element is written as a list: as the last single one is, or the last of all."""
    single = [each for each in values if not isinstance(each, ListParts) or len(each.items) == 1]
    return bool(values) and isinstance((single or values)[-1], ListParts)


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
        apart=frozenset(_apart(list(shown[-1].arguments.values()))) if shown else frozenset(),
        order=tuple(shown[-1].arguments) if shown else (),
        unit=unit_of(document),
    )


def _apart(arguments: Sequence[Argument]) -> Iterator[str]:
    """Yield the arguments with a blank line before them."""
    for one, other in pairwise(arguments):
        yield from [other.name] if one.source.text[one.value_end : other.start].count("\n") > 1 else []


def ends_with_comma(lists: Iterable[str]) -> bool:
    """Whether a comma follows the last element of multi-line lists, which is the default."""
    spread = [each for each in lists if "\n" in each]
    return not spread or spread[-1].removesuffix("]").rstrip().endswith(",")


def label_like(name: str, known: Sequence[str]) -> str:
    """Return a label for a map element like the others, by default in camel case, which a `Sid` allows."""
    if known and all(each[:1].isupper() for each in known):
        return name
    word = re.sub(r".*(?=[A-Z])", "", name).lower()
    if known and all(each.isalpha() and each.islower() for each in known) and word not in known:
        return word
    separator = next((each for each in "_-" if any(each in one for one in known)), "")
    if separator:
        return re.sub(r"(?<!^)(?=[A-Z])", separator, name).lower()
    return name[:1].lower() + name[1:]
