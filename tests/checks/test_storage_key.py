"""The key of Fargate's storage must let Fargate use it."""

from __future__ import annotations

import json
from typing import Any

from tests.checks.made_tasks import messages, service
from tests.made_world import MadeResource, MadeWorld, reference
from tests.rows import every_row
from tfcheck.checks import storage_key
from tfcheck.symbolic.value import Unknown, Value

ARN = "arn:aws:kms:eu-west-1:111122223333:key/k1"
BOTH = "kms:GenerateDataKeyWithoutPlaintext and kms:CreateGrant"
FARGATE = {"Service": "fargate.amazonaws.com"}


def policy(**parts: Any) -> str:
    statement = {"Effect": "Allow", "Principal": FARGATE, "Action": ["kms:Generate*", "kms:CreateGrant"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*", **parts}]})


def found(of_key: Value, **more: Value) -> list[str]:
    launch = more.pop("launch_type", "FARGATE")
    storage: Value = [{"fargate_ephemeral_storage_kms_key_id": more.pop("key", ARN)}]
    configuration: Value = [{"managed_storage_configuration": storage}]
    world = MadeWorld(
        MadeResource("aws_ecs_cluster.c", {"name": "shop", "id": "c", "arn": "c", "configuration": configuration}),
        MadeResource("aws_kms_key.k", {"arn": ARN, "key_id": "k1", "policy": of_key, **more}),
        service(cluster=reference("aws_ecs_cluster.c", "id"), launch_type=launch),
    )
    return messages(storage_key.CHECK, {}, world=world)


def condition(key: str, value: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


@every_row(
    ("of_key", "missing"),
    [
        (policy(), ""),
        (policy(Principal={"Service": ["ecs.amazonaws.com", "fargate.amazonaws.com"]}), ""),
        (policy(Principal={"AWS": "arn:aws:iam::111122223333:root"}), BOTH),
        (policy(Principal={"Service": "ecs.amazonaws.com"}), BOTH),
        (policy(Principal="*"), ""),  # whether everybody includes services is not documented
        (policy(Action="kms:CreateGrant"), "kms:GenerateDataKeyWithoutPlaintext"),
        (policy(Action="kms:*"), ""),
        (policy(Effect="Deny"), BOTH),
        (policy(Resource=ARN), ""),
        (policy(**condition("kms:EncryptionContext:aws:ecs:clusterName", "shop")), ""),
        (policy(**condition("kms:EncryptionContext:aws:ecs:clusterName", "other")), BOTH),
        (policy(**condition("kms:EncryptionContext:aws:ecs:clusterAccount", "111122223333")), ""),
        (policy(**condition("kms:EncryptionContext:aws:ecs:clusterAccount", "444455556666")), BOTH),
        (policy(**condition("kms:GrantOperations", "Decrypt", "ForAllValues:StringEquals")), ""),
        (policy(**condition("aws:SourceAccount", "444455556666")), ""),
        (Unknown(reason="known only after apply"), ""),
    ],
)
def test_the_policy_must_let_fargate_use_the_key(of_key: Value, missing: str) -> None:
    said = "error: aws_ecs_cluster.c encrypts the storage of tasks on Fargate with aws_kms_key.k, "
    assert found(of_key) == ([f"{said}whose policy does not allow fargate.amazonaws.com {missing}"] if missing else [])


def test_the_default_policy_does_not() -> None:
    assert [each.endswith(BOTH) for each in found(None)] == [True]


def test_a_disabled_key_cannot_be_used() -> None:
    assert [each.endswith("aws_kms_key.k, which is disabled") for each in found(policy(), is_enabled=False)] == [True]


def test_only_fargate_uses_it_and_only_a_key_of_the_plan_shows_its_policy() -> None:
    assert found(None, launch_type="EC2") == []
    assert found(None, key="arn:aws:kms:eu-west-1:111122223333:key/other") == []
    assert found(None, key=None) == []
