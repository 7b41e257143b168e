"""What a change does to the access of roles, as data."""

from __future__ import annotations

import msgspec


class RoleSwitch(msgspec.Struct, frozen=True):
    """A task definition that definitely has another execution role than before: `None` is no role."""

    task_definition: str
    before: str | None
    after: str | None


class ActionOnResource(msgspec.Struct, frozen=True):
    """An action on a resource, as policies write them."""

    action: str
    resource: str


class AccessChange(msgspec.Struct, frozen=True):
    """What the change does to a role: an action on a resource, as a policy writes both, is `granted` or `revoked`.

    `because` says what else decides than a statement that allows it: a Deny, the boundary, a condition. `kept` is what
    of it the role has before and after. `role_change` says that the role itself is `created` or `deleted`.
    """

    role: str
    action: str
    resource: str
    change: str
    because: str | None = None
    kept: tuple[ActionOnResource, ...] = ()
    role_change: str | None = None


class AccessUnknown(msgspec.Struct, frozen=True):
    """A role that the change touches and whose access is only partly known, and what cannot be read."""

    role: str
    reason: str
