"""The references in a plan's `configuration`, and in expressions as it lists them.

The configuration lists which objects an expression refers to, not how it combines them
(https://developer.hashicorp.com/terraform/internals/json-format#expression-representation): of
`replace(aws_iam_role.task.arn, "-task", "-exec")` it contains `aws_iam_role.task.arn`. So even a single reference is
only a candidate for the value of an argument, which something known must confirm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tfcheck.hcl.syntax import expression as syntax
from tfcheck.plan import constant, references
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import ReasonWithHint

#: The attribute of the other resource that an argument means if the reference does not show it.
IMPLIED = {
    "role": "name",
    "roles": "name",
    "role_name": "name",
    "policy_arn": "arn",
    "policy_arns": "arn",
    "managed_policy_arns": "arn",
    "execution_role_arn": "arn",
    "task_role_arn": "arn",
    "permissions_boundary": "arn",
    "bucket": "bucket",
    "key_id": "arn",
    "kms_key_id": "arn",
    "kms_master_key_id": "arn",
    "target_key_id": "key_id",
    "secret_id": "id",
    "secret_arn": "arn",
    "repository": "name",
    "file_system_id": "id",
    "task_definition": "arn",
}
#: The places of expressions in the configuration.
PLACE = syntax.Place("configuration", 1)
_STEP = regex(r'\.([\w-]+|\*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')
_HEAD = regex(r"[\w-]+")


def expression(json: Any, argument: str) -> syntax.Expression:
    """Return the simplest expression with an argument's references; `Unreadable` if several objects are combined."""
    is_constant, value = constant(json)
    if is_constant:
        return syntax.Literal(value, PLACE)
    named = references(json)
    heads = _longest(named)
    keys = [head for head in heads if _is_key(head)]
    objects = [head for head in heads if not _is_key(head)]
    if len(objects) != 1:
        return _traversal(keys[0]) if not objects and len(keys) == 1 else syntax.Unreadable(unproven(json), PLACE)
    written, is_whole = objects[0], _is_whole_resource(objects[0])
    found = _traversal(written)
    if isinstance(found, syntax.Unreadable):
        return found
    if keys:
        if len(keys) > 1 or not is_whole:
            return syntax.Unreadable(f"the plan does not show how {written} and {', '.join(keys)} are combined", PLACE)
        found = syntax.Index(found, _traversal(keys[0]), PLACE)
    if is_whole and argument != "for_each":
        implied = IMPLIED.get(argument)
        if implied is None:
            return syntax.Unreadable(f"the plan does not show which attribute of {written} is used", PLACE)
        found = syntax.Attribute(found, implied, PLACE)
    return found


def unproven(json: Any, lacking: str = "") -> ReasonWithHint:
    """Return why the configured expression does not prove its value; `lacking` says whose sources would."""
    heads = _longest(references(json))
    depends = f"only shows that it depends on {', '.join(heads[:4])}" if heads else "does not show this expression"
    return ReasonWithHint(f"the plan {depends}", f"pass the sources{lacking}")


def _is_key(reference: str) -> bool:
    is_value = reference == "each.value" or "each.value." in reference
    return reference.split(".", 1)[0] in ("each", "count") and not is_value


#: More characters than a reference has.
_LONGEST = 2_000


def _longest(named: tuple[str, ...]) -> list[str]:
    """Keep the references that are not a prefix of another one."""
    names = [name for name in dict.fromkeys(named) if len(name) <= _LONGEST]
    beginnings = {name[:end] for name in names for end, char in enumerate(name) if char in ".["}
    return [name for name in names if name not in beginnings]


def _is_whole_resource(written: str) -> bool:
    """Whether a reference names a whole resource or one of its instances, without an attribute."""
    names = _STEP.sub(lambda step: f".{step[1]}" if step[1] else "", written).split(".")
    if names[0] in ("var", "local", "module", "each", "count", "path", "terraform", "self"):
        return False
    return len(names) == (3 if names[0] == "data" else 2)


def _traversal(written: str) -> syntax.Expression:
    head = _HEAD.match(written)
    if not head:
        return syntax.Unreadable(f"`{written}` is not a reference", PLACE)
    found: syntax.Expression = syntax.Variable(head[0], PLACE)
    position = head.end()
    while position < len(written):
        step = _STEP.match(written, position)
        if not step or step[1] == "*":
            return syntax.Unreadable(f"`{written}` names more than one value", PLACE)
        if step[1]:
            found = syntax.Attribute(found, step[1], PLACE)
        else:
            key: str | int = int(step[2]) if step[2] else re.sub(r"\\(.)", r"\1", step[3])
            found = syntax.Index(found, syntax.Literal(key, PLACE), PLACE)
        position = step.end()
    return found


_NAME = regex(r"[\w-]+")
_KEY = regex(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def root_of(reference: str) -> str:
    """Return `aws_s3_bucket.config` for `aws_s3_bucket.config["a"].arn`, `local.names` for `local.names`."""
    return _split(reference.partition("[")[0])[0]


def _split(reference: str) -> tuple[str, str]:
    """Return the root of a reference without keys, and the attribute that follows it, if any."""
    names = _NAME.findall(reference)
    count = 3 if names[:1] and names[0] in syntax.LONG_ROOTS else 2
    return ".".join(names[:count]), ".".join(names[count : count + 1])


def listed_roots(named: Sequence[str]) -> dict[str, set[str]]:
    """Return the roots of references of a plan, each with the attributes that follow it."""
    found: dict[str, set[str]] = {}
    for each in named:
        root, attribute = _split(_KEY.sub("", each))
        found.setdefault(root, set()).update({attribute} - {""})
    return found


def reference_roots(expression: syntax.Expression) -> dict[str, set[str]] | None:
    """Return the roots of all references, each with the attributes that follow it; None if a part cannot be parsed."""
    found: dict[str, set[str]] = {}
    waiting: list[tuple[syntax.Expression, frozenset[str]]] = [(expression, frozenset())]
    while waiting:
        node, bound = waiting.pop()
        if isinstance(node, syntax.Unreadable):
            return None
        root, attribute = _reference(node)
        if root and root.partition(".")[0] not in bound:
            found.setdefault(root, set()).update({attribute} - {""})
        if isinstance(node, (syntax.ForList, syntax.ForObject)):
            inner = bound | {node.key, node.value}
            waiting += [(each, bound if each is node.collection else inner) for each in syntax.inner_nodes(node)]
        elif attribute or not root:
            waiting += [(each, bound) for each in syntax.inner_nodes(node)]
    return found


def _reference(node: syntax.Expression) -> tuple[str, str]:
    """Return the root of a reference that begins here, or of the one whose attribute this is, and that attribute."""
    owner: object = node.source if isinstance(node, syntax.Attribute) else None
    while isinstance(owner, syntax.Index):
        owner = owner.source
    root = _root(owner)
    return (root, node.name) if root and isinstance(node, syntax.Attribute) else (_root(node), "")


def calls_function(expression: syntax.Expression) -> bool:
    """Whether an expression calls a function, whose result the plan does not keep."""
    return isinstance(expression, syntax.Call) or any(map(calls_function, syntax.inner_nodes(expression)))


def _root(node: object) -> str:
    """Return the root of a reference that begins here; empty anywhere else."""
    match node:
        case syntax.Attribute(source=syntax.Attribute(source=syntax.Variable(name=root), name=kind), name=name) if (
            root in syntax.LONG_ROOTS
        ):
            return f"{root}.{kind}.{name}"
        case syntax.Attribute(source=syntax.Variable(name=root), name=name) if root not in (*syntax.LONG_ROOTS, "*"):
            return f"{root}.{name}"
        case _:
            return ""
