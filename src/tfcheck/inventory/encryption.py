"""Which customer managed KMS key encrypts an object, a secret or a parameter?

Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html and
https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html. What the plan
does not show is taken to be encrypted by a key that AWS manages, which needs no permission.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tfcheck.arn import split
from tfcheck.inventory.bucket import bucket_of
from tfcheck.inventory.catalogue import OBJECT, PARAMETER, SECRET, catalogue
from tfcheck.inventory.key import Key, named_key
from tfcheck.inventory.setting import BUCKET_ENCRYPTION, Subject, settings, was_set
from tfcheck.match import equal
from tfcheck.value import TextLike, Truth, Unknown, Value, items
from tfcheck.world import Thing, World


def key_of(find: Callable[[TextLike, World], Key | None], arn: TextLike, world: World) -> Key | None:
    """Give the customer managed key of what the plan shows, else of what another stack does."""
    found = (find(arn, each) for each in (world, *world.context))
    return next((each for each in found if each is not None), None)


def key_of_secret(arn: TextLike, world: World) -> Key | None:
    """Give the customer managed key of a secret in the plan; its ARN may lack the six random characters."""
    secret = secret_of(arn, world)
    return named_key(secret.attribute("kms_key_id"), secret, world) if secret else None


def secret_of(arn: TextLike, world: World) -> Thing | None:
    """Find the secret that an ARN names, with or without the six random characters."""
    found = catalogue(world, SECRET).by_arn(arn)
    parts = split(arn) if found is None else None
    if parts is None or not isinstance(parts.resource, str):
        return found
    found = catalogue(world, SECRET).by_name(parts.resource.removeprefix("secret:"), None)
    if found is None:
        return None
    around = found.surroundings
    here = equal(around.region, parts.region) & equal(around.account, parts.account)
    return None if here is Truth.FALSE else found


def key_of_parameter(arn: TextLike, world: World) -> Key | None:
    """Give the customer managed key of a parameter in the plan, if the parameter is encrypted."""
    parameter = catalogue(world, PARAMETER).by_arn(arn)
    if parameter is None or parameter.attribute("type") != "SecureString":
        return None
    return named_key(_chosen(parameter, "key_id"), parameter, world)


def key_of_object(arn: TextLike, world: World) -> Key | None:
    """Give the customer managed key that encrypts an object: its own, else the one that its bucket encrypts with."""
    found = catalogue(world, OBJECT).by_arn(arn)
    if found is None:
        return _key_of_bucket(arn, world)
    own = _chosen(found, "kms_key_id")
    if own:
        return named_key(own, found, world)
    # An algorithm without a key is AWS's own key, whatever the bucket says.
    return None if _chosen(found, "server_side_encryption") else _key_of_bucket(arn, world)


def has_bucket_key(arn: TextLike, world: World) -> bool | None:
    """Tell whether S3 encrypts an object with a key made for its bucket; None where the plan does not tell."""
    found = catalogue(world, OBJECT).by_arn(arn)
    own = _chosen(found, "bucket_key_enabled") if found else None
    if isinstance(own, bool):
        return own
    bucket = bucket_of(arn, world)
    holders = settings(world, BUCKET_ENCRYPTION).on(bucket) if bucket else None
    if holders is None or holders.open or not holders.sure:
        return None
    enabled = _member(holders.sure[0].attribute("rule"), "bucket_key_enabled")
    return None if isinstance(enabled, Unknown) else enabled is True


def _key_of_bucket(arn: TextLike, world: World) -> Key | None:
    bucket = bucket_of(arn, world)
    if bucket is None:
        return None
    joined = settings(world, BUCKET_ENCRYPTION).on(bucket)
    for holder in joined.sure:
        return _default_key(holder.attribute("rule"), holder, world)
    for holder in joined.open:
        found = _default_key(holder.attribute("rule"), holder, world)
        doubt = f"whether {holder.address} is for this bucket"
        return msgspec.structs.replace(found, doubt=doubt) if found else None
    return _key_in_bucket(bucket, world)


def _key_in_bucket(bucket: Subject, world: World) -> Key | None:
    """Read the encryption in the bucket resource itself; computed, it repeats what another resource sets."""
    argument = "server_side_encryption_configuration"
    thing = bucket.thing
    if thing is None or (not thing.configured(argument) and was_set(world, BUCKET_ENCRYPTION, bucket)):
        return None
    return _default_key(_member(_chosen(thing, argument), "rule"), thing, world)


def _default_key(rule: Value, holder: Thing, world: World) -> Key | None:
    default = _member(rule, "apply_server_side_encryption_by_default")
    return named_key(_member(default, "kms_master_key_id"), holder, world)


def _chosen(thing: Thing, argument: str) -> Value:
    """Give an argument; where nothing is written and AWS chooses, it is as good as not set."""
    value = thing.attribute(argument)
    return None if isinstance(value, Unknown) and thing.configured(argument) is False else value


def _member(block: Value, name: str) -> Value:
    """Give a member of a nested block of which there is at most one."""
    listed = (block,) if isinstance(block, dict) else items(block)
    first = listed if isinstance(listed, Unknown) else next(iter(listed), None)
    if isinstance(first, dict):
        return first.get(name)
    return first if isinstance(first, Unknown) else None
