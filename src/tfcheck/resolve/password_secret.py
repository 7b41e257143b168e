"""Derive the secret with a database's password, which AWS creates with the database.

Follows https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html,
https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html and, for the names,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html: the name begins with that of
the service, and each database has a secret of its own. The provider shows it as a list of one, or as an ARN.
"""

from __future__ import annotations

from tfcheck.resolve.derived import DerivedInstance
from tfcheck.symbolic.value import Hole, Symbol, Text, Unknown, Value
from tfcheck.vocabulary.arn import Arn

#: The argument that makes AWS manage the password.
_SWITCHES = {
    "aws_db_instance": "manage_master_user_password",
    "aws_rds_cluster": "manage_master_user_password",
    "aws_docdb_cluster": "manage_master_user_password",
    "aws_redshift_cluster": "manage_master_password",
    "aws_redshiftserverless_namespace": "manage_admin_password",
}
#: The attribute with the secret, and the prefix of the secret's name.
_LIST = "master_user_secret"
_ARNS = {
    "aws_redshift_cluster": "master_password_secret_arn",
    "aws_redshiftserverless_namespace": "admin_password_secret_arn",
}
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
    members = {each: Unknown(Symbol(instance.owner, (_LIST, 0, each))) for each in ("kms_key_id", "secret_status")}
    return [{**members, "secret_arn": _arn(instance, (_LIST, 0, "secret_arn"), "rds!")}]


def _arn(instance: DerivedInstance, path: tuple[str | int, ...], beginning: str) -> Unknown:
    symbol, name_symbol = Symbol(instance.owner, path), Symbol(instance.owner, (*path, "name"))
    around = instance.surroundings
    name = Unknown(name_symbol, hole=_NAME, family="password_secret.name", fresh=instance.is_new)
    resource = Text((f"secret:{beginning}", name))
    shape = Arn(around.partition, "secretsmanager", around.region, around.account, resource).as_text()
    assert isinstance(shape, Text)
    return Unknown(symbol, shape=shape, family="password_secret.arn")
