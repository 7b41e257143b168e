"""Write and name new execution roles, in the style of the module's other ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from tfcheck.fix.layout.new_block import instance_index, resource_lines
from tfcheck.fix.layout.new_policy import ATTACHMENT, POLICY, ROLE, START_UP, NewPolicy, document_lines, hcl
from tfcheck.fix.layout.render import align, quote
from tfcheck.fix.needed_statements import NeededStatement, assume_role, free
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex

#: Arguments that a new role shares with the module's other roles.
_GIVEN = regex(r"(?:var|local|module|data)(?:\.[\w-]+)+|\"[\w/-]+\"|\d+")
_TRUST = regex(r"data\.aws_iam_policy_document\.[\w-]+(?:\[0\])?\.json|local\.[\w-]+")
_FAMILY = regex(r'(?:var|local|module)(?:\.[\w-]+)+|"(?:[\w-]|\$\{\s*(?:var|local|module)(?:\.[\w-]+)+\s*\})+"')
#: Names of task definitions without information.
_PLAIN_NAMES = ("this", "main", "default", "task", "task_definition", "ecs_task", "ecs_task_definition")
#: The characters that IAM accepts in a role's name, and at its beginning.
_LONGEST, LONGEST_PREFIX = 64, 38


class NewRole(msgspec.Struct, frozen=True):
    """An execution role to create.

    `name` is the argument with its name, `trust` an expression, or empty for a new document. `repeated` is `count` or
    `for_each` with its expression, `managed` the attached AWS policy, `wanted` the other permissions.
    """

    label: str
    name: tuple[str, str]
    trust: str
    managed: str
    wanted: tuple[NeededStatement, ...]
    repeated: tuple[str, str] | None = None
    provider: str = ""
    common: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> str:
        """The expression for the role in an equally repeated block."""
        return f"{ROLE}.{self.label}{instance_index(self.repeated)}"

    @property
    def types(self) -> tuple[str, ...]:
        """The resource types that it needs, the role first."""
        return (ROLE, *([ATTACHMENT] if self.managed else []), *([POLICY] if self.wanted else []))


def role_hcl(role: NewRole, unit: str = "  ") -> list[str]:
    """Write the resource blocks of a role."""
    inside = align([role.name, ("assume_role_policy", role.trust), *role.common])
    if not role.trust:
        trust = [assume_role("ecs-tasks.amazonaws.com")]
        inside = [*align([role.name]), "", *document_lines("assume_role_policy", trust, unit, sid=False)]
        inside += ["", *align(role.common)] if role.common else []
    resource = partial(resource_lines, repeated=role.repeated, provider=role.provider)
    lines = resource(ROLE, role.label, inside, unit)
    if role.managed:
        inside = [f"role       = {role.reference}.name", f"policy_arn = {role.managed}"]
        lines += ["", *resource(ATTACHMENT, role.label, inside, unit)]
    if role.wanted:
        policy = NewPolicy(role.label, START_UP, f"{role.reference}.id", role.wanted, role.repeated, role.provider)
        lines += ["", *hcl(policy, unit)]
    return lines


# The module's style for roles


def roles_of(module: Module) -> Iterator[Block]:
    """Yield the blocks of roles in a module, in source order."""
    yield from (each for each in module.blocks if each.type == "resource" and each.labels[:1] == (ROLE,))


def trusts(module: Module) -> list[str]:
    """List the trust policy expressions of the module's roles; the last one is empty, for a new document."""
    found = (each.attribute_text("assume_role_policy") for each in roles_of(module))
    return [*dict.fromkeys(each for each in found if _TRUST.fullmatch(each)), ""]


def common_arguments(
    known: Sequence[Block], task: Block, names: Sequence[str] = ("path", "permissions_boundary", "tags")
) -> tuple[tuple[str, str], ...]:
    """Return the arguments common to all roles of a module, such as path and tags; otherwise the task's tags."""
    found: list[tuple[str, str]] = []
    for name in names:
        texts = {each.attribute_text(name) for each in known or ([task] if name == "tags" else [])}
        only = texts.pop() if len(texts) == 1 else ""
        found += [(name, only)] if _GIVEN.fullmatch(only) else []
    return tuple(found)


def place_for_roles(module: Module, task: Block, editable: Sequence[str]) -> Block:
    """Return the block to insert a new role after: the last IAM block near other roles, otherwise the task's."""
    found = [each for each in roles_of(module) if each.source.name in editable and not isinstance(each, JsonBlock)]
    same = [each for each in found if each.source is task.source]
    if not found:
        return task
    source = (same or found)[-1].source
    kinds = [each for each in module.blocks if each.source is source]
    return [each for each in kinds if each.type == "resource" and each.labels[0].startswith("aws_iam_")][-1]


def label_for(task: str, taken: frozenset[str]) -> str:
    """Return an unused label for the role of a task definition."""
    base = "execution" if task in _PLAIN_NAMES else f"{re.sub(r'_(?:task(?:_definition)?)$', '', task)}_execution"
    return free(base, taken, "_")


def name_for(label: str, task: Block, family: object, *, several: bool, repeated: bool) -> tuple[str, str]:
    """Name a role after the family of its tasks, as unique as that is, otherwise by a prefix."""
    text = task.attribute_text("family")
    fits = not isinstance(family, str) or len(f"{family}-execution") <= _LONGEST
    uses = "${" in text or not text.startswith('"')
    is_own = "each." in text or "count." in text
    plain = repeated and re.fullmatch(r"each\.key|\"(?:[\w-]|\$\{(?:each\.key|(?:var|local)(?:\.[\w-]+)+)\})+\"", text)
    if fits and (plain or (_FAMILY.fullmatch(text) and not is_own)) and (uses or not several):
        inner = text[1:-1] if text.startswith('"') else f"${{{text}}}"
        return "name", f'"{inner}-execution"'
    base = label.replace("_", "-")
    if several:
        return "name_prefix", quote(f"{base[: LONGEST_PREFIX - 1]}-")
    return "name", quote(base)
