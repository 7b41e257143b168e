"""What the tasks of an ECS Express service need, which makes a task definition and a log group of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.plan.made import change, plan
from tfcheck.analysis.check import check
from tfcheck.checks.named_objects import starting_services
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.plan_world import After
from tfcheck.plan import Plan
from tfcheck.resolve import Resolver
from tfcheck.startup.launch import possible_services, services
from tfcheck.vocabulary.finding import Report

_ADDRESS = "aws_ecs_express_gateway_service.web"
_ROLE = "arn:aws:iam::123456789012:role/execution"
_SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
_PROVIDER = {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}
_TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _plan(
    container: dict[str, Any], *allowed: tuple[str, str], written: Sequence[dict[str, Any]] = (), **unknown: Any
) -> Plan:
    role = {"name": "execution", "arn": _ROLE, "assume_role_policy": _policy(_TRUST)}
    statements = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in allowed]
    service = {"execution_role_arn": _ROLE, "primary_container": [container]}
    rows = [
        change("aws_iam_role.execution", "no-op", before=role, after=role),
        change(
            "aws_iam_role_policy.p", "create", after={"role": "execution", "name": "p", "policy": _policy(*statements)}
        ),
        change(_ADDRESS, "create", after=service, after_unknown={"primary_container": [unknown]}),
    ]
    return plan(*rows, configuration={"provider_config": _PROVIDER, "root_module": {"resources": [*written]}})


def _verdicts(report: Report) -> dict[tuple[str, str], str]:
    return {(each.requirement.pointer, each.requirement.action): each.verdict.value for each in report.answers}


def test_the_container_of_a_service_needs_what_one_of_a_task_definition_needs() -> None:
    container = {
        "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1",
        "secret": [{"name": "DB", "value_from": f"{_SECRET}:password::"}],
        "repository_credentials": [],
        "aws_logs_configuration": [{"log_group": "/web", "log_stream_prefix": "web"}],
    }
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/web:log-stream:web/Main/*"
    found = _verdicts(check(_plan(container, ("ecr:*", "*"), ("logs:*", group)), None))
    assert found["/executionRoleArn", "sts:AssumeRole"] == "allowed"
    assert found["/0/image", "ecr:BatchGetImage"] == "allowed"
    assert found["/0/secrets/0", "secretsmanager:GetSecretValue"] == "denied"
    assert found["/0/logConfiguration", "logs:CreateLogStream"] == "allowed"
    assert not any(action == "logs:CreateLogGroup" for _, action in found)


@pytest.mark.parametrize(
    ("granted", "verdict"),
    [
        ("*", "allowed"),
        ("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/ecs/*", "unknown"),
        ("arn:aws:logs:us-east-1:*", "denied"),
    ],
)
def test_it_writes_logs_into_a_group_that_ecs_names(granted: str, verdict: str) -> None:
    report = check(_plan({"image": "nginx"}, ("logs:*", granted)), None)
    assert _verdicts(report)["/0/logConfiguration", "logs:CreateLogStream"] == verdict
    assert not report.skipped


def test_credentials_of_a_registry_are_a_secret() -> None:
    container = {"image": "registry.example.com/web", "repository_credentials": [{"credentials_parameter": _SECRET}]}
    found = _verdicts(check(_plan(container, ("secretsmanager:GetSecretValue", _SECRET)), None))
    assert found["/0/repositoryCredentials", "secretsmanager:GetSecretValue"] == "allowed"


def test_a_secret_that_is_not_known_is_open() -> None:
    report = check(_plan({"image": "nginx", "secret": [{"name": "A"}]}, secret=[{"value_from": True}]), None)
    found = {
        each.requirement.action: each.verdict.value for each in report.answers if "secrets" in each.requirement.pointer
    }
    assert set(found.values()) == {"unknown"}


def test_a_container_that_is_not_known_is_skipped() -> None:
    rows = change(_ADDRESS, "create", after={"execution_role_arn": _ROLE}, after_unknown={"primary_container": True})
    (skipped,) = check(plan(rows), None).skipped
    assert skipped.address == _ADDRESS
    assert skipped.reason.startswith("primary_container is known only after apply")


def test_a_service_with_a_task_definition_of_another_resource_needs_nothing_itself() -> None:
    after = {"execution_role_arn": _ROLE, "task_definition_arn": "web:1", "primary_container": []}
    assert not check(plan(change(_ADDRESS, "create", after=after)), None).task_definitions


def test_one_that_the_change_removes_is_not_named() -> None:
    report = check(plan(change(_ADDRESS, "delete", before={}, after=None)), None)
    assert not report.skipped
    assert not report.task_definitions


@pytest.mark.parametrize("waits", [True, False])
def test_a_service_that_is_created_starts_tasks_and_waits_for_what_they_need(waits: bool) -> None:
    image = {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1"}
    policy: dict[str, Any] = {"mode": "managed", "type": "aws_iam_role_policy", "name": "p"}
    policy |= {"address": "aws_iam_role_policy.p", "expressions": {"role": {"constant_value": "execution"}}}
    service = {"mode": "managed", "type": "aws_ecs_express_gateway_service", "name": "web", "address": _ADDRESS}
    written: list[dict[str, Any]] = [{**service, "depends_on": [policy["address"]] if waits else []}, policy]
    found = {each.rule for each in check(_plan(image, ("ecr:*", "*"), ("logs:*", "*"), written=written), None).findings}
    assert ("deploy-order" in found) is not waits


def test_other_services_start_no_tasks_of_it() -> None:
    other = change("aws_ecs_service.s", "create", after={"task_definition": "web", "launch_type": "EC2"})
    service = change(_ADDRESS, "create", after={"execution_role_arn": _ROLE, "primary_container": [{"image": "nginx"}]})
    world = After(Resolver(plan(other, service)))
    (task,) = task_definitions(world)
    assert services(task, world) == possible_services(task, world) == ()
    assert starting_services(task, world) == [task.resource]
