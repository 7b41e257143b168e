"""Derive attributes that the provider or AWS computes: all tags, hashes, and a database's secret.

- `tags_all`: the provider merges the tags while it plans, and leaves all of them open if one is known only after apply
  (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/resource-tagging).
- `user_data`: plans and states contain its SHA-1, decoded first if it is base64
  (https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/instance#user_data).
- The secret of a database is its own, and has a name that begins with that of the service; the provider shows it as a
  list of one, or as an ARN. See https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html,
  https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html and
  https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tfcheck.plan import Instance
from tfcheck.resolve.derived_instance import DerivedInstance
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.symbol import Symbol
from tfcheck.symbolic.value import Hole, Text, Unknown, Value, is_known
from tfcheck.vocabulary.arn import Arn

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes
    from tfcheck.resolve.provider import Providers


class AllTags:
    """The tags of the resources of one plan, including default tags."""

    def __init__(self, attributes: Attributes, providers: Providers) -> None:
        self._attributes = attributes
        self._providers = providers
        self._added: dict[str, dict[str, Value] | None] = {}

    def of(self, instance: Instance) -> dict[str, Value] | None:
        """Return all tags of a resource although the plan does not know them; None if they cannot be derived."""
        key = self._providers.key_of(instance.address)
        own = self._attributes.attribute(instance.address, "tags")
        if own is None or own == {}:
            # NOTE: the provider leaves open only what comes to no tags; everything else is known while planning.
            return {} if self._providers.default_tags(key) is not None else None
        if not isinstance(own, dict) or any(each is None for each in own.values()):
            return None
        if key not in self._added:
            # NOTE: the environment may add more (`TF_AWS_DEFAULT_TAGS_...`): a planned resource must confirm them.
            default = self._providers.default_tags(key)
            plan = self._attributes.plan
            instances = plan.instances(*plan.types()) if default is not None else ()
            of_key = (each for each in instances if self._providers.key_of(each.address) == key)
            shown = (_has_added_tags(each, default or {}) for each in of_key)
            self._added[key] = default if next((each for each in shown if each is not None), False) else None
        added = self._added[key]
        return None if added is None else {**added, **own}


def _has_added_tags(instance: Instance, added: dict[str, Value]) -> bool | None:
    """Whether a resource's tags are its own and the default ones; None if the plan does not show both."""
    after = instance.after or {}
    everything, own = after.get("tags_all"), after.get("tags")
    if not isinstance(everything, dict) or not is_known([everything, own]):
        return None
    return {**added, **(own if isinstance(own, dict) else {})} == everything


#: Arguments that providers keep as a hash.
HASHED = ("user_data",)
_HASH = regex(r"[0-9a-f]{40}")


def is_hash(planned: Value) -> bool:
    """Whether a planned value may be a hash."""
    return isinstance(planned, str) and _HASH.fullmatch(planned) is not None


def proven_by(planned: str, evaluated: Value) -> bool:
    """Whether a hash is that of a text."""
    import base64
    import hashlib  # loads OpenSSL, which takes longer than a small plan

    if not isinstance(evaluated, str):
        return False
    data = evaluated.encode("utf-8", "surrogatepass")
    with suppress(ValueError):  # it is not base64
        data = base64.b64decode(data, validate=True)
    return hashlib.sha1(data, usedforsecurity=False).hexdigest() == planned


#: The argument that makes AWS manage the password.
_SWITCHES = {
    "aws_db_instance": "manage_master_user_password",
    "aws_rds_cluster": "manage_master_user_password",
    "aws_docdb_cluster": "manage_master_user_password",
    "aws_redshift_cluster": "manage_master_password",
    "aws_redshiftserverless_namespace": "manage_admin_password",
}
#: The attribute with the secret.
_LIST = "master_user_secret"
_ARNS = {
    "aws_redshift_cluster": "master_password_secret_arn",
    "aws_redshiftserverless_namespace": "admin_password_secret_arn",
}
#: The beginning of the secret's name, where it shows more than that a service of RDS has created it.
_BEGINNINGS = {"aws_db_instance": "rds!db-", "aws_rds_cluster": "rds!cluster-"}
#: The arguments that create a database from another one, whose password it may keep.
_COPIED_FROM = ("snapshot_identifier", "replicate_source_db", "restore_to_point_in_time", "s3_import")
#: A name after the service's, a hyphen and six random characters.
_NAME = Hole(chars=":*?$ ", shortest=8)


def password_secret(resource_type: str, attribute: str, instance: DerivedInstance) -> Value:
    """Return the attribute that shows the secret, as far as it is certain; None if its form is unknown."""
    switch = _SWITCHES.get(resource_type)
    if switch is None or attribute not in (_LIST, _ARNS.get(resource_type)):
        return None
    is_kept = instance.attribute(switch)
    if is_kept is not True:
        copied = any(instance.planned_argument(each) not in (None, [], "") for each in _COPIED_FROM)
        return [] if instance.is_new and not is_kept and not copied and attribute == _LIST else None
    if attribute != _LIST:
        return _arn(instance, (attribute,), "redshift!")
    beginning = _BEGINNINGS.get(resource_type, "rds!")
    members = {each: Unknown(Symbol(instance.address, (_LIST, 0, each))) for each in ("kms_key_id", "secret_status")}
    return [{**members, "secret_arn": _arn(instance, (_LIST, 0, "secret_arn"), beginning)}]


def _arn(instance: DerivedInstance, path: tuple[str | int, ...], beginning: str) -> Unknown:
    symbol, name_symbol = Symbol(instance.address, path), Symbol(instance.address, (*path, "name"))
    around = instance.surroundings
    name = Unknown(name_symbol, hole=_NAME, family="password_secret.name", fresh=instance.is_new)
    resource = Text((f"secret:{beginning}", name))
    shape = Arn(around.partition, "secretsmanager", around.region, around.account, resource).as_text()
    assert isinstance(shape, Text)
    return Unknown(symbol, shape=shape, family="password_secret.arn")
