"""What do the exclusive resources of a role leave on it?

Follows aws_iam_role_policies_exclusive and aws_iam_role_policy_attachments_exclusive of the AWS provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tfcheck.inventory.world import World
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value, items


class Exclusive:
    """What the exclusive resources that may be for one role list: whether each is for it, and the elements."""

    def __init__(self, lists: Sequence[tuple[Truth, tuple[Value, ...] | Unknown]]) -> None:
        self._lists = lists

    def is_complete(self, among: Sequence[Value] | None = None) -> bool:
        """Whether one of them definitely lists all that the role has, and nothing except what is `among` these."""
        known = [listed for truth, listed in self._lists if truth is Truth.TRUE]
        return any(
            not isinstance(listed, Unknown) and (among is None or all(map(partial(_is_among, among), listed)))
            for listed in known
        )

    def keeps(self, own: Value) -> Truth:
        """Whether none of them removes a policy; one with an unknown number of elements may list it."""
        return Truth.every(_lists(listed, own) | ~truth for truth, listed in self._lists)


def exclusive(world: World, resource_type: str, argument: str, name: Value) -> Exclusive:
    """Return what the exclusive resources of one type, which remove everything they do not list, leave on a role."""
    holders = ((each, equal(each.attribute("role_name"), name)) for each in world.resources(resource_type))
    return Exclusive([(truth, items(each.attribute(argument))) for each, truth in holders if truth is not Truth.FALSE])


def _is_among(known: Sequence[Value], name: Value) -> bool:
    return any(equal(name, each) is Truth.TRUE for each in known)


def _lists(listed: tuple[Value, ...] | Unknown, own: Value) -> Truth:
    return Truth.UNKNOWN if isinstance(listed, Unknown) else Truth.some(equal(own, each) for each in listed)
