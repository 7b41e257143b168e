"""Write expression nodes as Terraform source, for tests that compare with Terraform."""

from __future__ import annotations

from fractions import Fraction

from tfcheck.hcl.syntax.expression import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    Index,
    JoinedTexts,
    ListOf,
    Literal,
    ObjectOf,
    Place,
    Splat,
    Template,
    Unary,
    Variable,
)
from tfcheck.hcl.syntax.template import always_text

HERE = Place("test.tf", 1)


def source(node: Expression) -> str:
    """Write `node` with all its parentheses."""
    match node:
        case Literal():
            return _literal(node)
        case Template():
            return '"' + "".join(map(_part, node.parts)) + '"'
        case Variable():
            return node.name
        case Attribute():
            return f"{_primary(node.source)}.{node.name}"
        case Index():
            return f"{_primary(node.source)}[{source(node.key)}]"
        case Splat():
            return f"{_primary(node.source)}[*]{_steps(node.each)}"
        case Unary():
            return f"{node.operator}{_primary(node.operand)}"
        case Binary():
            return f"({source(node.left)} {node.operator} {source(node.right)})"
        case Conditional():
            return f"({source(node.condition)} ? {source(node.then)} : {source(node.otherwise)})"
        case Call():
            dots = "..." if node.spread else ""
            return f"{node.name}({', '.join(map(source, node.arguments))}{dots})"
        case ForList():
            return f"[{_head(node)} : {source(node.result)}{_tail(node.condition)}]"
        case ForObject():
            dots = "..." if node.group else ""
            arrow = f"{source(node.name)} => {source(node.result)}"
            return f"{{{_head(node)} : {arrow}{dots}{_tail(node.condition)}}}"
        case ListOf():
            return f"[{', '.join(map(source, node.items))}]"
        case ObjectOf():
            return "{" + ", ".join(f"{_key(key)} = {source(item)}" for key, item in node.items) + "}"
        case _:
            raise AssertionError(node)


def _literal(node: Literal) -> str:
    match node.value:
        case None:
            return "null"
        case bool():
            return str(node.value).lower()
        case str():
            return f'"{_escaped(node.value)}"'
        case Fraction():
            return str(float(node.value))
        case _:
            return str(node.value)


def _escaped(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return quoted.replace("${", "$${").replace("%{", "%%{")


def _part(part: Expression) -> str:
    match part:
        case Literal(value=str() as text):
            return _escaped(text)
        case Conditional(then=Template() as then, otherwise=Template() as otherwise) if _are_texts(then, otherwise):
            return f"%{{if {source(part.condition)}}}{_parts(then)}%{{else}}{_parts(otherwise)}%{{endif}}"
        case JoinedTexts(texts=ForList(result=Template() as body) as loop):
            return f"%{{{_head(loop)}}}{_parts(body)}%{{endfor}}"
        case _:
            return f"${{{source(part)}}}"


def _parts(template: Template) -> str:
    return "".join(map(_part, template.parts))


def _are_texts(*arms: Template) -> bool:
    """Whether these may be the arms of a directive, which are texts."""
    return all(always_text(arm.parts, arm.place) == arm for arm in arms)


def _primary(node: Expression) -> str:
    return source(node) if isinstance(node, Variable | Attribute | Index | Call) else f"({source(node)})"


def _steps(node: Expression) -> str:
    match node:
        case Attribute():
            return f"{_steps(node.source)}.{node.name}"
        case Index():
            return f"{_steps(node.source)}[{source(node.key)}]"
        case _:
            return ""


def _head(node: ForList | ForObject) -> str:
    names = f"{node.key}, {node.value}" if node.key else node.value
    return f"for {names} in {source(node.collection)}"


def _tail(condition: Expression | None) -> str:
    return "" if condition is None else f" if {source(condition)}"


def _key(node: Expression) -> str:
    return source(node) if isinstance(node, Literal) and isinstance(node.value, str) else f"({source(node)})"
