"""What AWS assigns to an object: values that no other object has, and the form of what is computed."""

from __future__ import annotations

from tfcheck.resolve.grammar import grammar
from tfcheck.symbolic.value import ANYTHING, Hole

#: Types whose instances get an id from AWS, and with it an ARN, that no other object has had.
#: NOTE: elsewhere ids and ARNs are made of names, or repeat those of another object (a version's those of its secret).
_IDENTIFIED = frozenset(
    (
        "aws_cloudfront_distribution",
        "aws_cloudfront_origin_access_identity",
        "aws_efs_access_point",
        "aws_efs_file_system",
        "aws_fsx_lustre_file_system",
        "aws_fsx_ontap_file_system",
        "aws_fsx_openzfs_file_system",
        "aws_fsx_windows_file_system",
        "aws_instance",
        "aws_kms_external_key",
        "aws_kms_key",
        "aws_organizations_account",
        "aws_security_group",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_endpoint",
    )
)
#: Types whose instances have a `unique_id` that AWS assigns.
_WITH_UNIQUE_ID = frozenset(("aws_iam_role", "aws_iam_user", "aws_iam_group"))


def assigned_family(resource_type: str, attribute: str) -> str:
    """Return the family of values that AWS assigns to one created object only; empty for other attributes."""
    if attribute == "unique_id":
        return f"{resource_type}.unique_id" if resource_type in _WITH_UNIQUE_ID else ""
    return f"{resource_type}.{attribute}" if resource_type in _IDENTIFIED and attribute in ("arn", "id") else ""


def hole_of(resource_type: str, attribute: str) -> Hole:
    """Return which texts a computed attribute of no known shape may turn out to be."""
    named = grammar(resource_type, attribute)
    if named is not None:
        return named
    if attribute == "arn":
        return _ARN
    return _ARN_OR_NOTHING if attribute.endswith("_arn") else ANYTHING


_ARN = Hole(chars="*?$ ", shortest=20, starts="arn:")
#: The ARN of another object, of which there may be none: `monitoring_role_arn`.
_ARN_OR_NOTHING = Hole(chars="*?$ ")
