"""Parsed policies and requests.

The elements of a statement are parsed once, by the modules that match them, so that no request parses them again.
Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from functools import cached_property, partial

import msgspec

from tfcheck.iam.action import Actions
from tfcheck.iam.condition import Condition
from tfcheck.iam.context import Caller, Context
from tfcheck.iam.index import FEW, NameIndex
from tfcheck.iam.principal import Principals
from tfcheck.iam.resource import Resources, name_of
from tfcheck.symbolic.beginnings import Beginning
from tfcheck.symbolic.caching import cache_by_object
from tfcheck.symbolic.value import TextLike, Unknown


class Effect(Enum):
    """The effect of a statement; OPEN is known only after apply."""

    ALLOW = "Allow"
    DENY = "Deny"
    OPEN = "unknown"

    # NOTE: up to Python 3.12, an enumeration hashes its name in Python.
    __hash__ = object.__hash__


class PolicyKind(Enum):
    """What a policy is attached to, which decides on its required and forbidden elements."""

    IDENTITY = "identity"  # on a role, as a boundary, or an SCP: no Principal
    RESOURCE = "resource"  # on a resource: a Principal, perhaps no Resource
    TRUST = "trust"  # who may assume the role: a Principal, no Resource

    # NOTE: it is part of the key of every document; see `Effect`.
    __hash__ = object.__hash__


#: The roles of which many policies are kept joined: the calls of one role are decided one after another.
_MOST_JOINED = 16
#: The index of a statement that is not in a list.
UNLISTED = -1


class Origin(msgspec.Struct, frozen=True):
    """The origin of a statement: its policy's address or ARN, Sid, index, file and line.

    `index` is `UNLISTED` if the place is not known, or there is no list. Of a `secret` one nothing else may be shown,
    and it has no Sid.
    """

    policy: str
    sid: str | None
    index: int
    file: str = ""
    line: int = 0
    secret: bool = False

    @property
    def number(self) -> int | None:
        """The statement's number, from 1, or None if it is not in a list."""
        return None if self.index == UNLISTED else self.index + 1


class Statement(msgspec.Struct, frozen=True):
    """One statement. `resources` and `principals` are None if the policy has no such element.

    `unread` is set if nothing is known of the statement except that it may exist.
    """

    origin: Origin
    effect: Effect
    actions: Actions
    resources: Resources | None = None
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    unread: Unknown | None = None


def _names(statement: Statement) -> frozenset[str] | None:
    """Return the last parts of the ARNs that a statement covers; None if that may be anything."""
    resources = statement.resources
    if resources is None or resources.negated:
        return None
    names = [name_of(each) for each in resources.entries]
    return None if None in names else frozenset(filter(None, names))


def _role_names(statement: Statement) -> frozenset[str] | None:
    """Return the names of the roles that are all a statement is about; None if it may be about others."""
    if statement.principals is None or statement.effect is Effect.OPEN:
        return None
    return statement.principals.role_names


class Policy(msgspec.Struct, frozen=True, dict=True):
    """A policy document. `invalid` says why AWS would refuse it; it then has no statements and is unreadable.

    `refused` is set if that is certain. `open`: there may be further, unknown statements.
    """

    name: str
    statements: tuple[Statement, ...] = ()
    version: str | None = None
    invalid: str | None = None
    refused: bool = False
    warnings: tuple[str, ...] = ()
    open: bool = False

    @cached_property
    def index(self) -> NameIndex[Statement]:
        """Its statements, indexed when the policy is first used."""
        return NameIndex((each, _names(each)) for each in self.statements)

    def naming(self, caller: Caller) -> Sequence[Statement]:
        """Return its statements except those that definitely name other roles only."""
        if len(self.statements) <= FEW or not isinstance(caller.name, str):
            return self.statements
        return self._by_role.covering(Beginning(caller.name, is_whole=True))

    def without(self, left_out: Collection[Statement]) -> Policy:
        """Return the policy without some of its statements, by the same indexes; itself if it has none of them."""
        ids = set(map(id, left_out))
        kept = tuple([each for each in self.statements if id(each) not in ids])
        if len(kept) == len(self.statements):
            return self
        found = msgspec.structs.replace(self, statements=kept)
        found.__dict__.update(index=self.index.without(left_out), _by_role=self._by_role.without(left_out))
        return found

    @cached_property
    def only_denying(self) -> Policy:
        """The policy with only the statements that may deny."""
        return self._without(Effect.ALLOW)

    @cached_property
    def only_allowing(self) -> Policy:
        """The policy with only the statements that may allow."""
        return self._without(Effect.DENY)

    def _without(self, effect: Effect) -> Policy:
        kept = tuple(each for each in self.statements if each.effect is not effect)
        return self if len(kept) == len(self.statements) else msgspec.structs.replace(self, statements=kept)

    @cached_property
    def _by_role(self) -> NameIndex[Statement]:
        return NameIndex((each, _role_names(each)) for each in self.statements)


def join_many(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Return policies; for very many, one with the statements of all, so that its index finds those to look at."""
    return policies if len(policies) <= FEW else (_join(policies),)


@partial(cache_by_object, most=_MOST_JOINED)
def _join(policies: tuple[Policy, ...]) -> Policy:
    return Policy("", tuple(statement for each in policies for statement in each.statements))


class Request(msgspec.Struct, frozen=True):
    """One call: an action (`service:Name`, no wildcards) on a resource (an ARN, or `*`).

    `other_form` is the resource in another form, which AWS may check instead of `resource`.
    `resource_account` is the account that owns the resource; None takes it from the ARN, or assumes the caller's.
    """

    action: str
    resource: TextLike
    caller: Caller
    context: Context
    resource_account: TextLike | None = None
    other_form: TextLike | None = None
