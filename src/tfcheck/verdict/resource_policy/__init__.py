"""The policies of resources: buckets, keys, secrets, repositories and file systems.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html and the AWS
provider's resources for such policies.
"""

from __future__ import annotations

from tfcheck.iam import Request
from tfcheck.inventory.catalogue import PARAMETER, catalogue, looked_up_by
from tfcheck.inventory.change import deleted_roles
from tfcheck.inventory.other_stack import Stack
from tfcheck.inventory.world import World
from tfcheck.role.policies import Policies
from tfcheck.symbolic.texts import split_literals
from tfcheck.symbolic.value import TextLike, Truth, display
from tfcheck.verdict.resource_policy.bucket import bucket_side
from tfcheck.verdict.resource_policy.endpoint import warnings
from tfcheck.verdict.resource_policy.policies import (
    file_system_side,
    key_side,
    repository_side,
    s3_file_system_side,
    secret_side,
)
from tfcheck.verdict.resource_policy.reading import service_of, unidentified_side, without_deleted_roles
from tfcheck.verdict.resource_policy.resource_side import ResourceSide, join_sides
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.finding import Requirement

__all__ = ["ResourcePolicies", "ResourceSide", "policy_holder"]


class ResourcePolicies:
    """The resource policies of one world, found by the ARN of the resource."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._policies = world.once(Policies)
        self._found: dict[tuple[TextLike, str | None], ResourceSide] = {}

    def of(self, resource: TextLike, service: str | None = None) -> ResourceSide:
        """Find the policies of the resource with an ARN, of a service if that is known; `*` has none."""
        key = resource, service
        if key not in self._found:
            stacks = self._world.context
            deleting = [each for each in (self._world, *stacks) if each.once(deleted_roles)]
            found = _side_in(resource, service, self._world, self._policies)
            found = without_deleted_roles(found, [each for each in deleting if each is not self._world], Truth.UNKNOWN)
            for stack in stacks:
                others = [each for each in deleting if each is not stack]
                may_write = isinstance(stack, Stack) and stack.is_checked
                theirs = _side_in(resource, service, stack, stack.once(Policies))
                theirs = without_deleted_roles(theirs, others, Truth.UNKNOWN if may_write else Truth.TRUE)
                found = join_sides(found, theirs, resource)
            self._found[key] = found
        return self._found[key]

    def warnings(self, request: Request) -> tuple[tuple[str, ...], ...]:
        """Return warnings about policies in the plan that may block a request; whether they do, it does not show."""
        return warnings(request, self._world, self._policies)


def policy_holder(need: Requirement) -> str:
    """Return, for people, what has the resource policy for a call: the bucket of an object in S3, else the resource."""
    if need.sensitive or not need.action.startswith("s3:") or ":accesspoint/" in need.shown_resource:
        return need.shown_resource
    return display(split_literals(need.resource, "/", 1)[0])


def _side_in(resource: TextLike, service: str | None, world: World, policies: Policies) -> ResourceSide:
    """Return the policies of a resource in one world, regardless of other stacks."""
    parts = parse_arn(resource)
    match parts.service if parts else service_of(resource):
        case "s3":
            return bucket_side(resource, world, policies)
        case "secretsmanager":
            return secret_side(resource, world, policies)
        case "kms":
            return key_side(resource, world, policies)
        case "ecr":
            return repository_side(resource, world, policies)
        case "elasticfilesystem":
            return file_system_side(resource, world, policies)
        case "s3files":
            return s3_file_system_side(resource, world, policies)
        case "ssm":
            # A parameter has no policy, but another account may share it.
            is_managed = catalogue(world, PARAMETER).find_by_arn(resource) is not None
            notes = tuple(
                f"assumes that {each.address} is encrypted with `aws/ssm`: a look-up does not show its key"
                for each in (() if is_managed else looked_up_by("arn", resource, world, *PARAMETER.types))
                if each.attribute("type") == "SecureString"
            )[:1]
            return ResourceSide(outside="a parameter outside the plan", outside_only_elsewhere=True, notes=notes)
        case None if resource != "*":
            return unidentified_side(world, policies, service)
        case _:
            return ResourceSide()
