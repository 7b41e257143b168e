"""Warn about VPC endpoint policies that could block a call.

Endpoint policies bind only calls that pass the endpoint
(https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html), organization policies only the accounts
they are attached to (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html): what
they do not allow is worth a warning, not a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.iam import Effect, Policy, PolicyKind, Request, applies
from tfcheck.inventory.setting import ENDPOINT_POLICY, SettingOwner, settings
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.policies import Policies, PolicyOrReason
from tfcheck.symbolic.value import Truth, Value


def warnings(request: Request, world: World, policies: Policies) -> Iterator[str]:
    """Return warnings for endpoint policies, SCPs and RCPs that definitely do not allow a request."""
    for resource, found in _endpoints(request.action.partition(":")[0], world, policies):
        if found.policy is not None and _allows(found.policy, request) is Truth.FALSE:
            yield f"the policy of {resource.address} does not allow every {_calls(request)}, if they call through it"
    for resource in world.resources("aws_organizations_policy"):
        if _definitely_blocks(resource, request, policies):
            yield f"{resource.address} does not allow every {_calls(request)}, if it is attached to their account"


def _calls(request: Request) -> str:
    """Describe the calls of one action; one note covers all of them."""
    return f"{request.action} that the tasks need"


def _allows(policy: Policy, request: Request, *, denies_only: bool = False) -> Truth:
    allow = Truth.TRUE if denies_only else Truth.FALSE
    deny = Truth.FALSE
    for statement in policy.statements:
        truth = applies(statement, request).verdict
        if statement.effect is Effect.OPEN:
            truth = truth & Truth.UNKNOWN
        if statement.effect is not Effect.DENY:
            allow = allow | truth
        if statement.effect is not Effect.ALLOW:
            deny = deny | truth
    return allow & ~deny


# Endpoints


def _endpoints(service: str, world: World, policies: Policies) -> Iterator[tuple[WorldObject, PolicyOrReason]]:
    for resource in world.resources("aws_vpc_endpoint"):
        name = resource.attribute("service_name")
        if not isinstance(name, str) or not _is_for_service(name, service):
            continue
        joined = settings(world, ENDPOINT_POLICY).on(SettingOwner(resource, ()))
        holders = joined.sure or ((resource,) if resource.is_configured("policy") else ())
        for holder in holders:
            yield resource, policies.of_attribute(holder, "policy")


def _is_for_service(name: str, service: str) -> bool:
    """Whether an endpoint (`com.amazonaws.REGION.ecr.api`) is for calls of an IAM service."""
    tail = name.split(".", 3)[-1] if name.count(".") >= 3 else name
    return tail.split(".")[0] == service


# Organizations


def _definitely_blocks(resource: WorldObject, request: Request, policies: Policies) -> bool:
    kind: Value = resource.attribute("type") or "SERVICE_CONTROL_POLICY"
    if kind not in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        return False
    resource_side = kind == "RESOURCE_CONTROL_POLICY"
    read = PolicyKind.RESOURCE if resource_side else PolicyKind.IDENTITY
    found = policies.read(resource.attribute("content"), str(resource.address), read)
    return found.policy is not None and _allows(found.policy, request, denies_only=resource_side) is Truth.FALSE
