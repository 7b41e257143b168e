"""Check that a call on one of several possible objects may need the key of any of them."""

from __future__ import annotations

import pytest

from tests.inventory.test_encryption import KEY, OTHER, bucket, encryption, file
from tests.made_world import MadeResource, MadeWorld, reference
from tfcheck.inventory.keys_in_use import keys_in_use
from tfcheck.symbolic.value import REGION, TextLike, Unknown, Value, text

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/a"
READ_SECRET, READ_PARAMETER, READ_FILE = "secretsmanager:GetSecretValue", "ssm:GetParameters", "s3:GetObject"


def keys(action: str, arn: TextLike, world: MadeWorld) -> list[tuple[Value, str]]:
    return [(each.arn, each.doubt) for each in keys_in_use(action, arn, world)]


def secret(key: Value = KEY, name: str = "db", arn: Value = SECRET) -> MadeResource:
    return MadeResource(f"aws_secretsmanager_secret.{name}", {"name": name, "arn": arn, "kms_key_id": key})


def parameter(kind: str) -> MadeResource:
    return MadeResource("aws_ssm_parameter.a", {"name": "/a", "arn": PARAMETER, "type": kind, "key_id": KEY})


def database(**attributes: Value) -> MadeResource:
    return MadeResource("aws_db_instance.d", {"master_user_secret_kms_key_id": KEY, **attributes})


def test_a_call_on_a_known_object_needs_its_key() -> None:
    assert keys(READ_SECRET, SECRET, MadeWorld(secret(), parameter("SecureString"))) == [(KEY, "")]
    assert keys(READ_PARAMETER, PARAMETER, MadeWorld(secret(), parameter("SecureString"))) == [(KEY, "")]


def test_a_parameter_that_is_not_encrypted_is_not_another_one() -> None:
    arn = reference("aws_ssm_parameter.plain", "arn")
    plain = MadeResource("aws_ssm_parameter.plain", {"arn": arn, "type": "String", "key_id": None})
    secure = MadeResource(
        "aws_ssm_parameter.a", {"arn": reference("aws_ssm_parameter.a", "arn"), "type": "SecureString", "key_id": KEY}
    )
    assert keys(READ_PARAMETER, arn, MadeWorld(plain, secure)) == []


def test_an_unknown_reference_may_need_the_key_of_any_object() -> None:
    world = MadeWorld(secret(), secret(OTHER, "other", SECRET.replace(":db-", ":other-")), parameter("SecureString"))
    one, other = (
        "whether aws_secretsmanager_secret.db is the secret",
        "whether aws_secretsmanager_secret.other is the secret",
    )
    assert keys(READ_SECRET, Unknown(), world) == [(KEY, one), (OTHER, other)]
    assert keys(READ_PARAMETER, Unknown(), world) == [(KEY, "whether aws_ssm_parameter.a is the parameter")]
    assert keys(READ_PARAMETER, Unknown(), MadeWorld(parameter("String"))) == []
    assert keys(READ_SECRET, Unknown(), MadeWorld(secret(None))) == []


def test_a_secret_in_an_unknown_region_may_be_a_replica_with_a_key_of_its_own() -> None:
    there = OTHER.replace("eu-west-1", "us-east-1")
    replicas: Value = [{"region": "us-east-1", "kms_key_id": there}]
    attributes: dict[str, Value] = {"name": "db", "arn": SECRET, "kms_key_id": KEY, "replica": replicas}
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", attributes))
    own = (KEY, "whether aws_secretsmanager_secret.db is the secret")
    replica = (there, "whether a replica of aws_secretsmanager_secret.db is the secret")
    before, after = SECRET.split("eu-west-1")
    for arn in (
        text([before, Unknown(hole=REGION), after]),
        text([before, Unknown(hole=REGION), after.removesuffix("-AbCdEf")]),
    ):
        assert keys(READ_SECRET, arn, world) == [own, replica]
    assert keys(READ_SECRET, SECRET.replace("eu-west-1", "us-west-2"), world) == []
    assert keys(READ_SECRET, text([SECRET.removesuffix("AbCdEf"), Unknown()]), world) == [own]


def test_a_key_of_several_objects_is_listed_once() -> None:
    world = MadeWorld(secret(), secret(KEY, "other", SECRET.replace(":db-", ":other-")))
    assert keys(READ_SECRET, Unknown(), world) == [(KEY, "whether aws_secretsmanager_secret.db is the secret")]


def test_an_unknown_reference_may_need_a_key_of_another_stack() -> None:
    world = MadeWorld(context=[MadeWorld(secret())])
    assert keys(READ_SECRET, Unknown(), world) == [(KEY, "whether aws_secretsmanager_secret.db is the secret")]


@pytest.mark.parametrize("listed", [Unknown(), [{"secret_arn": SECRET.replace(":db-", ":rds!db-1-")}]])
def test_an_unknown_reference_may_need_the_key_of_a_database_secret(listed: Value) -> None:
    world = MadeWorld(database(master_user_secret=listed))
    assert keys(READ_SECRET, Unknown(), world) == [(KEY, "whether the secret is that of aws_db_instance.d")]
    assert keys(READ_SECRET, SECRET, world) == []
    assert keys(READ_SECRET, Unknown(), MadeWorld(database(master_user_secret=[]))) == []


def test_an_unknown_file_may_be_in_any_bucket() -> None:
    world = MadeWorld(bucket(), encryption(), file(kms_key_id=OTHER))
    assert keys(READ_FILE, Unknown(), world) == [
        (OTHER, "whether aws_s3_object.app is the file"),
        (KEY, "whether aws_s3_object.app is the file"),
    ]
    inside = text(["arn:aws:s3:::cfg/", Unknown()])
    assert keys(READ_FILE, inside, world) == [
        (KEY, "whether aws_s3_object.app is the file"),
        (OTHER, "whether aws_s3_object.app is the file"),
    ]
    assert keys(READ_FILE, inside, MadeWorld(bucket(), encryption(), file(kms_key_id=KEY))) == [(KEY, "")]
    plain = file(server_side_encryption="AES256")
    assert keys(READ_FILE, inside, MadeWorld(bucket(), encryption(), plain)) == [
        (KEY, "whether aws_s3_object.app is the file")
    ]
    assert keys(READ_FILE, "arn:aws:s3:::other/x", world) == []


def test_a_file_may_be_in_a_bucket_that_only_its_encryption_shows() -> None:
    world = MadeWorld(encryption(on=reference("aws_s3_bucket.far", "id")))
    assert [arn for arn, doubt in keys(READ_FILE, Unknown(), world) if doubt] == [KEY]
