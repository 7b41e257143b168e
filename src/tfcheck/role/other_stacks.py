"""Decide which policies other stacks leave on a role.

In AWS, a policy on a role is one object, whichever resource attaches it. Addresses and ids differ from stack to stack,
so roles and policies are compared. Follows what the AWS provider does when it deletes attachments and inline policies,
for aws_iam_policy_attachment, which owns all attachments of its policy, and for the complete lists of a role: the two
`_exclusive` resources, and the arguments `inline_policy` and `managed_policy_arns` of aws_iam_role.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.inventory.change import deleted_roles, is_changed, is_created, is_written, object_before
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.grants import STAYS, GrantOutcome, PolicyAttachment, attachment_owners, by_role_name, grants
from tfcheck.role.removed import name_or_arn
from tfcheck.symbolic.match import contains, equal
from tfcheck.symbolic.value import Truth, Unknown, Value, identity, items
from tfcheck.vocabulary.arn import parse_arn

_INLINE = (("aws_iam_role_policies_exclusive", "role_name", "policy_names"), ("aws_iam_role", "name", "inline_policy"))
_MANAGED = (
    ("aws_iam_role_policy_attachments_exclusive", "role_name", "policy_arns"),
    ("aws_iam_role", "name", "managed_policy_arns"),
)
_LISTS = ("policy_names", "policy_arns", "policy_arn", "roles", "inline_policy", "managed_policy_arns")
_LISTING = ("aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive")


class TargetRole(msgspec.Struct, frozen=True):
    """A role: its names and its account."""

    name: Value
    account: Value

    def is_in_account_of(self, grant: PolicyAttachment) -> Truth:
        """Whether a grant is in the role's account, since it attaches nothing in another one."""
        arn = parse_arn(grant.reference) if isinstance(grant.reference, str) else None
        account = arn.account if arn is not None and arn.account != "aws" else grant.resource.surroundings.account
        return equal(account, self.account)


class OtherStackGrants:
    """Finds what other stacks leave of one stack's attachments to a role."""

    def __init__(self, target: TargetRole, stacks: Sequence[World], own: int) -> None:
        """Build from the role, all stacks in order, and the index of the current one."""
        self._target = target
        self._stacks = stacks
        self._own = own

    def outcome(self, grant: PolicyAttachment) -> GrantOutcome:
        """Return whether a grant exists in the end, the least certain of all effects on it."""
        earlier = (each for other in self._stacks[: self._own] for each in self._outcomes_of_earlier(other, grant))
        later = (each for other in self._stacks[self._own + 1 :] for each in self._outcomes_of_later(other, grant))
        outcomes = (*self._outcomes_of_deletion(grant), *earlier, *later)
        return min(outcomes, key=lambda each: each.stays.value, default=STAYS)

    def _outcomes_of_deletion(self, grant: PolicyAttachment) -> Iterator[GrantOutcome]:
        """Yield the outcomes where another stack deletes the role, and perhaps creates one of its name."""
        # NOTE: a stack that creates the role itself is applied after that.
        own = self._stacks[self._own]
        deleted = [each for other in self._stacks if other is not own for each in other.once(deleted_roles)]
        gone = Truth.some(self._is_target(each) for each in deleted)
        made = (is_created(each, own) for each in own.resources("aws_iam_role") if self._is_target(each) is Truth.TRUE)
        if gone is not Truth.FALSE and not any(made):
            written = self._may_be_created_later(grant) or is_written(grant.resource, ("policy", "policy_arn"), own)
            stays = Truth.UNKNOWN if written else ~gone
            yield GrantOutcome(stays, "the change deletes the role that it is on")

    def _is_target(self, role: WorldObject) -> Truth:
        name = equal(role.attribute("name"), self._target.name)
        return name & equal(role.surroundings.account, self._target.account)

    def _outcomes_of_earlier(self, other: World, grant: PolicyAttachment) -> Iterator[GrantOutcome]:
        """Yield the effects of an earlier stack, limited to what it had before its change."""
        at_least = Truth.UNKNOWN if self._may_be_created_later(grant) else Truth.FALSE
        for held in other.before().once(_StackAttachments).of(self._target, grant):
            if other.once(_StackAttachments).of(self._target, grant):
                yield GrantOutcome(Truth.FALSE)
            else:
                alike = Truth.FALSE if self._target.is_in_account_of(held) is Truth.TRUE else Truth.UNKNOWN
                yield GrantOutcome(
                    max(at_least, alike, key=lambda each: each.value), f"{held.resource.address} removes it"
                )
        for ruler, truth in self._rulers(other, grant):
            # NOTE: a plan was refreshed, so its list is current; a state may be older.
            acts = other is self._stacks[0] or is_changed(ruler, _LISTS, other)
            acts = acts and truth is Truth.FALSE and ruler.address.type in _LISTING
            yield GrantOutcome(at_least if acts else Truth.UNKNOWN, f"{ruler.address} removes what it does not list")

    def _outcomes_of_later(self, other: World, grant: PolicyAttachment) -> Iterator[GrantOutcome]:
        """Yield the possible effects of a later stack; on planned grants only by its own change."""
        if not other.once(_StackAttachments).of(self._target, grant):
            for held in other.before().once(_StackAttachments).of(self._target, grant):
                yield GrantOutcome(Truth.UNKNOWN, f"{held.resource.address} removes it")
        for ruler, _ in self._rulers(other, grant):
            if self._own or is_changed(ruler, _LISTS, other):
                yield GrantOutcome(Truth.UNKNOWN, f"{ruler.address} removes what it does not list")

    def _may_be_created_later(self, grant: PolicyAttachment) -> bool:
        """Whether its stack may still create it after another stack has removed it."""
        own = self._stacks[self._own]
        if grant.resource.address.type != "aws_iam_role":
            return not own.before().once(_StackAttachments).of(self._target, grant, listed=True)
        role = object_before(grant.resource, own)
        argument = "inline_policy" if grant.reference is None else "managed_policy_arns"
        return role is None or _lists(role.attribute(argument), grant) is not Truth.TRUE

    def _rulers(self, other: World, grant: PolicyAttachment) -> Iterator[tuple[WorldObject, Truth]]:
        """Yield what may remove the grant in another stack; FALSE if it definitely does not list the grant."""
        ruling = other.once(_ExclusiveResources)
        listing = ruling.listing(self._target.name, inline=grant.reference is None)
        found = [(resource, _lists(resource.attribute(argument), grant)) for resource, argument in listing]
        owners = ruling.exclusive_owners(grant)
        found += [(each, contains(each.attribute("roles"), self._target.name)) for each in owners]
        for each, truth in found:
            here = equal(each.surroundings.account, self._target.account)
            if truth is not Truth.TRUE and here is not Truth.FALSE:
                yield each, truth


class _ExclusiveResources:
    """The resources that remove what they do not list from roles of one stack, by role name or policy."""

    def __init__(self, world: World) -> None:
        self._listing: dict[tuple[bool, str], list[tuple[WorldObject, str]]] = {}
        for inline, kinds in ((True, _INLINE), (False, _MANAGED)):
            for kind, by, argument in kinds:
                for resource in world.resources(kind):
                    name = resource.attribute(by)
                    if isinstance(name, str) and (kind != "aws_iam_role" or resource.is_configured(argument)):
                        self._listing.setdefault((inline, name), []).append((resource, argument))
        self._owning = world.once(attachment_owners)

    def listing(self, role: Value, *, inline: bool) -> Sequence[tuple[WorldObject, str]]:
        """Return the resources that list everything that a role has, with the argument."""
        return self._listing.get((inline, role), ()) if isinstance(role, str) else ()

    def exclusive_owners(self, grant: PolicyAttachment) -> Sequence[WorldObject]:
        """Return the resources that own all attachments of the granted policy."""
        policy = identity(grant.reference)
        return self._owning.get(policy, ()) if policy is not None else ()


class _StackAttachments:
    """The attachments of one stack at one time, by role name."""

    def __init__(self, world: World) -> None:
        self._by_role = by_role_name(grants(world))

    def of(self, target: TargetRole, grant: PolicyAttachment, *, listed: bool = False) -> list[PolicyAttachment]:
        """Return the attachments of the same policy to the role; with `listed` also by lists, which never detach."""
        if not isinstance(target.name, str):
            return []
        is_inline = grant.reference is None
        policy = grant.name if is_inline else grant.reference
        return [
            each
            for each in self._by_role.get(target.name, ())
            if isinstance(policy, str)
            and (each.reference is None) is is_inline
            and policy == (each.name if is_inline else each.reference)
            and (listed or each.resource.address.type not in _LISTING)
            and target.is_in_account_of(each) is not Truth.FALSE
        ]


def _lists(listed: Value, grant: PolicyAttachment) -> Truth:
    """Whether a list of inline policies or of ARNs contains the granted policy."""
    elements = items(listed)
    named: Value = elements if isinstance(elements, Unknown) else [name_or_arn(each) for each in elements]
    return contains(named, grant.name if grant.reference is None else grant.reference)
