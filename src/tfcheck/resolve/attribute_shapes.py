"""Find the possible texts of a computed attribute, and which of them AWS assigns to one object only.

Follows the API reference of each service: a value that is known only after apply has only characters that the API
accepts, or the apply fails.
"""

from __future__ import annotations

import msgspec

from tfcheck.symbolic.value import ANYTHING, Hole, JsonText, PlainText, Text, TextLike, Unknown, Value, pieces, text

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALNUM = _LETTERS + _LETTERS.upper() + "0123456789"
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; old buckets have capitals and `_`.
BUCKET = Hole(_ALNUM + "._-", False, 3, 255)
#: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
IAM = Hole(_ALNUM + "_+=,.@-", False, 1, 128)
#: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
REPOSITORY = Hole(_LETTERS + "0123456789._/-", False, 2, 256)
#: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LOG_GROUP = Hole(_ALNUM + "._-/#", False, 1, 512)
#: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
SECRET = Hole(_ALNUM + "/_+=.@-", False, 1, 512)
#: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
PARAMETER = Hole(_ALNUM + "/_.-", False, 1, 2048)
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html, and of clusters as well
ECS = Hole(_ALNUM + "_-", False, 1, 255)
#: Names that AWS chooses itself: `fs-0123abcd`, or a UUID.
ASSIGNED_ID = Hole(_ALNUM + "-", False, 1, 128)
#: Names with a known grammar, by type and attribute.
_GRAMMARS = {
    ("aws_s3_bucket", "bucket"): BUCKET,
    ("aws_s3_bucket", "id"): BUCKET,
    ("aws_iam_role", "name"): IAM,
    ("aws_iam_role", "id"): IAM,
    ("aws_iam_policy", "name"): IAM,
    ("aws_iam_role_policy", "name"): IAM,
    ("aws_iam_instance_profile", "name"): IAM,
    ("aws_ecr_repository", "name"): REPOSITORY,
    ("aws_cloudwatch_log_group", "name"): LOG_GROUP,
    ("aws_secretsmanager_secret", "name"): SECRET,
    ("aws_ssm_parameter", "name"): PARAMETER,
    ("aws_ecs_cluster", "name"): ECS,
    ("aws_ecs_task_definition", "family"): ECS,
    ("random_integer", "result"): Hole("0123456789-", False, 1, open_type=True),
    ("random_uuid", "result"): Hole("0123456789abcdef-", False, 36, 36),
    ("random_uuid", "id"): Hole("0123456789abcdef-", False, 36, 36),
}
#: Names of objects that only services create, as `rds!db-1`; a parameter's may also be its ARN.
_LOOKED_UP = {
    ("aws_secretsmanager_secret", "name"): Hole(SECRET.chars + "!", False, 1),
    ("aws_ssm_parameter", "name"): Hole(SECRET.chars + "!:", False, 1),
}


def grammar(resource_type: str, attribute: str, *, looked_up: bool = False) -> Hole | None:
    """Return the possible texts of an attribute, or of a data source's; None if it is not listed here."""
    own = _GRAMMARS.get((resource_type, attribute))
    return _LOOKED_UP.get((resource_type, attribute), own) if looked_up else own


def restrict_characters(value: Value, names: Hole) -> Value:
    """Limit the unknown pieces of a text to the characters of `names`."""
    if not isinstance(value, (Unknown, Text)):
        return value
    return text(_restrict_piece(piece, names, whole=isinstance(value, Unknown)) for piece in pieces(value))


def _restrict_piece(piece: str | Unknown | JsonText, names: Hole, *, whole: bool) -> TextLike:
    if not isinstance(piece, Unknown) or piece.sensitive:
        return piece
    hole = piece.hole
    chars = "".join(each for each in names.chars if hole.allows(each))
    shortest = max(hole.shortest, names.shortest) if whole else hole.shortest
    longest = min(each for each in (hole.longest, names.longest) if each is not None) if names.longest else hole.longest
    if not chars or (longest is not None and shortest > longest):
        return piece
    shape = piece.shape if piece.shape is None else restrict_characters(piece.shape, names)
    assert shape is None or isinstance(shape, PlainText)
    narrowed = Hole(chars, False, shortest, longest, hole.starts, texts=hole.texts)
    return msgspec.structs.replace(piece, hole=narrowed, shape=shape if not isinstance(shape, Unknown) else piece.shape)


#: Types whose instances get an id, and so an ARN, from AWS that no other object has had.
#: NOTE: other ids and ARNs consist of names, or repeat another object's (a version's, those of its secret).
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
        "aws_s3files_access_point",
        "aws_s3files_file_system",
        "aws_security_group",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_endpoint",
    )
)
#: Types whose instances have a `unique_id` that AWS assigns.
_WITH_UNIQUE_ID = frozenset(("aws_iam_role", "aws_iam_user", "aws_iam_group"))


def assigned_family(resource_type: str, attribute: str) -> str:
    """Return the family of values that AWS assigns to only one created object; empty for other attributes."""
    if attribute == "unique_id":
        return f"{resource_type}.unique_id" if resource_type in _WITH_UNIQUE_ID else ""
    return f"{resource_type}.{attribute}" if resource_type in _IDENTIFIED and attribute in ("arn", "id") else ""


def hole_of(resource_type: str, attribute: str, *, looked_up: bool = False) -> Hole:
    """Return the possible texts of a computed attribute without a known shape."""
    named = grammar(resource_type, attribute, looked_up=looked_up)
    if named is not None:
        return named
    if attribute == "id" and resource_type in _IDENTIFIED:
        return ASSIGNED_ID
    if attribute == "arn":
        return _ARN
    return _ARN_OR_NOTHING if attribute.endswith("_arn") else ANYTHING


_ARN = Hole(chars="*?$ ", shortest=20, starts="arn:")
#: The ARN of another object that may not exist: `monitoring_role_arn`.
_ARN_OR_NOTHING = Hole(chars="*?$ ", open_type=True)
