"""List the references in an expression as a plan's `configuration` does: without attributes and keys."""

from __future__ import annotations

import msgspec

from tfcheck.hcl.syntax.expression import (
    Attribute,
    Call,
    Expression,
    ForList,
    ForObject,
    Unreadable,
    Variable,
)
from tfcheck.symbolic.regex import regex

_LONG_ROOTS = ("data", "ephemeral", "resource")
_STEP = regex(r"[\w-]+")


def root_of(reference: str) -> str:
    """Return `aws_s3_bucket.config` for `aws_s3_bucket.config["a"].arn`, `local.names` for `local.names`."""
    names = _STEP.findall(reference.partition("[")[0])
    return ".".join(names[: 3 if names[:1] and names[0] in _LONG_ROOTS else 2])


def reference_roots(expression: Expression) -> set[str] | None:
    """Return the roots of all references; None if a part cannot be parsed."""
    found: set[str] = set()
    waiting: list[tuple[object, frozenset[str]]] = [(expression, frozenset())]
    while waiting:
        node, bound = waiting.pop()
        if isinstance(node, Unreadable):
            return None
        root = _root(node)
        if root:
            found |= {root} if root.partition(".")[0] not in bound else set()
        elif isinstance(node, (ForList, ForObject)):
            waiting.append((node.collection, bound))
            inner = bound | {node.key, node.value}
            waiting += [(getattr(node, name), inner) for name in node.__struct_fields__ if name != "collection"]
        elif isinstance(node, msgspec.Struct):
            waiting += [(getattr(node, name), bound) for name in node.__struct_fields__ if name != "place"]
        elif isinstance(node, tuple):
            waiting += [(each, bound) for each in node]
    return found


def calls_function(expression: Expression) -> bool:
    """Whether an expression calls a function, whose result the plan does not keep."""
    waiting: list[object] = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call):
            return True
        if isinstance(node, msgspec.Struct):
            waiting += [getattr(node, name) for name in node.__struct_fields__ if name != "place"]
        elif isinstance(node, tuple):
            waiting += node
    return False


def _root(node: object) -> str:
    """Return the root of a reference that begins here; empty anywhere else."""
    match node:
        case Attribute(source=Attribute(source=Variable(name=root), name=kind), name=name) if root in _LONG_ROOTS:
            return f"{root}.{kind}.{name}"
        case Attribute(source=Variable(name=root), name=name) if root not in (*_LONG_ROOTS, "*"):
            return f"{root}.{name}"
        case _:
            return ""
