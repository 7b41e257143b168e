"""Find the customer managed KMS keys that a call on a secret, a parameter or an object needs.

An ARN that definitely denotes one object of the plan, or of another stack, needs the key of that object. One that may
denote several objects may need the key of any of them: then it is open whether a key is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from tfcheck.inventory.bucket import bucket_of
from tfcheck.inventory.catalogue import BUCKET, OBJECT, PARAMETER, SECRET, ObjectKind, catalogue
from tfcheck.inventory.encryption import keys_of_parameter, keys_of_possible_secrets, keys_of_secret
from tfcheck.inventory.key import KmsKey, doubt_key, is_same_key
from tfcheck.inventory.object_key import keys_of_object
from tfcheck.inventory.setting import BUCKET_ENCRYPTION
from tfcheck.inventory.world import World, found_once
from tfcheck.resolve import attribute_shapes
from tfcheck.resolve.attribute_shapes import restrict_characters
from tfcheck.symbolic.value import PlainText, TextLike, Unknown, text

_Find = Callable[[TextLike, World], tuple[KmsKey, ...] | None]


def keys_in_use(action: str, arn: TextLike, world: World) -> tuple[KmsKey, ...]:
    """Return the customer managed keys that a call on `arn` needs, according to the plan and the other stacks."""
    rule = _RULES.get(action)
    if rule is None:
        return ()
    return found_once(world, (_possible_keys, rule, arn), lambda: _possible_keys(rule, arn, world))


class _Rule(msgspec.Struct, frozen=True, eq=False):
    """How to find the keys for one kind of object: by definite ARN, and by possible ones."""

    definite: _Find
    possible: Callable[[TextLike, World], Iterable[KmsKey]]


def _possible_keys(rule: _Rule, arn: TextLike, world: World) -> tuple[KmsKey, ...]:
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
        for each, own in catalogue(world, kind).possible(arn):
            keys = find(own, world) if isinstance(own, PlainText) else None
            yield from (doubt_key(key, f"whether {each.address} is the {what}") for key in keys or ())

    return possible


_secrets = _key_finder(SECRET, keys_of_secret, "secret")
_objects = _key_finder(OBJECT, keys_of_object, "file")


def _possible_secrets(arn: TextLike, world: World) -> Iterator[KmsKey]:
    yield from _secrets(arn, world)
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
            inside = text([bucket_arn, "/", Unknown(reason="which file of the bucket it is")])
            doubt = f"whether the file is in the bucket of {each.address}"
            yield from (doubt_key(key, doubt) for key in keys_of_object(inside, world) or ())


_RULES = {
    "s3:GetObject": _Rule(keys_of_object, _possible_objects),
    "secretsmanager:GetSecretValue": _Rule(keys_of_secret, _possible_secrets),
    "ssm:GetParameters": _Rule(keys_of_parameter, _key_finder(PARAMETER, keys_of_parameter, "parameter")),
}
