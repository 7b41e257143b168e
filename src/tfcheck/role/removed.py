"""Find the attached policies that do not stay on a role.

- The exclusive resources of a role (aws_iam_role_policies_exclusive, aws_iam_role_policy_attachments_exclusive) remove
  what they do not list.
- The arguments `inline_policy` and `managed_policy_arns` of aws_iam_role are complete lists. The update of the role
  removes what was on it and is no longer listed, and a resource that does not change does not attach it again.
- Of inline policies that have one name on a role, the last one written replaces the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.inventory.catalogue import AttributeIndex
from tfcheck.inventory.change import is_changed, is_created, is_written, object_before
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.role.grants import PolicyAttachment
from tfcheck.symbolic.beginnings import Members
from tfcheck.symbolic.choices import items_or_choices
from tfcheck.symbolic.doubt import ASK_SOURCES, Doubt, DoubtKind
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value, items
from tfcheck.vocabulary.address import DeposedAddress
from tfcheck.vocabulary.grouping import group_by_key

#: The attributes that identify a grant of each type.
_ARGUMENTS = ("role", "roles", "role_name", "name", "policy", "policy_arn", "policy_arns")
#: The resources that attach a policy to a role, with the role's own list of such policies.
_LISTS = {"aws_iam_role_policy": "inline_policy", "aws_iam_role_policy_attachment": "managed_policy_arns"}


class RemovedByUpdate(msgspec.Struct, frozen=True):
    """The names and ARNs of policies that the update of a role removes, or may remove."""

    names: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    possibly: frozenset[str] = frozenset()

    def removes(self, name: Value, reference: Value) -> Truth:
        """Whether a policy with this name, or this ARN, is removed."""
        found = name if reference is None else reference
        if not isinstance(found, str):
            return Truth.FALSE
        if found in (self.names if reference is None else self.arns):
            return Truth.TRUE
        return Truth.UNKNOWN if found in self.possibly else Truth.FALSE


def removed_by_update(role: WorldObject, world: World) -> RemovedByUpdate:
    """Return what the update of a role removes."""
    earlier = None if world.before() is world else object_before(role, world)
    if earlier is None:
        return RemovedByUpdate()
    names, lost_names = _removed_entries(role, earlier, "inline_policy")
    arns, lost_arns = _removed_entries(role, earlier, "managed_policy_arns")
    return RemovedByUpdate(names, arns, lost_names | lost_arns)


def is_left_alone(grant: PolicyAttachment, world: World) -> bool:
    """Whether the change does not write what attaches a policy to this role."""
    return _keeps_role(grant, world) or is_unchanged(grant.resource, world)


def is_attached_again(grant: PolicyAttachment, world: World) -> bool:
    """Whether the change definitely writes what attaches a policy to this role."""
    return is_written(grant.resource, _arguments(grant.resource), world) and not _keeps_role(grant, world)


def _keeps_role(grant: PolicyAttachment, world: World) -> bool:
    """Whether an aws_iam_policy_attachment lists a role as before the change: its update attaches only the others."""
    if grant.resource.address.type != "aws_iam_policy_attachment" or is_created(grant.resource, world):
        return False
    earlier = object_before(grant.resource, world)
    return earlier is not None and lists_role(earlier, world.before(), grant.role) is Truth.TRUE


def is_unchanged(grant: WorldObject, world: World) -> bool:
    """Whether a resource that attaches a policy is unchanged."""
    earlier = None if is_created(grant, world) else object_before(grant, world)
    compared = ((earlier.attribute(each), each) for each in _arguments(grant)) if earlier is not None else ()
    return earlier is not None and all(
        equal(value, grant.attribute(each)) is Truth.TRUE
        for value, each in compared
        if isinstance(value, (str, list)) or grant.address.type == "aws_iam_role"
    )


def _arguments(grant: WorldObject) -> tuple[str, ...]:
    """Return the arguments that make a resource attach something."""
    of_role = ("inline_policy", "managed_policy_arns")
    return of_role if grant.address.type == "aws_iam_role" else _ARGUMENTS


def left_out(name: Value, reference: Value, role: WorldObject) -> bool:
    """Whether a role lists its policies without this one, so that its next update removes it."""
    argument = "inline_policy" if reference is None else "managed_policy_arns"
    listed = items(role.attribute(argument)) if role.is_configured(argument) else Unknown()
    if isinstance(listed, Unknown):
        return False
    return all(equal(name_or_arn(each), name if reference is None else reference) is Truth.FALSE for each in listed)


def removes_other(kind: str, role: WorldObject) -> bool:
    """Whether a role's own list of policies removes, at the next update, what a new resource of this type attaches."""
    argument = _LISTS.get(kind, "")
    listed = items(role.attribute(argument)) if argument and role.is_configured(argument) is not False else ()
    return not isinstance(listed, Unknown) and any(True for _ in listed)


def removal(grant: WorldObject, role: WorldObject, *, now: bool) -> str:
    """Return the note that a role removes another resource's attachment, in this apply or the next."""
    return f"{grant.address} is removed by {'this' if now else 'the next'} apply: {role.address} does not list it"


def earlier_entries(role: WorldObject, argument: str, world: World) -> tuple[Value, ...]:
    """Return what an argument of a role listed before the change, unless the role is replaced."""
    earlier = None if is_created(role, world) else object_before(role, world)
    listed = items(earlier.attribute(argument)) if earlier is not None else ()
    return () if isinstance(listed, Unknown) else listed


def _removed_entries(role: WorldObject, earlier: WorldObject, argument: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what one argument listed before and does not, or may not, list now."""
    had = frozenset(_known_names(items(earlier.attribute(argument))))
    listed = items(role.attribute(argument)) if had else ()
    gone = had - set(_known_names(listed))
    if not isinstance(listed, Unknown) and not any(isinstance(name_or_arn(each), Unknown) for each in listed):
        return gone, frozenset()
    # NOTE: if the argument is not written, the provider does not show what it will store of the role.
    return frozenset(), gone if role.is_configured(argument) is not False else frozenset()


def _known_names(listed: Iterable[Value] | Unknown) -> Iterable[str]:
    if isinstance(listed, Unknown):
        return ()
    return (found for each in listed if isinstance(found := name_or_arn(each), str) and found)


def name_or_arn(element: Value) -> Value:
    """Return the name of an inline policy, or the ARN of a managed one."""
    return element.get("name") if isinstance(element, dict) else element


class Exclusive:
    """The lists of the exclusive resources that may be for one role, and whether each is."""

    def __init__(self, argument: str, lists: Sequence[tuple[WorldObject, Truth, tuple[Value, ...] | Unknown]]) -> None:
        self._argument = argument
        self._lists = [(*each, Members(() if isinstance(each[2], Unknown) else each[2])) for each in lists]

    def is_complete(self, among: Sequence[Value] | None = None) -> bool:
        """Whether one of them definitely lists everything on the role, and nothing except `among`."""
        shown = Members(among or ())
        return any(
            truth is Truth.TRUE
            and not isinstance(listed, Unknown)
            and (among is None or all(shown.include(name) is Truth.TRUE for name in listed))
            for _, truth, listed, _ in self._lists
        )

    def keeps(self, own: Value) -> Truth:
        """Whether none of them removes a policy; one with an unknown list may include it."""
        return Truth.every(truth for _, truth in self._kept_by_each(own))

    def removal_clause(self, own: Value) -> Doubt:
        """Return a clause for a policy that one of them may remove."""
        first = next(each for each, truth in self._kept_by_each(own) if truth is not Truth.TRUE)
        words = f"which the exclusive resource {first.address} may remove"
        if first.is_left_out:
            return Doubt(f"{words}, if there is one", DoubtKind.UNLISTED_POLICY, ASK_SOURCES)
        return Doubt(words, DoubtKind.UNLISTED_POLICY)

    def _kept_by_each(self, own: Value) -> Iterator[tuple[WorldObject, Truth]]:
        for each, truth, listed, members in self._lists:
            yield each, (Truth.UNKNOWN if isinstance(listed, Unknown) else members.include(own)) | ~truth

    def outlasting(self, grant: PolicyAttachment, own: Value, world: World) -> Iterator[tuple[WorldObject, Truth]]:
        """Pair each resource that does not list a policy with whether the policy exists after this apply."""
        # NOTE: they remove what is there when they are applied; what does not change is not applied.
        for each, truth, listed, members in self._lists:
            if truth is not Truth.TRUE or isinstance(listed, Unknown) or members.include(own) is Truth.TRUE:
                continue
            if is_left_alone(grant, world):
                yield each, Truth.FALSE
            elif not is_changed(each, ("role_name", self._argument), world):
                yield each, Truth.TRUE
            elif grant.resource.address.config in world.earlier(each.address).resources:
                yield each, Truth.FALSE
            else:
                waits = each.address.config in world.earlier(grant.resource.address).resources
                yield each, Truth.TRUE if waits and is_attached_again(grant, world) else Truth.UNKNOWN


def possible_exclusive(world: World, resource_type: str, name: Value) -> Iterator[WorldObject]:
    """Yield the exclusive resources of one type that are, or may be, for a role."""
    key = ("exclusive resources", resource_type)
    return found_once(world, key, lambda: AttributeIndex(world.resources(resource_type), "role_name")).possible(name)


def exclusive(world: World, resource_type: str, argument: str, name: Value) -> Exclusive:
    """Return what exclusive resources of one type leave on a role, since they remove what they do not list."""
    listing = possible_exclusive(world, resource_type, name)
    holders = ((each, equal(each.attribute("role_name"), name)) for each in listing)
    found = [(each, truth, items_or_choices(each.attribute(argument))) for each, truth in holders]
    return Exclusive(argument, found)


def group_by_name(grants: Sequence[PolicyAttachment]) -> Iterator[list[PolicyAttachment]]:
    """Group inline policies that definitely have the same name on this role, except deposed ones."""
    inline = [each for each in grants if each.reference is None and isinstance(each.name, str) and each.name]
    present = [(each.name, each) for each in inline if not isinstance(each.resource.address, DeposedAddress)]
    return (group for group in group_by_key(present).values() if len(group) > 1)


def last_written(group: Sequence[PolicyAttachment], world: World) -> PolicyAttachment | None:
    """Return the policy of one name that definitely is written last, after the others or as the only one; else None."""
    for last in group if world.before() is not world else ():
        before = world.earlier(last.resource.address).resources
        others = [each for each in group if each is not last]
        if is_attached_again(last, world) and all(
            is_left_alone(each, world) or each.resource.address.config in before for each in others
        ):
            return last
    return None


def possibly_of_one_name(
    kept: Sequence[PolicyAttachment], possible: Sequence[PolicyAttachment]
) -> Iterator[tuple[PolicyAttachment, PolicyAttachment]]:
    """Pair each inline policy with one that may have the same name and so replace it."""
    inline = [each for each in kept if each.reference is None]
    for other in possible:
        if other.reference is None:
            yield from ((each, other) for each in inline if equal(each.name, other.name) is not Truth.FALSE)


def lists_role(owner: WorldObject, world: World, name: Value) -> Truth:
    """Whether an aws_iam_policy_attachment lists a role."""
    listed = items_or_choices(owner.attribute("roles"))
    if isinstance(listed, Unknown):
        return Truth.UNKNOWN
    return found_once(world, ("roles of", owner.address), lambda: Members(listed)).include(name)
