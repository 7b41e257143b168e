"""One role with its policies, its boundary and its trust policy, and what is added to it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.iam import Caller, Policy
from tfcheck.role.policies import NOTHING_ATTACHED, Attached, AttachedPolicies, PolicyOrReason
from tfcheck.vocabulary.address import Address


class Role(msgspec.Struct, frozen=True):
    """One role in one world.

    - `label`: its address in the plan, otherwise its ARN or name as far as known.
    - `managed`: the plan, or another known stack, shows all policies that it has, except for those that are hidden.
    - `boundary`: None without one; `boundary_hidden`: why it cannot be read.
    - `trust`: who may assume it.
    - `unknown_because`: why it is unknown which role this is; such a role has no label.
    - `deleted`: its address, if the change deletes it while something still names it.
    - `home`: the role's address in another stack that manages it.
    - `refused`: the policies that AWS definitely refuses, with the argument of each.
    - `has_namesake`: another stack has a role of its name, in an account that is not known.
    """

    label: str | None
    managed: bool
    caller: Caller
    attached: AttachedPolicies = NOTHING_ATTACHED
    boundary: tuple[Policy, ...] | None = None
    boundary_hidden: str | None = None
    trust: PolicyOrReason = PolicyOrReason()
    unknown_because: str | None = None
    deleted: Address | None = None
    home: Address | None = None
    notes: tuple[str, ...] = ()
    refused: tuple[tuple[str, Policy], ...] = ()
    has_namesake: bool = False

    def with_policies(self, more: Iterable[Policy]) -> Role:
        """Return the role with more policies."""
        identity = (*self.attached.identity, *more)
        return msgspec.structs.replace(self, attached=msgspec.structs.replace(self.attached, identity=identity))

    @property
    def policy_warnings(self) -> tuple[str, ...]:
        """Warnings about its policies, which IAM accepts."""
        policies = (*self.attached.identity, *(self.boundary or ()), *filter(None, (self.trust.policy,)))
        return tuple(f"{policy.name}: {warning}" for policy in policies for warning in policy.warnings)


def join_role(role: Role, theirs: Role, home: Address) -> Role:
    """Combine a role in the plan with the stack that manages it; it keeps its label."""
    return msgspec.structs.replace(
        _add_policies(role, theirs.attached, theirs.notes),
        managed=True,
        home=home,
        caller=theirs.caller,
        boundary=theirs.boundary,
        boundary_hidden=theirs.boundary_hidden,
        trust=theirs.trust,
    )


def attach(role: Role, attached: Attached) -> Role:
    """Add what is attached to a role."""
    return _add_policies(role, attached.policies(), attached.notes)


def _add_policies(role: Role, theirs: AttachedPolicies, notes: Iterable[str]) -> Role:
    """Add policies to a role; of inline policies with the same name only the last one remains."""
    own = role.attached
    pairs = [(ours, other) for name, ours in own.inline for same, other in theirs.inline if name == same]
    overwritten = (
        f"{ours.name} and {other.name} have the same name on one role: the last one written remains"
        for ours, other in pairs
    )
    names = tuple((ours.name, other.name) for ours, other in pairs)
    joined = own + theirs + AttachedPolicies(same_name_policies=tuple(pairs), name_conflicts=names)
    return msgspec.structs.replace(role, attached=joined, notes=(*role.notes, *notes, *overwritten))
