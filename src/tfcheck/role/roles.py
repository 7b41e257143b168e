"""Assemble each role from everything in the plan that grants permissions, limits it or hides its policies.

Follows how identity policies, boundaries and trust policies attach to roles
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html) and the AWS provider's resources for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from tfcheck.iam import Caller, Policy
from tfcheck.inventory.catalogue import ReferenceIndex
from tfcheck.inventory.ecs import TASK_TYPES
from tfcheck.inventory.world import NOT_LISTED, World, WorldObject
from tfcheck.role.attachment import NOTHING_OWNED, Attachments, OwnAttachments, account_of
from tfcheck.role.grants import GrantOutcomes
from tfcheck.role.policies import NOTHING_ATTACHED, Attached, Policies, PolicyOrReason, is_of_other_partition
from tfcheck.role.role import Role, attach, join_role
from tfcheck.symbolic.doubt import DoubtKind, as_doubt, question
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.texts import may_contain, split_literals
from tfcheck.symbolic.value import PlainText, Text, TextLike, Truth, Unknown, Value, display, identity
from tfcheck.vocabulary.address import owner_of
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.grouping import group_by_key


class Roles:
    """All roles of one world, found by what refers to them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.policies = world.once(Policies)
        self.attachments = Attachments(world, self.policies)
        self._found: dict[WorldObject, Role] = {}
        self._written: dict[tuple[TextLike, bool], Role] = {}

    def of(self, reference: Value, *, nameless: bool = False) -> Role | None:
        """Return the role that an argument such as `execution_role_arn` names; `nameless` if the name is sensitive."""
        if reference is None or reference == "":
            return None
        resource = self.resource(reference)
        if resource is not None:
            if resource not in self._found:
                self._found[resource] = self._with_other_stacks(reference, resource, nameless=nameless)
            return self._found[resource]
        if not isinstance(reference, PlainText):
            return self._with_other_stacks(reference, None, nameless=nameless)
        if (reference, nameless) not in self._written:
            self._written[reference, nameless] = self._with_other_stacks(reference, None, nameless=nameless)
        return self._written[reference, nameless]

    def _with_other_stacks(self, reference: Value, own: WorldObject | None, *, nameless: bool) -> Role:
        """Add what other stacks show of a role: everything if one of them manages it, otherwise its attachments.

        What one stack attaches counts only as far as the others leave it. `own` is the role in this world.
        """
        caller = _caller_named(reference) if own is None else _caller(own)
        stacks = [self._world, *self._world.context]
        here, *elsewhere = _grant_outcomes(caller, stacks)
        owned = own is not None and own.address.mode == "managed"
        if own is not None:
            role = self.of_object(own, here)
        else:
            role = self._outside_role(reference, caller, here, nameless=nameless)
        arn = identity(caller.arn)
        for stack, outcome in zip(stacks[1:], elsewhere, strict=True):
            theirs = stack.once(Roles)
            resource = None if owned or not isinstance(arn, str) else theirs.find_managed(arn)
            if resource is not None:
                owned = True
                shown = theirs.of_object(resource, outcome, self.attachments.owned_here(caller.name, caller.account))
                role = join_role(role, shown, resource.address)
            else:
                role = attach(role, theirs.attachments.for_other_stack(caller.name, caller.account, outcome))
        return role if owned else self._add_namesakes(self._empty_if_deleted(role))

    def _add_namesakes(self, role: Role) -> Role:
        """Add notes on the roles that have the name of a missing role, and are other roles.

        Names are unique in an account, also in different paths: a role of this world is the only one with its name.
        """
        name = role.caller.name
        if role.label in (None, SENSITIVE) or not isinstance(name, str):
            return role
        own = [
            each
            for each in self.find_by_name(name)
            if (equal(account_of(each), role.caller.account) & ~equal(each.attribute("arn"), role.caller.arn))
            is Truth.TRUE
        ]
        alike = (*own, *(each for stack in self._world.context for each in stack.once(Roles).find_by_name(name)))
        notes = filter(None, (namesake(each, _caller(each).account, role) for each in alike))
        return msgspec.structs.replace(
            role,
            notes=(*role.notes, *notes),
            attached=NOTHING_ATTACHED if own else role.attached,
            has_namesake=any(equal(each.attribute("arn"), role.caller.arn) is Truth.UNKNOWN for each in alike),
        )

    def _empty_if_deleted(self, role: Role) -> Role:
        """Remove everything from a role that this plan, or another stack's, deletes."""
        arn = role.caller.arn
        here = (self, *(each.once(Roles) for each in self._world.context))
        ended = [found for each in here if isinstance(arn, str) and (found := each.find_deleted(arn)) is not None]
        names = [each.attribute("name") for each in ended]
        if not ended or any(True for one in here for name in names for _ in one.possible_namesakes(name)):
            return role
        trust = msgspec.structs.replace(role.trust, policy=None)
        return msgspec.structs.replace(
            role, deleted=ended[0].address, managed=False, trust=trust, attached=NOTHING_ATTACHED
        )

    def find_managed(self, arn: str) -> WorldObject | None:
        """Find the managed role with an ARN in this world."""
        resource = self._index.by_arn.get(arn)
        return resource if resource is not None and resource.address.mode == "managed" else None

    def resource(self, reference: Value) -> WorldObject | None:
        """Find the role resource, or otherwise the data source, that a reference definitely names."""
        found = self._index.find(reference)
        if found is None:
            known = identity(reference)
            found = next(reversed(self.find_by_name(known)), None) if known is not None else None
        if found is not None:
            return found
        if isinstance(reference, Text):
            same = [each for each in self._managed_roles if equal(reference, each.attribute("arn")) is Truth.TRUE]
            return same[0] if len(same) == 1 else None
        return None

    @cached_property
    def _managed_roles(self) -> Sequence[WorldObject]:
        return self._world.resources("aws_iam_role")

    def find_by_name(self, name: TextLike) -> Sequence[WorldObject]:
        """Return the managed roles of this world with a name."""
        return self._by_name.get(name, ())

    def possible_namesakes(self, name: Value) -> Iterator[WorldObject]:
        """Yield the managed roles of this world that may have a name."""
        yield from self._by_name.get(name, ()) if isinstance(name, str) else ()
        yield from (each for each, own in self._nameless if equal(own, name) is not Truth.FALSE)

    def find_deleted(self, arn: str) -> WorldObject | None:
        """Find the role that had an ARN before the change and is deleted or renamed."""
        return self._deleted_by_arn.get(arn)

    @cached_property
    def _deleted_by_arn(self) -> dict[str, WorldObject]:
        names = {str(each.address): each.attribute("name") for each in self._managed_roles}
        gone = [
            each
            for each in self._world.before().resources("aws_iam_role")
            if equal(names.get(str(each.address)), each.attribute("name")) is Truth.FALSE
        ]
        return {arn: each for each in gone if isinstance(arn := each.attribute("arn"), str)}

    @cached_property
    def _index(self) -> ReferenceIndex:
        return ReferenceIndex(self._world, "aws_iam_role")

    @cached_property
    def _by_name(self) -> dict[TextLike, list[WorldObject]]:
        """Index the roles by name, which ECS accepts instead of an ARN."""
        named = [(each.attribute("name"), each) for each in self._managed_roles]
        return group_by_key([(name, each) for name, each in named if isinstance(name, str)])

    @cached_property
    def _nameless(self) -> list[tuple[WorldObject, Value]]:
        named = ((each, each.attribute("name")) for each in self._managed_roles)
        return [(each, name) for each, name in named if not isinstance(name, str)]

    # One role

    def of_object(
        self, resource: WorldObject, outcome: GrantOutcomes | None = None, owned_here: OwnAttachments = NOTHING_OWNED
    ) -> Role:
        """Build a role of this world, except what others remove or decide."""
        managed = resource.address.mode == "managed"
        attached = self.attachments.of(resource, outcome, owned_here)
        caller, boundary = _caller(resource), None
        reference = resource.attribute("permissions_boundary")
        if not managed and isinstance(reference, Unknown) and not self._may_be_bounded(caller):
            reference = None  # NOTE: a look-up during the apply shows none, as the ARN of a role: none is assumed
        if reference is not None and reference != "":
            secret_in = str(resource.address) if resource.sensitive("permissions_boundary") else ""
            boundary = self.policies.by_arn(reference, secret_in)
            if is_of_other_partition(reference, resource):
                foreign = f"the boundary of {resource.address}, which is in another partition"
                boundary = PolicyOrReason(hidden=foreign)
        trust = self.policies.of_attribute(resource, "assume_role_policy")
        others = [("policy", boundary.refused if boundary else None), ("assume_role_policy", trust.refused)]
        role = Role(
            label=str(resource.address),
            managed=managed or attached.closed,
            caller=caller,
            boundary=(boundary.policy,) if boundary and boundary.policy else None,
            boundary_hidden=boundary.hidden if boundary and not boundary.policy else None,
            trust=trust,
            refused=(*_refused_policies(attached), *((argument, each) for argument, each in others if each)),
        )
        return attach(role, attached)

    def _outside_role(self, reference: Value, caller: Caller, outcome: GrantOutcomes | None, *, nameless: bool) -> Role:
        """Build a role outside the plan: the plan's grants count, the rest is not visible."""
        known = reference if isinstance(reference, PlainText) else None
        unknown_because = None if nameless else _ambiguity_reason(known)
        parts = parse_arn(caller.arn)
        attached = self.attachments.of_named_role(_name_in(known), parts.account if parts else None, outcome)
        role = Role(
            label=SENSITIVE if nameless else display(known) if known is not None and not unknown_because else None,
            managed=attached.closed,
            caller=caller,
            boundary_hidden=self._boundary_left_out(caller),
            trust=PolicyOrReason(hidden=unknown_because or "the role is not in the plan"),
            unknown_because=unknown_because,
            refused=_refused_policies(attached),
        )
        return attach(role, attached)

    def _may_be_bounded(self, caller: Caller) -> bool:
        """Whether a role that is looked up may be one of this world that has, or may have, a permissions boundary."""
        alike = self.possible_namesakes(caller.name) if isinstance(caller.name, str) else self._managed_roles
        bounded = (each for each in alike if each.attribute("permissions_boundary") not in (None, ""))
        return any(_may_be(caller, each) for each in bounded)

    def _boundary_left_out(self, caller: Caller) -> str | None:
        """Return that a role may have the boundary of one that the plan leaves out; None if that is not possible."""
        possible = (each.address for each in self._left_out if _may_be(caller, each))
        return next((NOT_LISTED.within(f"the boundary of {each}, {NOT_LISTED}") for each in possible), None)

    @cached_property
    def _left_out(self) -> Sequence[WorldObject]:
        return [each for each in self._managed_roles if each.is_left_out]


def _may_be(caller: Caller, role: WorldObject) -> bool:
    """Whether a role with this name and account may be another one."""
    known: Value = [caller.name, caller.account]
    return equal([role.attribute("name"), account_of(role)], known) is not Truth.FALSE


def _refused_policies(attached: Attached) -> tuple[tuple[str, Policy], ...]:
    arguments = ("inline_policy" if ".aws_iam_role." in f".{each.name}" else "policy" for each in attached.refused)
    return tuple(zip(arguments, attached.refused, strict=True))


def _caller(resource: WorldObject) -> Caller:
    arn, name, unique_id = resource.attribute("arn"), resource.attribute("name"), resource.attribute("unique_id")
    tags, own = resource.attribute("tags_all"), resource.attribute("tags")
    tags = own if tags is None else tags
    return Caller(
        arn=arn if isinstance(arn, PlainText) else Unknown(reason="the role's ARN is not in the plan"),
        account=account_of(resource),
        name=name if isinstance(name, PlainText) else Unknown(reason="the role's name is not in the plan"),
        unique_id=unique_id if isinstance(unique_id, PlainText) else None,
        tags=tags if isinstance(tags, (dict, Unknown)) else {},
        own_tags=own if isinstance(own, dict) else {},
    )


def _caller_named(reference: Value) -> Caller:
    """Build the caller for a role of which only the name is known."""
    known = reference if isinstance(reference, PlainText) else None
    name = _name_in(known)
    arn: TextLike = known if known is not None else Unknown(reason="the role is not known")
    parts = parse_arn(arn)
    return Caller(
        arn=arn,
        account=parts.account if parts else Unknown(reason="the role's account is not known"),
        name=name if name is not None else Unknown(reason="the role's name is not known"),
        unique_id=None,
        tags=Unknown(reason="the role's tags are not in the plan"),
    )


def _grant_outcomes(caller: Caller, stacks: Sequence[World]) -> Iterable[GrantOutcomes | None]:
    """Return for each stack what the others leave of its attachments to a role; None where there are no others."""
    if len(stacks) == 1:
        return (None,)
    from tfcheck.role.other_stacks import OtherStackGrants, TargetRole  # most plans are checked alone

    target = TargetRole(caller.name, caller.account)
    return [OtherStackGrants(target, stacks, each).outcome for each in range(len(stacks))]


def _name_in(reference: TextLike | None) -> TextLike | None:
    """Return the name of a role from its ARN."""
    if reference is None:
        return None
    parts = parse_arn(reference)
    if parts is None:
        return reference if isinstance(reference, str) and not reference.startswith("arn:") else None
    *path, name = split_literals(parts.resource, "/")
    is_certain = path or isinstance(name, str)
    return name if is_certain and not may_contain(name, "/") else None


def _ambiguity_reason(reference: TextLike | None) -> str | None:
    """Return why a role cannot be identified; None if its ARN, or its resource, is known."""
    if reference is None:
        return question("which role it is")
    if not isinstance(reference, Unknown) or reference.shape is not None:
        return None
    owner, is_each = owner_of(reference), reference.symbol is not None and reference.symbol.path[:1] == ("each",)
    if owner is not None and owner.type not in TASK_TYPES and not is_each:
        return None  # it is the attribute of a resource, and not only the argument that names the role
    place = f" ({reference.where})" if reference.where else ""
    return as_doubt(reference.reason).within(f"which role it is: {reference.reason}{place}", DoubtKind.QUESTION)


def namesake(resource: WorldObject, account: TextLike, role: Role) -> str:
    """Return why another stack's role with the same name is not the same role; empty if it is."""
    match equal(resource.attribute("arn"), role.caller.arn):
        case Truth.UNKNOWN:
            return f"{resource.address} may be the role {role.label}, but its account is not known: pass --account"
        case Truth.FALSE if equal(account, role.caller.account) is Truth.TRUE:
            return f"there is no role {role.label}: {resource.address} has its name, but another path"
        case _:
            return ""
