"""A role, and how the other stacks change it."""

from __future__ import annotations

import msgspec

from tfcheck.iam import Caller, Policy
from tfcheck.inventory.world import WorldObject
from tfcheck.role.policies import Attached
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth
from tfcheck.vocabulary.address import Address


class Role(msgspec.Struct, frozen=True):
    """One role in one world.

    - `label`: its address in the plan, otherwise its ARN or name as far as known.
    - `managed`: the plan, or another known stack, shows all policies that it has, except for those in `hidden`.
    - `doubted`: readable policies that may not be on the role, each with what that depends on.
    - `same_name_policies`: groups of policies that have one name, or may have it, so that only one of each remains;
      `name_conflicts`: the names of those that definitely have it.
    - `inline`: the policies that have a name; `refused`: those that AWS definitely refuses, with the argument of each.
    - `boundary`: None without one; `boundary_hidden`: why it cannot be read.
    - `unknown_because`: why it is unknown which role this is; such a role has no label.
    - `home`: the role's address in another stack that manages it.
    - `deleted`: its address, if the change deletes it while something still names it.
    """

    label: str | None
    managed: bool
    caller: Caller
    identity: tuple[Policy, ...] = ()
    hidden: tuple[str, ...] = ()
    same_name_policies: tuple[tuple[Policy, ...], ...] = ()
    name_conflicts: tuple[tuple[str, ...], ...] = ()
    boundary: tuple[Policy, ...] | None = None
    boundary_hidden: str | None = None
    trust: Policy | None = None
    trust_hidden: str | None = None
    unknown_because: str | None = None
    deleted: Address | None = None
    notes: tuple[str, ...] = ()
    inline: tuple[tuple[str, Policy], ...] = ()
    doubted: tuple[tuple[str, Policy], ...] = ()
    home: Address | None = None
    refused: tuple[tuple[str, Policy], ...] = ()

    @property
    def open_policies(self) -> tuple[str, ...]:
        """The policies that cannot be read, or may not be on the role."""
        return tuple(dict.fromkeys((*self.hidden, *(why for why, _ in self.doubted))))

    @property
    def policy_warnings(self) -> tuple[str, ...]:
        """Warnings about its policies, which IAM accepts."""
        policies = (*self.identity, *(self.boundary or ()), *((self.trust,) if self.trust else ()))
        return tuple(f"{policy.name}: {warning}" for policy in policies for warning in policy.warnings)


# What other stacks show


def join_role(role: Role, theirs: Role, home: Address) -> Role:
    """Combine a role in the plan with the stack that manages it; it keeps its label."""
    return msgspec.structs.replace(
        _add_policies(role, theirs),
        managed=True,
        home=home,
        caller=theirs.caller,
        boundary=theirs.boundary,
        boundary_hidden=theirs.boundary_hidden,
        trust=theirs.trust,
        trust_hidden=theirs.trust_hidden,
    )


def attach(role: Role, attached: Attached) -> Role:
    """Add what is attached to a role."""
    anything = attached.identity or attached.hidden or attached.doubted or attached.notes
    return _add_policies(role, attached) if anything else role


def _add_policies(role: Role, theirs: Role | Attached) -> Role:
    """Add policies to a role; of inline policies with the same name only the last one remains."""
    pairs = [(ours, other) for name, ours in role.inline for same, other in theirs.inline if name == same]
    notes = (
        f"{ours.name} and {other.name} have the same name on one role: the last one written remains"
        for ours, other in pairs
    )
    named = ((ours.name, other.name) for ours, other in pairs)
    more = {"name_conflicts": named, "same_name_policies": pairs, "notes": notes}
    fields = ("identity", "hidden", "same_name_policies", "name_conflicts", "inline", "notes", "doubted")
    joined = {each: (*getattr(role, each), *getattr(theirs, each), *more.get(each, ())) for each in fields}
    return msgspec.structs.replace(role, **joined)


def namesake(resource: WorldObject, account: TextLike, role: Role) -> str:
    """Return why another stack's role with the same name is not the same role; empty if it is."""
    match equal(resource.attribute("arn"), role.caller.arn):
        case Truth.UNKNOWN:
            return f"{resource.address} may be the role {role.label}, but its account is not known: pass --account"
        case Truth.FALSE if equal(account, role.caller.account) is Truth.TRUE:
            return f"there is no role {role.label}: {resource.address} has its name, but another path"
        case _:
            return ""
