"""The possible answers to a request, and their evidence.

A decision names the statements that made it, or that could still make it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from tfcheck.iam.model import Origin, Policy
from tfcheck.symbolic.value import Truth

DenialKind: TypeAlias = Literal["explicit", "implicit", "boundary", "resource_policy"]
OpenKind: TypeAlias = Literal["condition", "unknown_value", "role_outside_plan", "policy_not_readable"]


class Allowed(msgspec.Struct, frozen=True):
    """The request is allowed for all values of what is unknown; `assumptions` are about what is not visible."""

    by: tuple[Origin, ...]
    assumptions: tuple[str, ...] = ()


class Denied(msgspec.Struct, frozen=True):
    """The request is denied for all values of what is unknown.

    `explicit`: by a Deny. `boundary`: granted, but not within the permissions boundary. `resource_policy`: granted to
    the role, but not by the key policy or the policy in the other account. `implicit`: not granted.
    """

    kind: DenialKind
    by: tuple[Origin, ...] = ()


class Undecided(msgspec.Struct, frozen=True):
    """It depends on a condition key, a value, or policies that are not visible. `waits_for` names it."""

    kind: OpenKind
    waits_for: str
    by: tuple[Origin, ...] = ()


Decision: TypeAlias = Allowed | Denied | Undecided


class Layers(msgspec.Struct, frozen=True):
    """Everything that may allow or deny a request.

    The policies in a `…hidden` field exist but cannot be read. `outside`: the role is not visible, only perhaps some of
    its policies. A `boundary` of None is no boundary. A `resource` of None is a resource without a policy; an unknown
    one is named in `resource_outside`. A KMS key without a policy has the default one; a resource of kind `open`
    without a policy admits everybody. `grants` are KMS grants to the caller, with how definitely they cover the
    request. Each of `guards` is one level of SCPs or an endpoint policy, which must allow it too.
    """

    identity: tuple[Policy, ...] = ()
    identity_hidden: tuple[str, ...] = ()
    outside: bool = False
    boundary: tuple[Policy, ...] | None = None
    boundary_hidden: str | None = None
    resource: Policy | None = None
    resource_hidden: str | None = None
    resource_outside: str | None = None
    resource_kind: Literal["plain", "kms", "open"] = "plain"
    grants: tuple[tuple[Origin, Truth], ...] = ()
    guards: tuple[tuple[Policy, ...], ...] = ()
