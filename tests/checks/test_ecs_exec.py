"""The task role opens the channels of ECS Exec."""

from __future__ import annotations

import json

import pytest

from tests.checks.made_tasks import LATER
from tests.made_world import HERE, MadeResource, MadeWorld, reference, task
from tfcheck.checks import ecs_exec
from tfcheck.checks.misconfiguration import Misconfiguration
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.finding import Severity

ROLE = "arn:aws:iam::111122223333:role/task"


def role(name: str, *actions: str) -> tuple[MadeResource, MadeResource]:
    statements = [{"Effect": "Allow", "Action": list(actions) or ["sqs:*"], "Resource": "*"}]
    policy: Value = json.dumps({"Version": "2012-10-17", "Statement": statements})
    made = {"name": name, "arn": f"arn:aws:iam::111122223333:role/{name}"}
    return (
        MadeResource(f"aws_iam_role.{name}", {**made}),
        MadeResource(f"aws_iam_role_policy.{name}", {"name": "p", "role": name, "policy": policy}),
    )


def found_by(
    *resources: MadeResource, task_role: Value = ROLE, kinds: tuple[Value, ...] = ("FARGATE",), **service: Value
) -> list[Misconfiguration]:
    runs: dict[str, Value] = {"task_definition": reference("aws_ecs_task_definition.app", "arn")}
    world = MadeWorld(
        MadeResource("aws_ecs_service.app", {**runs, "enable_execute_command": True, **service}), *resources
    )
    of = task({}, around=HERE, task_role_arn=task_role, requires_compatibilities=list(kinds))
    return list(ecs_exec.CHECK.search(of, world))


def test_the_task_role_opens_channels() -> None:
    (found,) = found_by(*role("task", "ssmmessages:Create*"), *role("execution"))
    assert found.severity is Severity.INFO
    assert found.message == (
        "aws_ecs_service.app enables ECS Exec, but the task role aws_iam_role.task is not allowed "
        "ssmmessages:OpenControlChannel and ssmmessages:OpenDataChannel"
    )
    assert found.explanation == ("the tasks start, but no commands can be run in their containers",)
    assert found_by(*role("task", "ssmmessages:*"), *role("execution")) == []


def test_what_the_execution_role_may_is_nothing_to_it() -> None:
    (found,) = found_by(*role("task"), *role("execution", "ssmmessages:*"))
    assert found.explanation[1] == (
        "the execution role aws_iam_role.execution is allowed this, but ECS Exec never uses that role: "
        "move the statement"
    )


@pytest.mark.parametrize("enabled", [False, None, LATER])
def test_without_commands_nothing_is_needed(enabled: Value) -> None:
    assert found_by(*role("task"), enable_execute_command=enabled) == []


def test_of_a_role_outside_the_plan_nothing_is_found_by() -> None:
    assert found_by() == found_by(task_role=LATER) == []


def test_fargate_refuses_a_service_without_a_task_role() -> None:
    (found,) = found_by(task_role=None)
    assert (found.severity, found.argument) == (Severity.ERROR, "task_role_arn")
    assert "valid taskRoleArn" in found.symptom
    (found,) = found_by(task_role="", kinds=("EC2", "FARGATE"), launch_type="FARGATE")
    assert found.severity is Severity.ERROR
    assert found_by(task_role=None, kinds=("EC2",), launch_type="EC2") == []
