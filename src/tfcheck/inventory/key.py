"""Find the KMS key that an argument such as `kms_key_id` names.

Follows https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id: a key is named by its ARN, its id,
the ARN of an alias or the alias's name. IAM always sees the key's ARN. The keys that AWS manages (`alias/aws/...`) need
no permission of the role.
"""

from __future__ import annotations

import msgspec

from tfcheck.inventory.catalogue import ALIAS, KEY, catalogue, looked_up_by
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.surroundings import Surroundings, is_in_same_region
from tfcheck.symbolic.beginnings import beginning
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import NAME, PlainText, TextLike, Truth, Unknown, Value, display, spelled_out, text
from tfcheck.vocabulary.address import owner_of
from tfcheck.vocabulary.arn import Arn, parse_arn


class KmsKey(msgspec.Struct, frozen=True):
    """A customer managed key by its ARN. `doubt` says why it may not be one.

    `sensitive`: the plan marks the argument with the key, so that its ARN must not be shown.
    """

    arn: TextLike
    doubt: str = ""
    sensitive: bool = False


def doubt_key(key: KmsKey, doubt: str) -> KmsKey:
    """Return a key with a reason for doubt; an earlier reason stays."""
    return msgspec.structs.replace(key, doubt=key.doubt or doubt)


def is_same_key(one: KmsKey, other: KmsKey) -> bool:
    """Whether two keys are certainly the same, or equally unknown."""
    return equal(one.arn, other.arn) is Truth.TRUE or display(one.arn) == display(other.arn)


#: Arguments that name the key of a secret, a parameter, an object or a bucket.
_NAMING = ("kms_key_id", "key_id", "rule", "server_side_encryption_configuration")


def is_disabled(key: WorldObject) -> bool:
    """Whether a key is definitely disabled."""
    return any(key.attribute(each) is False for each in ("is_enabled", "enabled"))


def named_key(reference: Value, resource: WorldObject, world: World, region: TextLike | None = None) -> KmsKey | None:
    """Return the key in an argument of `resource`; None without one, or for an AWS managed key.

    An id or an alias names a key of `region`, which is that of the resource unless it is given.
    """
    near = _surroundings(resource)
    near = near if region is None else msgspec.structs.replace(near, region=region)
    found = _key_by_reference(reference, near, world)
    if found is not None and any(map(resource.sensitive, _NAMING)):
        return msgspec.structs.replace(found, sensitive=True)
    return found


def _surroundings(resource: WorldObject) -> Surroundings:
    """Return the surroundings of a resource, as far as its own ARN shows them."""
    own, around = resource.attribute("arn"), resource.surroundings
    known = parse_arn(own) if isinstance(own, str) else None
    if known is None:
        return around
    region, account = known.region or around.region, known.account or around.account
    return msgspec.structs.replace(around, region=region, account=account)


def _key_by_reference(reference: Value, near: Surroundings, world: World) -> KmsKey | None:
    if reference == "" or not isinstance(reference, PlainText):
        return None
    key = catalogue(world, KEY).find(reference, near)
    if key is not None:
        arn, reason = key.attribute("arn"), f"the plan does not show the ARN of {key.address}"
        return KmsKey(arn if isinstance(arn, PlainText) else _hidden_arn(_surroundings(key), reason))
    if _is_alias(reference):
        return _key_of_alias(reference, near, world)
    spelled = spelled_out(reference)
    if beginning(spelled).is_arn or _is_reference_to(reference, "aws_kms_", "arn"):
        return KmsKey(reference)
    if isinstance(spelled, str):
        return KmsKey(_key_arn(near, spelled))
    doubt = "" if _is_reference_to(reference, "aws_kms_") else "whether a customer managed key encrypts it"
    return KmsKey(_hidden_arn(near, later("which key encrypts it")), doubt)


def _key_arn(near: Surroundings, key_id: TextLike) -> TextLike:
    """Write the ARN of a key by its id, in the region and account of what names it."""
    return Arn(near.partition, "kms", near.region, near.account, text(["key/", key_id])).as_text()


def _hidden_arn(near: Surroundings, reason: str) -> TextLike:
    return _key_arn(near, Unknown(reason=reason, hole=NAME))


def _is_reference_to(reference: TextLike, resource_type: str, attribute: str = "") -> bool:
    """Whether a reference is to a resource, or data source, whose type begins with `resource_type`."""
    owner = owner_of(reference)
    if owner is None or not owner.type.startswith(resource_type):
        return False
    symbol = reference.symbol if isinstance(reference, Unknown) else None
    return not attribute or (symbol is not None and symbol.path == (attribute,))


# Aliases


def _alias_name(reference: TextLike) -> TextLike | None:
    parts = parse_arn(reference)
    return spelled_out(reference) if parts is None else parts.resource


def _is_alias(reference: TextLike) -> bool:
    name = _alias_name(reference)
    is_name = name is not None and beginning(name).known.startswith("alias/")
    return is_name or _is_reference_to(reference, "aws_kms_alias")


def _target(alias: WorldObject | None) -> Value:
    """Return the key that an alias is for; None if it is not shown, as where only the alias itself has it."""
    target = alias.attribute("target_key_id") if alias is not None else None
    return None if isinstance(target, PlainText) and _is_alias(target) else target


#: Data sources that show the key of an alias: the argument with the alias's name, and the attribute with the key's ARN.
_LOOKED_UP = (("aws_kms_alias", ("name", "arn"), "target_key_arn"), ("aws_kms_key", ("key_id",), "arn"))


def _key_of_alias(reference: TextLike, near: Surroundings, world: World) -> KmsKey | None:
    name = _alias_name(reference)
    if name is not None and beginning(name).known.startswith("alias/aws/"):
        return None
    known = catalogue(world, ALIAS)
    found = known.find(reference, near) or known.find_by_name(name, near)
    if found is None and not known.resolve(reference):
        found = known.owner(reference)
    for other in world.context if found is None else ():
        known = catalogue(other, ALIAS)
        found = known.find_by_arn(reference) or known.find_by_name(name, near)
        if found is not None:
            return named_key(_target(found), found, other)
    target = _target(found)
    if found is not None and target is not None:
        return named_key(target, found, world)
    is_anywhere = parse_arn(reference) is not None
    for kind, naming, arn in _LOOKED_UP:
        for each in (one for by in naming for one in looked_up_by(by, reference, world, kind)):
            found_arn = each.attribute(arn)
            is_here = is_anywhere or is_in_same_region(each.surroundings, near) is Truth.TRUE
            if isinstance(found_arn, str) and is_here:
                return KmsKey(found_arn)
    return KmsKey(_hidden_arn(near, "the plan does not show which key the alias belongs to"))
