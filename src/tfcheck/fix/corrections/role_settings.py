"""Find where the execution role of a task definition is set: in its block, or at the call that passes it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.fix.edits.insertion import Insertion, Replacement
from tfcheck.fix.layout.new_block import argument_beside, argument_into
from tfcheck.fix.text.policy_text import ObjectParts
from tfcheck.fix.values.definitions import own_element
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.grouping import group_by_key

ARGUMENT = "execution_role_arn"
_BEHIND = ("task_role_arn", "memory", "cpu", "network_mode", "requires_compatibilities", "family")
_INPUT = regex(r"var\.([\w-]+)")
_MEMBER = regex(r"each\.value\.([\w-]+)")
_NULL = "null"


class RoleSetting(msgspec.Struct, frozen=True):
    """What sets the role: an argument of a block, or of an `element` that the block is repeated for.

    `null` is the place of the value that it has now, if it has one.
    """

    block: Block
    argument: str
    element: str = ""
    null: tuple[SourceText, int] | None = None

    @property
    def is_call(self) -> bool:
        """Whether a module call passes the role."""
        return self.block.type == "module"

    @property
    def repetition(self) -> tuple[str, str] | None:
        """How roles for all instances are repeated; an element has a role of its own."""
        return None if self.element else self.block.repetition

    def place(self, task: Address, resolver: Resolver) -> Address:
        """Return the instance of the block, beside which a new role is, for one of its task definitions."""
        if not self.is_call:
            return task
        path = task.module
        while resolver.declarations.call_block(path) is not self.block:
            path = path.parent
        name, key = (self.element, None) if self.element else (path.steps[-1].name, path.steps[-1].key)
        return Address(path.parent, "managed", "module", name, key)

    def write(self, value: str) -> Insertion | None:
        """Set the role; None if the block has no room."""
        if self.null is not None:
            return Replacement(*self.null, value, _NULL)
        if self.is_call:
            return argument_beside(self.block, self.argument, value)
        return argument_into(self.block, self.argument, value, _BEHIND)


def role_settings(tasks: Iterable[Address], resolver: Resolver) -> dict[RoleSetting, list[Address]]:
    """Return what can set the role of task definitions without one, with the task definitions of each."""
    found = ((_setting(each, resolver), each) for each in dict.fromkeys(tasks))
    return group_by_key((setting, each) for setting, each in found if setting is not None)


def _setting(task: Address, resolver: Resolver) -> RoleSetting | None:
    """Follow the input that passes the role, up to the call that passes nothing, or null."""
    block, name, path = resolver.block(task), ARGUMENT, task.module
    while block is not None and not isinstance(block, JsonBlock):
        given = block.arguments.get(name)
        if given is None or given.text == _NULL:
            return RoleSetting(block, name, null=(given.source, given.value_start) if given is not None else None)
        if block.type == "module":
            path, key = path.parent, path.steps[-1].key
            if member := _MEMBER.fullmatch(given.text):
                return _setting_of_element(block, member[1], Address(path, "managed", "module", name, key), resolver)
        passed = _INPUT.fullmatch(given.text)
        if passed is None or not path.steps:
            return None
        block, name = resolver.declarations.call_block(path), passed[1]
    return None


def _setting_of_element(block: Block, member: str, call: Address, resolver: Resolver) -> RoleSetting | None:
    own = own_element(block, call.key, call.module, resolver)
    item = own.parts.item(member) if own is not None and isinstance(own.parts, ObjectParts) else None
    if own is None or item is None or own.source.text[item.value.start : item.value.end] != _NULL:
        return None
    return RoleSetting(block, member, str(call.key), (own.source, item.value.start))
