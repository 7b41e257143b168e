"""Write a new policy resource after the block of a role, or of the module that creates it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from tfcheck.fix import new_block
from tfcheck.fix.edits.insertion import Insertion, indentation, line_start
from tfcheck.fix.into_document import member_behind
from tfcheck.fix.new_argument import unit_of
from tfcheck.fix.new_block import INDEX, block_lines
from tfcheck.fix.render import StatementStyle, align, render_on_one_line, statement
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.json_document import JsonValue, Member, Object, read_document
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock


class NewPolicy(msgspec.Struct, frozen=True):
    """A policy to create: `label` and `name` are unused so far, `role` is an expression for the role's name.

    `repeated` is the expression of `for_each` or `count`; `provider` the provider configuration, if it is not the
    default. With `managed` it becomes a customer managed policy with an attachment, since the role removes inline
    policies. `prefix` is a template that begins the names of the role's other policies.
    """

    label: str
    name: str
    role: str
    wanted: tuple[NeededStatement, ...]
    repeated: tuple[str, str] | None = None
    provider: str = ""
    managed: bool = False
    prefix: str = ""

    @property
    def types(self) -> tuple[str, ...]:
        """The resource types that it needs."""
        if self.managed:
            return ("aws_iam_policy", "aws_iam_role_policy_attachment")
        return ("aws_iam_role_policy",)


def insert_after(anchor: Block, policy: NewPolicy) -> tuple[Insertion, ...] | None:
    """Insert the policy after a block of the same file; None if the file has no room for it."""
    if isinstance(anchor, JsonBlock):
        root = read_document(anchor.source.text)
        resources = _member(root, "resource")
        is_gated = any(each.gate for each in policy.wanted)
        if policy.managed or is_gated or resources is None or not isinstance(resources.value, Object):
            return None
        of_type = _member(resources.value, "aws_iam_role_policy")
        if of_type is None:
            return _insert_last(
                anchor.source, resources.value, "aws_iam_role_policy", {policy.label: _json_members(policy)}
            )
        return _insert_last(anchor.source, of_type.value, policy.label, _json_members(policy))
    return (new_block.insert_after(anchor, hcl(policy, unit_of(anchor))),)


def hcl(policy: NewPolicy, unit: str = "  ") -> list[str]:
    """Write the resource blocks of the policy."""
    if not policy.managed:
        arguments = [("name", f'"{policy.prefix}{policy.name}"'), ("role", policy.role)]
        return _resource("aws_iam_role_policy", policy, arguments, unit, with_policy=True)
    key = INDEX[policy.repeated[0]] if policy.repeated else ""
    attachment = [("role", policy.role), ("policy_arn", f"aws_iam_policy.{policy.label}{key}.arn")]
    name = [("name_prefix", f'"{policy.prefix}{policy.name}-"')]
    return [
        *_resource("aws_iam_policy", policy, name, unit, with_policy=True),
        "",
        *_resource("aws_iam_role_policy_attachment", policy, attachment, unit),
    ]


def _resource(
    kind: str, policy: NewPolicy, arguments: Sequence[tuple[str, str]], unit: str, *, with_policy: bool = False
) -> list[str]:
    inside = [*align(arguments, " = ", ""), *(["", *_document(policy.wanted, unit)] if with_policy else [])]
    head = f'resource "{kind}" "{policy.label}"'
    return block_lines(head, inside, unit, repeated=policy.repeated, provider=policy.provider)


def _document(wanted: Sequence[NeededStatement], unit: str) -> list[str]:
    gates = dict.fromkeys(sorted((each.gate for each in wanted), key=bool))
    lists = [(each, _list([one for one in wanted if one.gate == each], unit)) for each in gates]
    listed = lists[0][1]
    if any(gates):
        given = [[f"{gate} ? {each[0]}", *each[1:-1], "] : []"] if gate else each for gate, each in lists]
        listed = ["concat(", *(unit + line for each in given for line in (*each[:-1], f"{each[-1]},")), ")"]
    inside = ['Version = "2012-10-17"', f"Statement = {listed[0]}", *listed[1:]]
    return ["policy = jsonencode({", *(unit + line for line in inside), "})"]


def _list(wanted: Sequence[NeededStatement], unit: str) -> list[str]:
    written = (statement(each, StatementStyle(unit=unit)) for each in wanted)
    return ["[", *(unit + line for each in written for line in (*each[:-1], f"{each[-1]},")), "]"]


def _member(value: JsonValue, name: str) -> Member | None:
    members = value.members if isinstance(value, Object) else ()
    found = [each for each in members if each.name == name]
    return found[0] if len(found) == 1 else None


def _insert_last(source: SourceText, value: JsonValue, name: str, content: object) -> tuple[Insertion, ...] | None:
    if not isinstance(value, Object) or not value.members:
        return None
    last = value.members[-1]
    own_line = not source.text[line_start(source.text, last.start) : last.start].strip()
    written = json.dumps(content, indent=2 if own_line else None, ensure_ascii=False)
    base = indentation(source.text, last.start)
    lines = (source.newline + base).join(written.split("\n"))
    return (member_behind(source, last, f"{json.dumps(name)}: {lines}"),)


def _json_members(policy: NewPolicy) -> dict[str, str]:
    content = {"provider": policy.provider} if policy.provider else {}
    if policy.repeated:
        content[policy.repeated[0]] = f"${{{policy.repeated[1]}}}"
    statements = ", ".join(render_on_one_line(each, StatementStyle(one_line=True)) for each in policy.wanted)
    content |= {"name": f"{policy.prefix}{policy.name}", "role": f"${{{policy.role}}}"}
    document = f'{{ Version = "2012-10-17", Statement = [{statements}] }}'
    return content | {"policy": f"${{jsonencode({document})}}"}
