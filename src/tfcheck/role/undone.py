"""Find the policies that an update of a role removes, although resources of their own still attach them.

The arguments `inline_policy` and `managed_policy_arns` of aws_iam_role are all that the role has. The update of the
role removes what was on it and is no longer in them; a resource that does not change is not applied after that.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.inventory.change import before
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value, items

#: What makes a grant of each type the same as it was.
_ARGUMENTS = ("role", "roles", "name", "policy", "policy_arn")


class Undone(msgspec.Struct, frozen=True):
    """The names and ARNs of policies that the update of a role removes, and those that it may."""

    names: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    possibly: frozenset[str] = frozenset()

    def removes(self, name: Value, reference: Value) -> Truth:
        """Whether a policy with this name, or else this ARN, goes."""
        found = name if reference is None else reference
        if not isinstance(found, str):
            return Truth.FALSE
        if found in (self.names if reference is None else self.arns):
            return Truth.TRUE
        return Truth.UNKNOWN if found in self.possibly else Truth.FALSE


_NOTHING = Undone()


def undone(role: WorldObject, world: World) -> Undone:
    """Return what the update of a role removes."""
    earlier = None if world.before() is world else before(role, world)
    if earlier is None:
        return _NOTHING
    names, lost_names = _lost(role, earlier, "inline_policy")
    arns, lost_arns = _lost(role, earlier, "managed_policy_arns")
    return Undone(names, arns, lost_names | lost_arns)


def is_unchanged(grant: WorldObject, world: World) -> bool:
    """Whether a resource that attaches a policy is what it was before the change."""
    earlier = before(grant, world)
    return earlier is not None and all(
        equal(earlier.attribute(each), grant.attribute(each)) is Truth.TRUE
        for each in _ARGUMENTS
        if isinstance(earlier.attribute(each), str)
    )


def left_out(name: Value, reference: Value, role: WorldObject) -> bool:
    """Whether a role lists its policies itself, and definitely not this one: its next update removes it."""
    argument = "inline_policy" if reference is None else "managed_policy_arns"
    listed = items(role.attribute(argument)) if role.configured(argument) else Unknown()
    if isinstance(listed, Unknown):
        return False
    return all(equal(_named(each), name if reference is None else reference) is Truth.FALSE for each in listed)


def removal(grant: WorldObject, role: WorldObject, *, now: bool) -> str:
    """Return the note that a role removes what another resource attaches to it, with this apply or with the next."""
    return f"{grant.address} is removed by {'this' if now else 'the next'} apply: {role.address} does not list it"


def _lost(role: WorldObject, earlier: WorldObject, argument: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what one argument listed before and does not list now, and what it may not list now."""
    had = frozenset(_known(items(earlier.attribute(argument))))
    listed = items(role.attribute(argument)) if had else ()
    gone = had - set(_known(listed))
    if not isinstance(listed, Unknown) and not any(isinstance(_named(each), Unknown) for each in listed):
        return gone, frozenset()
    # NOTE: where the argument is not written, the provider leaves open what it will remember of the role.
    return frozenset(), gone if role.configured(argument) is not False else frozenset()


def _known(listed: Iterable[Value] | Unknown) -> Iterable[str]:
    if isinstance(listed, Unknown):
        return ()
    return (found for each in listed if isinstance(found := _named(each), str) and found)


def _named(element: Value) -> Value:
    """Return the name of an inline policy, or the ARN of a managed one."""
    return element.get("name") if isinstance(element, dict) else element
