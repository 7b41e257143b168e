from __future__ import annotations

import pytest

from tests.made_world import HERE, MadeResource, MadeWorld, reference
from tests.rows import every_row
from tfcheck.inventory.key import KmsKey, named_key
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Unknown, Value, display

KEY_ID = "11111111-2222-3333-4444-555555555555"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"
OTHER = ARN.replace("1111", "9999")
HOLDER = MadeResource("aws_secretsmanager_secret.s", {}, HERE)
MADE = MadeResource("aws_kms_key.made", {name: reference("aws_kms_key.made", name) for name in ("arn", "key_id", "id")})
OWN = MADE.attributes["arn"]
FAR = Surroundings("aws", "us-east-1", "111122223333")


def alias(target: Value, name: str = "alias/app") -> MadeResource:
    return MadeResource(
        "aws_kms_alias.app",
        {"name": name, "target_key_id": target, "arn": f"arn:aws:kms:eu-west-1:111122223333:{name}"},
    )


@every_row("nothing", [None, "", "alias/aws/secretsmanager", "arn:aws:kms:eu-west-1:1:alias/aws/s3"])
def test_aws_managed_keys_need_no_permission(nothing: Value) -> None:
    assert named_key(nothing, HOLDER, MadeWorld()) is None


@pytest.mark.parametrize("named", [ARN, KEY_ID])
def test_a_key_is_named_by_arn_or_id(named: str) -> None:
    assert named_key(named, HOLDER, MadeWorld()) == KmsKey(ARN)


@pytest.mark.parametrize("attribute", ["arn", "key_id", "id"])
def test_a_reference_to_a_key_is_resolved_to_its_arn(attribute: str) -> None:
    assert named_key(reference("aws_kms_key.made", attribute), HOLDER, MadeWorld(MADE)) == KmsKey(OWN)  # type: ignore[arg-type]


@every_row(
    "named",
    [
        "alias/app",
        "arn:aws:kms:eu-west-1:111122223333:alias/app",
        reference("aws_kms_alias.app", "arn"),
        reference("aws_kms_alias.app", "name"),
        reference("aws_kms_alias.app", "target_key_arn"),
    ],
)
@every_row("target", [reference("aws_kms_key.made", "key_id"), reference("aws_kms_key.made", "arn")])
def test_an_alias_is_resolved_to_its_key(named: Value, target: Unknown) -> None:
    assert named_key(named, HOLDER, MadeWorld(MADE, alias(target))) == KmsKey(OWN)  # type: ignore[arg-type]


LOOKED_UP = [
    ("aws_kms_alias", {"name": "alias/app", "target_key_arn": ARN}),
    ("aws_kms_key", {"key_id": "alias/app", "arn": ARN}),
]


@pytest.mark.parametrize(("kind", "attributes"), LOOKED_UP)
def test_an_alias_of_a_data_source_is_resolved_to_its_key(kind: str, attributes: dict[str, Value]) -> None:
    assert named_key("alias/app", HOLDER, MadeWorld(MadeResource(f"data.{kind}.app", attributes))) == KmsKey(ARN)


@pytest.mark.parametrize(("kind", "attributes"), LOOKED_UP)
def test_an_alias_of_a_data_source_in_another_region_is_another_alias(kind: str, attributes: dict[str, Value]) -> None:
    found = named_key("alias/app", HOLDER, MadeWorld(MadeResource(f"data.{kind}.app", attributes, FAR)))
    assert found is not None
    assert found != KmsKey(ARN)


def test_an_alias_outside_the_plan_is_an_unknown_key() -> None:
    found = named_key("alias/elsewhere", HOLDER, MadeWorld(MADE))
    assert found is not None
    assert display(found.arn) == "arn:aws:kms:eu-west-1:111122223333:key/(known after apply)"
    assert found.doubt == ""


def test_an_unknown_argument_may_be_no_customer_managed_key() -> None:
    found = named_key(Unknown(reason="a variable"), HOLDER, MadeWorld())
    assert found is not None
    assert found.doubt


@pytest.mark.parametrize("around", [HERE, Surroundings("aws", Unknown(reason="an open region"), "111122223333")])
@pytest.mark.parametrize("attribute", ["key_id", "id"])
def test_a_key_id_denotes_the_replica_in_its_region(attribute: str, around: Surroundings) -> None:
    identity = {name: reference("aws_kms_key.made", "key_id") for name in ("key_id", "id")}
    replica = MadeResource("aws_kms_replica_key.far", {**identity, "arn": ARN.replace("eu-west-1", "us-east-1")}, FAR)
    holder = MadeResource("aws_secretsmanager_secret.far", {}, FAR)
    world = MadeWorld(MadeResource("aws_kms_key.made", {**identity, "arn": OWN}, around), replica)
    assert named_key(reference("aws_kms_key.made", "key_id"), holder, world) == KmsKey(replica.attributes["arn"])  # type: ignore[arg-type]
    assert named_key(reference("aws_kms_key.made", "arn"), holder, world) == KmsKey(OWN)  # type: ignore[arg-type]
    assert named_key(reference("aws_kms_key.made", attribute), HOLDER, world) == KmsKey(OWN)  # type: ignore[arg-type]


def test_an_alias_name_denotes_the_alias_in_the_region_of_its_use() -> None:
    name = reference("aws_kms_alias.app", "name")
    near = MadeResource("aws_kms_alias.app", {"name": name, "target_key_id": ARN})
    far = MadeResource("aws_kms_alias.far", {"name": name, "target_key_id": OTHER}, FAR)
    holder = MadeResource("aws_secretsmanager_secret.far", {}, FAR)
    assert named_key(name, holder, MadeWorld(near, far)) == KmsKey(OTHER)
    assert named_key(name, HOLDER, MadeWorld(near, far)) == KmsKey(ARN)


def test_the_key_of_an_alias_that_only_shows_itself_is_not_known() -> None:
    own = reference("aws_kms_alias.app", "target_key_id")
    for target in (own, "alias/app"):
        (found,) = [named_key("alias/app", HOLDER, MadeWorld(alias(target)))]
        assert found is not None
        assert display(found.arn) == "arn:aws:kms:eu-west-1:111122223333:key/(known after apply)"
