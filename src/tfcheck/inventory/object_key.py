"""Find the customer managed KMS keys that may encrypt an object in S3.

Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html: an object stays encrypted with the
key that was in force when it was written. A new default encryption of its bucket counts only for later writes.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.inventory.catalogue import KEY, OBJECT, catalogue, looked_up_by
from tfcheck.inventory.change import is_changed, is_created, is_written
from tfcheck.inventory.key import KmsKey, doubt_key, is_same_key, named_key
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.setting import BUCKET_ENCRYPTION, SettingOwner, remaining, settings, was_set
from tfcheck.inventory.world import World, WorldObject, value_if_written
from tfcheck.resolve.blocks import only_block_or_unknown
from tfcheck.symbolic.doubt import question
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, Text, TextLike, Truth, Unknown, Value, spelled_out, text

#: Attributes of an object whose change makes the provider upload it again, including those about encryption.
#: NOTE: tags, the ACL and locks are changed without writing the object.
_UPLOADED = (
    "bucket",
    "key",
    "bucket_key_enabled",
    "cache_control",
    "checksum_algorithm",
    "content",
    "content_base64",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "etag",
    "kms_key_id",
    "metadata",
    "server_side_encryption",
    "source",
    "source_hash",
    "storage_class",
    "version_id",
    "website_redirect",
)
_READ = ("aws_s3_object", "aws_s3_bucket_object")
#: DSSE-KMS, which has no bucket keys (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingDSSEncryption.html).
_DUAL_LAYER = "aws:kms:dsse"
_UPLOAD_OPEN = "which default encryption its bucket had when the object was written"


class DefaultEncryption(msgspec.Struct, frozen=True):
    """The default encryption of a bucket: its customer managed key, or possible ones, and the resource that sets it."""

    keys: tuple[KmsKey, ...] = ()
    set_by: WorldObject | None = None
    with_bucket_key: Value = None


def keys_of_object(arn: TextLike, world: World) -> tuple[KmsKey, ...] | None:
    """Return the possible keys of an object; None if this world does not show any."""
    found = catalogue(world, OBJECT).find_by_arn(arn)
    if found is not None:
        return _managed_object_key(found, arn, world)
    read = world.once(_looked_up_objects).get(spelled_out(arn))
    own = read.attribute("sse_kms_key_id") if read is not None else None
    if read is not None and isinstance(own, str) and own:
        return _own_key(own, read, arn, world)
    if read is not None and isinstance(read.attribute("server_side_encryption"), str):
        return ()
    if _is_in_new_bucket(arn, world):
        of_bucket = _keys_of_default(_defaults(arn, world)[1])  # it was empty before
    else:
        of_bucket = _key_as_uploaded(arn, world)
    return _bucket_or_object_keys(arn, of_bucket, world)


def has_bucket_key(arn: TextLike, world: World) -> bool | None:
    """Whether S3 uses a bucket key for an object; None if that is unknown."""
    found = catalogue(world, OBJECT).find_by_arn(arn)
    if found is not None and value_if_written(found, "server_side_encryption") == _DUAL_LAYER:
        return False
    own = value_if_written(found, "bucket_key_enabled") if found else None
    if isinstance(own, bool):
        return own
    old, new = _defaults(arn, world)
    if new is None or new.set_by is None or isinstance(new.with_bucket_key, Unknown):
        return None
    if not _is_in_new_bucket(arn, world) and (old is None or old.with_bucket_key != new.with_bucket_key):
        return None
    return new.with_bucket_key is True


def is_without_further_context(arn: TextLike, world: World) -> bool:
    """Whether the change writes an object, and passes S3 nothing to add to its encryption context.

    The writer of an object may add to it (PutObject and CopyObject, `x-amz-server-side-encryption-context`). Of the
    resources that write one, only a copy has an argument for that.
    """
    found = catalogue(world, OBJECT).find_by_arn(arn)
    if found is None or not is_written(found, _UPLOADED, world):
        return False
    return value_if_written(found, "kms_encryption_context") in (None, "")


# Objects that the plan manages, or looks up


def _managed_object_key(found: WorldObject, arn: TextLike, world: World) -> tuple[KmsKey, ...] | None:
    own = value_if_written(found, "kms_key_id")
    if own:
        return _own_key(own, found, arn, world)
    algorithm = value_if_written(found, "server_side_encryption")
    if isinstance(algorithm, str) and algorithm:
        return ()  # an algorithm without a key means AWS's own key, regardless of the bucket
    if is_written(found, _UPLOADED, world):
        old, new = _defaults(arn, world)
        set_by = new.set_by if new is not None else None
        if set_by is not None and set_by.address.config in world.earlier(found.address).resources:
            return _keys_of_default(new)
        return _either_key(old, new, _UPLOAD_OPEN)
    if not is_changed(found, _UPLOADED, world) and (isinstance(algorithm, str) or _is_plain(found)):
        return ()
    return _key_as_uploaded(arn, world)


def _bucket_or_object_keys(
    arn: TextLike, of_bucket: tuple[KmsKey, ...] | None, world: World
) -> tuple[KmsKey, ...] | None:
    """Return the keys for a file in a bucket, with those of managed objects that it may be."""
    keys = of_bucket or ()
    for each, own in catalogue(world, OBJECT).possible(arn) if keys else ():
        theirs = (_managed_object_key(each, own, world) if isinstance(own, PlainText) else None) or ()
        others = [key for key in theirs if not any(is_same_key(key, one) for one in keys)]
        if others or not theirs:
            keys = tuple(doubt_key(key, f"whether {each.address} is the file") for key in (*keys, *others))
    return keys or of_bucket


def _own_key(reference: Value, resource: WorldObject, arn: TextLike, world: World) -> tuple[KmsKey, ...]:
    """Return the key that an object names; one that was only read from S3 may be an AWS managed key."""
    key = named_key(reference, resource, world)
    if key is None:
        return ()
    if resource.is_configured("kms_key_id") is True or world.before() is world or _is_customers(key, arn, world):
        return (key,)
    return (doubt_key(key, f"whether the key of {resource.address} is one that AWS manages"),)


def _is_customers(key: KmsKey, arn: TextLike, world: World) -> bool:
    """Whether a key definitely is not an AWS managed key: it is in a stack, or the bucket's default."""
    if any(catalogue(each, KEY).find_by_arn(key.arn) for each in (world, world.before(), *world.context)):
        return True
    looked_up = looked_up_by("arn", key.arn, world, "aws_kms_key")
    if any(each.attribute("key_manager") == "CUSTOMER" for each in looked_up):
        return True
    defaults = (each for default in _defaults(arn, world) if default for each in default.keys)
    return any(equal(each.arn, key.arn) is Truth.TRUE for each in defaults)


def _is_plain(resource: WorldObject) -> bool:
    """Whether an object's ETag is that of its content, so that no KMS key encrypts it."""
    from hashlib import md5

    content, etag = resource.attribute("content"), resource.attribute("etag")
    return isinstance(content, str) and etag == md5(content.encode(), usedforsecurity=False).hexdigest()


def _looked_up_objects(world: World) -> dict[TextLike, WorldObject]:
    """Index the objects that data sources look up by ARN."""
    found: dict[TextLike, WorldObject] = {}
    for each in world.looked_up(*_READ):
        bucket, key = each.attribute("bucket"), each.attribute("key")
        if isinstance(bucket, (str, Text)) and isinstance(key, (str, Text)):
            found[text(["arn:", each.surroundings.partition, ":s3:::", bucket, "/", key])] = each
    return found


# Buckets


def _is_in_new_bucket(arn: TextLike, world: World) -> bool:
    bucket = bucket_of(arn, world)
    return bucket is not None and bucket.resource is not None and is_created(bucket.resource, world)


def _key_as_uploaded(arn: TextLike, world: World) -> tuple[KmsKey, ...] | None:
    return _either_key(*_defaults(arn, world), _UPLOAD_OPEN)


def _defaults(arn: TextLike, world: World) -> tuple[DefaultEncryption | None, DefaultEncryption | None]:
    """Return the default encryption of an object's bucket before the change, and after it."""
    earlier = world.before()
    new = _default(bucket_of(arn, world), world)
    return new if earlier is world else _default(bucket_of(arn, earlier), earlier), new


def _either_key(old: DefaultEncryption | None, new: DefaultEncryption | None, doubt: str) -> tuple[KmsKey, ...] | None:
    """Return the common key of both defaults, otherwise the keys of either, with the doubt."""
    one, other = (each.keys if each is not None else () for each in (old, new))
    if len(one) == len(other) == 1 and is_same_key(one[0], other[0]):
        return other
    return _doubt_keys((*one, *other), doubt) or None


def _doubt_keys(keys: Iterable[KmsKey], doubt: str) -> tuple[KmsKey, ...]:
    """Return different keys with a reason for doubt."""
    found: list[KmsKey] = []
    for key in keys:
        if not any(is_same_key(key, each) for each in found):
            found.append(doubt_key(key, doubt))
    return tuple(found)


def _keys_of_default(default: DefaultEncryption | None) -> tuple[KmsKey, ...] | None:
    return (default.keys or None) if default is not None else None


def _default(bucket: SettingOwner | None, world: World) -> DefaultEncryption | None:
    if bucket is None:
        return None
    joined = settings(world, BUCKET_ENCRYPTION).on(bucket)
    remains = remaining(joined, BUCKET_ENCRYPTION.sets, world)
    for each in remains.definite:
        return _encryption_from(each, "rule", world)
    if remains.possible:
        doubt = "which of several encryptions its bucket gets last"
        if not joined.definite:
            doubt = f"whether {remains.possible[0].address} is for this bucket"
        found = (key for each in remains.possible for key in _encryption_from(each, "rule", world).keys)
        return DefaultEncryption(_doubt_keys(found, doubt), None, Unknown(reason=question(doubt)))
    argument, resource = "server_side_encryption_configuration", bucket.resource
    # NOTE: an argument that is not written is computed, and repeats what another resource sets.
    if resource is None or (not resource.is_configured(argument) and was_set(world, BUCKET_ENCRYPTION, bucket)):
        return None
    return _encryption_from(resource, argument, world) if value_if_written(resource, argument) else None


def _encryption_from(resource: WorldObject, argument: str, world: World) -> DefaultEncryption:
    value = value_if_written(resource, argument)
    rule = value if argument == "rule" else _member(value, "rule")
    default = _member(rule, "apply_server_side_encryption_by_default")
    key = named_key(_member(default, "kms_master_key_id"), resource, world)
    is_single = _member(default, "sse_algorithm") != _DUAL_LAYER
    with_bucket_key = _member(rule, "bucket_key_enabled") if is_single else False
    return DefaultEncryption((key,) if key else (), resource, with_bucket_key)


def _member(block: Value, name: str) -> Value:
    """Return a member of the only nested block."""
    found = only_block_or_unknown(block)
    return found.get(name) if isinstance(found, dict) else found
