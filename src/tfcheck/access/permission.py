"""List the permissions to compare, and match statements with them.

A piece is an action on a resource, both as some policy writes them. Its wildcards are texts of which nothing is
known: no pattern but one with a wildcard at that place, or one without limits there, matches them. So what a statement
definitely does not name is definitely lost in part, where only that statement is left.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.iam import Context
from tfcheck.iam.action import Action, Actions, group_actions, names
from tfcheck.iam.model import Effect, Policy, Statement
from tfcheck.iam.resource import Resource, Resources, matches, read_resource, target
from tfcheck.iam.variables import PolicyTemplate, PolicyVariable
from tfcheck.symbolic.match import Verbatim, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike, Truth, Unknown, display, text


class Permission(msgspec.Struct, frozen=True):
    """An action on a resource. `said` is how both are shown; `secret` hides the resource."""

    action: Action
    resource: Resource
    said: tuple[str, str]
    secret: bool = False

    @property
    def key(self) -> tuple[str, str, bool]:
        """Return a key that distinguishes points as a reader would."""
        return self.said[0].lower(), self.said[1], self.secret


_EVERY_ACTION = Action("*", "*")
_EVERYTHING = Resource("*", "*", everything=True)
_NO_KEYS = Context()


def points(policies: Iterable[Policy], *effects: Effect) -> Iterator[Permission]:
    """List the action and resource pairs in the statements of some effects."""
    for policy in policies:
        for statement in policy.statements:
            is_read = statement.unread is None and not _may_not_exist(statement)
            if statement.effect in effects and is_read and statement.resources is not None:
                yield from _named_permissions(statement, statement.resources)


def _may_not_exist(statement: Statement) -> bool:
    """Whether a statement may not exist and nothing is known of its actions and resources."""
    is_open = any(each.unread is not None for each in statement.conditions)
    return is_open and all(isinstance(each.pattern, Unknown) for each in statement.actions.entries)


def excluded_permissions(policies: Iterable[Policy]) -> Iterator[Permission]:
    """List what NotAction and NotResource exclude, where the permissions of a statement may end."""
    for policy in policies:
        for statement in policy.statements:
            resources = statement.resources
            if statement.unread is None and resources is not None and (statement.actions.negated or resources.negated):
                actions = statement.actions if statement.actions.negated else group_actions((_EVERY_ACTION,))
                excluded = resources if resources.negated else Resources((_EVERYTHING,))
                plain = msgspec.structs.replace(
                    statement,
                    actions=msgspec.structs.replace(actions, negated=False),
                    resources=msgspec.structs.replace(excluded, negated=False),
                )
                yield from _named_permissions(plain, plain.resources or excluded)


def policy_entries(policies: Iterable[Policy]) -> frozenset[tuple[object, ...]]:
    """Return the content of policies, without the names and the order of their statements."""
    return frozenset(each for policy in policies for each in _entries(policy))


def _entries(policy: Policy) -> Iterator[tuple[object, ...]]:
    if policy.open:
        yield "open", policy.name
    for each in policy.statements:
        actions, resources = each.actions, each.resources
        if each.unread is not None:
            yield each.unread, each.origin
        elif resources is None or actions.negated or resources.negated:
            yield each.effect, actions, resources, each.conditions
        else:
            every = itertools.product(actions.entries, resources.entries)
            yield from ((each.effect, action.pattern, resource, each.conditions) for action, resource in every)


def _named_permissions(statement: Statement, resources: Resources) -> Iterator[Permission]:
    for action, said in _actions(statement.actions):
        for resource, on in _resources(resources):
            yield Permission(action, resource, (said, on), statement.origin.secret)


def _actions(actions: Actions) -> list[tuple[Action, str]]:
    if actions.negated:
        return [(_EVERY_ACTION, f"all but {_list_words(each.written for each in actions.entries)}")]
    return [(each, display(each.written)) for each in actions.entries]


def _resources(resources: Resources) -> list[tuple[Resource, str]]:
    if resources.negated:
        return [(_EVERYTHING, f"all but {_list_words(each.written for each in resources.entries)}")]
    return [(each, display(each.written)) for each in resources.entries]


def _list_words(entries: Iterable[TextLike]) -> str:
    return ", ".join(map(display, entries))


# Whether a statement covers it


def is_named(statement: Statement, point: Permission) -> Truth:
    """Whether a statement covers the action and resource of a point, regardless of its conditions."""
    named = _names(statement.actions, point.action)
    if named is Truth.FALSE or statement.unread is not None:
        return named & Truth.UNKNOWN
    return named & _covers(statement.resources, point)


def _names(actions: Actions, wanted: Action) -> Truth:
    if not actions.negated and wanted in actions.entries:
        return Truth.TRUE
    if isinstance(wanted.pattern, str):
        return names(actions, wanted.pattern)
    found = Truth.some(glob(each.pattern, wanted.pattern) for each in actions.entries if not each.never)
    return ~found if actions.negated else found


def _covers(resources: Resources | None, point: Permission) -> Truth:
    if resources is None:
        return Truth.TRUE
    found = Truth.some(_includes(each, point.resource, point.action) for each in resources.entries)
    return ~found if resources.negated else found


def _includes(entry: Resource, wanted: Resource, action: Action) -> Truth:
    """Whether one entry includes another."""
    if entry.everything or entry == wanted:
        return Truth.TRUE
    ours, theirs = _open_variables(entry), _open_variables(wanted)
    if theirs.everything and _is_all_of_a_service(ours, action):
        return Truth.UNKNOWN
    return matches(ours, target(theirs.written), _NO_KEYS)


#: A resource without a name: `*`, `*/*`, or with a type `secret:*`, `log-group:*:*`.
_NAMELESS = regex(r"\*([:/]\*)*")
_KIND = regex(r"[a-z-]+[:/](?=\*)")
_WITHOUT_KINDS = ("s3", "sns", "sqs", "execute-api", "codecommit")


def _is_all_of_a_service(entry: Resource, action: Action) -> bool:
    """Whether an entry may cover every resource of its service although it is not `*`."""
    if entry.plain is None or not isinstance(action.pattern, str):
        return False
    _, _, service, region, account, last = entry.plain
    anywhere = region in ("", "*") and account in ("", "*")
    name = last if service in _WITHOUT_KINDS else _KIND.sub("", last, count=1)
    return anywhere and action.pattern.startswith(f"{service}:") and _NAMELESS.fullmatch(name) is not None


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
    return one.action == other.action or _names(group_actions((one.action,)), other.action) is Truth.TRUE


def _resource_includes(one: Permission, other: Permission) -> bool:
    return _includes(one.resource, other.resource, other.action) is Truth.TRUE


def meet(one: Permission, other: Permission) -> Permission | None:
    """Return the intersection of two points where one contains the other's action or resource."""
    if _action_includes(one, other):
        action, said = other.action, other.said[0]
    elif _action_includes(other, one):
        action, said = one.action, one.said[0]
    else:
        return None
    inner = other if _resource_includes(one, other) else one if _resource_includes(other, one) else None
    if inner is None:
        return None
    return Permission(action, inner.resource, (said, inner.said[1]), inner.secret)
