"""Describe the policy of a resource whose ARN is unknown."""

from __future__ import annotations

from tfcheck.inventory.setting import BUCKET_POLICY, KEY_POLICY, REPOSITORY_POLICY, SECRET_POLICY, Setting
from tfcheck.resource_policy.guarded import ResourceSide
from tfcheck.symbolic.value import TextLike, Unknown, pieces
from tfcheck.vocabulary.address import parse
from tfcheck.vocabulary.errors import InputError
from tfcheck.world.world import World

_POLICIES = (BUCKET_POLICY, KEY_POLICY, SECRET_POLICY, REPOSITORY_POLICY)
_SERVICES = (
    ("aws_s3_", "s3"),
    ("aws_secretsmanager_", "secretsmanager"),
    ("aws_kms_", "kms"),
    ("aws_ecr_", "ecr"),
    ("aws_ssm_", "ssm"),
    ("aws_efs_", "elasticfilesystem"),
)


def service_of(arn: TextLike) -> str | None:
    """Name the service of the resource whose attribute an unknown ARN begins with."""
    first = next(iter(pieces(arn)), "")
    if not isinstance(first, Unknown) or first.symbol is None:
        return None
    try:
        owner = parse(first.symbol.owner)
    except InputError:
        return None
    return next((service for prefix, service in _SERVICES if owner.type.startswith(prefix)), None)


def unidentified(world: World, settings: tuple[Setting, ...] = _POLICIES) -> ResourceSide:
    """Describe a resource that may be any: each policy of the plan may turn out to be its own."""
    for setting in settings:
        for holder in world.resources(setting.type):
            return ResourceSide(hidden=f"{holder.address}, which may be on what is known only after apply,")
    return ResourceSide(outside="what is known only after apply")
