"""What a resource itself contributes to a decision: its policy, its owner, and what cannot be seen."""

from __future__ import annotations

from typing import Literal

import msgspec

from tfcheck.iam import Policy
from tfcheck.resource_policy.grant import KeyGrant
from tfcheck.symbolic.value import TextLike


class ResourceSide(msgspec.Struct, frozen=True):
    """The policy of a needed resource, and who owns it.

    `hidden` says which policy it has, or may have, that cannot be read; `possible_policies` are those that it may have
    and that can. `outside` describes a resource that the plan does not show, so that nothing is known of its policy; it
    never contains the ARN, which may be sensitive. With `outside_only_elsewhere` that matters only to callers of other
    accounts. `account` is the account that owns it; None takes it from the ARN. `in_plan` is set if the plan shows the
    resource. A resource of kind `kms` without a policy has the default key policy; one of kind `open` lets everybody
    in. `grants` are grants on a key. `notes` are assumptions, for people.
    """

    policy: Policy | None = None
    hidden: str | None = None
    account: TextLike | None = None
    in_plan: bool = False
    kind: Literal["plain", "kms", "open"] = "plain"
    outside: str | None = None
    outside_only_elsewhere: bool = False
    grants: tuple[KeyGrant, ...] = ()
    notes: tuple[str, ...] = ()
    possible_policies: tuple[Policy, ...] = ()
