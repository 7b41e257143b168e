"""What the change grants to execution roles and revokes from them, whether or not a task needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.access.coverage import RolePolicies, reach
from tfcheck.access.difference import Difference, differences
from tfcheck.access.permission import Permission, excluded_permissions, includes, meet, points, policy_entries
from tfcheck.access.role_pairs import RolePair, execution_role, is_same_role, pairs, pairs_elsewhere
from tfcheck.iam import Effect, Policy
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.world import World
from tfcheck.role import Role
from tfcheck.symbolic import limits
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.before import VerdictsBefore
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, ActionOnResource, RoleSwitch

__all__ = ["access_changes", "access_possible", "access_unknown", "compare_pair", "role_switches"]

#: Steps for comparing two statements of a role.
_STEPS = 8
_TOO_MANY = "limit: it has too many statements to compare"


def access_changes(world: World) -> Iterator[AccessChange]:
    """Yield the access that the change revokes from execution roles and grants to them, role by role.

    Only definite changes: nothing if a policy cannot be read, or if a pattern known only after apply may stay the same.
    """
    for pair in world.once(_affordable_pairs):
        if _is_whole(pair) or not _unread(pair):
            yield from compare_pair(pair)


def access_possible(world: World) -> Iterator[AccessChange]:
    """Return the access that the readable policies add and remove where an unreadable policy also decides."""
    for pair in world.once(_affordable_pairs):
        if _unread(pair) and not _is_whole(pair):
            yield from compare_pair(pair)


def compare_pair(pair: RolePair) -> Iterator[AccessChange]:
    """Compare what one role may do before and after."""
    yield from _Comparison(pair).changes()


def access_unknown(world: World) -> Iterator[AccessUnknown]:
    """Find the roles that the change affects and whose access is not fully known, because a policy cannot be read."""
    is_compared = set(map(id, world.once(_affordable_pairs)))
    for pair in world.once(_changed_pairs):
        reason = _unread(pair) or ("" if id(pair) in is_compared else _TOO_MANY)
        if reason:
            yield AccessUnknown(pair.label, reason)


def _changed_pairs(world: World) -> list[RolePair]:
    return [each for each in (*pairs(world), *pairs_elsewhere(world)) if not _is_unchanged(each)]


def _affordable_pairs(world: World) -> list[RolePair]:
    """Return the roles that fit into the run's allowance; half of what remains is kept for later steps."""
    found: list[RolePair] = []
    for pair in world.once(_changed_pairs):
        policies = (*_policies(pair.before), *_policies(pair.after))
        steps = _STEPS * sum(len(each.statements) for each in policies) ** 2
        if steps <= limits.steps_left() // 2 and limits.take(steps):
            found.append(pair)
    return found


def _policies(role: Role | None) -> tuple[Policy, ...]:
    return () if role is None else (*role.identity, *(role.boundary or ()))


def _is_whole(pair: RolePair) -> bool:
    """Whether the change creates or deletes the role itself."""
    return pair.before is None or pair.after is None


def _is_unchanged(pair: RolePair) -> bool:
    old, new = pair.before, pair.after
    if old is None or new is None:
        return False
    return _parts(old) == _parts(new) or (
        _open_parts(old) == _open_parts(new) and _statements_of(old) == _statements_of(new)
    )


def _parts(role: Role) -> tuple[object, ...]:
    return role.identity, role.boundary, role.hidden, role.boundary_hidden, role.same_name_policies


def _open_parts(role: Role) -> tuple[object, ...]:
    return role.hidden, role.boundary_hidden, role.same_name_policies


def _statements_of(role: Role) -> tuple[object, ...]:
    """Return the content of a role's policies, regardless of how it is divided into statements."""
    return policy_entries(role.identity), None if role.boundary is None else policy_entries(role.boundary)


def _unread(pair: RolePair) -> str:
    """Return the policy of a role that cannot be read, or that another one may overwrite."""
    for role in (pair.after, pair.before):
        if role is not None and role.hidden:
            return role.hidden[0]
        if role is not None and role.same_name_policies:
            return "which of several policies of one name is written last"
        if role is not None and not role.managed:
            return "the role is not managed in this plan, and its policies elsewhere are not visible"
    hidden = [role.boundary_hidden if role else None for role in (pair.before, pair.after)]
    return next(filter(None, hidden), "") if hidden[0] != hidden[1] else ""


class _Change(msgspec.Struct, frozen=True):
    """A change at one point; `kept` is the part that both sides allow."""

    point: Permission
    found: Difference
    kept: tuple[Permission, ...] = ()

    def covers(self, other: _Change) -> bool:
        """Whether another change is redundant in the report beside this one."""
        alike = self.found.change == other.found.change and (self.found.whole or self.found == other.found)
        within_kept = any(includes(each, other.point) for each in self.kept)
        return alike and not within_kept and includes(self.point, other.point)


class _Comparison:
    """Compares the permissions of one role before and after."""

    def __init__(self, pair: RolePair) -> None:
        self._label = pair.label
        unseen = pair.before is not None and pair.after is not None and pair.before.boundary_hidden
        self._ceiling = "its permissions boundary cannot be read" if unseen else ""
        self._before, self._after = _side(pair.before, seen=bool(unseen)), _side(pair.after, seen=bool(unseen))
        self._role_change = "created" if pair.before is None else "deleted" if pair.after is None else None

    def changes(self) -> Iterator[AccessChange]:
        """Return the changes, revoked permissions first."""
        granted = [_distinct(points(side.identity, Effect.ALLOW, Effect.OPEN)) for side in self._sides]
        candidates = _distinct(each for some in granted for each in some)
        candidates = _distinct((*candidates, *_intersections(candidates, self._edges())))
        found = [self._change(point, each, candidates) for point in candidates for each in self._differences(point)]
        # Leave out what another change already covers: the widest are checked first.
        around = [sum(includes(other.point, each.point) for other in found) for each in found]
        outermost: list[int] = []
        for number in sorted(range(len(found)), key=around.__getitem__):
            if not any(found[other].covers(found[number]) for other in outermost):
                outermost.append(number)
        told = [found[number] for number in sorted(outermost)]
        for change in ("revoked", "granted"):
            yield from (self._access_change(each) for each in told if each.found.change == change)

    @property
    def _sides(self) -> list[RolePolicies]:
        return [each for each in (self._before, self._after) if each is not None]

    def _edges(self) -> list[Permission]:
        """List the points within a statement's permissions where access may end."""
        found: list[Permission] = []
        for side in self._sides:
            found += points(side.identity, Effect.DENY, Effect.OPEN)
            found += points(side.boundary or (), *Effect)
            found += excluded_permissions((*side.identity, *(side.boundary or ())))
        edges = _distinct(found)
        # NOTE: an intersection may have its action from one statement and its resource from another.
        return _distinct((*edges, *_intersections(edges, edges)))

    def _differences(self, point: Permission) -> Iterator[Difference]:
        return differences(reach(self._before, point), reach(self._after, point))

    def _change(self, point: Permission, found: Difference, candidates: list[Permission]) -> _Change:
        if not found.whole or self._role_change is not None:
            return _Change(point, found)
        inside = _distinct(each for each in _intersections([point], candidates) if not includes(each, point))
        return _Change(
            point, found, tuple(_widest([each for each in inside if self._is_reachable_before_and_after(each)]))
        )

    def _access_change(self, change: _Change) -> AccessChange:
        action, resource = change.point.said
        return AccessChange(
            role=self._label,
            action=action,
            resource=SENSITIVE if change.point.secret else resource,
            change=change.found.change,
            because="; ".join(filter(None, (change.found.because, self._ceiling))) or None,
            kept=tuple(
                ActionOnResource(each.said[0], SENSITIVE if each.secret else each.said[1]) for each in change.kept
            ),
            role_change=self._role_change,
        )

    def _is_reachable_before_and_after(self, point: Permission) -> bool:
        return all(reach(side, point).has_no_access is Truth.FALSE for side in (self._before, self._after))


def _side(role: Role | None, *, seen: bool) -> RolePolicies | None:
    """Return the policies of a role, without an unreadable boundary that both sides share."""
    if role is None:
        return None
    return RolePolicies(role.identity, role.boundary, unseen=role.boundary_hidden is not None and not seen)


def _distinct(found: Iterable[Permission]) -> list[Permission]:
    return list({each.key: each for each in reversed(list(found))}.values())[::-1]


def _intersections(some: Iterable[Permission], others: list[Permission]) -> list[Permission]:
    return [each for point in some for other in others if (each := meet(point, other)) is not None]


def _widest(found: list[Permission]) -> list[Permission]:
    kept: list[Permission] = []
    for each in found:
        if not any(includes(other, each) for other in kept):
            kept = [other for other in kept if not includes(each, other)]
            kept.append(each)
    return kept


def role_switches(world: World, past: VerdictsBefore) -> Iterator[RoleSwitch]:
    """Return the task definitions that definitely get another execution role, or their first one."""
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
