"""Describe the policy of a resource whose ARN is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.catalogue import catalogue
from tfcheck.inventory.setting import (
    BUCKET_POLICY,
    KEY_POLICY,
    REPOSITORY_POLICY,
    SECRET_POLICY,
    SettingKind,
    SettingOwner,
)
from tfcheck.inventory.world import World
from tfcheck.resource_policy.reading import own_policy, readable
from tfcheck.resource_policy.resource_side import ResourceSide
from tfcheck.role.policies import Policies, PolicyOrReason
from tfcheck.symbolic.value import PlainText, TextLike, pieces
from tfcheck.vocabulary.address import owner_of

_POLICIES = {
    BUCKET_POLICY: "s3",
    KEY_POLICY: "kms",
    SECRET_POLICY: "secretsmanager",
    REPOSITORY_POLICY: "ecr",
}
_SERVICES = (
    ("aws_s3_", "s3"),
    ("aws_secretsmanager_", "secretsmanager"),
    ("aws_kms_", "kms"),
    ("aws_ecr_", "ecr"),
    ("aws_ssm_", "ssm"),
    ("aws_efs_", "elasticfilesystem"),
)


def service_of(arn: TextLike) -> str | None:
    """Return the service of the resource whose attribute begins an unknown ARN."""
    owner = owner_of(next(iter(pieces(arn)), ""))
    return next((service for prefix, service in _SERVICES if owner and owner.type.startswith(prefix)), None)


def unidentified_side(world: World, policies: Policies, service: str | None = None) -> ResourceSide:
    """Describe a resource that may be any, of a service if that is known, and so may have any of their policies."""
    listed = [each for each, theirs in _POLICIES.items() if service in (None, theirs)]
    holders = [holder for setting in listed for holder in world.resources(setting.type)]
    found = [policies.of_attribute(holder, "policy") for holder in holders]
    for setting in listed:
        found.extend(own_policies(None, world, policies, setting))
    possible = readable(found)
    if not holders:
        return ResourceSide(outside="what is known only after apply", possible_policies=possible)
    hidden = f"{holders[0].address}, which may be on what is known only after apply,"
    return ResourceSide(hidden=hidden, possible_policies=possible)


def own_policies(
    name: TextLike | None, world: World, policies: Policies, setting: SettingKind, by: str = ""
) -> Iterator[PolicyOrReason]:
    """Yield the policies in arguments of resources of a kind, where `name` may be one of them.

    `name` is compared with the attribute `by`; None may be any of them.
    """
    for resource, own in catalogue(world, setting.kind).possible(name, by):
        names = (own,) if isinstance(own, PlainText) else ()
        yield own_policy(world, policies, setting, SettingOwner(resource, names))
