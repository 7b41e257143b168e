"""Everything in a plan that attaches a policy to a role, except what roles say themselves."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.policies import PolicyOrReason
from tfcheck.symbolic.value import Unknown, Value, items


class PolicyAttachment(msgspec.Struct, frozen=True):
    """Something in the plan that attaches a policy to a role.

    `name` is the name of an inline policy, None for a managed one; `reference` is then the managed policy's ARN.
    `found` is the policy where it has been read already.
    """

    resource: WorldObject
    role: Value
    name: Value = None
    reference: Value = None
    found: PolicyOrReason | None = None


def grants(world: World) -> Iterator[PolicyAttachment]:
    """Return everything in the plan that attaches a policy to a role, except what roles say themselves."""
    for resource in world.resources("aws_iam_role_policy"):
        yield PolicyAttachment(resource, resource.attribute("role"), name=resource.attribute("name"))
    for resource in world.resources("aws_iam_role_policy_attachment"):
        yield PolicyAttachment(
            resource, resource.attribute("role"), reference=known_arn(resource.attribute("policy_arn"))
        )
    for resource in world.resources("aws_iam_policy_attachment"):
        for role in members(resource.attribute("roles"), "the list of roles is known only after apply"):
            yield PolicyAttachment(resource, role, reference=known_arn(resource.attribute("policy_arn")))
    for resource in world.resources("aws_iam_role_policy_attachments_exclusive"):
        for arn in members(resource.attribute("policy_arns"), "the list of policies is known only after apply"):
            yield PolicyAttachment(resource, resource.attribute("role_name"), reference=known_arn(arn))


def known_arn(value: Value) -> Value:
    """Return the ARN of an attached policy, unknown where the plan does not have it."""
    return Unknown(reason="the policy's ARN is not in the plan") if value is None else value


def members(value: Value, reason: str) -> tuple[Value, ...]:
    """Return the elements of a list; an unknown list is one unknown element, which may be any of them, or none."""
    listed = items(value)
    return (Unknown(reason=reason),) if isinstance(listed, Unknown) else listed
