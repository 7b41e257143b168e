"""Render a statement as a block, an object or JSON, in the style of the surrounding code.

The layout is the one that `terraform fmt` leaves alone
(https://developer.hashicorp.com/terraform/language/style): `=` aligned over consecutive lines, an argument whose value
opens a bracket without closing it not aligned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from tfcheck.fix.layout.statement_style import WIDEST, StatementStyle
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled
from tfcheck.fix.text.policy_text import Syntax
from tfcheck.vocabulary.address import escape

#: Names of the elements of a statement: in a policy, and in `aws_iam_policy_document`.
_POLICY = ("Sid", "Effect", "Action", "Resource")
_DOCUMENT = ("sid", "effect", "actions", "resources")

#: An item: its name, and its value on one line or as several lines.
Item: TypeAlias = tuple[str, "str | Sequence[str]"]


def block(wanted: NeededStatement, style: StatementStyle) -> list[str]:
    """Render a `statement` block, with lines indented relative to it."""
    lines = align(_items(wanted, replace(style, document=True)))
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
    sid, effect, action, resource = _DOCUMENT if style.document else _POLICY
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
        is_list = style.resource_lists or style.document
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
    """Render items below each other; `=` is aligned for those on one line, `:` never is."""
    names = [_name(name, quoted) for name, _ in items]
    flat = [name for name, (_, value) in zip(names, items, strict=True) if isinstance(value, str)]
    width = max(map(len, flat), default=0) if "=" in between else 0
    lines: list[str] = []
    for name, (_, value) in zip(names, items, strict=True):
        if isinstance(value, str):
            lines.append(f"{name:<{width}}{between}{value}{comma}")
        else:
            lines += [f"{name}{between}{value[0]}", *value[1:-1], value[-1] + comma]
    if comma:
        lines[-1] = lines[-1].removesuffix(comma)
    return lines


def indent(lines: Sequence[str], unit: str) -> list[str]:
    """Indent lines, except empty ones."""
    return [unit + line if line else line for line in lines]
