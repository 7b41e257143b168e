"""The condition keys of one start-up call, beyond those common to all calls of its role.

Follows the condition keys of each service
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html)
and of KMS (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from tfcheck.iam import CLOCK_KEYS, Absent, Entry, LaterTime, OneOfValues, PresenceUnknown
from tfcheck.inventory.catalogue import (
    ALIAS,
    KEY,
    LOG_GROUP,
    OBJECT,
    PARAMETER,
    REPOSITORY,
    SECRET,
    catalogue,
    looked_up_by,
)
from tfcheck.inventory.key import named_key
from tfcheck.inventory.keys_in_use import secret_of, whole_arn
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.object_key import has_bucket_key, is_without_further_context
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.reference import secret_fields
from tfcheck.startup.source import without_tail
from tfcheck.symbolic.beginnings import Beginnings
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import REGION, PlainText, TextLike, Truth, Unknown, Value, items, pieces, text
from tfcheck.vocabulary.arn import Arn, parse_arn
from tfcheck.vocabulary.finding import Requirement

_ANY = PresenceUnknown()
_TAGS_OF_SECRET = ("aws:ResourceTag/", "secretsmanager:ResourceTag/")
_UNSEEN_REGION = Unknown(reason="the bucket's region is not in the plan", hole=REGION)


def context_of(requirement: Requirement, world: World) -> Mapping[str, Entry]:
    """Return the condition keys of a requirement's call, for `tfcheck.iam.start_up_context`.

    A key that is not among them may be absent, or have any value.
    """
    parts = parse_arn(requirement.resource)
    found: dict[str, Entry] = {"aws:ResourceAccount": parts.account} if parts is not None and parts.account else {}
    return found | clock_keys(world) | _service_keys(requirement, world)


def clock_keys(world: World) -> dict[str, Entry]:
    """Return the condition keys of the time, for a call that is made after the plan; none if that has no time."""
    from datetime import datetime  # for the few conditions that use a key

    with suppress(ValueError):
        planned = datetime.fromisoformat(world.planned_at)
        return dict.fromkeys(CLOCK_KEYS, LaterTime(int(planned.timestamp()))) if planned.tzinfo else {}
    return {}


_ORGANIZATION_KEYS = ("aws:PrincipalOrgID", "aws:ResourceOrgID")


def organization_keys(principal: TextLike, owner: TextLike, world: World) -> dict[str, Entry]:
    """Return the organizations of the accounts of a role and of what it needs, as far as data sources read them."""
    found: dict[str, Entry] = {}
    for each in world.looked_up("aws_organizations_organization"):
        listed = items(each.attribute("accounts"))
        others = [] if isinstance(listed, Unknown) else [one.get("id") for one in listed if isinstance(one, dict)]
        members = (each.surroundings.account, each.attribute("master_account_id"), *others)
        number = each.attribute("id")
        for key, account in zip(_ORGANIZATION_KEYS, (principal, owner), strict=True):
            if number is not None and any(equal(one, account) is Truth.TRUE for one in members):
                found[key] = number
    return found


def _service_keys(requirement: Requirement, world: World) -> dict[str, Entry]:
    resource = requirement.resource
    match service := requirement.action.partition(":")[0]:
        case "s3":
            return _s3(requirement, world)
        case "secretsmanager":
            secret = secret_of(resource, world)
            added = _separate_tags(secret, world) if secret is not None else {}
            return {**_secret(requirement), **_tags(secret, _TAGS_OF_SECRET[1]), **added}
        case "ssm":
            return _tags(catalogue(world, PARAMETER).find_by_arn(resource), "ssm:resourceTag/")
        case "ecr":
            if resource == "*":
                return _token(requirement.details.through)
            return _tags(catalogue(world, REPOSITORY).find_by_arn(resource), "ecr:ResourceTag/")
        case "logs":
            return _tags(_log_group(resource, world))
        case "kms":
            return _kms(requirement, world)
        case "elasticfilesystem" | "s3files":
            point: Entry = Absent() if requirement.details.through is None else requirement.details.through
            if isinstance(requirement.details.through, Unknown) and requirement.details.through.symbol is None:
                point = PresenceUnknown(requirement.details.through)
            unenforced = ("aws:ResourceAccount", *CLOCK_KEYS, *_ORGANIZATION_KEYS)
            return {**dict.fromkeys(unenforced, _ANY), f"{service}:AccessPointArn": point}
        case _:
            return {}


def _token(repository: TextLike | None) -> dict[str, Entry]:
    """Return the keys of a request for a token, which is for all repositories of the region that the image is in."""
    parts = None if repository is None else parse_arn(repository)
    region: dict[str, Entry] = {} if parts is None else {"aws:RequestedRegion": parts.region}
    return {**region, "aws:ResourceTag/": Absent(), "ecr:ResourceTag/": Absent()}


def _tags(resource: WorldObject | None, own: str = "") -> dict[str, Entry]:
    """Return the tags of a resource in the plan under the global key and the service's own one."""
    if resource is None:
        return {}
    found: dict[str, Entry] = {}
    for prefix in filter(None, ("aws:ResourceTag/", own)):
        everything, written = resource.attribute("tags_all"), resource.attribute("tags")
        if isinstance(everything, dict):
            found[prefix] = everything
        elif isinstance(written, dict):  # the provider's default tags, if any, are added
            found |= {prefix + key: value for key, value in written.items()}
    return found


def _separate_tags(secret: WorldObject, world: World) -> dict[str, Entry]:
    """Return the tags that resources of their own add to a secret, which its attributes do not show before apply."""
    found: dict[str, Entry] = {}
    for each in world.resources("aws_secretsmanager_tag"):
        is_tagged = _is_named(secret, each.attribute("secret_id"), each, world)
        key, value = each.attribute("key"), each.attribute("value")
        added: dict[str, Entry] = {"": Unknown(reason="which tags are added to the secret")}
        if isinstance(key, str):
            added = {key: value if is_tagged is Truth.TRUE else PresenceUnknown(value)}
        if is_tagged is not Truth.FALSE:
            found |= {prefix + name: entry for prefix in _TAGS_OF_SECRET for name, entry in added.items()}
    return found


def _is_named(secret: WorldObject, reference: Value, by: WorldObject, world: World) -> Truth:
    """Whether a resource means this secret by an ARN or a name."""
    found = catalogue(world, SECRET).find(reference, by.surroundings)
    return equal(reference, secret.attribute("arn")) if found is None else Truth.of(found.address == secret.address)


# S3


def _s3(requirement: Requirement, world: World) -> dict[str, Entry]:
    resource = requirement.resource
    bucket = bucket_of(resource, world)
    owner = bucket.resource if bucket else None
    found: dict[str, Entry] = {"aws:RequestedRegion": owner.surroundings.region if owner else _UNSEEN_REGION}
    if owner is not None and not world.resources("aws_s3_bucket_abac"):
        found["aws:ResourceTag/"] = Absent()
    tagged = catalogue(world, OBJECT).find_by_arn(resource)
    if requirement.action == "s3:GetBucketLocation":
        found["s3:ExistingObjectTag/"] = Absent()
    elif tagged is not None and not _copies_tags(tagged):
        own = tagged.attribute("tags")
        tags = tagged.attribute("tags_all") or own
        found["s3:ExistingObjectTag/"] = tags if isinstance(tags, (dict, Unknown)) else Absent()
        if isinstance(tags, Unknown) and isinstance(own, dict):  # the provider's default tags, if any, are added
            found |= {f"s3:ExistingObjectTag/{key}": value for key, value in own.items()}
    return found


def _copies_tags(resource: WorldObject) -> bool:
    """Whether an object has the tags of the one that it is a copy of."""
    return resource.address.type == "aws_s3_object_copy" and resource.attribute("tagging_directive") != "REPLACE"


# Secrets Manager


def _secret(requirement: Requirement) -> dict[str, Entry]:
    """Return the keys for the secret and its requested version; AWS documents none for calls without a version."""
    whole, named = requirement.resource, requirement.details.through
    short = whole if named is None else without_tail(named)
    found: dict[str, Entry] = {"secretsmanager:SecretId": whole if short == whole else OneOfValues((whole, short))}
    tail = () if named is None else (secret_fields(named) or ())[2:]
    for key, value in zip(("secretsmanager:VersionStage", "secretsmanager:VersionId"), tail, strict=False):
        if isinstance(value, str) and value:
            found[key] = Sensitive(value) if requirement.sensitive else value
    return found


# Logs


def _log_group(stream: TextLike, world: World) -> WorldObject | None:
    """Find the log group of a stream by the beginning of its ARN."""
    known = catalogue(world, LOG_GROUP)
    found = known.owner(next(iter(pieces(stream)), ""))
    parts = parse_arn(stream)
    if found is not None or parts is None or not isinstance(first := next(iter(pieces(parts.resource)), ""), str):
        return found
    return known.find_by_name(first.removeprefix("log-group:").partition(":")[0], None)


# KMS, which other services call on behalf of the role


def _kms(requirement: Requirement, world: World) -> dict[str, Entry]:
    found: dict[str, Entry] = {
        "aws:ViaAWSService": OneOfValues(("true", "false")),
        **dict.fromkeys(("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"), _ANY),
    }
    key = catalogue(world, KEY).find_by_arn(requirement.resource)
    found |= {
        **_tags(key),
        **_origin(key or next(looked_up_by("arn", requirement.resource, world, "aws_kms_key"), None)),
        **_regions_of_key(requirement.resource),
        **_aliases(requirement.resource, world),
    }
    encrypted = requirement.details.encrypted
    parts = parse_arn(encrypted) if encrypted is not None else None
    if encrypted is not None and parts is not None:
        region = parts.region
        if parts.service == "s3":
            bucket = bucket_of(encrypted, world)
            region = bucket.resource.surroundings.region if bucket and bucket.resource else _UNSEEN_REGION
        # NOTE: if nothing in the plan shows the partition, its authors write the host names of the common one.
        domain = _VIA_DOMAINS.get(parts.partition) if isinstance(parts.partition, str) else ".amazonaws.com"
        found["kms:ViaService"] = text([parts.service, ".", region, domain]) if domain else _ANY
        found |= _SYMMETRIC | _encryption_context(encrypted, parts, world)
    return found


#: The ends of `kms:ViaService` by partition; for the others they are not documented.
_VIA_DOMAINS = {"aws": ".amazonaws.com", "aws-us-gov": ".amazonaws.com", "aws-cn": ".amazonaws.com.cn"}
#: Of every key that S3, Secrets Manager and Systems Manager encrypt with: they accept only symmetric keys. The
#: algorithm is the default one, which counts as if the request named it.
_SYMMETRIC: dict[str, Entry] = {
    "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    "kms:KeySpec": "SYMMETRIC_DEFAULT",
    "kms:KeyUsage": "ENCRYPT_DECRYPT",
}


#: Where the key material of keys of a type comes from: multi-Region keys are in no key store of one's own.
_ORIGINS = {
    "aws_kms_replica_key": "AWS_KMS",
    "aws_kms_external_key": "EXTERNAL",
    "aws_kms_replica_external_key": "EXTERNAL",
}


def _origin(key: WorldObject | None) -> dict[str, Entry]:
    """Return where the key material of a key comes from, as `CreateKey` names it."""
    if key is None:
        return {}
    origin: Value = _ORIGINS.get(key.address.type)
    if key.address.mode == "data":
        origin = key.attribute("origin")
    elif origin is None:
        store, outside = key.attribute("custom_key_store_id"), key.attribute("xks_key_id")
        if store in (None, ""):
            origin = "AWS_KMS"
        elif not isinstance(store, Unknown) and not isinstance(outside, Unknown):
            origin = "EXTERNAL_KEY_STORE" if outside else "AWS_CLOUDHSM"
    return {"kms:KeyOrigin": origin} if isinstance(origin, str) else {}


def _regions_of_key(arn: TextLike) -> dict[str, Entry]:
    """Return whether a key is a multi-Region key, whose ID begins with `mrk-`, as no other key's does."""
    match glob("arn:*:kms:*:*:key/mrk-*", arn):
        case Truth.TRUE:
            return {"kms:MultiRegion": "true", "kms:MultiRegionKeyType": OneOfValues(("PRIMARY", "REPLICA"))}
        case Truth.FALSE:
            return {"kms:MultiRegion": "false", "kms:MultiRegionKeyType": Absent()}
        case _:
            return {"kms:MultiRegion": OneOfValues(("true", "false"))}


def _aliases(key: TextLike, world: World) -> dict[str, Entry]:
    """Return the aliases of a key in the plan; there may be others."""
    found = [each.rows for each in world.once(_targets).matches(key) if each.truth is Truth.TRUE]
    names: list[Value] = [name for rows in found for name, _ in rows]
    return {"kms:ResourceAliases": [*names, Unknown(reason="the key may have other aliases")]} if names else {}


def _targets(world: World) -> Beginnings[Value]:
    """Index the names of all aliases, managed and looked up, by the ARN of their key."""
    managed = ((each, each.attribute("target_key_id")) for each in catalogue(world, ALIAS).resources)
    looked_up = ((each, each.attribute("target_key_arn")) for each in world.looked_up("aws_kms_alias"))
    named = ((each, named_key(target, each, world)) for each, target in (*managed, *looked_up))
    return Beginnings((each.attribute("name"), key.arn) for each, key in named if key is not None)


#: The keys with these prefixes; `Absent` leaves only those that follow it.
_CONTEXT = "kms:EncryptionContext:"
_CONTEXT_KEYS = "kms:EncryptionContextKeys"


def _encryption_context(encrypted: TextLike, parts: Arn, world: World) -> dict[str, Entry]:
    """Return the encryption context; that of an object also has what its writer added.

    Follows the user guides of Secrets Manager and S3 ("Encryption context") and of Systems Manager ("How Parameter
    Store uses KMS").
    """
    context: dict[str, Entry]
    match parts.service:
        case "secretsmanager":
            version = Unknown(reason="Secrets Manager assigns it")
            context = {"SecretARN": whole_arn(encrypted, world), "SecretVersionId": version}
        case "ssm":
            context = {"PARAMETER_ARN": encrypted}
        case "s3" if is_without_further_context(encrypted, world):
            context = {"aws:s3:arn": _object_or_bucket(encrypted, world)}
        case "s3":
            further = Unknown(reason="who wrote the object may have added to its encryption context")
            return {
                f"{_CONTEXT}aws:s3:arn": _object_or_bucket(encrypted, world),
                _CONTEXT_KEYS: ["aws:s3:arn", further],
            }
        case _:
            return {}
    return {_CONTEXT: Absent(), **{_CONTEXT + key: value for key, value in context.items()}, _CONTEXT_KEYS: [*context]}


def _object_or_bucket(arn: TextLike, world: World) -> Entry:
    """Return the ARN in S3's encryption context: the bucket's if it has a bucket key, else the object's."""
    bucket = bucket_of(arn, world)
    whole = bucket.resource.attribute("arn") if bucket and bucket.resource else None
    if not isinstance(whole, PlainText):
        return PresenceUnknown()
    with_key = has_bucket_key(arn, world)
    if with_key is None:
        return OneOfValues((arn, whole))
    return whole if with_key else arn
