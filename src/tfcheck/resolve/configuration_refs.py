"""The references in a plan's `configuration`, and in expressions as it lists them.

The configuration lists which objects an expression refers to, not how it combines them
(https://developer.hashicorp.com/terraform/internals/json-format#expression-representation): of
`replace(aws_iam_role.task.arn, "-task", "-exec")` it contains `aws_iam_role.task.arn`. So even a single reference is
only a candidate for the value of an argument, which something known must confirm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from json import dumps
from typing import Any

from tfcheck.hcl.syntax import expression as syntax
from tfcheck.plan import constant, references
from tfcheck.symbolic.doubt import ASK_SOURCES, Doubt, Hint
from tfcheck.symbolic.regex import regex

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
_STEP = regex(r'\.([\w-]+|\*)|\[(\d+)\]|\["((?:[^"\\]++|\\.)*+)"\]')
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


def unproven(json: Any, hint: Hint = ASK_SOURCES) -> Doubt:
    """Return why the configured expression does not prove its value; the sources would."""
    heads = _longest(references(json))
    depends = f"only shows that it depends on {', '.join(heads[:4])}" if heads else "does not show this expression"
    return Doubt(f"the plan {depends}", hint=hint)


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


def root_of(reference: str) -> str:
    """Return `aws_s3_bucket.config` for `aws_s3_bucket.config["a"].arn`, `local.names` for `local.names`."""
    names = _NAME.findall(reference.partition("[")[0])
    return ".".join(names[: 3 if names[:1] and names[0] in syntax.LONG_ROOTS else 2])


def listed_references(named: Sequence[str]) -> list[str]:
    """Return the references that a plan lists, in order, without their beginnings: `local.a.b`, `local.a`.

    OpenTofu also lists functions of providers.
    """
    objects = [each for each in named if "::" not in each]
    pairs = zip(("", *objects), objects, strict=False)
    return [each for before, each in pairs if each == before or not is_beginning(each, before)]


def is_beginning(reference: str, longer: str) -> bool:
    """Whether a reference is another one or what that begins with."""
    return longer.startswith(reference) and longer[len(reference) : len(reference) + 1] in ("", ".", "[")


def ordered_references(expression: syntax.Expression) -> list[str] | None:
    """Return all references in the order in which a plan lists them; None if a part cannot be parsed."""
    found: list[str] = []
    waiting: list[tuple[syntax.Expression, str, frozenset[str]]] = [(expression, "", frozenset())]
    while waiting:
        node, after, bound = waiting.pop()
        root = _root(node)
        match node:
            case syntax.Unreadable():
                return None
            case _ if root:
                found += [] if root.partition(".")[0] in bound else [root + after]
            case syntax.Attribute():
                waiting.append((node.source, f".{node.name}{after}", bound))
            case syntax.Index(
                key=syntax.Literal(value=int(key)) | syntax.Template(parts=(syntax.Literal(value=str(key)),))
            ):
                waiting.append((node.source, f"[{dumps(key, ensure_ascii=False)}]{after}", bound))
            case syntax.ForList() | syntax.ForObject():
                collection, *others = syntax.inner_nodes(node)
                waiting += [(each, "", bound | {node.key, node.value}) for each in reversed(others)]
                waiting.append((collection, "", bound))
            case _:
                waiting += [(each, "", bound) for each in reversed(syntax.inner_nodes(node))]
    return found


def calls_function(expression: syntax.Expression) -> bool:
    """Whether an expression calls a function, whose result the plan does not keep."""
    return any(isinstance(each, syntax.Call) for each in syntax.all_nodes(expression))


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
