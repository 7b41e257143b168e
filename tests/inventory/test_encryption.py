from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from tests.made_world import HERE, OPEN, MadeResource, MadeWorld, reference
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.inventory.key import KmsKey
from tfcheck.inventory.keys_in_use import keys_in_use, keys_of_parameter, keys_of_secret, secret_of, whole_arn
from tfcheck.inventory.object_key import has_bucket_key, keys_of_object
from tfcheck.resolve.order import FinishedBefore
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import OneOf, Text, Unknown, Value
from tfcheck.vocabulary.address import Address

KEY = "arn:aws:kms:eu-west-1:111122223333:key/k1"
OTHER = "arn:aws:kms:eu-west-1:111122223333:key/k2"
FILE = "arn:aws:s3:::cfg/app.env"


def bucket(**attributes: Value) -> MadeResource:
    return MadeResource("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg", **attributes})


def encryption(
    key: Value = KEY, on: Value = "cfg", algorithm: str = "aws:kms", name: str = "cfg", **rule: Value
) -> MadeResource:
    default: Value = [{"sse_algorithm": algorithm, "kms_master_key_id": key}]
    attributes: dict[str, Value] = {
        "bucket": on,
        "rule": [{"apply_server_side_encryption_by_default": default, **rule}],
    }
    return MadeResource(f"aws_s3_bucket_server_side_encryption_configuration.{name}", attributes)


def file(computed: tuple[str, ...] = (), **attributes: Value) -> MadeResource:
    return MadeResource(
        "aws_s3_object.app", {"bucket": "cfg", "key": "app.env", "arn": FILE, **attributes}, HERE, computed
    )


def only(found: tuple[KmsKey, ...] | None) -> KmsKey | None:
    assert found is None or len(found) < 2
    return found[0] if found else None


def arn_of(world: MadeWorld, of: str = FILE) -> Value:
    found = only(keys_of_object(of, world))
    return found.arn if found else None


def possible(world: MadeWorld, of: str = FILE) -> list[tuple[Value, bool]]:
    """Return the possible keys of an object, and whether they are certain."""
    return [(each.arn, not each.doubt) for each in keys_of_object(of, world) or ()]


def test_an_object_is_encrypted_with_the_default_key_of_its_bucket() -> None:
    assert arn_of(MadeWorld(bucket(), encryption())) == KEY
    assert arn_of(MadeWorld(encryption())) == KEY
    assert arn_of(MadeWorld(bucket(), encryption()), "arn:aws:s3:::other/app.env") is None


def test_an_object_can_name_its_own_key() -> None:
    assert arn_of(MadeWorld(bucket(), encryption(), file(kms_key_id=OTHER))) == OTHER
    assert arn_of(MadeWorld(bucket(), encryption(), file(server_side_encryption="AES256"))) is None
    chosen = file(("kms_key_id", "server_side_encryption"), kms_key_id=Unknown(), server_side_encryption=Unknown())
    assert arn_of(MadeWorld(bucket(), encryption(), chosen)) == KEY


def test_aws_managed_keys_are_not_listed() -> None:
    assert arn_of(MadeWorld(bucket(), encryption(None))) is None
    assert arn_of(MadeWorld(bucket(), encryption("arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"))) is None


def test_the_encryption_argument_of_a_bucket_counts_unless_it_is_stale() -> None:
    old: Value = [{"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": KEY}]}]}]
    kept = bucket(server_side_encryption_configuration=old)
    assert arn_of(MadeWorld(kept)) == KEY
    stale = MadeResource(str(kept.address), kept.attributes, HERE, ("server_side_encryption_configuration",))
    assert possible(MadeWorld(stale, earlier=[stale, encryption()])) == [(KEY, False)]
    assert arn_of(MadeWorld(stale, earlier=[stale])) == KEY


def test_an_encryption_that_may_be_of_another_bucket_makes_the_key_uncertain() -> None:
    found = only(keys_of_object(FILE, MadeWorld(encryption(on=Unknown(reason="a variable")))))
    assert found is not None
    assert found.doubt
    mine = reference("aws_s3_bucket.cfg", "id")
    assert keys_of_object("arn:aws:s3:::other/x", MadeWorld(bucket(), encryption(on=mine))) is None


def test_of_two_encryptions_of_one_bucket_the_one_that_is_written_remains() -> None:
    for name in ("a", "z"):
        both = [encryption(), encryption(OTHER, name=name)]
        assert sorted(possible(MadeWorld(bucket(), *both, earlier=()))) == [(KEY, False), (OTHER, False)]
        assert possible(MadeWorld(bucket(), encryption(), encryption(name=name), earlier=())) == [(KEY, True)]
        assert has_bucket_key(FILE, MadeWorld(bucket(), *both, earlier=())) is None
        alike = encryption(name=name, bucket_key_enabled=True)
        assert possible(MadeWorld(bucket(), encryption(), alike, earlier=())) == [(KEY, False)]
        written = MadeWorld(bucket(), *both, file(), earlier=[bucket(), encryption(), encryption(name=name)])
        assert possible(written) == [(KEY, False), (OTHER, False)]  # whether the file is written after it is unknown


def test_existing_objects_keep_the_key_of_their_upload() -> None:
    plain, old, new = [bucket()], [bucket(), encryption()], [bucket(), encryption(OTHER)]
    assert possible(MadeWorld(*old, earlier=plain)) == [(KEY, False)]
    assert possible(MadeWorld(*plain, earlier=old)) == [(KEY, False)]
    assert possible(MadeWorld(*new, earlier=old)) == [(KEY, False), (OTHER, False)]
    assert possible(MadeWorld(*old, earlier=old)) == [(KEY, True)]
    assert possible(MadeWorld(*old, earlier=())) == [(KEY, True)]


def test_a_replaced_bucket_contains_no_old_objects() -> None:
    again = bucket(id=reference("aws_s3_bucket.cfg", "id", "cfg"))
    assert possible(MadeWorld(again, encryption(OTHER), earlier=[bucket(), encryption()])) == [(OTHER, True)]


@pytest.mark.parametrize("state", [{"kms_key_id": KEY, "server_side_encryption": "aws:kms"}])
def test_the_state_of_an_object_shows_its_key(state: dict[str, Value]) -> None:
    computed = ("kms_key_id", "server_side_encryption")
    kept = file(computed, **state)
    world = MadeWorld(bucket(), encryption(OTHER), kept, earlier=[bucket(), encryption(), kept])
    assert possible(world) == [(KEY, True)]
    plain = file(computed, server_side_encryption="AES256")
    assert possible(MadeWorld(bucket(), encryption(), plain, earlier=[bucket(), plain])) == []
    bare = file(computed, server_side_encryption="")
    assert possible(MadeWorld(bucket(), encryption(), bare, earlier=[bucket(), bare])) == []


def test_a_key_read_from_s3_may_be_aws_managed() -> None:
    kept = file(("kms_key_id",), kms_key_id=OTHER, server_side_encryption="aws:kms")
    assert possible(MadeWorld(bucket(), kept)) == [(OTHER, False)]
    assert possible(MadeWorld(bucket(), kept, MadeResource("aws_kms_key.k", {"arn": OTHER}))) == [(OTHER, True)]


def test_an_etag_can_prove_that_no_key_encrypts_an_object() -> None:
    etag = "0cc175b9c0f1b6a831c399e269772661"
    kept = file(content="a", etag=etag)
    assert possible(MadeWorld(bucket(), encryption(), kept, earlier=[bucket(), kept])) == []
    other = file(content="b", etag=etag)
    assert possible(MadeWorld(bucket(), encryption(), other, earlier=[bucket(), other])) == [(KEY, False)]


@every_row("changed", ["content", "etag", "source_hash", "metadata", "key"])
def test_a_rewritten_object_follows_the_bucket_if_it_waits_for_its_encryption(changed: str) -> None:
    was, will = (file(("server_side_encryption",), server_side_encryption="", **{changed: each}) for each in "ab")
    for waits, expected in ((True, [(KEY, True)]), (False, [(KEY, False)])):
        world = Ordered(bucket(), encryption(), will, earlier=[bucket(), was], waits=waits)
        assert possible(world) == expected
        # An apply skips an update whose unknown values turn out as they were.
        later = file(("server_side_encryption",), server_side_encryption="", **{changed: Unknown()})
        open_ = Ordered(bucket(), encryption(), later, earlier=[bucket(), was], waits=waits)
        assert possible(open_) == [(KEY, False)]


def test_changing_tags_and_locks_does_not_rewrite_an_object() -> None:
    was, will = (file(("server_side_encryption",), server_side_encryption="", tags={"a": each}) for each in "ab")
    assert possible(Ordered(bucket(), encryption(), will, earlier=[bucket(), was], waits=True)) == []


class Ordered(MadeWorld):
    """A world in which objects wait for the default encryption, or not."""

    def __init__(self, *resources: MadeResource, earlier: Sequence[MadeResource], waits: bool) -> None:
        super().__init__(*resources, earlier=earlier)
        self.waits = waits

    def earlier(self, address: Address) -> FinishedBefore:
        return FinishedBefore(frozenset([str(encryption().address)] if self.waits else ()), False)


def test_a_data_source_shows_the_key_of_an_object() -> None:
    read: dict[str, Value] = {"bucket": "cfg", "key": "app.env", "sse_kms_key_id": OTHER}
    look_up = MadeResource("data.aws_s3_object.app", read)
    key = MadeResource("aws_kms_key.k", {"arn": OTHER})
    assert possible(MadeWorld(bucket(), encryption(), look_up, key)) == [(OTHER, True)]
    plain = MadeResource("data.aws_s3_object.app", {**read, "sse_kms_key_id": "", "server_side_encryption": "AES256"})
    assert possible(MadeWorld(bucket(), encryption(), plain)) == []


def test_the_use_of_a_bucket_key_is_unknown_if_the_default_changes() -> None:
    new, old = encryption(bucket_key_enabled=True), encryption(bucket_key_enabled=False)
    assert has_bucket_key(FILE, MadeWorld(bucket(), new, earlier=[bucket(), old])) is None


def test_object_or_bucket_decide_the_use_of_a_bucket_key() -> None:
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(bucket_key_enabled=True))) is True
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(bucket_key_enabled=None))) is False
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(), file(bucket_key_enabled=True))) is True
    assert has_bucket_key(FILE, MadeWorld()) is None


def test_dual_layer_encryption_has_no_bucket_key() -> None:
    dual = "aws:kms:dsse"
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(algorithm=dual, bucket_key_enabled=True))) is False
    own = file(server_side_encryption=dual, bucket_key_enabled=True)
    assert has_bucket_key(FILE, MadeWorld(bucket(), encryption(bucket_key_enabled=True), own)) is False


def test_a_secret_is_found_by_its_complete_or_partial_arn() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": arn, "kms_key_id": KEY}))
    for named in (arn, arn.removesuffix("-AbCdEf")):
        found = only(keys_of_secret(named, world))
        assert found is not None
        assert found.arn == KEY
    assert keys_of_secret(arn.replace("eu-west-1", "us-east-1"), world) is None
    assert keys_of_secret("arn:aws:secretsmanager:us-east-1:111122223333:secret:db", world) is None


def test_a_data_source_shows_the_key_of_a_secret() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    secret = MadeResource("data.aws_secretsmanager_secret.db", {"name": "db", "arn": arn, "kms_key_id": KEY})
    found = only(keys_of_secret(arn, MadeWorld(secret)))
    assert found is not None
    assert found.arn == KEY


def test_a_deferred_data_source_does_not_hide_the_secret_of_a_database() -> None:
    arn = Unknown(symbol("aws_db_instance.db", ("master_user_secret", 0, "secret_arn")))
    database = MadeResource("aws_db_instance.db", {"master_user_secret": [{"secret_arn": arn}]})
    looked_up = MadeResource("data.aws_secretsmanager_secret.db", {"arn": arn, "kms_key_id": Unknown()})
    assert keys_of_secret(arn, MadeWorld(database, looked_up)) == ()
    assert keys_of_secret(arn, MadeWorld(looked_up)) != ()


def test_only_secure_strings_are_encrypted() -> None:
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/a"
    for kind, key in (("SecureString", KEY), ("String", None)):
        attributes: dict[str, Value] = {"name": "/a", "arn": arn, "type": kind, "key_id": KEY}
        found = only(keys_of_parameter(arn, MadeWorld(MadeResource("aws_ssm_parameter.a", attributes))))
        assert (found.arn if found else None) == key


def test_a_key_with_a_sensitive_name_is_not_shown() -> None:
    class Marked(MadeResource):
        def sensitive(self, name: str) -> bool:
            return name == "kms_key_id"

    marked = Marked("aws_s3_object.app", {"bucket": "cfg", "key": "app.env", "arn": FILE, "kms_key_id": KEY})
    found = only(keys_of_object(FILE, MadeWorld(bucket(), marked)))
    assert found is not None
    assert found.sensitive
    shown = only(keys_of_object(FILE, MadeWorld(bucket(), file(kms_key_id=KEY))))
    assert shown is not None
    assert not shown.sensitive


SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"


def secret(key: Value, around: Surroundings = HERE) -> MadeResource:
    attributes: dict[str, Value] = {"name": "db", "id": SECRET_ARN, "arn": SECRET_ARN, "kms_key_id": key}
    return MadeResource("aws_secretsmanager_secret.db", attributes, around)


@every_row(
    ("old", "new", "expected"),
    [
        (KEY, OTHER, [(OTHER, True)]),  # the update encrypts it again
        (None, KEY, [(KEY, True)]),
        (KEY, None, [(KEY, False)]),  # the provider leaves the key alone
        (None, None, []),
        (KEY, KEY, [(KEY, True)]),
    ],
)
def test_a_new_key_encrypts_a_secret_again(old: Value, new: Value, expected: list[tuple[Value, bool]]) -> None:
    found = keys_of_secret(SECRET_ARN, MadeWorld(secret(new), earlier=[secret(old)]))
    assert [(each.arn, not each.doubt) for each in found or ()] == expected


def test_a_secret_in_a_possibly_different_account_is_uncertain() -> None:
    far = Surroundings("aws", "eu-west-1", OPEN.account)
    found = only(keys_of_secret(SECRET_ARN.removesuffix("-AbCdEf"), MadeWorld(secret(KEY, far))))
    assert found is not None
    assert found.doubt


def test_a_secret_keeps_its_key_if_the_alias_moves() -> None:
    def alias(target: str) -> MadeResource:
        attributes: dict[str, Value] = {"name": "alias/a", "arn": "arn:aws:kms:eu-west-1:111122223333:alias/a"}
        return MadeResource("aws_kms_alias.a", {**attributes, "target_key_id": target})

    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/a"
    attributes: dict[str, Value] = {"name": "/a", "id": "/a", "arn": arn, "type": "SecureString", "key_id": "alias/a"}
    was = MadeResource("aws_ssm_parameter.a", {**attributes, "value": "x"})
    will = MadeResource("aws_ssm_parameter.a", {**attributes, "value": "y"})
    for now, expected in ((was, [(KEY, False), (OTHER, False)]), (will, [(OTHER, True)])):
        found = keys_of_parameter(arn, MadeWorld(now, alias(OTHER), earlier=[was, alias(KEY)])) or ()
        assert [(each.arn, not each.doubt) for each in found] == expected


DATABASE_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1-AbCdEf"
KMS = MadeResource("aws_kms_key.k", {"arn": KEY, "key_id": "k1"})
CLUSTERS = [
    ("aws_rds_cluster", "master_user_secret", "master_user_secret_kms_key_id", [{"secret_arn": DATABASE_SECRET}]),
    ("aws_redshift_cluster", "master_password_secret_arn", "master_password_secret_kms_key_id", DATABASE_SECRET),
]


@pytest.mark.parametrize(("kind", "attribute", "argument", "value"), CLUSTERS)
def test_the_secret_of_a_database_is_encrypted_with_the_key_of_the_database(
    kind: str, attribute: str, argument: str, value: Value
) -> None:
    def of(arn: str | Unknown, key: Value, kept: Value = value, computed: tuple[str, ...] = ()) -> Value:
        keeper = MadeResource(f"{kind}.d", {attribute: kept, argument: key}, HERE, computed)
        found = only(keys_of_secret(arn, MadeWorld(keeper, KMS)))
        return found.arn if found else None

    inside = Unknown(symbol=symbol(f"{kind}.d", (attribute, 0, "secret_arn")))
    for named in (KEY, "k1"):
        assert of(DATABASE_SECRET, named) == KEY
        assert of(inside, named, Unknown()) == KEY
    # Where nothing is written it is the key that AWS manages, unless the plan knows the key that is configured.
    assert of(inside, Unknown(), Unknown(), (argument,)) is None
    assert of(DATABASE_SECRET, OTHER, computed=(argument,)) is None
    assert of(DATABASE_SECRET, KEY, computed=(argument,)) == KEY
    # Another secret, and another attribute of the database, are none of its.
    assert of(DATABASE_SECRET.replace("db-1", "db-2"), KEY) is None
    assert of(Unknown(symbol=symbol(f"{kind}.d", ("endpoint",))), KEY) is None
    assert of(Unknown(symbol=symbol(f"{kind}.e", (attribute, 0, "secret_arn"))), KEY) is None


# Replicas of secrets

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
REPLICA = SECRET.replace("eu-west-1", "us-east-1")
REPLICA_KEY = KEY.replace("eu-west-1", "us-east-1")


def replicated(key: Value, arn: Value = SECRET, **more: Value) -> MadeWorld:
    replicas: Value = [{"region": "us-east-1", "kms_key_id": key}]
    attributes: dict[str, Value] = {"name": "db", "arn": arn, "kms_key_id": KEY, "replica": replicas, **more}
    return MadeWorld(MadeResource("aws_secretsmanager_secret.db", attributes))


def test_a_replica_of_a_secret_is_encrypted_with_a_key_of_its_region() -> None:
    assert keys_of_secret(REPLICA, replicated(REPLICA_KEY)) == (KmsKey(REPLICA_KEY),)
    assert keys_of_secret(REPLICA, replicated("")) == ()
    assert keys_of_secret(SECRET, replicated(REPLICA_KEY)) == (KmsKey(KEY),)
    later = reference("aws_secretsmanager_secret.db", "arn")
    assert keys_of_secret(REPLICA, replicated(REPLICA_KEY, later)) is None


def test_replicas_that_are_known_later_are_possible() -> None:
    in_west = REPLICA_KEY.replace("us-east-1", "us-west-2")
    here: Value = {"region": "us-east-1", "kms_key_id": REPLICA_KEY}
    there: Value = {"region": "us-west-2", "kms_key_id": in_west}

    def found(replicas: Value, arn: str = REPLICA, *, is_written: bool = True) -> list[tuple[Value, bool]]:
        attributes: dict[str, Value] = {"name": "db", "arn": SECRET, "kms_key_id": KEY, "replica": replicas}
        attributes["replica.kms_key_id"] = is_written
        computed = () if is_written else ("replica",)
        world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", attributes, computed=computed))
        return [(each.arn, bool(each.doubt)) for each in keys_in_use("secretsmanager:GetSecretValue", arn, world)]

    either = OneOf(values=([here], [here, there]))
    assert found(either) == [(REPLICA_KEY, False)]
    assert found(either, SECRET.replace("eu-west-1", "us-west-2")) == [(in_west, True)]
    ((_, has_doubt),) = found(Unknown())
    assert has_doubt
    assert found(Unknown(), SECRET) == [(KEY, False)]
    assert found(Unknown(), is_written=False) == []


def test_a_replica_without_a_key_of_its_own_has_the_default_one() -> None:
    assert keys_of_secret(REPLICA, replicated(Unknown())) == ()
    (found,) = keys_of_secret(REPLICA, replicated(Unknown(), **{"replica.kms_key_id": True})) or ()
    assert found.doubt


def test_a_replica_with_an_alias_uses_the_key_of_the_alias_in_its_region() -> None:
    (found,) = keys_of_secret(REPLICA, replicated("alias/db")) or ()
    assert not found.doubt
    assert isinstance(found.arn, Text)
    assert found.arn.pieces[0] == "arn:aws:kms:us-east-1:111122223333:key/"


def test_a_replica_names_a_key_of_its_region_by_the_id_of_the_primary_key() -> None:
    there = msgspec.structs.replace(HERE, region="us-east-1")
    keys = (
        MadeResource("aws_kms_key.k", {"key_id": "mrk-1", "arn": KEY}),
        MadeResource("aws_kms_replica_key.k", {"key_id": "mrk-1", "arn": REPLICA_KEY}, there),
    )
    secret = replicated("mrk-1").resources("aws_secretsmanager_secret")
    assert keys_of_secret(REPLICA, MadeWorld(*keys, *secret)) == (KmsKey(REPLICA_KEY),)


def test_a_replica_has_the_tags_and_the_policy_of_its_secret_but_an_arn_of_its_own() -> None:
    world = replicated(REPLICA_KEY)
    found = secret_of(REPLICA, world)
    assert found is not None
    assert str(found.address) == "aws_secretsmanager_secret.db"
    assert whole_arn(REPLICA, world) == REPLICA
    assert whole_arn(SECRET.removesuffix("-AbCdEf"), world) == SECRET
