"""Find the secrets that databases keep their passwords in, and the keys that these are encrypted with.

Follows https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html and
https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html: the database creates the
secret, under the key that its argument names, else under the one that AWS manages.
"""

from __future__ import annotations

from tfcheck.inventory.catalogue import KEY, catalogue
from tfcheck.inventory.key import Key, named_key
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Text, TextLike, Truth, Unknown, Value
from tfcheck.world.world import World, WorldObject

_OF_RDS = ("master_user_secret", "master_user_secret_kms_key_id")
#: The attribute that tells the secret, and the argument that names its key.
_KEEPERS = {
    "aws_db_instance": _OF_RDS,
    "aws_rds_cluster": _OF_RDS,
    "aws_docdb_cluster": _OF_RDS,
    "aws_redshift_cluster": ("master_password_secret_arn", "master_password_secret_kms_key_id"),
    "aws_redshiftserverless_namespace": ("admin_password_secret_arn", "admin_password_secret_kms_key_id"),
}


def keys_of_managed_secret(arn: TextLike, world: World) -> tuple[Key, ...] | None:
    """Return the keys of a secret that a database of the plan keeps; None where it definitely is not one."""
    for keeper in world.resources(*_KEEPERS):
        attribute, argument = _KEEPERS[keeper.address.type]
        if _keeps(keeper, attribute, arn):
            key = _key(keeper, argument, world)
            return () if key is None else (key,)
    return None


def _keeps(keeper: WorldObject, attribute: str, arn: TextLike) -> bool:
    """Whether an ARN is that of the secret of a database, by its value or by reference."""
    if isinstance(arn, Unknown) and arn.symbol is not None and arn.symbol.owner == str(keeper.address):
        return arn.symbol.path[0] == attribute
    value = keeper.attribute(attribute)
    found = value[0].get("secret_arn") if isinstance(value, list) and value and isinstance(value[0], dict) else value
    return isinstance(found, str | Text) and equal(found, arn) is Truth.TRUE


def _key(keeper: WorldObject, argument: str, world: World) -> Key | None:
    """Return the customer managed key; where nothing is written, what is told is the key that AWS manages."""
    reference: Value = keeper.attribute(argument)
    key = named_key(reference, keeper, world)
    if key is None or keeper.configured(argument):
        return key
    known = isinstance(reference, str) and catalogue(world, KEY).find(reference, keeper.surroundings) is not None
    return key if known else None
