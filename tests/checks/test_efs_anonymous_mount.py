"""A volume without IAM authorization is mounted as everybody."""

from __future__ import annotations

import json
from typing import Any

from tests.checks.made_tasks import LATER
from tests.made_world import HERE, MadeResource, MadeWorld, reference, task
from tests.rows import every_row
from tfcheck.checks import efs_anonymous_mount
from tfcheck.symbolic.value import Value

ARN = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"
POINT = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-1"
ROLE = "arn:aws:iam::111122223333:role/task"


def policy(*more: dict[str, Any], **parts: Any) -> str:
    allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:Client*", "Resource": ARN}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow | parts, *more]})


def found(of_system: Value, authorization: Value = None, **system: Value) -> list[str]:
    known: dict[str, Value] = {"file_system_id": "fs-1", "transit_encryption": "ENABLED", **system}
    configured: Value = [{**known, "authorization_config": authorization}]
    world = MadeWorld(
        MadeResource("aws_efs_file_system.f", {"id": "fs-1", "arn": ARN}),
        MadeResource("aws_efs_file_system_policy.p", {"file_system_id": "fs-1", "policy": of_system}),
    )
    volumes: Value = [{"name": "data", "efs_volume_configuration": configured}]
    mistakes = efs_anonymous_mount.CHECK.search(task({}, around=HERE, volume=volumes), world)
    return [each.message for each in mistakes]


def condition(key: str, value: Any, operator: str = "StringEquals") -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


WITHOUT_TLS = {"Effect": "Deny", "Principal": "*", "Action": "*", **condition("aws:SecureTransport", "false", "Bool")}


@every_row(
    ("of_system", "is_closed"),
    [
        (policy(), False),
        (policy(Principal="*"), False),
        (policy(Principal={"AWS": ROLE}), True),
        (policy(Principal={"AWS": [ROLE, "*"]}), False),
        (policy(Principal={"AWS": "111122223333"}), True),
        (policy(Principal={"Service": "ecs.amazonaws.com"}), True),
        (policy(Action="elasticfilesystem:ClientWrite"), True),
        (policy(WITHOUT_TLS), False),
        (policy(**condition("elasticfilesystem:AccessedViaMountTarget", "true", "Bool")), False),
        (policy(**condition("elasticfilesystem:AccessPointArn", POINT)), True),
        (policy(**condition("aws:SourceIp", "203.0.113.0/24", "IpAddress")), False),
        (LATER, False),
    ],
)
def test_the_policy_must_let_everybody_mount_it(of_system: Value, is_closed: bool) -> None:
    said = "volume `data` is mounted without IAM authorization, which aws_efs_file_system_policy.p does not allow"
    assert found(of_system) == ([said] if is_closed else [])


def test_it_may_be_mounted_without_encryption() -> None:
    for encryption in (None, "DISABLED"):
        (said,) = found(policy(WITHOUT_TLS), transit_encryption=encryption)
        assert "without IAM authorization and without transit encryption, which" in said
    assert found(policy(WITHOUT_TLS), transit_encryption=LATER) == found(policy(), transit_encryption=None) == []


def test_a_task_role_or_an_access_point_may_mount_it() -> None:
    closed: Value = policy(Principal={"AWS": ROLE})
    for iam in ("ENABLED", LATER):
        assert found(closed, [{"iam": iam}]) == []
    assert len(found(closed, [{"iam": "DISABLED"}])) == 1
    through: Value = policy(**condition("elasticfilesystem:AccessPointArn", POINT))
    assert found(through, [{"access_point_id": "fsap-1"}]) == []
    assert len(found(through, [{"access_point_id": "fsap-2"}])) == 1
    assert found(through, [{"access_point_id": reference("aws_efs_access_point.x", "id")}]) == []


def test_without_a_policy_it_lets_every_client_in() -> None:
    assert found(policy(Principal={"AWS": ROLE}), file_system_id="fs-2") == []
