"""Read the policies of an image repository and of its registry.

Follows https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.catalogue import REPOSITORY, catalogue
from tfcheck.inventory.setting import REPOSITORY_POLICY, SettingOwner
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.resource_policy.former_roles import policy_as_saved
from tfcheck.resource_policy.reading import readable, set_policy
from tfcheck.resource_policy.resource_side import ResourceSide
from tfcheck.resource_policy.unidentified import unidentified_side
from tfcheck.role.policies import Policies, PolicyOrReason
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, without_prefix
from tfcheck.vocabulary.arn import parse_arn


def repository_guard(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policies of a repository and of its registry."""
    resource = catalogue(world, REPOSITORY).find_by_arn(arn)
    parts = parse_arn(arn)
    if parts is None:
        return unidentified_side(world, policies, "ecr")
    near = resource.surroundings if resource else Surroundings(parts.partition, parts.region, parts.account)
    subject = SettingOwner(resource, (arn, without_prefix(parts.resource, "repository/")), near)
    own = set_policy(world, policies, REPOSITORY_POLICY, subject)
    found = [*([own] if own else []), *_registry(near, world, policies)]
    read = readable(found)
    statements = tuple(statement for policy in read for statement in policy.statements)
    is_open = any(each.open for each in read)
    seen = resource is not None or (own and (own.policy or own.hidden))
    return ResourceSide(
        msgspec.structs.replace(read[0], statements=statements, open=is_open) if read else None,
        next((each.hidden for each in found if each.hidden), None),
        account=resource.surroundings.account if resource else None,
        in_plan=resource is not None,
        outside=None if seen else "a repository outside the plan",
        notes=tuple(note for each in found for note in each.notes),
        possible_policies=own.possible_policies if own else (),
    )


def _registry(near: Surroundings, world: World, policies: Policies) -> Iterator[PolicyOrReason]:
    for holder in world.resources("aws_ecr_registry_policy"):
        here = equal(holder.surroundings.region, near.region) & equal(holder.surroundings.account, near.account)
        here = here & holder.remains_on(None)
        if here is Truth.TRUE:
            yield policy_as_saved(policies.of_attribute(holder, "policy"), holder, world)
        elif here is Truth.UNKNOWN:
            yield PolicyOrReason(hidden=f"{holder.address}, which may be of its registry,")
