"""What a change does to task definitions and to the access of roles, as data."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

AccessEffect: TypeAlias = Literal["granted", "revoked"]
TaskEffect: TypeAlias = Literal["broken", "fixed", "still_broken"]
RoleChange: TypeAlias = Literal["created", "deleted"]


class TaskChange(msgspec.Struct, frozen=True):
    """The effect of the change on a task definition."""

    task_definition: str
    change: TaskEffect


class RoleSwitch(msgspec.Struct, frozen=True):
    """A task definition that definitely gets another execution role; `None` means no role."""

    task_definition: str
    before: str | None
    after: str | None


class ActionOnResource(msgspec.Struct, frozen=True):
    """An action on a resource, as in policies."""

    action: str
    resource: str


class AccessChange(msgspec.Struct, frozen=True):
    """A change of a role's access: an action on a resource, as in policies, is `granted` or `revoked`.

    `because` says what else decides than a statement that allows it: a Deny, the boundary, a condition. `kept` is what
    of it the role has before and after. `role_change` says that the role itself is `created` or `deleted`.
    """

    role: str
    action: str
    resource: str
    change: AccessEffect
    because: str | None = None
    kept: tuple[ActionOnResource, ...] = ()
    role_change: RoleChange | None = None


class AccessUnknown(msgspec.Struct, frozen=True):
    """A role with changed and only partly known access, and what cannot be read."""

    role: str
    reason: str
