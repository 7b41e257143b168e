"""Derive the form of an attribute that AWS computes before the resource exists.

ARNs follow the service authorization reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html),
attributes the pages of the AWS provider. A shape never replaces the symbol of the attribute: both are the same value.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TypeAlias

from tfcheck.resolve import random_texts
from tfcheck.resolve.attribute_shapes import ASSIGNED_ID, BUCKET, IAM, LOG_GROUP, SECRET, grammar, restrict_characters
from tfcheck.resolve.derived_instance import DerivedInstance
from tfcheck.resolve.other_forms import begins_like_arn, cleaned_key, whole_secret, without_selector
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.symbol import Symbol
from tfcheck.symbolic.texts import without_prefix
from tfcheck.symbolic.value import (
    NAME,
    PREFIX_SUFFIX,
    ROLE_ID,
    SECRET_SUFFIX,
    Hole,
    TextLike,
    Truth,
    Unknown,
    Value,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.arn import DNS_SUFFIXES, Arn, parse_arn

Derivation: TypeAlias = Callable[[DerivedInstance], TextLike | None]


def shape(resource_type: str, attribute: str, instance: DerivedInstance) -> TextLike | None:
    """Evaluate the certain part of a computed attribute; None if nothing is known of its form."""
    derivation = _DERIVATIONS.get(resource_type, {}).get(attribute)
    return derivation(instance) if derivation else None


def _text(value: Value) -> TextLike | None:
    return value if isinstance(value, TextLike) else None


def _arn(
    service: str, resource: Callable[[DerivedInstance], TextLike | None], *, regional: bool = True, owned: bool = True
) -> Derivation:
    def derive(instance: DerivedInstance) -> TextLike | None:
        tail = resource(instance)
        if tail is None:
            return None
        around = instance.surroundings
        region = around.region if regional else ""
        return Arn(around.partition, service, region, around.account if owned else "", tail).as_text()

    return derive


def _attribute(name: str) -> Derivation:
    return lambda instance: _text(instance.attribute(name))


def _concatenation(*parts: str | Derivation) -> Derivation:
    def derive(instance: DerivedInstance) -> TextLike | None:
        known = [part if isinstance(part, str) else part(instance) for part in parts]
        return None if any(part is None for part in known) else text(part for part in known if part is not None)

    return derive


def _generated_name(name: str, prefix: str, names: Hole, end: Derivation = lambda _: "") -> Derivation:
    """Return the form of a name that the provider generates: prefix, or `terraform-`, 26 hexadecimal digits, an end."""

    def derive(instance: DerivedInstance) -> TextLike | None:
        possible = grammar(instance.address.type, name, looked_up=instance.looked_up) or names
        written = _text(restrict_characters(instance.planned_argument(name), possible))
        if written:
            return written
        if instance.looked_up:
            return Unknown(symbol=Symbol(instance.address, (name,)), hole=possible)
        beginning = _text(instance.planned_argument(prefix)) or "terraform-"
        symbol = Symbol(instance.address, (name, "suffix"))
        # NOTE: the provider makes them of the time of the apply and a counter.
        digits = Unknown(symbol=symbol, hole=PREFIX_SUFFIX, family=f"generated.{name}", fresh=instance.is_new)
        return text([beginning, digits, end(instance) or ""])

    return derive


def _end_in_namespace(instance: DerivedInstance) -> TextLike:
    """Return the end of a generated bucket name, which names account and region in the namespace of an account."""
    match instance.planned_argument("bucket_namespace"):
        case None | "" | "global":
            return ""
        case "account-regional":
            return text(["-", instance.surroundings.account, "-", instance.surroundings.region, "-an"])
        case _:
            return Unknown(symbol=Symbol(instance.address, ("bucket", "namespace")), hole=BUCKET)


def _opaque(attribute: str, family: str, hole: Hole = ASSIGNED_ID) -> Derivation:
    """Return the form of an id that AWS assigns, unique for created objects but not for data sources."""

    def derive(instance: DerivedInstance) -> TextLike | None:
        own, symbol = "" if instance.looked_up else family, Symbol(instance.address, (attribute,))
        return Unknown(symbol=symbol, hole=hole, family=own, fresh=bool(own) and instance.is_new)

    return derive


def _path(instance: DerivedInstance) -> TextLike | None:
    if instance.looked_up:
        return Unknown(symbol=Symbol(instance.address, ("path",)), hole=_PATH)
    return _text(instance.planned_argument("path")) or "/"


#: The path of a role or a policy: `/`, or more between two slashes.
_PATH = Hole(chars=":*?$ ", starts="/", shortest=1)


def _arn_or(otherwise: Derivation) -> Derivation:
    """Return the ARN that a data source looks an object up by; otherwise derive it."""

    def derive(instance: DerivedInstance) -> TextLike | None:
        written = _text(instance.planned_argument("arn")) if instance.looked_up else None
        return written or otherwise(instance)

    return derive


def _parameter_name(instance: DerivedInstance) -> TextLike | None:
    """Return the name of a parameter; a data source also accepts its ARN, and a version or label after either."""
    if not instance.looked_up:
        return _text(instance.attribute("name"))
    written = _text(instance.planned_argument("name"))
    return without_selector(written) if written is not None and begins_like_arn(written) is Truth.FALSE else None


def _parameter_arn(instance: DerivedInstance) -> TextLike | None:
    written = _text(instance.planned_argument("name")) if instance.looked_up else None
    if written is not None and begins_like_arn(written) is Truth.TRUE:
        return without_selector(written)
    name = _parameter_name(instance)
    if name is None or begins_like_arn(name) is Truth.UNKNOWN:
        return None
    return _arn("ssm", lambda _: text(["parameter/", without_prefix(name, "/")]))(instance)


def _arn_of_version(version: DerivedInstance) -> TextLike | None:
    """Return the ARN of the secret that a version names by an ARN, with or without its suffix, or by its name."""
    written = _text(version.attribute("secret_id"))
    if written is None or begins_like_arn(written) is Truth.UNKNOWN:
        return None
    suffix = Unknown(symbol=Symbol(version.address, ("arn_suffix",)), hole=SECRET_SUFFIX)
    if begins_like_arn(written) is Truth.TRUE:
        return whole_secret(written, suffix)
    return _arn("secretsmanager", lambda _: text(["secret:", written, "-", suffix]))(version)


def _secret_id(secret: DerivedInstance) -> TextLike | None:
    arn, suffix = _secret_arn(secret), _secret_suffix(secret)
    return whole_secret(arn, suffix) if arn is not None and suffix is not None else None


def _object_id(instance: DerivedInstance) -> TextLike | None:
    """Return the key; since provider 6, whose resources have a region, the bucket precedes it."""
    key = _text(instance.attribute("key"))
    bucket = _text(instance.attribute("bucket"))
    if key is None or instance.attribute("region") is None:
        return key
    return None if bucket is None else text([bucket, "/", key])


def _dns_suffix(instance: DerivedInstance) -> TextLike | None:
    partition = instance.surroundings.partition
    return DNS_SUFFIXES[partition][0] if isinstance(partition, str) and partition in DNS_SUFFIXES else None


def _regional_host(instance: DerivedInstance) -> TextLike | None:
    """Return what follows `BUCKET.s3.` in the name of a bucket's regional endpoint."""
    # NOTE: some versions of the provider omit us-east-1 in it.
    region, suffix = instance.surroundings.region, _dns_suffix(instance)
    if suffix is not None and region != "us-east-1" and isinstance(region, str):
        return text([region, ".", suffix])
    return Unknown(symbol=Symbol(instance.address, ("bucket_regional_domain_name", "host")), hole=_HOST)


_HOST = Hole("abcdefghijklmnopqrstuvwxyz0123456789.-", False, 1)


def _access_point(instance: DerivedInstance) -> TextLike | None:
    """Return the ARN of an access point to a bucket in a region; those of Outposts have another form."""
    first = next(iter(pieces(spelled_out(_text(instance.planned_argument("bucket")) or ""))), "")
    if first.startswith("arn:") if isinstance(first, str) else not isinstance(first, Unknown) or first.hole.allows(":"):
        return None
    around = instance.surroundings
    account = _text(instance.planned_argument("account_id")) or around.account
    tail = text(["accesspoint/", _text(instance.attribute("name")) or ""])
    return Arn(around.partition, "s3", around.region, account, tail).as_text()


def _target_key(instance: DerivedInstance) -> TextLike | None:
    """Return the ARN of an alias's key, which is in the same region and account."""
    target = _text(instance.attribute("target_key_id"))
    if target is None:
        return None
    first = next(iter(pieces(spelled_out(target))), "")
    if isinstance(first, str) and first.startswith("arn:"):
        return target
    is_id = isinstance(target, str) or (isinstance(first, Unknown) and first.family == "aws_kms_key.key_id")
    return _arn("kms", lambda _: text(["key/", target]))(instance) if is_id else None


def _key_id(instance: DerivedInstance) -> TextLike | None:
    """Return the id of a key; a data source accepts an id, an ARN or an alias."""
    if not instance.looked_up:
        return _assigned_key_id(instance)
    written = spelled_out(_text(instance.planned_argument("key_id")) or "")
    first, *rest = pieces(written) or ("",)
    if isinstance(first, str) and _KEY_ARN.match(first):
        return text([_KEY_ARN.sub("", first, count=1), *rest])
    if isinstance(written, str) and _KEY_ID.fullmatch(written):
        return written
    return Unknown(symbol=Symbol(instance.address, ("id",)), hole=NAME)


def _assigned_key_id(instance: DerivedInstance) -> TextLike | None:
    """Return the id of a new key; only those of multi-Region keys begin with `mrk-`."""
    several = instance.planned_argument("multi_region")
    hole = _UUID if several in (None, False) else _MULTI_REGION_ID if several is True else ASSIGNED_ID
    return _opaque("key_id", "aws_kms_key.key_id", hole)(instance)


def _replica_id(instance: DerivedInstance) -> TextLike | None:
    """Return the id of a replica, which equals that of its primary key; only the region in its ARN differs."""
    primary = spelled_out(_text(instance.planned_argument("primary_key_arn")) or "")
    found = parse_arn(primary)
    key_id = without_prefix(found.resource, "key/") if found is not None else ""
    if found is not None and key_id != found.resource:
        return key_id
    return Unknown(symbol=Symbol(instance.address, ("key_id",)), hole=NAME)


def _registry(instance: DerivedInstance) -> TextLike:
    """Return the account of a repository, which a data source accepts as an argument."""
    return _text(instance.planned_argument("registry_id")) or instance.surroundings.account


def _repository_arn(repository: DerivedInstance) -> TextLike | None:
    around, name = repository.surroundings, _text(repository.attribute("name"))
    if name is None:
        return None
    tail = text(["repository/", name])
    return Arn(around.partition, "ecr", around.region, _registry(repository), tail).as_text()


_UUID = Hole("0123456789abcdef-", False, 36, 36)
_MULTI_REGION_ID = Hole("0123456789abcdef", False, 36, 36, starts="mrk-")
_KEY_ARN = regex(r"arn:[^:]+:kms:[^:]*:[^:]*:key/")
_KEY_ID = regex(r"mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_account: Derivation = attrgetter("surroundings.account")
_region: Derivation = attrgetter("surroundings.region")
_partition: Derivation = attrgetter("surroundings.partition")
_bucket = _generated_name("bucket", "bucket_prefix", BUCKET, _end_in_namespace)
_iam_name = _generated_name("name", "name_prefix", IAM)
_group = _generated_name("name", "name_prefix", LOG_GROUP)
_secret = _generated_name("name", "name_prefix", SECRET)
_digest = _opaque("image_digest", "", Hole("sha256:0123456789abcdef", False, 1))
_public_registry = _opaque("registry_alias", "", Hole("abcdefghijklmnopqrstuvwxyz0123456789._-", False, 2))
_revision = _opaque("revision", "", Hole("0123456789", False, 1, open_type=True))
_file_system_arn = _arn("elasticfilesystem", _concatenation("file-system/", _attribute("file_system_id")))
_secret_suffix = _opaque("arn_suffix", "aws_secretsmanager_secret.arn", SECRET_SUFFIX)
_secret_arn = _arn_or(_arn("secretsmanager", _concatenation("secret:", _secret, "-", _secret_suffix)))
_policy_arn = _arn_or(_arn("iam", _concatenation("policy", _path, _iam_name), regional=False))


def _id_and_arn(resource_type: str, service: str, *before: str | Derivation) -> dict[str, Derivation]:
    """Return the id that AWS assigns to an object, and the ARN that ends with it."""
    own = _opaque("id", f"{resource_type}.id")
    return {"id": own, "arn": _arn(service, _concatenation(*before, own))}


def _key(key_id: Derivation) -> dict[str, Derivation]:
    return {"key_id": key_id, "id": key_id, "arn": _arn("kms", _concatenation("key/", key_id))}


_OBJECT: dict[str, Derivation] = {
    "arn": _arn(
        "s3",
        _concatenation(_attribute("bucket"), "/", lambda instance: cleaned_key(instance.attribute("key"))),
        regional=False,
        owned=False,
    ),
    "id": _object_id,
}
_BUCKET_SETTINGS = (
    "aws_s3_bucket_policy",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_server_side_encryption_configuration",
)

_DERIVATIONS: dict[str, dict[str, Derivation]] = {
    "aws_caller_identity": {"account_id": _account, "id": _account},
    "aws_region": {"name": _region, "region": _region, "id": _region},
    "aws_partition": {"partition": _partition, "id": _partition, "dns_suffix": _dns_suffix},
    "aws_s3_bucket": {
        "bucket": _bucket,
        "id": _bucket,
        "arn": _arn("s3", _bucket, regional=False, owned=False),
        "bucket_domain_name": _concatenation(_bucket, ".s3.", _dns_suffix),
        "bucket_regional_domain_name": _concatenation(_bucket, ".s3.", _regional_host),
    },
    "aws_s3_access_point": {"arn": _access_point},
    "aws_s3_directory_bucket": {"arn": _arn("s3express", _concatenation("bucket/", _attribute("bucket")))},
    "aws_s3control_object_lambda_access_point": {
        "arn": _arn("s3-object-lambda", _concatenation("accesspoint/", _attribute("name")))
    },
    "aws_s3control_multi_region_access_point": {
        "arn": _arn("s3", _concatenation("accesspoint/", _opaque("alias", "")), regional=False)
    },
    "aws_s3_object": _OBJECT,
    "aws_s3_bucket_object": _OBJECT,
    "aws_s3_object_copy": {**_OBJECT, "id": _attribute("key")},
    **{each: {"id": _attribute("bucket")} for each in _BUCKET_SETTINGS},
    "aws_iam_role": {
        "name": _iam_name,
        "id": _iam_name,
        "arn": _arn("iam", _concatenation("role", _path, _iam_name), regional=False),
        "unique_id": _opaque("unique_id", "aws_iam_role.unique_id", ROLE_ID),
    },
    "aws_iam_policy": {"name": _iam_name, "id": _policy_arn, "arn": _policy_arn},
    "aws_iam_role_policy": {"name": _iam_name, "id": _concatenation(_attribute("role"), ":", _iam_name)},
    "aws_ssm_parameter": {"name": _parameter_name, "id": _parameter_name, "arn": _parameter_arn},
    "aws_secretsmanager_secret": {"name": _secret, "id": _secret_id, "arn": _secret_arn},
    "aws_secretsmanager_secret_version": {
        "arn": _arn_of_version,
        "id": _concatenation(_attribute("secret_id"), "|", _opaque("version", "", NAME)),
    },
    "aws_secretsmanager_secret_policy": {"id": _attribute("secret_arn")},
    "aws_secretsmanager_secret_rotation": {"id": _attribute("secret_id")},
    "aws_ecr_repository": {
        "id": _attribute("name"),
        "arn": _repository_arn,
        "registry_id": _registry,
        "repository_url": _concatenation(_registry, ".dkr.ecr.", _region, ".", _dns_suffix, "/", _attribute("name")),
    },
    "aws_ecr_image": {
        "image_uri": _concatenation(
            _registry, ".dkr.ecr.", _region, ".", _dns_suffix, "/", _attribute("repository_name"), "@", _digest
        )
    },
    "aws_ecrpublic_repository": {
        "repository_uri": _concatenation("public.ecr.aws/", _public_registry, "/", _attribute("repository_name"))
    },
    "aws_cloudwatch_log_group": {
        "name": _group,
        "id": _group,
        "arn": _arn("logs", _concatenation("log-group:", _group)),
    },
    "aws_kms_key": _key(_key_id),
    "aws_kms_external_key": _key(_key_id),
    "aws_kms_replica_key": _key(_replica_id),
    "aws_kms_replica_external_key": _key(_replica_id),
    "aws_kms_alias": {
        "id": lambda alias: _text(alias.attribute("arn" if alias.looked_up else "name")),
        "target_key_arn": _target_key,
        "arn": _arn("kms", _attribute("name")),
    },
    "aws_efs_file_system": {
        **_id_and_arn("aws_efs_file_system", "elasticfilesystem", "file-system/"),
        "file_system_id": _attribute("id"),  # the data source's name for it
    },
    "aws_efs_access_point": {
        **_id_and_arn("aws_efs_access_point", "elasticfilesystem", "access-point/"),
        "access_point_id": _attribute("id"),
        "file_system_arn": _file_system_arn,
    },
    "aws_efs_mount_target": {"file_system_arn": _file_system_arn},
    "aws_efs_file_system_policy": {"id": _attribute("file_system_id")},
    "aws_s3files_file_system": _id_and_arn("aws_s3files_file_system", "s3files", "file-system/"),
    "aws_s3files_access_point": _id_and_arn(
        "aws_s3files_access_point", "s3files", "file-system/", _attribute("file_system_id"), "/access-point/"
    ),
    "aws_ecs_task_definition": {
        "id": _attribute("family"),
        "revision": _revision,
        "arn_without_revision": _arn("ecs", _concatenation("task-definition/", _attribute("family"))),
        "arn": _arn("ecs", _concatenation("task-definition/", _attribute("family"), ":", _revision)),
    },
    "aws_ecs_cluster": dict.fromkeys(("id", "arn"), _arn("ecs", _concatenation("cluster/", _attribute("name")))),
    **random_texts.DERIVATIONS,
}
