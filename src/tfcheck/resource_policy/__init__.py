"""The resource's own policy: a bucket's, a key's, a secret's, a repository's, a file system's.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html and the AWS
provider's resources for such policies.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from tfcheck.iam import Request
from tfcheck.inventory.catalogue import PARAMETER, catalogue
from tfcheck.inventory.other_stack import Stack
from tfcheck.inventory.world import World
from tfcheck.resource_policy.bucket import bucket_guard
from tfcheck.resource_policy.endpoint import warnings
from tfcheck.resource_policy.file_system import file_system_guard
from tfcheck.resource_policy.former_roles import without_former
from tfcheck.resource_policy.grant import covering_grants
from tfcheck.resource_policy.key import key_guard
from tfcheck.resource_policy.repository import repository_guard
from tfcheck.resource_policy.resource_side import ResourceSide, join_sides
from tfcheck.resource_policy.secret import secret_guard
from tfcheck.resource_policy.unidentified import service_of, unidentified_side
from tfcheck.role.policies import Policies
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth
from tfcheck.vocabulary.arn import parse_arn

__all__ = ["ResourcePolicies", "ResourceSide", "covering_grants"]


class ResourcePolicies:
    """The resource policies of one world, found by the ARN of the resource."""

    def __init__(self, world: World, policies: Policies) -> None:
        self._world = world
        self._policies = policies
        self._found: dict[tuple[TextLike, str | None], ResourceSide] = {}

    def of(self, resource: TextLike, service: str | None = None) -> ResourceSide:
        """Find the policies of the resource with an ARN, of a service if that is known; `*` has none."""
        key = resource, service
        if key not in self._found:
            stacks = (self._world, *self._world.context)
            sides = [self._side(resource, service, each, stacks) for each in stacks]
            self._found[key] = functools.reduce(lambda found, other: join_sides(found, other, resource), sides)
        return self._found[key]

    def _side(self, resource: TextLike, service: str | None, stack: World, stacks: Sequence[World]) -> ResourceSide:
        """Find the policies of a resource in one of the stacks, as the changes of the others leave them."""
        found = _alone(resource, service, stack, self._policies if stack is self._world else stack.once(Policies))
        if len(stacks) == 1:
            return found
        may_write = stack is self._world or (isinstance(stack, Stack) and stack.is_checked)
        others = [each for each in stacks if each is not stack]
        return without_former(found, others, Truth.UNKNOWN if may_write else Truth.TRUE)

    def warnings(self, request: Request) -> Iterator[str]:
        """Return warnings about policies in the plan that may block a request.

        Whether they do, the plan does not show.
        """
        return warnings(request, self._world, self._policies)


def _key_assumption(parameter: TextLike, world: World) -> Iterator[str]:
    """Return the assumption about the key of a parameter that is only looked up."""
    if catalogue(world, PARAMETER).find_by_arn(parameter) is None:
        for each in world.looked_up(*PARAMETER.types):
            if each.attribute("type") == "SecureString" and equal(each.attribute("arn"), parameter) is Truth.TRUE:
                yield f"assumes that {each.address} is encrypted with `aws/ssm`: a look-up does not show its key"
                return


def _alone(resource: TextLike, service: str | None, world: World, policies: Policies) -> ResourceSide:
    """Return the policies of a resource in one world, regardless of other stacks."""
    parts = parse_arn(resource)
    match parts.service if parts else service_of(resource):
        case "s3":
            return bucket_guard(resource, world, policies)
        case "secretsmanager":
            return secret_guard(resource, world, policies)
        case "kms":
            return key_guard(resource, world, policies)
        case "ecr":
            return repository_guard(resource, world, policies)
        case "elasticfilesystem":
            return file_system_guard(resource, world, policies)
        case "ssm":
            # A parameter has no policy, but another account may share it.
            notes = tuple(_key_assumption(resource, world))
            return ResourceSide(outside="a parameter outside the plan", outside_only_elsewhere=True, notes=notes)
        case None if resource != "*":
            return unidentified_side(world, policies, service)
        case _:
            return ResourceSide()
