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
from tfcheck.role.policies import Policies
from tfcheck.symbolic.value import Truth, Value


def warnings(request: Request, world: World, policies: Policies) -> Iterator[str]:
    """Return warnings for endpoint policies, SCPs and RCPs that definitely do not allow a request."""
    service = request.action.partition(":")[0]
    calls = f"{request.action} that the tasks need"  # one warning covers all of them
    for resource in world.resources("aws_vpc_endpoint"):
        for policy in _policies_of_endpoint(resource, service, world, policies):
            if _allows(policy, request) is Truth.FALSE:
                yield f"the policy of {resource.address} does not allow every {calls}, if they call through it"
    for resource in world.resources("aws_organizations_policy"):
        kind: Value = resource.attribute("type") or "SERVICE_CONTROL_POLICY"
        if kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            on_resource = kind == "RESOURCE_CONTROL_POLICY"
            read_as = PolicyKind.RESOURCE if on_resource else PolicyKind.IDENTITY
            found = policies.read(resource.attribute("content"), str(resource.address), read_as).policy
            if found is not None and _allows(found, request, denies_only=on_resource) is Truth.FALSE:
                yield f"{resource.address} does not allow every {calls}, if it is attached to their account"


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


def _policies_of_endpoint(endpoint: WorldObject, service: str, world: World, policies: Policies) -> Iterator[Policy]:
    """Yield the policies of an endpoint for calls of an IAM service."""
    name = endpoint.attribute("service_name")
    if not isinstance(name, str):
        return
    tail = name.split(".", 3)[-1] if name.count(".") >= 3 else name  # after `com.amazonaws.REGION.`
    if tail.split(".")[0] == service:
        joined = settings(world, ENDPOINT_POLICY).on(SettingOwner(endpoint, ()))
        for holder in joined.sure or ((endpoint,) if endpoint.is_configured("policy") else ()):
            found = policies.of_attribute(holder, "policy").policy
            if found is not None:
                yield found
