"""Which resource of this very plan does a data source look up?

A data source that is read only during apply often depends on what it looks up: it then stands for that resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.address import Address, parse
from tfcheck.errors import InputError
from tfcheck.match import equal
from tfcheck.value import Truth, Unknown, Value

if TYPE_CHECKING:
    from tfcheck.resolve.resolver import Resolver

#: data source type -> the resource type it looks up, and by which argument and attribute.
_LOOKED_UP: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "aws_iam_role": ("aws_iam_role", (("name", "name"),)),
    "aws_iam_policy": ("aws_iam_policy", (("arn", "arn"), ("name", "name"))),
    "aws_s3_bucket": ("aws_s3_bucket", (("bucket", "bucket"),)),
    "aws_secretsmanager_secret": ("aws_secretsmanager_secret", (("arn", "arn"), ("name", "name"))),
    "aws_ssm_parameter": ("aws_ssm_parameter", (("name", "name"),)),
    "aws_ecr_repository": ("aws_ecr_repository", (("name", "name"),)),
    "aws_cloudwatch_log_group": ("aws_cloudwatch_log_group", (("name", "name"),)),
    "aws_kms_key": ("aws_kms_key", (("key_id", "key_id"), ("key_id", "arn"))),
    "aws_efs_file_system": ("aws_efs_file_system", (("file_system_id", "id"), ("creation_token", "creation_token"))),
    "aws_efs_access_point": ("aws_efs_access_point", (("access_point_id", "id"),)),
    "aws_kms_alias": ("aws_kms_alias", (("name", "name"),)),
    "aws_ecs_task_definition": (
        "aws_ecs_task_definition",
        (("task_definition", "family"), ("task_definition", "arn_without_revision"), ("task_definition", "arn")),
    ),
}


def twin(resolver: Resolver, address: Address) -> Address | None:
    """Find the managed resource that a data source of this plan surely looks up."""
    resource_type, ways = _LOOKED_UP.get(address.type, ("", ()))
    for argument, attribute in ways:
        wanted = resolver.evaluated(address, argument)
        if wanted is None:
            instance = resolver.plan.instance(str(address))
            wanted = (instance.after or {}).get(argument) if instance else None
        found = _named_by(wanted, resource_type) or _equal_to(resolver, address, wanted, resource_type, attribute)
        if found is not None:
            return found
    return None


def _named_by(wanted: Value, resource_type: str) -> Address | None:
    if not isinstance(wanted, Unknown) or wanted.symbol is None:
        return None
    try:
        owner = parse(wanted.symbol.owner)
    except InputError:
        return None
    return owner if owner.type == resource_type and owner.mode == "managed" else None


def _equal_to(resolver: Resolver, source: Address, wanted: Value, resource_type: str, attribute: str) -> Address | None:
    if wanted is None:
        return None
    found = [
        instance.address
        for instance in resolver.plan.instances(resource_type)
        if instance.after is not None and equal(wanted, resolver.attribute(instance.address, attribute)) is Truth.TRUE
    ]
    # What has one name in two regions, or accounts, is told apart by where it is looked up.
    beside = [each for each in found if resolver.surroundings(each) == resolver.surroundings(source)]
    return next(iter(beside or found), None)


def called(resource_type: str, attribute: str) -> str:
    """Give the name under which a resource has what a data source that looks it up has as `attribute`."""
    return _ELSEWHERE.get((resource_type, attribute), attribute)


#: The id of a looked up task definition is its ARN, that of a managed one its family.
_ELSEWHERE = {("aws_ecs_task_definition", "id"): "arn"}
