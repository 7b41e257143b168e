"""What the change grants to execution roles and revokes from them, whether or not a task needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.iam import Effect
from tfcheck.inventory.ecs import TaskDefinition, task_definitions
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role import Role
from tfcheck.symbolic import limits
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import Text, Truth
from tfcheck.verdict.access.coverage import RolePolicies, reach
from tfcheck.verdict.access.difference import Difference, differences
from tfcheck.verdict.access.permission import (
    Permission,
    PermissionIndex,
    TooManyError,
    charge,
    excluded_permissions,
    includes,
    points,
    policy_entries,
)
from tfcheck.verdict.before import VerdictsBefore
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, ActionOnResource, RoleChange, RoleSwitch

__all__ = ["access_changes", "access_possible", "access_unknown", "compare_pair", "role_switches"]

#: Steps for finding out whether a permission includes another one.
_COMPARED = 4
_TOO_MANY = "limit: it has too many statements to compare"


def access_changes(world: World) -> Iterator[AccessChange]:
    """Yield the access that the change revokes from execution roles and grants to them, role by role.

    Only definite changes: nothing if a policy cannot be read, or if a pattern known only after apply may stay the same.
    """
    for pair, changes in world.once(_comparisons):
        if _is_whole(pair) or not _unread(pair):
            yield from changes or ()


def access_possible(world: World) -> Iterator[AccessChange]:
    """Yield the access that the readable policies add and remove where an unreadable policy also decides."""
    for pair, changes in world.once(_comparisons):
        if _unread(pair) and not _is_whole(pair):
            yield from changes or ()


def access_unknown(world: World) -> Iterator[AccessUnknown]:
    """Find the roles that the change affects and whose access is not fully known, because a policy cannot be read."""
    for pair, changes in world.once(_comparisons):
        reason = _unread(pair) or ("" if changes is not None else _TOO_MANY)
        if reason:
            yield AccessUnknown(pair.label, str(reason))


def _comparisons(world: World) -> list[tuple[RolePair, list[AccessChange] | None]]:
    """Compare the roles that differ; None for those that do not fit into half of what remains of the run's steps."""
    changed = [each for each in (*pairs(world), *pairs_elsewhere(world)) if not _is_unchanged(each)]
    return [(each, _compare_within_limit(each)) for each in changed]


def _compare_within_limit(pair: RolePair) -> list[AccessChange] | None:
    allowed = limits.steps_left() // 2
    with limits.sublimit(limits.Allowance(allowed)) as part:
        try:
            found = list(compare_pair(pair))
        except TooManyError:
            found = []
    limits.take(allowed - max(part.steps, 0))
    return None if part.exceeded else found


def _is_whole(pair: RolePair) -> bool:
    """Whether the change creates or deletes the role itself."""
    return pair.before is None or pair.after is None


def _is_unchanged(pair: RolePair) -> bool:
    old, new = pair.before, pair.after
    if old is None or new is None:
        return False
    open_parts = [
        (each.attached.open_policies, each.boundary_hidden, each.attached.same_name_policies) for each in (old, new)
    ]
    if open_parts[0] != open_parts[1] or new.attached.left_out:
        return False
    if (old.attached.identity, old.boundary) == (new.attached.identity, new.boundary):
        return True
    # The division into statements does not count.
    is_bounded = old.boundary is not None, new.boundary is not None
    return is_bounded[0] is is_bounded[1] and all(
        policy_entries(ours or ()) == policy_entries(theirs or ())
        for ours, theirs in ((old.attached.identity, new.attached.identity), (old.boundary, new.boundary))
    )


def _unread(pair: RolePair) -> str:
    """Return the policy of a role that cannot be read, or that another one may overwrite."""
    for role in (pair.after, pair.before):
        if role is not None and role.attached.open_policies:
            return role.attached.open_policies[0]
        if role is not None and role.attached.same_name_policies:
            return "which of several policies of one name is written last"
        if role is not None and not role.managed:
            return "the role is not managed in this plan, and its policies elsewhere are not visible"
    hidden = [role.boundary_hidden if role else None for role in (pair.before, pair.after)]
    return next(filter(None, hidden), "") if hidden[0] != hidden[1] else ""


class _PermissionChange(msgspec.Struct, frozen=True):
    """A change at one point; `kept` is the part that both sides allow."""

    point: Permission
    found: Difference
    kept: tuple[Permission, ...] = ()

    def covers(self, other: _PermissionChange) -> bool:
        """Whether another change is redundant in the report beside this one."""
        alike = self.found.change == other.found.change and (self.found.whole or self.found == other.found)
        within_kept = any(includes(each, other.point) for each in self.kept)
        return alike and not within_kept and includes(self.point, other.point)


def compare_pair(pair: RolePair) -> Iterator[AccessChange]:
    """Compare what one role may do before and after, and yield revoked permissions first."""
    hidden = pair.before.boundary_hidden if pair.before is not None and pair.after is not None else None
    ceiling = "its permissions boundary cannot be read" if hidden else ""
    before, after = _side(pair.before, seen=bool(hidden)), _side(pair.after, seen=bool(hidden))
    role_change: RoleChange | None = "created" if before is None else "deleted" if after is None else None
    candidates = _candidates([each for each in (before, after) if each is not None])
    index = PermissionIndex(candidates)
    found: list[_PermissionChange] = []
    for point in candidates:
        for difference in differences(reach(before, point), reach(after, point)):
            inside: list[Permission] = []
            if difference.whole and role_change is None:
                within = _distinct(each for each in index.intersections([point]) if not includes(each, point))
                denied = ((each, reach(side, each).has_no_access) for each in within for side in (before, after))
                closed = {each.key for each, truth in denied if truth is not Truth.FALSE}
                inside = [each for each in within if each.key not in closed]
            found.append(_PermissionChange(point, difference, tuple(_widest(inside))))
    # Leave out what another change already covers: the widest are checked first.
    changed = PermissionIndex([each.point for each in found])
    around = [changed.around(each.point) for each in found]
    including = [
        sum(includes(found[other].point, each.point) for other in others)
        for each, others in zip(found, around, strict=True)
    ]
    outermost: set[int] = set()
    for number in sorted(range(len(found)), key=including.__getitem__):
        if not any(found[other].covers(found[number]) for other in around[number] if other in outermost):
            outermost.add(number)
    for change in ("revoked", "granted"):
        for each in (found[number] for number in sorted(outermost) if found[number].found.change == change):
            because = "; ".join(filter(None, (each.found.because, ceiling))) or None
            action, resource = _words(each.point)
            kept = tuple(ActionOnResource(*_words(one)) for one in each.kept)
            yield AccessChange(pair.label, action, resource, change, because, kept, role_change)


def _side(role: Role | None, *, seen: bool) -> RolePolicies | None:
    """Return the policies of a role, without an unreadable boundary that both sides share."""
    if role is None:
        return None
    return RolePolicies(role.attached.identity, role.boundary, unseen=role.boundary_hidden is not None and not seen)


def _words(point: Permission) -> tuple[str, str]:
    return point.shown[0], SENSITIVE if point.secret else point.shown[1]


def _candidates(sides: list[RolePolicies]) -> list[Permission]:
    """Return the points to compare: what a statement allows, and where within that access may end."""
    allowed: list[Permission] = []
    edges: list[Permission] = []
    for side in sides:
        allowed += _distinct(points(side.identity, Effect.ALLOW, Effect.OPEN))
        edges += points(side.identity, Effect.DENY, Effect.OPEN)
        edges += points(side.boundary or (), *Effect)
        edges += excluded_permissions((*side.identity, *(side.boundary or ())))
    allowed, edges = _distinct(allowed), _distinct(edges)
    # NOTE: an intersection may have its action from one statement and its resource from another.
    edges = _distinct((*edges, *PermissionIndex(edges).intersections(edges)))
    return _distinct((*allowed, *PermissionIndex(edges).intersections(allowed)))


def _distinct(found: Iterable[Permission]) -> list[Permission]:
    return list({each.key: each for each in reversed(list(found))}.values())[::-1]


def _widest(found: list[Permission]) -> list[Permission]:
    widest: list[Permission] = []
    for each in found:
        charge(_COMPARED * len(widest))
        if not any(includes(other, each) for other in widest):
            widest = [other for other in widest if not includes(each, other)]
            widest.append(each)
    return widest


def role_switches(world: World, past: VerdictsBefore) -> Iterator[RoleSwitch]:
    """Yield the task definitions that definitely get another execution role, or their first one."""
    for task in task_definitions(world):
        earlier = past.tasks.get(str(task.address))
        if earlier is not None:
            old, new = execution_role(earlier, past.world), execution_role(task, world)
            if _is_another(old, new, world):
                yield RoleSwitch(str(task.address), old.label if old else None, new.label if new else None)


def _is_another(old: Role | None, new: Role | None, world: World) -> bool:
    if old is None or new is None:
        known = old or new
        return known is not None and known.label is not None
    if old.label is None or new.label is None or old.label == new.label:
        return False
    together = {str(each.address) for each in world.resources("aws_iam_role")}
    return is_same_role(old, new) is Truth.FALSE or {old.label, new.label} <= together


# Roles before the change and after it


class RolePair(msgspec.Struct, frozen=True):
    """A role before and after; None where it does not exist. A role that no task uses yet, or any more, exists."""

    label: str
    before: Role | None
    after: Role | None


def pairs(world: World) -> Iterator[RolePair]:
    """Yield the execution roles that the plan or another stack manages, those after the change first."""
    earlier = world.before()
    after, before = _execution_roles(world), _execution_roles(earlier)
    gone = {label: role for label, role in before.items() if _exists(earlier, label) and not _exists(world, label)}
    for label, role in after.items():
        old = before.get(label) or _role_by_label(earlier, label)
        if old is None and _exists(world, label):
            old = next((each for each in gone.values() if is_same_role(each, role) is Truth.TRUE), None)
            if old is not None and old.label is not None:
                del gone[old.label]
        if old is not None or _exists(world, label):
            yield RolePair(label, old, role)
    for label, role in before.items():
        if label not in after and (label in gone or _exists(world, label)):
            yield RolePair(label, role, _role_by_label(world, label))


def pairs_elsewhere(world: World) -> Iterator[RolePair]:
    """Yield the execution roles that no stack here manages, with what the plan attaches to them before and after."""
    earlier = world.before()
    after, before = _execution_roles(world, managed=False), _execution_roles(earlier, managed=False)
    for label in dict.fromkeys((*after, *before)):
        role, old = after.get(label), before.get(label)
        role = role or _find_unmanaged(before[label], world)
        old = old or _find_unmanaged(after[label], earlier)
        if role is not None and old is not None:
            yield RolePair(label, old, role)


def _find_unmanaged(role: Role, world: World) -> Role | None:
    """Return an unmanaged role as it is in another world."""
    arn = role.caller.arn
    found = world.once(Judge).roles.of(arn) if isinstance(arn, (str, Text)) else None
    return None if found is None or found.managed else found


def execution_role(task: TaskDefinition, world: World) -> Role | None:
    """Return the execution role of a task definition, without its name where the plan marks that as sensitive."""
    nameless = task.resource.sensitive("execution_role_arn")
    return world.once(Judge).roles.of(task.execution_role, nameless=nameless)


def is_same_role(one: Role, other: Role) -> Truth:
    """Whether two roles are the same: by ARN, otherwise by name and account."""
    found = equal(one.caller.arn, other.caller.arn)
    if found is not Truth.UNKNOWN:
        return found
    named = equal(one.caller.name, other.caller.name)
    return named if named is Truth.FALSE else named & equal(one.caller.account, other.caller.account)


def _execution_roles(world: World, *, managed: bool = True) -> dict[str, Role]:
    """Return the execution roles of a world by label: the managed ones, or the others."""
    roles = [execution_role(task, world) for task in task_definitions(world)]
    named = [each for each in roles if each is not None and each.label not in (None, SENSITIVE)]
    return {str(each.label): each for each in named if each.managed is managed}


def _exists(world: World, label: str) -> bool:
    return label in world.once(_addresses)


def _role_by_label(world: World, label: str) -> Role | None:
    """Return a role by its label, used or not; None if it does not exist or is not known."""
    resource = world.once(_addresses).get(label)
    found = world.once(Judge).roles.of(resource.attribute("arn") if resource else label)
    return found if found is not None and found.managed and found.label == label else None


def _addresses(world: World) -> dict[str, WorldObject]:
    return {str(each.address): each for each in world.resources("aws_iam_role")}
