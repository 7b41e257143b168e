from __future__ import annotations

from tests.made_world import HERE, MadeThing, MadeWorld, reference
from tfcheck.inventory.encryption import has_bucket_key, key_of_object, key_of_parameter, key_of_secret
from tfcheck.value import Unknown, Value

KEY = "arn:aws:kms:eu-west-1:111122223333:key/k1"
OTHER = "arn:aws:kms:eu-west-1:111122223333:key/k2"
FILE = "arn:aws:s3:::cfg/app.env"


def bucket(**attributes: Value) -> MadeThing:
    return MadeThing("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg", **attributes})


def encryption(key: Value = KEY, on: Value = "cfg", **rule: Value) -> MadeThing:
    default: Value = [{"sse_algorithm": "aws:kms", "kms_master_key_id": key}]
    attributes: dict[str, Value] = {
        "bucket": on,
        "rule": [{"apply_server_side_encryption_by_default": default, **rule}],
    }
    return MadeThing("aws_s3_bucket_server_side_encryption_configuration.cfg", attributes)


def file(computed: tuple[str, ...] = (), **attributes: Value) -> MadeThing:
    return MadeThing(
        "aws_s3_object.app", {"bucket": "cfg", "key": "app.env", "arn": FILE, **attributes}, HERE, computed
    )


def arn_of(world: MadeWorld, of: str = FILE) -> Value:
    found = key_of_object(of, world)
    return found.arn if found else None


def test_an_object_is_encrypted_as_its_bucket_says() -> None:
    assert arn_of(MadeWorld(bucket(), encryption())) == KEY
    assert arn_of(MadeWorld(encryption())) == KEY
    assert arn_of(MadeWorld(bucket(), encryption()), "arn:aws:s3:::other/app.env") is None


def test_an_object_may_name_its_own_key() -> None:
    assert arn_of(MadeWorld(bucket(), encryption(), file(kms_key_id=OTHER))) == OTHER
    assert arn_of(MadeWorld(bucket(), encryption(), file(server_side_encryption="AES256"))) is None
    chosen = file(("kms_key_id", "server_side_encryption"), kms_key_id=Unknown(), server_side_encryption=Unknown())
    assert arn_of(MadeWorld(bucket(), encryption(), chosen)) == KEY


def test_keys_that_aws_manages_do_not_count() -> None:
    assert arn_of(MadeWorld(bucket(), encryption(None))) is None
    assert arn_of(MadeWorld(bucket(), encryption("arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"))) is None


def test_the_old_argument_of_the_bucket_counts_unless_it_is_stale() -> None:
    old: Value = [{"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": KEY}]}]}]
    kept = bucket(server_side_encryption_configuration=old)
    assert arn_of(MadeWorld(kept)) == KEY
    stale = MadeThing(str(kept.address), kept.attributes, HERE, ("server_side_encryption_configuration",))
    assert arn_of(MadeWorld(stale, earlier=[stale, encryption()])) is None
    assert arn_of(MadeWorld(stale, earlier=[stale])) == KEY


def test_an_encryption_that_may_be_of_another_bucket_leaves_doubt() -> None:
    found = key_of_object(FILE, MadeWorld(encryption(on=Unknown(reason="a variable"))))
    assert found is not None
    assert found.doubt
    mine = reference("aws_s3_bucket.cfg", "id")
    assert key_of_object("arn:aws:s3:::other/x", MadeWorld(bucket(), encryption(on=mine))) is None


def test_a_bucket_key_is_told_by_object_or_bucket() -> None:
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(bucket_key_enabled=True))) is True
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(bucket_key_enabled=None))) is False
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(), file(bucket_key_enabled=True))) is True
    assert has_bucket_key(FILE, MadeWorld()) is None


def test_a_secret_is_found_by_its_whole_or_partial_arn() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    world = MadeWorld(MadeThing("aws_secretsmanager_secret.db", {"name": "db", "arn": arn, "kms_key_id": KEY}))
    for named in (arn, arn.removesuffix("-AbCdEf")):
        found = key_of_secret(named, world)
        assert found is not None
        assert found.arn == KEY
    assert key_of_secret(arn.replace("eu-west-1", "us-east-1"), world) is None
    assert key_of_secret("arn:aws:secretsmanager:us-east-1:111122223333:secret:db", world) is None


def test_a_secret_that_was_looked_up_shows_its_key() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    secret = MadeThing("data.aws_secretsmanager_secret.db", {"name": "db", "arn": arn, "kms_key_id": KEY})
    found = key_of_secret(arn, MadeWorld(secret))
    assert found is not None
    assert found.arn == KEY


def test_only_secure_strings_are_encrypted() -> None:
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/a"
    for kind, key in (("SecureString", KEY), ("String", None)):
        attributes: dict[str, Value] = {"name": "/a", "arn": arn, "type": kind, "key_id": KEY}
        found = key_of_parameter(arn, MadeWorld(MadeThing("aws_ssm_parameter.a", attributes)))
        assert (found.arn if found else None) == key


def test_a_key_whose_name_the_plan_marks_is_not_to_be_shown() -> None:
    class Marked(MadeThing):
        def sensitive(self, name: str) -> bool:
            return name == "kms_key_id"

    marked = Marked("aws_s3_object.app", {"bucket": "cfg", "key": "app.env", "arn": FILE, "kms_key_id": KEY})
    found = key_of_object(FILE, MadeWorld(bucket(), marked))
    assert found is not None
    assert found.sensitive
    shown = key_of_object(FILE, MadeWorld(bucket(), file(kms_key_id=KEY)))
    assert shown is not None
    assert not shown.sensitive
