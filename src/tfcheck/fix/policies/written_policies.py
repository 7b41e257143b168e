"""Find the policies of the plan where the sources write them, and the roles that share each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, partial

import msgspec

from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import ChangedAttribute
from tfcheck.fix.layout.new_policy import WITH_TEXT
from tfcheck.fix.policies.policy_files import PolicyFiles
from tfcheck.fix.proposal import RoleNeed, outside_role_words
from tfcheck.fix.text.policy_statements import Evaluate, ReadableStatement, readable
from tfcheck.fix.text.policy_text import DOCUMENT, FileText, document_of, documents_of
from tfcheck.fix.values.passed_texts import PassedTexts
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import WorldObject
from tfcheck.role import Roles
from tfcheck.role.grants import grants
from tfcheck.symbolic.value import PlainText, Value
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.grouping import group_by_key

_OTHER_ATTACHMENTS = ("aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment")


class WrittenPolicy(msgspec.Struct, frozen=True, eq=False):
    """A policy where the sources write it: a resource instance, its attribute, and the argument with the text.

    `place` is the block instance that has the text: the resource itself, a policy document, or a call of its module.
    """

    resource: WorldObject
    attribute: str
    argument: Argument
    module: Module
    place: Address
    block: Block | None

    @property
    def is_document(self) -> bool:
        """Whether an `aws_iam_policy_document` has the text."""
        return self.place.type == DOCUMENT

    @property
    def is_plain_file(self) -> bool:
        """Whether a file without variables has the text."""
        return isinstance(self.argument, FileText) and not self.argument.is_template


class WrittenPolicies:
    """All policies that the plan attaches to roles, by block."""

    def __init__(self, world: After, files: Files) -> None:
        self._world = world
        self._resolver = world.resolver
        self._roles = world.once(Roles)
        self._editable = files.editable
        self._by_block: dict[str, dict[int, list[Address]]] = {}
        self._known: dict[Address, tuple[WrittenPolicy, ...]] = {}
        self._passed = PassedTexts(world.resolver)
        self.files = PolicyFiles(world.resolver)

    # Of a role, or of another resource

    def of(self, role: WorldObject) -> tuple[WrittenPolicy, ...]:
        """Return the policies of a role that the sources contain, inline ones first."""
        if role.address not in self._known:
            block = self._resolver.block(role.address)
            frozen = block is None or is_frozen(block, "inline_policy")
            blocks = block.blocks("inline_policy") if block and not frozen else ()
            found = [*self._attached_by(self._by_role.get(str(role.address), ()))]
            found += [
                self.with_text(role, "inline_policy", each.arguments["policy"])
                for each in blocks
                if each.type == "inline_policy" and "policy" in each.arguments
            ]
            self._known[role.address] = tuple(found)
        return self._known[role.address]

    def of_need(self, need: RoleNeed) -> Iterator[WrittenPolicy]:
        """Yield the policies of the roles in a need, or those that the plan attaches to its unmanaged role."""
        for role in need.roles:
            yield from self.of(role)
        if need.elsewhere:
            yield from self._attached_by(self._by_role.get(outside_role_words(need.elsewhere), ()))

    def in_attribute(self, resource: WorldObject | None, attribute: str) -> WrittenPolicy | None:
        """Return the policy in an attribute of a resource, if the sources contain it and changes have an effect."""
        block = self._resolver.block(resource.address) if resource is not None else None
        argument = block.arguments.get(attribute) if block and not is_frozen(block, attribute) else None
        return self.with_text(resource, attribute, argument) if resource is not None and argument is not None else None

    def with_text(
        self, resource: WorldObject, attribute: str, argument: Argument, address: Address | None = None
    ) -> WrittenPolicy:
        """Return the policy of a resource whose text an argument has, or the file that nothing else reads.

        The argument is at `address`, by default in the resource.
        """
        address = place = resource.address if address is None else address
        module = self._resolver.module_sources(address.module)
        assert module is not None  # otherwise it would have no block
        text = self.files.text_of(argument, address)
        document = document_of(text)
        if document is not None:
            block = module.resource("data", DOCUMENT, document)
            key = address.key if block is not None and block.repetition else None
            place = Address(address.module, "data", DOCUMENT, document, key)
        return WrittenPolicy(resource, attribute, text, module, place, self._resolver.block(place))

    def _attached_by(self, resources: Iterable[WorldObject]) -> Iterator[WrittenPolicy]:
        for each in sorted(resources, key=lambda each: each.address.type != "aws_iam_role_policy"):
            found = self.in_attribute(each, "policy")
            if found is not None:
                passed, place = self._passed.follow(found.argument, each.address)
                yield found if passed is found.argument else self.with_text(each, "policy", passed, place)

    def of_same_block(self, policy: WrittenPolicy, role: WorldObject) -> WrittenPolicy | None:
        """Return the policy of a role that is written in the same block as another one."""
        return next((each for each in self.of(role) if each.argument is policy.argument), None)

    # Its text

    def readable(self, policy: WrittenPolicy) -> tuple[ReadableStatement, ...]:
        """Read the Allow statements of a policy, if the block with its text may be changed."""
        if policy.block is None or not all(map(self._editable, (policy.block.source, policy.argument.source))):
            return ()
        return readable(policy.argument, policy.module, self.evaluate_in(policy))

    def evaluate_in(self, policy: WrittenPolicy) -> Evaluate:
        """Return the evaluation of expressions in a policy's text."""
        scope = self.files.scope(policy.argument, self._resolver.scope_of(policy.place))
        return partial(self._resolver.evaluation.evaluate, scope=scope)

    def changes(self, policy: WrittenPolicy) -> tuple[ChangedAttribute, ...]:
        """Return the attributes in the plan that change with a policy's text, in every instance that reads it."""
        address = policy.resource.address
        same = (each for each in self.instances(address) if self._text_key(each) == self._text_key(address))
        return (*(ChangedAttribute(each, policy.attribute) for each in same), *self.changed_documents(policy))

    def changed_documents(self, policy: WrittenPolicy) -> list[ChangedAttribute]:
        """Return the policy documents that a policy's text comes from."""
        names = [each.labels[1] for each in documents_of(policy.argument, policy.module)]
        return [ChangedAttribute(one) for each in names for one in self.document_instances(policy.module, each)]

    # Its roles

    def reach(self, policy: WorldObject) -> frozenset[str] | None:
        """Return every role that a statement in a policy's block applies to; None if that cannot be determined.

        Roles that the plan creates are given by their addresses, others as `named`.
        """
        if policy.address.type == "aws_iam_role":
            return frozenset(str(each) for each in self.instances(policy.address))
        return self._roles_by_text.get(self._text_key(policy.address))

    def _text_key(self, policy: Address) -> tuple[int, str]:
        """Return the block of a policy and the file that its instance reads, which may differ between instances."""
        block = self._resolver.block(policy)
        argument = block.arguments.get("policy") if block else None
        passed, place = self._passed.follow(argument, policy) if argument else (None, policy)
        text = self.files.text_of(passed, place) if passed else None
        return id(block if passed is argument else passed), text.source.name if isinstance(text, FileText) else ""

    def roles_of(self, policy: Address) -> frozenset[str]:
        """Return the roles that one instance of a policy is definitely attached to."""
        return frozenset(role for each, role in self._attached_policies if each.address == policy and role)

    def is_for_others(self, policy: WorldObject) -> bool:
        """Whether a managed policy is also attached to users or groups, or is a role's boundary."""
        return policy.address in self._held_by_others

    def instances(self, address: Address) -> list[Address]:
        """Return all instances of an instance's block, in every module that shares its sources."""
        block = self._resolver.block(address)
        return [address] if block is None else list(self._instances(address.type).get(id(block), [address]))

    def _instances(self, kind: str) -> dict[int, list[Address]]:
        if kind not in self._by_block:
            blocks = ((self._resolver.block(each.address), each.address) for each in self._world.resources(kind))
            self._by_block[kind] = group_by_key((id(block), each) for block, each in blocks if block is not None)
        return self._by_block[kind]

    def document_instances(self, module: Module, name: str) -> list[Address]:
        """Return all instances of an `aws_iam_policy_document` in every module that shares these sources."""
        resources = self._world.looked_up(DOCUMENT)
        return [
            each.address
            for each in resources
            if each.address.name == name and self._resolver.module_sources(each.address.module) is module
        ]

    def modules(self, module: ModulePath) -> list[ModulePath]:
        """Return the module instances that share the sources of this one."""
        wanted = self._resolver.module_sources(module)
        return sorted(
            (each for each in self._resolver.plan.module_instances() if self._resolver.module_sources(each) is wanted),
            key=str,
        )

    @cached_property
    def _by_role(self) -> dict[str, list[WorldObject]]:
        return group_by_key((role, policy) for policy, role in self._attached_policies if role is not None)

    @cached_property
    def _roles_by_text(self) -> dict[tuple[int, str], frozenset[str] | None]:
        """Map every text of a policy to its roles; None if one cannot be determined, or it is for others too."""
        found: dict[tuple[int, str], set[str | None]] = {self._text_key(each): {None} for each in self._held_by_others}
        for policy, role in self._attached_policies:
            found.setdefault(self._text_key(policy.address), set()).add(role)
        return {text: None if None in roles else frozenset(filter(None, roles)) for text, roles in found.items()}

    @cached_property
    def _held_by_others(self) -> frozenset[Address]:
        references = [each.attribute("policy_arn") for each in self._world.resources(*_OTHER_ATTACHMENTS)]
        references += [each.attribute("permissions_boundary") for each in self._world.resources("aws_iam_role")]
        for each in self._world.resources("aws_iam_policy_attachment"):
            if each.attribute("users") or each.attribute("groups"):
                references.append(each.attribute("policy_arn"))
        texts = (each for each in references if isinstance(each, PlainText))
        found = (self._roles.policies.resource(each) for each in texts if each != "")
        return frozenset(each.address for each in found if each is not None)

    @cached_property
    def _attached_policies(self) -> list[tuple[WorldObject, str | None]]:
        """Pair every managed policy with the role that it is attached to; None if that is unknown."""
        found: list[tuple[WorldObject, str | None]] = []
        for grant in grants(self._world):
            policy: WorldObject | None = grant.resource
            if grant.reference is not None:
                known = grant.reference
                policy = self._roles.policies.resource(known) if isinstance(known, PlainText) else None
            if policy is not None and policy.address.mode == "managed":
                found.append((policy, self._role(grant.role)))
        return found

    def _role(self, reference: Value) -> str | None:
        resource = self._roles.resource(reference)
        if resource is not None and resource.address.mode == "managed":
            return str(resource.address)
        name = reference if resource is None else resource.attribute("name")
        return outside_role_words(name) if isinstance(name, str) else None


def policies_of(path: ModulePath, world: After) -> Iterator[ChangedAttribute]:
    """Yield the policies and the policy documents of a module."""
    found = ((each.address, "policy") for each in world.resources(*WITH_TEXT))
    documents = ((each.address, "") for each in world.looked_up(DOCUMENT))
    yield from (ChangedAttribute(*each) for each in (*found, *documents) if each[0].module == path)


def is_frozen(block: Block, attribute: str) -> bool:
    """Whether Terraform ignores changes of an attribute (`ignore_changes`)."""
    return not {attribute, "all"}.isdisjoint(block.ignored_changes())


def came_near(policy: WrittenPolicy, need: RoleNeed) -> bool:
    """Whether the report shows a statement of a policy as a near miss."""
    address = str(policy.resource.address)
    return any(each.policy == address and each.effect == "Allow" for one in need.answers for each in one.evidence)


#: The remark where roles get more than they lack.
FILLED = "each role gets what any of them lacks"


def other_roles(reach: frozenset[str], own: frozenset[str]) -> tuple[str, ...]:
    """Return the remark on the other roles that a fix would grant to, of all that it reaches, if there are any."""
    others = reach - own
    return (f"also for {few(sorted(others))}",) if others else ()
