"""Find the secrets that contain database passwords, and their encryption keys.

Follows https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html and
https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html: the database creates the
secret, under the key that its argument names, else under the one that AWS manages.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.catalogue import KEY, catalogue
from tfcheck.inventory.change import may_be_named
from tfcheck.inventory.key import KmsKey, doubt_key, named_key
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, Value

_OF_RDS = ("master_user_secret", "master_user_secret_kms_key_id")
#: The attribute with the secret, and the argument with its key.
_KEEPERS = {
    "aws_db_instance": _OF_RDS,
    "aws_rds_cluster": _OF_RDS,
    "aws_docdb_cluster": _OF_RDS,
    "aws_redshift_cluster": ("master_password_secret_arn", "master_password_secret_kms_key_id"),
    "aws_redshiftserverless_namespace": ("admin_password_secret_arn", "admin_password_secret_kms_key_id"),
}


def keys_of_managed_secret(arn: TextLike, world: World) -> tuple[KmsKey, ...] | None:
    """Return the keys of the secret of a database in the plan; None if it definitely is not one."""
    symbol = arn.symbol if isinstance(arn, Unknown) else None
    for keeper in world.resources(*_KEEPERS):
        attribute, argument = _KEEPERS[keeper.address.type]
        own = _secret_of(keeper, attribute)
        is_same = own is not None and equal(own, arn) is Truth.TRUE
        if symbol is not None and symbol.owner == str(keeper.address):
            is_same = symbol.path[0] == attribute
        if is_same:
            key = _customer_key(keeper, argument, world)
            return () if key is None else (key,)
    return None


def keys_of_possible_secrets(arn: TextLike, world: World) -> Iterator[KmsKey]:
    """Yield the keys of the database secrets that an ARN may denote, each with that doubt."""
    # NOTE: the name of a secret that a service creates begins with the service's.
    patterns = (f"arn:*:secretsmanager:*:secret:{each}!*" for each in ("rds", "redshift"))
    may_be_managed = any(glob(each, arn) is not Truth.FALSE for each in patterns)
    for keeper in world.resources(*_KEEPERS) if may_be_managed else ():
        attribute, argument = _KEEPERS[keeper.address.type]
        own = _secret_of(keeper, attribute)
        key = _customer_key(keeper, argument, world) if own is not None and may_be_named(arn, own, world) else None
        if key is not None:
            yield doubt_key(key, f"whether the secret is that of {keeper.address}")


def _secret_of(keeper: WorldObject, attribute: str) -> TextLike | None:
    """Return the ARN of a database's secret; None without one."""
    value = keeper.attribute(attribute)
    if isinstance(value, list):
        first = value[0] if value else None
        value = first.get("secret_arn") if isinstance(first, dict) else first
    return value if isinstance(value, PlainText) and value != "" else None


def _customer_key(keeper: WorldObject, argument: str, world: World) -> KmsKey | None:
    """Return the customer managed key; if none is written, AWS reports its own key."""
    reference: Value = keeper.attribute(argument)
    key = named_key(reference, keeper, world)
    if key is None or keeper.is_configured(argument):
        return key
    known = isinstance(reference, str) and catalogue(world, KEY).find(reference, keeper.surroundings) is not None
    return key if known else None
