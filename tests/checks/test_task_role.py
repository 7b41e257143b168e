"""What the task role must be there for, be allowed, and in time: volumes that ask IAM, and commands in containers."""

from __future__ import annotations

import json

import pytest

from tests.made_world import HERE, MadeResource, MadeWorld, reference, task
from tfcheck.checks import deploy_order, ecs_exec, efs_authorization
from tfcheck.checks.mistake import Misconfiguration
from tfcheck.inventory.ecs import task_definitions
from tfcheck.resolve.order import Earlier
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Severity

LATER = Unknown(reason="known only after apply")
POINT = reference("aws_efs_access_point.web", "id")
ROLE = "arn:aws:iam::111122223333:role/task"
EXECUTION = "arn:aws:iam::111122223333:role/execution"


# Volumes


def volume(iam: Value = "ENABLED", point: Value = "", **system: Value) -> Value:
    known = {"file_system_id": "fs-1", "transit_encryption": "ENABLED", "root_directory": "/", **system}
    authorization: Value = [{"iam": iam, "access_point_id": point}]
    configured: Value = [{**known, "authorization_config": authorization}]
    return [{"name": "data", "efs_volume_configuration": configured}]


def wrong(volumes: Value, role: Value = ROLE) -> list[tuple[str, str]]:
    world = MadeWorld(MadeResource("aws_efs_access_point.web", {"id": POINT}))
    found = efs_authorization.CHECK.search(task({}, volume=volumes, task_role_arn=role), world)
    return [(each.severity.value, each.message) for each in found]


@pytest.mark.parametrize("role", [None, ""])
def test_a_volume_with_iam_is_mounted_with_a_task_role(role: Value) -> None:
    said = "volume `data` has IAM authorization, but the task definition names no task role to mount it with"
    assert wrong(volume(), role) == [("error", said)]
    assert wrong(volume("DISABLED"), role) == []
    assert wrong(volume(), LATER) == wrong(volume(LATER), role) == wrong(LATER, role) == []


@pytest.mark.parametrize("encryption", [None, "", "DISABLED"])
def test_authorization_needs_encryption_on_the_way(encryption: Value) -> None:
    said = "volume `data` has {}, but its transit encryption is not enabled"
    assert wrong(volume(transit_encryption=encryption)) == [("error", said.format("IAM authorization"))]
    for point in ("fsap-1", POINT):
        found = wrong(volume("DISABLED", point, transit_encryption=encryption))
        assert found == [("error", said.format("an access point"))]
    assert wrong(volume("DISABLED", transit_encryption=encryption)) == []
    assert wrong(volume("DISABLED", LATER, transit_encryption=encryption)) == []


def test_what_is_not_known_may_be_encrypted() -> None:
    assert wrong(volume(transit_encryption=LATER)) == []


def test_an_access_point_has_the_root_directory() -> None:
    assert [each for each, _ in wrong(volume(point=POINT, root_directory="/data"))] == ["warning"]
    assert wrong(volume(root_directory="/data")) == []
    assert wrong(volume(point=POINT, root_directory=LATER)) == []
    assert wrong(volume(point=POINT)) == wrong(volume(point=POINT, root_directory=None)) == []


def test_other_volumes_are_none_of_its_business() -> None:
    assert wrong([{"name": "scratch", "efs_volume_configuration": []}], None) == []


# Commands


def role(name: str, *actions: str) -> tuple[MadeResource, MadeResource]:
    statements = [{"Effect": "Allow", "Action": list(actions) or ["sqs:*"], "Resource": "*"}]
    policy: Value = json.dumps({"Version": "2012-10-17", "Statement": statements})
    made = {"name": name, "arn": f"arn:aws:iam::111122223333:role/{name}"}
    return (
        MadeResource(f"aws_iam_role.{name}", {**made}),
        MadeResource(f"aws_iam_role_policy.{name}", {"name": "p", "role": name, "policy": policy}),
    )


def told(
    *resources: MadeResource, task_role: Value = ROLE, kinds: tuple[Value, ...] = ("FARGATE",), **service: Value
) -> list[Misconfiguration]:
    runs: dict[str, Value] = {"task_definition": reference("aws_ecs_task_definition.app", "arn")}
    world = MadeWorld(
        MadeResource("aws_ecs_service.app", {**runs, "enable_execute_command": True, **service}), *resources
    )
    of = task({}, around=HERE, task_role_arn=task_role, requires_compatibilities=list(kinds))
    return list(ecs_exec.CHECK.search(of, world))


def test_the_task_role_opens_channels() -> None:
    (found,) = told(*role("task", "ssmmessages:Create*"), *role("execution"))
    assert found.severity is Severity.INFO
    assert found.message == (
        "aws_ecs_service.app enables ECS Exec, but the task role aws_iam_role.task is not allowed "
        "ssmmessages:OpenControlChannel and ssmmessages:OpenDataChannel"
    )
    assert found.explanation == ("the tasks start all the same; only commands cannot be run in their containers",)
    assert told(*role("task", "ssmmessages:*"), *role("execution")) == []


def test_what_the_execution_role_may_is_nothing_to_it() -> None:
    (found,) = told(*role("task"), *role("execution", "ssmmessages:*"))
    assert found.explanation[1] == (
        "the execution role aws_iam_role.execution is allowed it, but ECS Exec never uses that one: move the statement"
    )


@pytest.mark.parametrize("enabled", [False, None, LATER])
def test_without_commands_nothing_is_needed(enabled: Value) -> None:
    assert told(*role("task"), enable_execute_command=enabled) == []


def test_of_a_role_outside_the_plan_nothing_is_told() -> None:
    assert told() == told(task_role=LATER) == []


def test_fargate_refuses_a_service_without_a_task_role() -> None:
    (found,) = told(task_role=None)
    assert (found.severity, found.argument) == (Severity.ERROR, "task_role_arn")
    assert "valid taskRoleArn" in found.symptom
    (found,) = told(task_role="", kinds=("EC2", "FARGATE"), launch_type="FARGATE")
    assert found.severity is Severity.ERROR
    assert told(task_role=None, kinds=("EC2",), launch_type="EC2") == []


# In time

SYSTEM = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"


class Ordered(MadeWorld):
    """A world whose service waits for these."""

    waits: frozenset[str] = frozenset()

    def earlier(self, address: Address) -> Earlier:
        return Earlier(self.waits, False)


def late(*waits: str, action: str = "elasticfilesystem:*") -> list[str]:
    nobody = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    shut: Value = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    runs: dict[str, Value] = {"task_definition": reference("aws_ecs_task_definition.app", "arn"), "desired_count": 1}
    known: dict[str, Value] = {
        "task_role_arn": ROLE,
        "execution_role_arn": EXECUTION,
        "container_definitions": [{"name": "app"}],
    }
    world = Ordered(
        MadeResource("aws_efs_file_system.fs", {"id": "fs-1", "arn": SYSTEM}),
        MadeResource("aws_efs_file_system_policy.fs", {"file_system_id": "fs-1", "policy": shut}),
        MadeResource("aws_ecs_service.app", runs),
        MadeResource("aws_ecs_task_definition.app", {**known, "volume": volume()}),
        *role("task", action),
        *role("execution", "s3:*"),
        earlier=(),
    )
    world.waits = frozenset(waits)
    (found,) = task_definitions(world)
    return [str(each.about) for each in deploy_order.CHECK.search(found, world)]


def test_a_service_waits_for_the_policy_by_which_the_task_role_mounts_a_volume() -> None:
    assert late() == ["aws_iam_role_policy.task"]
    assert late("aws_iam_role_policy.task") == []
    assert late(action="s3:*") == []
