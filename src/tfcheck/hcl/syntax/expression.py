"""The nodes of an expression of Terraform's language.

They follow the HCL native syntax specification (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md).
`tfcheck.hcl.syntax.parse` creates them, `tfcheck.hcl.evaluate.expressions` evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, Union, get_args

import msgspec

from tfcheck.symbolic.value import Value


class Place(msgspec.Struct, frozen=True):
    """A file, relative to the root module's directory if possible, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        """Format as `main.tf:12`."""
        return f"{self.file}:{self.line}"


class Literal(msgspec.Struct, frozen=True):
    """A number, bool, null, or a stretch of text in a template."""

    value: Value
    place: Place


class Template(msgspec.Struct, frozen=True):
    """A quoted string or a heredoc. A single interpolation keeps its type (`"${x}"` is `x`)."""

    parts: tuple[Expression, ...]
    place: Place


class JoinedTexts(msgspec.Struct, frozen=True):
    """`%{ for k, v in c }…%{ endfor }` in a template: the texts that a `for` expression makes, joined."""

    texts: Expression
    place: Place


class Variable(msgspec.Struct, frozen=True):
    """The first name of a reference: `var`, `local`, `aws_iam_role`, or a name bound by `for`."""

    name: str
    place: Place


class Attribute(msgspec.Struct, frozen=True):
    """`source.name`."""

    source: Expression
    name: str
    place: Place


class Index(msgspec.Struct, frozen=True):
    """`source[key]`, also the old `source.0`."""

    source: Expression
    key: Expression
    place: Place


class Splat(msgspec.Struct, frozen=True):
    """`source[*].a[0]` and `source.*.a`: `each` is applied to every element, which it sees as `Variable(name="*")`.

    For the `.*` form only attributes and `.0` belong to `each`; a later `[0]` applies to the resulting list.
    """

    source: Expression
    each: Expression
    place: Place


class Unary(msgspec.Struct, frozen=True):
    """`!x` and `-x`."""

    operator: str
    operand: Expression
    place: Place


class Binary(msgspec.Struct, frozen=True):
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    place: Place


class Conditional(msgspec.Struct, frozen=True):
    """`condition ? then : otherwise`, or `%{ if c }…%{ else }…%{ endif }` in a template, whose arms are texts."""

    condition: Expression
    then: Expression
    otherwise: Expression
    place: Place


class Call(msgspec.Struct, frozen=True):
    """`name(arguments)`; with `spread` the last argument is expanded (`f(xs...)`)."""

    name: str
    arguments: tuple[Expression, ...]
    spread: bool
    place: Place


class ForList(msgspec.Struct, frozen=True):
    """`[for k, v in collection : result if condition]`."""

    key: str
    value: str
    collection: Expression
    result: Expression
    condition: Expression | None
    place: Place


class ForObject(msgspec.Struct, frozen=True):
    """`{for k, v in collection : name => result... if condition}`; `group` is the `...`."""

    key: str
    value: str
    collection: Expression
    name: Expression
    result: Expression
    group: bool
    condition: Expression | None
    place: Place


class ListOf(msgspec.Struct, frozen=True):
    """`[a, b]`."""

    items: tuple[Expression, ...]
    place: Place


class ObjectOf(msgspec.Struct, frozen=True):
    """`{ k = v }`; a bare key is a `Literal` of its name."""

    items: tuple[tuple[Expression, Expression], ...]
    place: Place


class Unreadable(msgspec.Struct, frozen=True):
    """Something that could not be parsed; its value is unknown because of `reason`."""

    reason: str
    place: Place


Expression: TypeAlias = Union[  # noqa: UP007 (nodes refer to each other)
    Literal,
    Template,
    JoinedTexts,
    Variable,
    Attribute,
    Index,
    Splat,
    Unary,
    Binary,
    Conditional,
    Call,
    ForList,
    ForObject,
    ListOf,
    ObjectOf,
    Unreadable,
]

#: The fields of each kind of node that contain nodes.
_INNER = {
    kind: tuple(name for name, hint in kind.__annotations__.items() if "Expression" in hint)
    for kind in get_args(Expression)
}
#: The roots of references that have a type and a name.
LONG_ROOTS = ("data", "ephemeral", "resource")


def inner_nodes(node: Expression) -> list[Expression]:
    """Return the nodes directly inside a node, in the order of its fields."""
    found: list[Expression] = []
    waiting: list[Any] = [getattr(node, name) for name in reversed(_INNER[type(node)])]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting += reversed(each)
        elif each is not None:
            found.append(each)
    return found


def all_nodes(node: Expression) -> Iterator[Expression]:
    """Iterate over a node and all nodes inside it, each before those inside it."""
    yield node
    for each in inner_nodes(node):
        yield from all_nodes(each)
