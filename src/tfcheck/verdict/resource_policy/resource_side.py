"""A resource's part in a decision: its policy, its owner, grants on it, and what is not visible.

Grants follow https://docs.aws.amazon.com/kms/latest/developerguide/grants.html, the AWS provider's `aws_kms_grant`, and
for encryption contexts https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec

from tfcheck.iam import Context, Origin, Policy, Request
from tfcheck.iam.context import Absent, OneOfValues, PresenceUnknown
from tfcheck.iam.model import UNLISTED
from tfcheck.inventory.world import WorldObject
from tfcheck.role.policies import PolicyOrReason
from tfcheck.symbolic.beginnings import Beginnings
from tfcheck.symbolic.match import contains, equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, Value, items


class ResourceSide(msgspec.Struct, frozen=True):
    """The policy of a needed resource, and its owner.

    `hidden` says which policy it has, or may have, that cannot be read; `possible_policies` are those that it may have
    and that can. `outside` describes a resource that the plan does not show, so that nothing is known of its policy; it
    never contains the ARN, which may be sensitive. With `outside_only_elsewhere` that matters only to callers of other
    accounts. `account` is the account that owns it; None takes it from the ARN. `in_plan` is set if the plan shows the
    resource. A resource of kind `kms` without a policy has the default key policy; one of kind `open` lets everybody
    in. `grants` are grants on a key. `notes` are assumptions, for people.
    """

    policy: Policy | None = None
    hidden: str | None = None
    account: TextLike | None = None
    in_plan: bool = False
    kind: Literal["plain", "kms", "open"] = "plain"
    outside: str | None = None
    outside_only_elsewhere: bool = False
    grants: KeyGrants = msgspec.field(default_factory=lambda: KeyGrants())
    notes: tuple[str, ...] = ()
    possible_policies: tuple[Policy, ...] = ()


def side_of(found: PolicyOrReason, owner: WorldObject | None) -> ResourceSide:
    """Build the side of a resource from the policy found for it, and from its owner if the plan shows that."""
    return ResourceSide(
        found.policy,
        found.hidden or None,
        owner.surroundings.account if owner is not None else None,
        in_plan=owner is not None,
        notes=found.notes,
        possible_policies=found.possible_policies,
    )


def join_sides(found: ResourceSide, theirs: ResourceSide, resource: TextLike) -> ResourceSide:
    """Combine two stacks' views of one resource; the first takes precedence.

    Only one stack manages a resource: if both show it, the other one has an earlier state of it. An account that only
    the other stack could show is taken from the ARN, except where that stack is known to work in several accounts.
    """
    if found.in_plan and theirs.in_plan:
        return found
    grants = KeyGrants((*found.grants.entries, *theirs.grants.entries))
    if not found.in_plan and theirs.possible_policies:
        possible = (*found.possible_policies, *theirs.possible_policies)
        found = msgspec.structs.replace(found, possible_policies=possible)
    may_be_on_it = theirs.hidden is not None and isinstance(resource, str)
    shown = theirs.in_plan or theirs.policy is not None or may_be_on_it
    if found.policy is not None or found.hidden or not shown:
        return msgspec.structs.replace(found, grants=grants) if theirs.grants.entries else found
    if found.in_plan:
        return msgspec.structs.replace(found, policy=theirs.policy, hidden=theirs.hidden, grants=grants)
    from tfcheck.inventory.state_location import SeveralAccounts

    account = theirs.account if isinstance(theirs.account, str | SeveralAccounts) else None
    return msgspec.structs.replace(theirs, account=account, grants=grants)


# Grants on a key

#: The argument with the principal that a grant is for, and all arguments that decide about a call.
GRANTEE = "grantee_principal"
DECIDING = (GRANTEE, "operations", "constraints")
_CONTEXT_KEY = "kms:EncryptionContext:"


class KeyGrant(msgspec.Struct, frozen=True):
    """A grant: who may do what with a key.

    `is_definite` is false if the key or the role may be another one, `is_read` if too many others may be on the key.
    """

    resource: WorldObject
    is_definite: bool = True
    is_read: bool = True

    @property
    def origin(self) -> Origin:
        """Its origin for evidence."""
        return Origin(str(self.resource.address), None, UNLISTED)

    def covers(self, request: Request, is_for: Truth) -> Truth:
        """Whether the grant is for the request's caller (`is_for`), operation and encryption context."""
        operations = self.resource.attribute("operations")
        truth = (
            is_for & contains(operations, request.action.partition(":")[2]) & self._constraints_hold(request.context)
        )
        return truth if self.is_definite else truth & Truth.UNKNOWN

    def _constraints_hold(self, context: Context) -> Truth:
        constraints = items(self.resource.attribute("constraints"))
        if isinstance(constraints, Unknown):
            return Truth.UNKNOWN if self.resource.is_configured("constraints") is not False else Truth.TRUE
        return Truth.every(_constraint_holds(each, context) for each in constraints)


def _constraint_holds(constraint: Value, context: Context) -> Truth:
    if not isinstance(constraint, dict):
        return Truth.UNKNOWN
    subset, whole = constraint.get("encryption_context_subset"), constraint.get("encryption_context_equals")
    carried = Truth.every(_has_context(each, context) for each in (subset, whole) if each)
    return carried & _lists_all(whole, context) if whole else carried


def _lists_all(pairs: Value, context: Context) -> Truth:
    """Whether pairs are all that the service puts into the context."""
    names = context.lookup("kms:EncryptionContextKeys")
    if not isinstance(pairs, dict) or not isinstance(names, list):
        return Truth.UNKNOWN
    known = {key.lower() for key in pairs}
    return Truth.every(Truth.of(each.lower() in known) if isinstance(each, str) else Truth.UNKNOWN for each in names)


def _has_context(pairs: Value, context: Context) -> Truth:
    if not isinstance(pairs, dict):
        return Truth.UNKNOWN
    return Truth.every(_has_pair(key, value, context) for key, value in pairs.items())


def _has_pair(key: str, value: Value, context: Context) -> Truth:
    entry = context.lookup(_CONTEXT_KEY + key)  # NOTE: the case of a key does not matter, that of a value does
    if isinstance(entry, Absent):
        return Truth.FALSE
    if isinstance(entry, OneOfValues):
        answers = {equal(each, as_text(value)) for each in entry.values}
        return answers.pop() if len(answers) == 1 else Truth.UNKNOWN
    if isinstance(entry, PresenceUnknown) or not isinstance(entry, PlainText):
        return Truth.UNKNOWN
    return equal(entry, as_text(value))


class KeyGrants(msgspec.Struct, frozen=True, dict=True):
    """The grants on a key."""

    entries: tuple[KeyGrant, ...] = ()

    @cached_property
    def by_grantee(self) -> Beginnings[KeyGrant]:
        """Those that are read, by whom they are for."""
        named = ((each, each.resource.attribute(GRANTEE)) for each in self.entries if each.is_read)
        return Beginnings((each, grantee) for each, grantee in named if isinstance(grantee, PlainText))

    @cached_property
    def unread(self) -> list[KeyGrant]:
        """Those of which only the address counts, because there are very many."""
        return [each for each in self.entries if not each.is_read]

    def covering(self, request: Request) -> tuple[tuple[Origin, Truth], ...]:
        """Return those that cover, or may cover, a request, in the form that decisions use."""
        if not self.entries:
            return ()
        places = self.by_grantee.possible(request.caller.arn)
        possible = ((self.by_grantee.rows[place][0], is_for) for place, is_for in places.items())
        found = [(each.origin, each.covers(request, is_for)) for each, is_for in possible]
        found += [(each.origin, Truth.UNKNOWN) for each in self.unread]
        return tuple((origin, truth) for origin, truth in found if truth is not Truth.FALSE)
