"""Find the customer managed KMS keys that encrypt what a task reads, and those that a call needs.

Follows https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html and
https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html. What the plan
does not show is assumed to be encrypted with an AWS managed key, which needs no permission.

An ARN that definitely denotes one object of the plan, or of another stack, needs the key of that object. If it may
denote several, it is unknown whether the key of each is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from tfcheck.inventory.catalogue import BUCKET, KEY, OBJECT, PARAMETER, SECRET, ObjectKind, catalogue
from tfcheck.inventory.change import index_names, is_created, is_written, object_before
from tfcheck.inventory.key import KmsKey, doubt_key, is_same_key, named_key
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.object_key import keys_of_object
from tfcheck.inventory.setting import BUCKET_ENCRYPTION
from tfcheck.inventory.world import World, WorldObject, found_once, value_if_written
from tfcheck.resolve import attribute_shapes
from tfcheck.resolve.attribute_shapes import restrict_characters
from tfcheck.resolve.surroundings import is_in_same_region
from tfcheck.symbolic.beginnings import Beginnings, Matches
from tfcheck.symbolic.choices import possible_elements, possible_items
from tfcheck.symbolic.doubt import question
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import REGION, PlainText, TextLike, Truth, Unknown, Value, spelled_out, text
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.arn import parse_arn

#: Attributes of a parameter whose change makes the provider write it again.
_PUT = ("name", "type", "key_id", "value", "insecure_value", "value_wo_version", "description", "tier", "data_type")
_ANY_REGION = Unknown(reason=question("which regions the secret's replicas are in"), hole=REGION)
_ALIAS_OPEN = "which key its alias named when it was encrypted"


# Secrets


def keys_of_secret(arn: TextLike, world: World) -> tuple[KmsKey, ...] | None:
    """Return the possible keys of a secret; its ARN may lack the six random characters."""
    if replica := _replica(arn, world):
        return replica.keys(world)
    secret, truth = _secret(arn, world)
    if secret is None or isinstance(secret.attribute("kms_key_id"), Unknown):
        database = world.once(_ManagedSecrets).definite(arn)
        managed = None if database is None else _as_tuple(_customer_key(database, world))
        if secret is None or managed is not None:
            return managed
    found = _secret_keys(secret, world)
    if truth is Truth.TRUE:
        return found
    doubt = f"whether {secret.address} is the secret"
    parts = parse_arn(arn)
    there = (each for each in replicas(secret) if parts and equal(parts.region, each.region) is not Truth.FALSE)
    return (*(doubt_key(each, doubt) for each in found), *_keys_of_replicas(there, world))


def secret_of(arn: TextLike, world: World) -> WorldObject | None:
    """Find the secret that an ARN names, or that it names a replica of; the six random characters may be missing."""
    replica = _replica(arn, world)
    return replica.secret if replica else _secret(arn, world)[0]


def whole_arn(arn: TextLike, world: World) -> TextLike:
    """Return the ARN of a secret with its six random characters, if the plan shows the secret."""
    secret = None if _replica(arn, world) else _secret(arn, world)[0]
    whole = secret.attribute("arn") if secret else None
    return whole if isinstance(whole, PlainText) else arn


class Replica(msgspec.Struct, frozen=True):
    """A replica of a secret in another region, with the same tags and policy, and a key of that region.

    If it is not `certain`, the secret may lack it.
    """

    secret: WorldObject
    arn: TextLike
    region: TextLike
    key: Value
    certain: bool

    def keys(self, world: World) -> tuple[KmsKey, ...]:
        """Return its possible keys."""
        found = self._keys(world)
        doubt = f"whether {self.secret.address} has a replica there"
        return found if self.certain else tuple(doubt_key(each, doubt) for each in found)

    def _keys(self, world: World) -> tuple[KmsKey, ...]:
        key = named_key(self.key, self.secret, world, self.region)
        parts = parse_arn(key.arn) if key is not None else None
        if key is None or parts is None or equal(parts.region, self.region) is Truth.TRUE:
            return _as_tuple(key)
        there = msgspec.structs.replace(key, arn=msgspec.structs.replace(parts, region=self.region).as_text())
        return (doubt_key(there, "which key of its region encrypts the replica"),)


def _replica(arn: TextLike, world: World) -> Replica | None:
    return world.once(_replicas).get(spelled_out(arn))


def _replicas(world: World) -> dict[TextLike, Replica]:
    """Index the replicas of secrets by their ARNs."""
    return {each.arn: each for secret in world.resources(*SECRET.types) for each in replicas(secret)}


def _replica_index(world: World) -> Beginnings[Replica]:
    """Index the replicas of secrets by the ARNs that theirs may turn out to be."""
    return index_names(((each, arn) for arn, each in world.once(_replicas).items()), world)


def _keys_of_possible_replicas(arn: TextLike, world: World) -> Iterator[KmsKey]:
    for alike in world.once(_replica_index).matches(arn):
        found = (each for each, _ in alike.rows)
        yield from found_once(world, (_keys_of_replicas, alike), lambda: _keys_of_replicas(found, world))  # noqa: B023


def _keys_of_replicas(found: Iterable[Replica], world: World) -> list[KmsKey]:
    keys = ((each, key) for each in found for key in each.keys(world))
    return [doubt_key(key, f"whether a replica of {each.secret.address} is the secret") for each, key in keys]


def replicas(secret: WorldObject) -> Iterator[Replica]:
    """Yield the replicas of a secret, whose ARNs differ from its own only by the region.

    Without `kms_key_id`, which the provider then computes, AWS encrypts a replica with `aws/secretsmanager`
    (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html).
    """
    own, written = secret.attribute("arn"), secret.attribute("replica")
    parts = parse_arn(own) if isinstance(own, PlainText) else None
    if parts is None:
        return
    if isinstance(possible_items(written), Unknown):
        # NOTE: the provider computes the attribute where no block is written.
        is_open = secret.is_configured("replica") is not False
        blocks: list[tuple[Value, bool]] = [({"region": _ANY_REGION, "kms_key_id": written}, False)] if is_open else []
    else:
        blocks = possible_elements(written)
    for block, is_certain in blocks:
        region = block.get("region") if isinstance(block, dict) else None
        if isinstance(block, dict) and isinstance(region, PlainText):
            there = spelled_out(msgspec.structs.replace(parts, region=region).as_text())
            key = block.get("kms_key_id")
            is_default = isinstance(key, Unknown) and secret.is_configured("replica.kms_key_id") is False
            yield Replica(secret, there, region, None if is_default else key, is_certain)


def _secret(arn: TextLike, world: World) -> tuple[WorldObject | None, Truth]:
    """Find the secret that an ARN names, or may name."""
    found = catalogue(world, SECRET).find_by_arn(arn)
    parts = parse_arn(arn) if found is None else None
    if parts is None or not isinstance(parts.resource, str):
        return found, Truth.TRUE
    found = catalogue(world, SECRET).find_by_name(parts.resource.removeprefix("secret:"), None)
    if found is None:
        return None, Truth.FALSE
    here = is_in_same_region(found.surroundings, parts)
    return (None if here is Truth.FALSE else found), here


def _secret_keys(secret: WorldObject, world: World) -> tuple[KmsKey, ...]:
    """Return the keys of a secret: a new key re-encrypts it; without a key it keeps the one it has."""
    new = named_key(secret.attribute("kms_key_id"), secret, world)
    earlier = object_before(secret, world)
    if earlier is None or is_created(secret, world):
        return _as_tuple(new)
    old = named_key(earlier.attribute("kms_key_id"), earlier, world.before())
    if new is None and old is not None:
        return (doubt_key(old, f"whether {secret.address} keeps the key that the plan no longer names"),)
    if equal(earlier.attribute("kms_key_id"), secret.attribute("kms_key_id")) is Truth.TRUE:
        return _unchanged_key(old, new)
    return _as_tuple(new)


# Parameters


def keys_of_parameter(arn: TextLike, world: World) -> tuple[KmsKey, ...] | None:
    """Return the possible keys of a parameter in the plan; one that is not encrypted has none."""
    parameter = catalogue(world, PARAMETER).find_by_arn(arn)
    if parameter is None:
        return None
    kind = parameter.attribute("type")
    if kind != "SecureString" and not isinstance(kind, Unknown):
        return ()
    new = named_key(value_if_written(parameter, "key_id"), parameter, world)
    earlier = object_before(parameter, world)
    if earlier is None or is_written(parameter, _PUT, world):
        found = _as_tuple(new)
    else:
        had = earlier.attribute("key_id")
        found = _unchanged_key(named_key(None if isinstance(had, Unknown) else had, earlier, world.before()), new)
    doubt = f"whether {parameter.address} is encrypted"
    return tuple(doubt_key(each, doubt) for each in found) if isinstance(kind, Unknown) else found


def _unchanged_key(old: KmsKey | None, new: KmsKey | None) -> tuple[KmsKey, ...]:
    """Return the key of an unchanged object: if its alias moves, the old or the new one."""
    if old is None or new is None or is_same_key(old, new):
        return _as_tuple(new)
    return doubt_key(old, _ALIAS_OPEN), doubt_key(new, _ALIAS_OPEN)


def _as_tuple(key: KmsKey | None) -> tuple[KmsKey, ...]:
    return () if key is None else (key,)


# Secrets with the passwords of databases, which create them, under the key that an argument names, else under the one
# that AWS manages. Follows https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html and
# https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html.

_OF_RDS = ("master_user_secret", "master_user_secret_kms_key_id")
#: The attribute with the secret, and the argument with its key.
_DATABASES = {
    "aws_db_instance": _OF_RDS,
    "aws_rds_cluster": _OF_RDS,
    "aws_docdb_cluster": _OF_RDS,
    "aws_redshift_cluster": ("master_password_secret_arn", "master_password_secret_kms_key_id"),
    "aws_redshiftserverless_namespace": ("admin_password_secret_arn", "admin_password_secret_kms_key_id"),
}


class _ManagedSecrets:
    """The secrets of a world in which databases keep their passwords."""

    def __init__(self, world: World) -> None:
        self._databases = {each.address: each for each in world.resources(*_DATABASES)}
        owned = ((each, _secret_of(each, _attribute(each))) for each in self._databases.values())
        self._index = index_names(((each, own) for each, own in owned if own is not None), world)

    def definite(self, arn: TextLike) -> WorldObject | None:
        """Return the database whose secret an ARN definitely is; None if there is none."""
        owner, symbol = None, arn.symbol if isinstance(arn, Unknown) else None
        if symbol is not None and isinstance(symbol.owner, Address):
            owner = self._databases.get(symbol.owner)
            if owner is not None and symbol.path[:1] == (_attribute(owner),):
                return owner
        same = (row for each in self._index.matches(arn) if each.truth is Truth.TRUE for row in each.rows)
        return next((database for database, _ in same if database is not owner), None)

    def possible(self, arn: TextLike) -> Iterator[Matches[WorldObject]]:
        """Yield the databases whose secret an ARN may denote, those with alike ones together."""
        return (each for each in self._index.matches(arn) if each.truth is Truth.UNKNOWN)


def _attribute(database: WorldObject) -> str:
    return _DATABASES[database.address.type][0]


def keys_of_possible_secrets(arn: TextLike, world: World) -> Iterator[KmsKey]:
    """Yield the keys of the database secrets that an ARN may denote, each with that doubt."""
    # NOTE: the name of a secret that a service creates begins with the service's.
    patterns = (f"arn:*:secretsmanager:*:secret:{each}!*" for each in ("rds", "redshift"))
    may_be_managed = any(glob(each, arn) is not Truth.FALSE for each in patterns)
    for alike in world.once(_ManagedSecrets).possible(arn) if may_be_managed else ():
        yield from found_once(world, (_doubted_keys, alike), lambda: _doubted_keys(alike, world))  # noqa: B023


def _doubted_keys(alike: Matches[WorldObject], world: World) -> list[KmsKey]:
    keys = ((each, _customer_key(each, world)) for each, _ in alike.rows)
    return [doubt_key(key, f"whether the secret is that of {each.address}") for each, key in keys if key is not None]


def _secret_of(database: WorldObject, attribute: str) -> TextLike | None:
    """Return the ARN of a database's secret; None without one."""
    value = database.attribute(attribute)
    if isinstance(value, list):
        first = value[0] if value else None
        value = first.get("secret_arn") if isinstance(first, dict) else first
    return value if isinstance(value, PlainText) and value != "" else None


def _customer_key(database: WorldObject, world: World) -> KmsKey | None:
    """Return the customer managed key; if none is written, AWS reports its own key."""
    argument = _DATABASES[database.address.type][1]
    reference: Value = database.attribute(argument)
    key = named_key(reference, database, world)
    if key is None or database.is_configured(argument) or database.is_left_out:
        return key
    known = isinstance(reference, str) and catalogue(world, KEY).find(reference, database.surroundings) is not None
    return key if known else None


_Find = Callable[[TextLike, World], tuple[KmsKey, ...] | None]


def keys_in_use(action: str, arn: TextLike, world: World) -> tuple[KmsKey, ...]:
    """Return the customer managed keys that a call on `arn` needs, according to the plan and the other stacks."""
    rule = _RULES.get(action)
    if rule is None:
        return ()
    return found_once(world, (_possible_keys, rule, arn), lambda: _possible_keys(rule, arn, world))


class _KeySearch(msgspec.Struct, frozen=True, eq=False):
    """How to find the keys for one kind of object: by definite ARN, and by possible ones."""

    definite: _Find
    possible: Callable[[TextLike, World], Iterable[KmsKey]]


def _possible_keys(rule: _KeySearch, arn: TextLike, world: World) -> tuple[KmsKey, ...]:
    worlds = (world, *world.context)
    definite = next((found for each in worlds if (found := rule.definite(arn, each)) is not None), None)
    if definite is not None:
        return definite
    possible: list[KmsKey] = []
    for key in (key for each in worlds for key in rule.possible(arn, each)):
        if not any(is_same_key(key, other) for other in possible):
            possible.append(key)
    return tuple(possible)


def _key_finder(kind: ObjectKind, find: _Find, what: str) -> Callable[[TextLike, World], Iterator[KmsKey]]:
    """Return the function that yields the keys of all resources of a kind that an ARN may denote."""

    def possible(arn: TextLike, world: World) -> Iterator[KmsKey]:
        for alike in catalogue(world, kind).possible_matches(arn):
            yield from found_once(world, (possible, alike), lambda: keys_of_all(alike.rows, world))  # noqa: B023

    def keys_of_all(rows: Iterable[tuple[WorldObject, Value]], world: World) -> list[KmsKey]:
        keys = (
            found_once(world, (possible, each), lambda: doubt_keys(each, own, world))  # noqa: B023
            for each, own in rows
        )
        return [key for each in keys for key in each]

    def doubt_keys(each: WorldObject, own: Value, world: World) -> list[KmsKey]:
        keys = find(own, world) if isinstance(own, PlainText) else None
        return [doubt_key(key, f"whether {each.address} is the {what}") for key in keys or ()]

    return possible


_secrets = _key_finder(SECRET, keys_of_secret, "secret")
_objects = _key_finder(OBJECT, keys_of_object, "file")


def _possible_secrets(arn: TextLike, world: World) -> Iterator[KmsKey]:
    yield from _secrets(arn, world)
    yield from _keys_of_possible_replicas(arn, world)
    yield from keys_of_possible_secrets(arn, world)


def _possible_objects(arn: TextLike, world: World) -> Iterator[KmsKey]:
    """Yield the keys of the objects that a file may be, and of the buckets that may contain it."""
    yield from _objects(arn, world)
    if bucket_of(arn, world) is not None:
        return
    buckets = catalogue(world, BUCKET)
    found = [(each, each.attribute("arn")) for each in buckets.resources]
    for setting in world.resources(BUCKET_ENCRYPTION.type):
        name = restrict_characters(setting.attribute("bucket"), attribute_shapes.BUCKET)
        if isinstance(name, PlainText) and buckets.find_by_name(setting.attribute("bucket"), None) is None:
            found.append((setting, text(["arn:", setting.surroundings.partition, ":s3:::", name])))
    for each, bucket_arn in found:
        if isinstance(bucket_arn, PlainText):
            inside = text([bucket_arn, "/", Unknown(reason=question("which file of the bucket it is"))])
            doubt = f"whether the file is in the bucket of {each.address}"
            yield from (doubt_key(key, doubt) for key in keys_of_object(inside, world) or ())


_RULES = {
    "s3:GetObject": _KeySearch(keys_of_object, _possible_objects),
    "secretsmanager:GetSecretValue": _KeySearch(keys_of_secret, _possible_secrets),
    "ssm:GetParameters": _KeySearch(keys_of_parameter, _key_finder(PARAMETER, keys_of_parameter, "parameter")),
}
