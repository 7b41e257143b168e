"""Find the policies in the plan that grant to roles, the roles that share each, and the needs that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import msgspec

from tfcheck.fix.policies.policy_files import PolicyFiles
from tfcheck.fix.proposal import RoleNeed, outside_role_words
from tfcheck.fix.text.policy_text import FileText
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import After, World, WorldObject
from tfcheck.role import Roles
from tfcheck.role.grants import grants
from tfcheck.symbolic.value import PlainText, Value, identity
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer

_OTHER_ATTACHMENTS = ("aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment")


class Holder(msgspec.Struct, frozen=True):
    """A policy of a role: its resource instance, and the argument with its text."""

    resource: WorldObject
    argument: Argument
    attribute: str


class Holders:
    """All policies that the plan attaches to roles, by block."""

    def __init__(self, world: After) -> None:
        self._world = world
        self._resolver = world.resolver
        self._roles = world.once(Roles)
        self._by_block: dict[str, dict[int, list[Address]]] = {}
        self.files = PolicyFiles(world.resolver)

    def of(self, role: WorldObject) -> Iterator[Holder]:
        """Return the policies of a role that the sources contain, inline ones first."""
        found = self._by_role.get(str(role.address), ())
        yield from self._holders(found)
        block = self._resolver.block(role.address)
        frozen = block is None or is_frozen(block, "inline_policy")
        for nested in block.blocks("inline_policy") if block and not frozen else ():
            if nested.type == "inline_policy" and "policy" in nested.arguments:
                yield Holder(role, self.files.text_of(nested.arguments["policy"], role.address), "inline_policy")

    def of_named_role(self, name: str) -> Iterator[Holder]:
        """Return the policies that the plan attaches to an unmanaged role, inline ones first."""
        yield from self._holders(self._by_role.get(outside_role_words(name), ()))

    def reach(self, holder: WorldObject) -> frozenset[str] | None:
        """Return every role that a statement in a holder's block applies to; None if that cannot be determined.

        Roles that the plan creates are given by their addresses, others as `named`.
        """
        if str(holder.address) in self._held_by_others:
            return None
        if holder.address.type == "aws_iam_role":
            return frozenset(str(each) for each in self.instances(holder.address))
        return self._roles_by_text.get(self._text_key(holder.address))

    def _text_key(self, policy: Address) -> tuple[int, str]:
        """Return the block of a policy and the file that its instance reads, which may differ between instances."""
        block = self._resolver.block(policy)
        argument = block.arguments.get("policy") if block else None
        text = self.files.text_of(argument, policy) if argument else None
        return id(block), text.source.name if isinstance(text, FileText) else ""

    def roles_of(self, policy: Address) -> frozenset[str]:
        """Return the roles that one instance of a policy is definitely attached to."""
        return frozenset(role for holder, role in self._attached_policies if holder.address == policy and role)

    def is_for_others(self, policy: WorldObject) -> bool:
        """Whether a managed policy is also attached to users or groups, or is a role's boundary."""
        return str(policy.address) in self._held_by_others

    def instances(self, address: Address) -> list[Address]:
        """List all instances of an instance's block, in every module that shares its sources."""
        block = self._resolver.block(address)
        return [address] if block is None else list(self._instances(address.type).get(id(block), ()))

    def _instances(self, kind: str) -> dict[int, list[Address]]:
        if kind not in self._by_block:
            found: dict[int, list[Address]] = {}
            for each in self._world.resources(kind):
                block = self._resolver.block(each.address)
                if block is not None:
                    found.setdefault(id(block), []).append(each.address)
            self._by_block[kind] = found
        return self._by_block[kind]

    def document_instances(self, module: Module, name: str) -> list[Address]:
        """List all instances of an `aws_iam_policy_document` in every module that shares these sources."""
        resources = self._world.looked_up("aws_iam_policy_document")
        return [
            each.address
            for each in resources
            if each.address.name == name and self._resolver.module_sources(each.address.module) is module
        ]

    def modules(self, module: ModulePath) -> list[ModulePath]:
        """List the module instances that share the sources of this one."""
        wanted = self._resolver.module_sources(module)
        return sorted(
            (each for each in self._resolver.plan.module_instances() if self._resolver.module_sources(each) is wanted),
            key=str,
        )

    def _holders(self, resources: Iterable[WorldObject]) -> Iterator[Holder]:
        ordered = sorted(resources, key=lambda each: each.address.type != "aws_iam_role_policy")
        yield from filter(None, (self.holder(each, "policy") for each in ordered))

    def holder(self, resource: WorldObject | None, attribute: str) -> Holder | None:
        """Return the policy in an attribute of a resource, if the sources contain it and changes have an effect."""
        block = self._resolver.block(resource.address) if resource is not None else None
        argument = block.arguments.get(attribute) if block and not is_frozen(block, attribute) else None
        if resource is None or argument is None:
            return None
        return Holder(resource, self.files.text_of(argument, resource.address), attribute)

    def with_same_text(self, policy: Address) -> list[Address]:
        """List the instances of a policy's block, except those that read another file."""
        text = self._text_key(policy)
        return [each for each in self.instances(policy) if self._text_key(each) == text]

    @cached_property
    def _by_role(self) -> dict[str, list[WorldObject]]:
        found: dict[str, list[WorldObject]] = {}
        for holder, role in self._attached_policies:
            if role is not None:
                found.setdefault(role, []).append(holder)
        return found

    @cached_property
    def _roles_by_text(self) -> dict[tuple[int, str], frozenset[str] | None]:
        """Map every text of a policy to its roles; None if one of them cannot be determined."""
        found: dict[tuple[int, str], set[str | None]] = {}
        for holder, role in self._attached_policies:
            found.setdefault(self._text_key(holder.address), set()).add(role)
        return {text: None if None in roles else frozenset(filter(None, roles)) for text, roles in found.items()}

    @cached_property
    def _held_by_others(self) -> frozenset[str]:
        references = [each.attribute("policy_arn") for each in self._world.resources(*_OTHER_ATTACHMENTS)]
        references += [each.attribute("permissions_boundary") for each in self._world.resources("aws_iam_role")]
        for each in self._world.resources("aws_iam_policy_attachment"):
            if each.attribute("users") or each.attribute("groups"):
                references.append(each.attribute("policy_arn"))
        texts = (each for each in references if isinstance(each, PlainText))
        found = (self._roles.policies.resource(each) for each in texts if each != "")
        return frozenset(str(each.address) for each in found if each is not None)

    @cached_property
    def _attached_policies(self) -> list[tuple[WorldObject, str | None]]:
        """Pair every managed policy with the role that it is attached to; None if that is unknown."""
        found: list[tuple[WorldObject, str | None]] = []
        for grant in grants(self._world):
            holder: WorldObject | None = grant.resource
            if grant.reference is not None:
                known = grant.reference
                holder = self._roles.policies.resource(known) if isinstance(known, PlainText) else None
            if holder is not None and holder.address.mode == "managed":
                found.append((holder, self._role(grant.role)))
        return found

    def _role(self, reference: Value) -> str | None:
        resource = self._roles.resource(reference)
        if resource is not None and resource.address.mode == "managed":
            return str(resource.address)
        name = reference if resource is None else resource.attribute("name")
        return outside_role_words(name) if isinstance(name, str) else None


def is_frozen(block: Block, attribute: str) -> bool:
    """Whether Terraform ignores changes of an attribute (`ignore_changes`)."""
    return not {attribute, "all"}.isdisjoint(block.ignored_changes())


def came_near(holder: Holder, need: RoleNeed) -> bool:
    """Whether the report shows a statement of a policy as a near miss."""
    address = str(holder.resource.address)
    return any(each.policy == address and each.effect == "Allow" for one in need.answers for each in one.evidence)


#: The remark where roles get more than they lack.
FILLED = "; each role gets what any of them lacks"


def other_roles_words(reach: frozenset[str], own: frozenset[str]) -> str:
    """Describe the other roles that a fix would grant to, of all that it reaches."""
    others = reach - own
    return f"; also for {few(sorted(others))}" if others else ""


#: The number of unmatched needs that others are compared with: each is compared with all.
_MOST = 10
#: Whether what several roles lack can be written as shared statements.
IsShared: TypeAlias = Callable[[RoleNeed], bool]


def join_needs(needs: Sequence[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    """Yield the needs of roles from one block, with equal ones merged.

    If the roles lack different permissions, the permissions for each rule are joined separately.
    """
    if len(needs) == 1 or is_shared(_sum(needs)):
        yield _sum(needs)
        return
    by_rule: dict[str, list[RoleNeed]] = {}
    for each in needs:
        for rule in dict.fromkeys(one.requirement.rule for one in each.answers):
            by_rule.setdefault(rule, []).append(
                each.restrict_to([one for one in each.answers if one.requirement.rule == rule])
            )
    by_roles: dict[frozenset[str], list[RoleNeed]] = {}
    for each in (one for several in by_rule.values() for one in _join_by_rule(several, is_shared)):
        by_roles.setdefault(each.names(), []).append(each)
    for several in by_roles.values():
        whole = RoleNeed(several[0].roles, tuple(answer for each in several for answer in each.answers))
        yield from [whole] if len(whole.roles) == 1 or is_shared(whole) else several


def needs_of_outside_roles(answers: Sequence[Answer], world: World) -> Iterator[RoleNeed]:
    """Yield the needs of each unmanaged role that may get a policy from the plan."""
    own = {str(each.address) for each in world.resources("aws_iam_role")}
    tasks, judge = tasks_by_address(world), world.once(Judge)
    by_name: dict[str, list[Answer]] = {}
    for answer in answers:
        task = tasks.get(answer.requirement.task_definition) if answer.role not in own else None
        role = judge.role(answer.requirement, task) if task is not None else None
        if role is not None and isinstance(role.caller.name, str):
            by_name.setdefault(role.caller.name, []).append(answer)
    for name, several in by_name.items():
        yield RoleNeed((), tuple(several), name)


def join_by_shared_policy(
    needs: Sequence[RoleNeed], holders: Holders, is_alike: Callable[[Holder, RoleNeed], bool]
) -> Iterator[RoleNeed]:
    """Group what roles lack where a policy is for exactly these: all of it for the roles of one block.

    Otherwise it is what all of them lack: everything, or what a policy is for that grants the like (`is_alike`).
    """
    by_role: dict[str, list[RoleNeed]] = {}
    for need in needs:
        for name in need.names() if need.answers else ():
            by_role.setdefault(name, []).append(need)
    done: set[str] = set()
    tried: set[str] = set()
    for need in needs:
        for holder in holders.of(need.roles[0]) if need.roles and need.answers else ():
            address, reach = str(holder.resource.address), holders.reach(holder.resource) or frozenset()
            if address in tried or not done.isdisjoint(reach):
                continue
            tried.add(address)
            found = {id(each): each for name in sorted(reach) for each in by_role.get(name, ())}.values()
            beside = [each for each in found if each.names() <= reach]
            if len(beside) < 2 or {name for each in beside for name in each.names()} != reach:
                continue
            role = need.roles[0].address
            siblings = {str(each) for each in holders.instances(role) if each.module == role.module}
            whole = _sum(beside)
            shared = whole if reach <= siblings else _common(beside)
            if shared.answers and (len(shared.answers) == len(whole.answers) or is_alike(holder, shared)):
                done |= reach
                yield shared


def _common(needs: Sequence[RoleNeed]) -> RoleNeed:
    """Return what all roles of several needs lack."""
    lacking: dict[str, set[tuple[str, object]]] = {}
    for each in needs:
        for name, answers in each.answers_by_role().items():
            lacking.setdefault(name, set()).update(map(_permission, answers))
    common, whole = set.intersection(*lacking.values()), _sum(needs)
    return whole.restrict_to([each for each in whole.answers if _permission(each) in common])


def _permission(answer: Answer) -> tuple[str, object]:
    return answer.requirement.action, identity(answer.requirement.resource)


def _join_by_rule(needs: list[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    alone = 0
    while needs:
        if alone == _MOST:
            yield from needs
            return
        together = needs
        if not is_shared(_sum(needs)):
            first = needs[0]
            together = [each for each in needs if each is first or is_shared(_sum([first, each]))]
        if together is not needs and not is_shared(_sum(together)):
            first, *others = together
            together = [first]
            for each in others:
                together += [each] if is_shared(_sum([*together, each])) else []
        alone += len(together) == 1
        chosen = set(map(id, together))
        needs = [each for each in needs if id(each) not in chosen]
        yield _sum(together)


def _sum(needs: Sequence[RoleNeed]) -> RoleNeed:
    return RoleNeed(
        tuple(role for each in needs for role in each.roles), tuple(answer for each in needs for answer in each.answers)
    )
