"""List the permissions to compare, and match statements with them.

A permission is an action on a resource, both as some policy writes them. Their wildcards count as unknown text, which
only a pattern with a wildcard at that place matches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

import msgspec

from tfcheck.iam import Context
from tfcheck.iam.action import Action, Actions, covers_action, name_of_action, names
from tfcheck.iam.index import NameIndex, literal_beginning
from tfcheck.iam.model import Effect, Policy, Statement
from tfcheck.iam.resource import Resource, Resources, Target, entries_for, matches, name_of, read_resource, target
from tfcheck.iam.variables import PolicyTemplate, PolicyVariable
from tfcheck.symbolic import limits
from tfcheck.symbolic.beginnings import Beginning, beginning
from tfcheck.symbolic.caching import cache_by_object
from tfcheck.symbolic.match import Verbatim, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Truth, Unknown, display, text


class Permission(msgspec.Struct, frozen=True, dict=True):
    """An action on a resource. `shown` is how a reader sees both; `secret` hides the resource."""

    action: Action
    resource: Resource
    shown: tuple[str, str]
    secret: bool = False

    @property
    def key(self) -> tuple[str, str, bool]:
        """A key that distinguishes points as a reader would."""
        return self.shown[0].lower(), self.shown[1], self.secret

    @cached_property
    def as_target(self) -> Target:
        """Its resource as that of a request; the values of variables are not decided here."""
        return target(_open_variables(self.resource).written)

    @cached_property
    def found_by_entry(self) -> dict[int, tuple[Resource, Truth]]:
        """Whether entries that are not completely known include its resource, by the entries' ids, once compared."""
        return {}

    @property
    def name(self) -> Beginning:
        """The name of its resource; what covers `*` may have any."""
        return Beginning() if self.resource.everything else self.as_target.name


class TooManyError(Exception):
    """There are too many permissions to compare."""


def charge(steps: int) -> None:
    """Count down steps for comparing permissions.

    Raises:
        TooManyError: the run has none left.
    """
    if not limits.take(steps):
        raise TooManyError


#: Steps for reading a permission, for looking for those around it, and for comparing it with one of them, also if that
#: is not completely known; the number of permissions that are found by one of their two names in a step.
_READ, _POINT, _PAIR, _OPEN, _FOUND = 8, 40, 12, 45, 10
#: The most permissions of a statement that are listed to compare policies.
_MOST_LISTED = 10_000


class PermissionIndex:
    """Permissions by their actions and resources, to compare only those where one may include the other."""

    def __init__(self, listed: list[Permission]) -> None:
        """Build from the permissions, which are found by their places."""
        charge(_READ * len(listed))
        self.listed = listed
        self._by_resource = _index(name_of(each.resource) for each in listed)
        self._by_action = _index(name_of_action(each.action) for each in listed)

    def around(self, point: Permission) -> Sequence[int]:
        """Return the permissions that may include a point."""
        on, of = point.name, beginning(point.action.pattern)
        return self._in_both(self._by_resource.covering(on), self._by_action.covering(of))

    def intersections(self, points: Iterable[Permission]) -> list[Permission]:
        """Return the intersections with points, in the order of these."""
        found: list[Permission | None] = []
        for point in points:
            on = self._by_resource.covering(literal_beginning(name_of(point.resource)))
            of = self._by_action.covering(literal_beginning(name_of_action(point.action)))
            found += (meet(point, self.listed[place]) for place in self._in_both(on, of))
        return [each for each in found if each is not None]

    def _in_both(self, some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
        fewer, more = sorted((some, others), key=len)
        found = sorted(fewer if len(more) == len(self.listed) else set(fewer).intersection(more))
        charge(_POINT + _PAIR * len(found) + len(more) // _FOUND)
        return found


def _index(names: Iterable[str | None]) -> NameIndex[int]:
    return NameIndex((place, None if name is None else (name,)) for place, name in enumerate(names))


_Entry = TypeVar("_Entry", Action, Resource)
_EVERY_ACTION = Action("*", "*")
_EVERYTHING = Resource("*", "*", everything=True)
_NO_KEYS = Context()


def points(policies: Iterable[Policy], *effects: Effect) -> Iterator[Permission]:
    """Yield the action and resource pairs in the statements of some effects."""
    for policy in policies:
        for statement in policy.statements:
            if statement.effect not in effects or statement.unread is not None or statement.resources is None:
                continue
            is_open = any(each.unread is not None for each in statement.conditions)
            # NOTE: nothing is known of a statement that may not exist.
            if not is_open or not all(isinstance(each.pattern, Unknown) for each in statement.actions.entries):
                yield from _named_permissions(statement, statement.resources)


def excluded_permissions(policies: Iterable[Policy]) -> Iterator[Permission]:
    """Yield what NotAction and NotResource exclude, where the permissions of a statement may end."""
    for policy in policies:
        for statement in policy.statements:
            resources = statement.resources
            if statement.unread is None and resources is not None and (statement.actions.negated or resources.negated):
                actions = statement.actions if statement.actions.negated else Actions((_EVERY_ACTION,))
                excluded = resources if resources.negated else Resources((_EVERYTHING,))
                plain = msgspec.structs.replace(
                    statement,
                    actions=msgspec.structs.replace(actions, negated=False),
                    resources=msgspec.structs.replace(excluded, negated=False),
                )
                yield from _named_permissions(plain, plain.resources or excluded)


def policy_entries(policies: Iterable[Policy]) -> frozenset[tuple[object, ...]]:
    """Return the content of policies, without the names and the order of their statements."""
    found: set[tuple[object, ...]] = set()
    for policy in policies:
        if policy.open:
            found.add(("open", policy.name))
        for each in policy.statements:
            actions, resources = each.actions, each.resources
            if each.unread is not None:
                found.add((each.unread, each.origin))
            elif resources is None or actions.negated or resources.negated or _is_large(actions, resources):
                found.add((each.effect, actions, resources, each.conditions))
            else:
                every = itertools.product(actions.entries, resources.entries)
                found.update((each.effect, action.pattern, resource, each.conditions) for action, resource in every)
    return frozenset(found)


def _is_large(actions: Actions, resources: Resources) -> bool:
    return len(actions.entries) * len(resources.entries) > _MOST_LISTED


def _named_permissions(statement: Statement, resources: Resources) -> Iterator[Permission]:
    actions = statement.actions
    for action, words in _with_words(actions.entries, _EVERY_ACTION, negated=actions.negated):
        charge(_READ * len(resources.entries))
        for resource, on in _with_words(resources.entries, _EVERYTHING, negated=resources.negated):
            yield Permission(action, resource, (words, on), statement.origin.secret)


def _with_words(entries: Sequence[_Entry], everything: _Entry, *, negated: bool) -> list[tuple[_Entry, str]]:
    """Pair entries with how they are shown; negated ones are everything but these."""
    words = [display(each.written) for each in entries]
    return [(everything, f"all but {', '.join(words)}")] if negated else list(zip(entries, words, strict=True))


# Whether a statement covers it


def is_named(statement: Statement, point: Permission) -> Truth:
    """Whether a statement covers the action and resource of a point, regardless of its conditions."""
    named = _names(statement.actions, point.action)
    if named is Truth.FALSE or statement.unread is not None:
        return named & Truth.UNKNOWN
    resources = statement.resources
    if resources is None:
        return named
    possible = resources.entries if point.resource.everything else entries_for(resources, point.as_target)
    found = Truth.some(_includes(each, point) for each in possible)
    return named & (~found if resources.negated else found)


def _names(actions: Actions, wanted: Action) -> Truth:
    if isinstance(wanted.pattern, str):
        found = names(actions, wanted.pattern)
        is_listed = found is not Truth.TRUE and not actions.negated and wanted in actions.entries
        return Truth.TRUE if is_listed else found
    if not actions.negated and wanted in actions.entries:
        return Truth.TRUE
    found = Truth.some(glob(each.pattern, wanted.pattern) for each in actions.entries if not each.never)
    return ~found if actions.negated else found


def _includes(entry: Resource, point: Permission) -> Truth:
    """Whether an entry includes the resource of a point."""
    if entry.everything or entry == point.resource:
        return Truth.TRUE
    ours = _open_variables(entry)
    if point.resource.everything and _is_all_of_a_service(ours, point.action):
        return Truth.UNKNOWN
    if ours.plain is not None:
        return matches(ours, point.as_target, _NO_KEYS)
    if id(entry) not in point.found_by_entry:
        charge(_OPEN)
        point.found_by_entry[id(entry)] = entry, matches(ours, point.as_target, _NO_KEYS)
    return point.found_by_entry[id(entry)][1]


#: A resource without a name: `*`, `*/*`, or with a type `secret:*`, `log-group:*:*`.
_NAMELESS = regex(r"\*([:/]\*)*")
_KIND = regex(r"(?<![a-z-])[a-z-]+[:/](?=\*)")
_WITHOUT_KINDS = ("s3", "sns", "sqs", "execute-api", "codecommit")


def _is_all_of_a_service(entry: Resource, action: Action) -> bool:
    """Whether an entry may cover every resource of its service although it is not `*`."""
    if entry.plain is None or not isinstance(action.pattern, str):
        return False
    _, _, service, region, account, last = entry.plain
    anywhere = region in ("", "*") and account in ("", "*")
    name = last if service in _WITHOUT_KINDS else _KIND.sub("", last, count=1)
    return anywhere and action.pattern.startswith(f"{service}:") and _NAMELESS.fullmatch(name) is not None


@cache_by_object
def _open_variables(entry: Resource) -> Resource:
    """Replace each variable by unknown text, since its value is not decided here."""
    if not isinstance(entry.whole, PolicyTemplate):
        return entry
    row = [Unknown() if isinstance(part, (PolicyVariable, Verbatim)) else part for part in entry.whole.parts]
    found = "" if entry.whole.broken else read_resource(text(row), variables=Truth.FALSE)
    return found if isinstance(found, Resource) else Resource(Unknown(), Unknown())


# Relations between points


def includes(one: Permission, other: Permission) -> bool:
    """Whether one point definitely includes another."""
    return _action_includes(one, other) and _resource_includes(one, other)


def _action_includes(one: Permission, other: Permission) -> bool:
    ours, theirs = one.action, other.action
    if ours == theirs or not isinstance(theirs.pattern, str):
        return ours == theirs or (not ours.never and glob(ours.pattern, theirs.pattern) is Truth.TRUE)
    return covers_action(ours, theirs.pattern) is Truth.TRUE


def _resource_includes(one: Permission, other: Permission) -> bool:
    return _includes(one.resource, other) is Truth.TRUE


def meet(one: Permission, other: Permission) -> Permission | None:
    """Return the intersection of two points where one contains the other's action or resource."""
    if _action_includes(one, other):
        action, shown = other.action, other.shown[0]
    elif _action_includes(other, one):
        action, shown = one.action, one.shown[0]
    else:
        return None
    inner = other if _resource_includes(one, other) else one if _resource_includes(other, one) else None
    if inner is None:
        return None
    return Permission(action, inner.resource, (shown, inner.shown[1]), inner.secret)
