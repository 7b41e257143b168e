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
}


def twin(resolver: Resolver, address: Address) -> Address | None:
    """Find the managed resource that a data source of this plan surely looks up."""
    resource_type, ways = _LOOKED_UP.get(address.type, ("", ()))
    for argument, attribute in ways:
        wanted = resolver.evaluated(address, argument)
        if wanted is None:
            instance = resolver.plan.instance(str(address))
            wanted = (instance.after or {}).get(argument) if instance else None
        found = _named_by(wanted, resource_type) or _equal_to(resolver, wanted, resource_type, attribute)
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


def _equal_to(resolver: Resolver, wanted: Value, resource_type: str, attribute: str) -> Address | None:
    if wanted is None:
        return None
    for instance in resolver.plan.instances(resource_type):
        if instance.after is not None:
            value = resolver.attribute(instance.address, attribute)
            if equal(wanted, value) is Truth.TRUE:
                return instance.address
    return None
