"""Warn about VPC endpoint policies that could block a call.

Endpoint policies bind only calls that pass the endpoint
(https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html), and organization policies only the
accounts that they are attached to
(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html). So what they do not allow
is a warning, not a verdict. ECR serves the layers of images from a bucket, by presigned URLs
(https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

from tfcheck.iam import Caller, Context, Effect, Policy, PolicyKind, Request
from tfcheck.iam.layer import evaluate_statements
from tfcheck.iam.principal import Principals, match
from tfcheck.iam.resource import target
from tfcheck.inventory.setting import ENDPOINT_POLICY, SettingOwner, settings
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.role.policies import Policies
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, identity, text
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.grouping import group_by_key

#: Steps for comparing a call with a policy of an organization.
_STEPS = 5
#: Resources whose policies are the same for every call, each with its place among all of its type.
_Alike: TypeAlias = list[tuple[int, WorldObject]]
#: Such resources, and what the sentence about each says before and after its address.
_Warning: TypeAlias = tuple[_Alike, str, str]


def warnings(request: Request, world: World, policies: Policies) -> tuple[tuple[str, ...], ...]:
    """Return warnings for endpoint policies, SCPs and RCPs that definitely do not allow a request.

    Requests with the same warnings get the same objects, since there may be many of both.
    """
    calls = f"{request.action} that the tasks need"  # one warning covers all of them
    of_endpoints: list[_Warning] = []
    for asked, words in [(request, calls), *_layer_requests(request)]:
        for alike in world.once(_endpoints).get(asked.action.partition(":")[0], ()):
            first = alike[0][1]
            own = (policies.of_attribute(each, "policy").policy for each in _policy_holders(first, world))
            if not _is_elsewhere(first, request) and any(each and _allows(each, asked) is Truth.FALSE for each in own):
                ends = f"does not allow every {words}, if they call through it"
                of_endpoints.append((alike, "the policy of ", ends))
    of_organization: list[_Warning] = []
    for (kind, accounts, _), alike in world.once(_organization_policies).items():
        if accounts and all(equal(each, request.caller.account) is Truth.FALSE for each in accounts):
            continue
        first, on_resource = alike[0][1], kind == "RESOURCE_CONTROL_POLICY"
        read_as = PolicyKind.RESOURCE if on_resource else PolicyKind.IDENTITY
        policy = policies.read(first.attribute("content"), str(first.address), read_as).policy
        if policy is not None and take(_STEPS):
            # NOTE: beside a policy that only denies, another one is attached that allows, or nothing would be.
            denies_only = on_resource or all(each.effect is Effect.DENY for each in policy.statements)
            if _allows(policy, request, denies_only=denies_only) is Truth.FALSE:
                ends = f"does not allow every {calls}, if it is attached to their account"
                of_organization.append((alike, "", ends))
    return tuple(_sentences(each, world) for each in (of_endpoints, of_organization) if each)


def _sentences(found: list[_Warning], world: World) -> tuple[str, ...]:
    """Return the sentences about resources in the plan's order."""
    every = ((place, f"{begins}{each.address} {ends}") for alike, begins, ends in found for place, each in alike)
    key = _sentences, *((id(alike), ends) for alike, _, ends in found)
    return found_once(world, key, lambda: tuple(words for _, words in sorted(every)))


def _layer_requests(request: Request) -> Iterator[tuple[Request, str]]:
    """Yield the request for a layer that follows one for its address, with how to call all such requests."""
    arn = parse_arn(request.resource)
    if request.action == "ecr:GetDownloadUrlForLayer" and arn is not None:
        layer = text(["arn:", arn.partition, ":s3:::prod-", arn.region, "-starport-layer-bucket/", Unknown()])
        anyone = Caller(Unknown(), Unknown(), Unknown())
        yield Request("s3:GetObject", layer, anyone, Context()), "s3:GetObject on layers of images that the tasks need"


def _allows(policy: Policy, request: Request, *, denies_only: bool = False) -> Truth:
    def names(principals: Principals) -> Truth:
        return Truth.UNKNOWN if principals.negated else match(principals, request.caller).any_match()

    wanted = target(request.resource)
    statements = policy.index.covering(wanted.name)
    found = evaluate_statements(statements, request.action, wanted, request.context, names)
    return (found.allow | Truth.of(denies_only)) & ~found.deny


def _endpoints(world: World) -> dict[str, list[_Alike]]:
    """Group the endpoints that calls of a service may pass, with their places, by what decides about calls."""
    found = []
    for place, each in enumerate(world.resources("aws_vpc_endpoint")):
        contents = tuple(_content(holder, "policy") for holder in _policy_holders(each, world))
        found.append(((_service(each), each.surroundings, contents), (place, each)))
    groups = group_by_key((service, alike) for (service, *_), alike in group_by_key(found).items())
    return groups | {"kms": []}  # others decrypt with a key, not the task


def _service(endpoint: WorldObject) -> str:
    name = endpoint.attribute("service_name")
    if not isinstance(name, str):
        return ""
    # What follows `com.amazonaws.REGION.`, in China `cn.com.amazonaws.REGION.`
    tail = name.removeprefix("cn.").split(".", 3)[-1] if name.count(".") >= 3 else name
    return tail.split(".")[0]


def _policy_holders(endpoint: WorldObject, world: World) -> Sequence[WorldObject]:
    """Return what sets the policies of an endpoint."""
    joined = settings(world, ENDPOINT_POLICY).on(SettingOwner(endpoint, ()))
    return joined.definite or ((endpoint,) if endpoint.is_configured("policy") else ())


def _content(holder: WorldObject, attribute: str) -> Hashable:
    """Return a key that only policies of the same text share."""
    written = holder.attribute(attribute)
    return written if isinstance(written, str) else holder.address


def _is_elsewhere(endpoint: WorldObject, request: Request) -> bool:
    """Whether the resource of a request is definitely in another region or partition than an endpoint."""
    arn, near = parse_arn(request.resource), endpoint.surroundings
    if arn is None:
        return False
    other_region = arn.region != "" and equal(arn.region, near.region) is Truth.FALSE
    return other_region or equal(arn.partition, near.partition) is Truth.FALSE


def _organization_policies(world: World) -> dict[tuple[str, tuple[str, ...], Hashable], _Alike]:
    """Group the policies of an organization, with their places, by kind, the only accounts that have them, and text."""
    attachments = world.resources("aws_organizations_policy_attachment")
    targets = group_by_key((identity(each.attribute("policy_id")), each.attribute("target_id")) for each in attachments)
    found = []
    for place, each in enumerate(world.resources("aws_organizations_policy")):
        kind, named = each.attribute("type") or "SERVICE_CONTROL_POLICY", identity(each.attribute("id"))
        if isinstance(kind, str) and kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            own = targets.get(named, []) if named is not None else []
            accounts = tuple(each for each in own if isinstance(each, str) and each.isdigit())
            key = kind, accounts if len(accounts) == len(own) else (), _content(each, "content")
            found.append((key, (place, each)))
    return group_by_key(found)
