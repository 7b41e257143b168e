"""Warn about VPC endpoint policies that could block a call.

Endpoint policies bind only calls that pass the endpoint
(https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html), and organization policies only the
accounts that they are attached to
(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html). So what they do not allow
is a warning, not a verdict. ECR serves the layers of images from a bucket, by presigned URLs
(https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html).
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.iam import Caller, Context, Effect, Policy, PolicyKind, Request, applies
from tfcheck.inventory.setting import ENDPOINT_POLICY, SettingOwner, settings
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.policies import Policies
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value, identity, text
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.grouping import group_by_key


def warnings(request: Request, world: World, policies: Policies) -> Iterator[str]:
    """Return warnings for endpoint policies, SCPs and RCPs that definitely do not allow a request."""
    calls = f"{request.action} that the tasks need"  # one warning covers all of them
    passing = [(request, calls), *_layer_requests(request)]
    for resource in (each for each in world.resources("aws_vpc_endpoint") if not _is_elsewhere(each, request)):
        for asked, words in passing:
            own = _policies_of_endpoint(resource, asked.action.partition(":")[0], world, policies)
            if any(_allows(each, asked) is Truth.FALSE for each in own):
                yield f"the policy of {resource.address} does not allow every {words}, if they call through it"
    for resource in world.resources("aws_organizations_policy"):
        kind: Value = resource.attribute("type") or "SERVICE_CONTROL_POLICY"
        if kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            on_resource = kind == "RESOURCE_CONTROL_POLICY"
            read_as = PolicyKind.RESOURCE if on_resource else PolicyKind.IDENTITY
            found = policies.read(resource.attribute("content"), str(resource.address), read_as).policy
            if found is None or _is_only_elsewhere(resource, request, world):
                continue
            # NOTE: beside a policy that only denies, another one is attached that allows, or nothing would be.
            denies_only = on_resource or all(each.effect is Effect.DENY for each in found.statements)
            if _allows(found, request, denies_only=denies_only) is Truth.FALSE:
                yield f"{resource.address} does not allow every {calls}, if it is attached to their account"


def _layer_requests(request: Request) -> Iterator[tuple[Request, str]]:
    """Yield the request for a layer that follows one for its address, with how to call all such requests."""
    arn = parse_arn(request.resource)
    if request.action == "ecr:GetDownloadUrlForLayer" and arn is not None:
        layer = text(["arn:", arn.partition, ":s3:::prod-", arn.region, "-starport-layer-bucket/", Unknown()])
        anyone = Caller(Unknown(), Unknown(), Unknown())
        yield Request("s3:GetObject", layer, anyone, Context()), "s3:GetObject on layers of images that the tasks need"


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
    """Yield the policies of an endpoint that calls of a service may pass: others decrypt with a key, not the task."""
    name = endpoint.attribute("service_name")
    if not isinstance(name, str) or service == "kms":
        return
    # What follows `com.amazonaws.REGION.`, in China `cn.com.amazonaws.REGION.`
    tail = name.removeprefix("cn.").split(".", 3)[-1] if name.count(".") >= 3 else name
    if tail.split(".")[0] == service:
        joined = settings(world, ENDPOINT_POLICY).on(SettingOwner(endpoint, ()))
        for holder in joined.definite or ((endpoint,) if endpoint.is_configured("policy") else ()):
            found = policies.of_attribute(holder, "policy").policy
            if found is not None:
                yield found


def _is_elsewhere(endpoint: WorldObject, request: Request) -> bool:
    """Whether the resource of a request is definitely in another region or partition than an endpoint."""
    arn, near = parse_arn(request.resource), endpoint.surroundings
    if arn is None:
        return False
    other_region = arn.region != "" and equal(arn.region, near.region) is Truth.FALSE
    return other_region or equal(arn.partition, near.partition) is Truth.FALSE


def _is_only_elsewhere(policy: WorldObject, request: Request, world: World) -> bool:
    """Whether a policy of an organization is attached, and definitely to other accounts only."""
    named = identity(policy.attribute("id"))
    own = world.once(_attachments_by_policy).get(named, ()) if named is not None else ()
    targets = [each.attribute("target_id") for each in own]
    others = [each for each in targets if isinstance(each, str) and each.isdigit()]
    away = [equal(each, request.caller.account) is Truth.FALSE for each in others]
    return bool(targets) and len(others) == len(targets) and all(away)


def _attachments_by_policy(world: World) -> dict[TextLike | None, list[WorldObject]]:
    attachments = world.resources("aws_organizations_policy_attachment")
    return group_by_key((identity(each.attribute("policy_id")), each) for each in attachments)
