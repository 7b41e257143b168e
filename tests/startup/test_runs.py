"""What starts tasks besides services, and with what."""

from __future__ import annotations

import json

import pytest

from tests.made_world import MadeResource, MadeWorld, reference, task
from tests.rows import every_row
from tfcheck.startup import run_index
from tfcheck.startup.capacity import launch_types
from tfcheck.startup.launch import possible_services, runs, services
from tfcheck.startup.runs import all_runs
from tfcheck.symbolic.value import JsonText, Unknown, Value, text

PARAMETERS: dict[str, Value] = {"task_definition_arn": "app", "launch_type": "FARGATE"}
STATE: Value = {
    "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken",
    "Parameters": {"TaskDefinition": "app", "LaunchType": "FARGATE", "Cluster": "main"},
}
RUN_TASK = "arn:aws:scheduler:::aws-sdk:ecs:runTask"
RUN = {"TaskDefinition": "app", "LaunchType": "FARGATE", "Cluster": "main", "Overrides": {"ExecutionRoleArn": "x"}}
IN_API_CASE: Value = {"taskDefinition": "app", "launchType": "FARGATE", "cluster": "main"}
MAP: Value = {"Iterator": {"States": {"Run": STATE, "Other": {"Resource": "arn:aws:states:::lambda:invoke"}}}}


def _state(overrides: Value) -> dict[str, Value]:
    return {"Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"Overrides": overrides}}


def test_no_names_are_made_where_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(run_index, "_Names")
    of = task({})
    found = runs(of, MadeWorld())
    assert (list(found.definite), list(found.possible)) == ([], [])


@every_row(
    ("address", "attributes"),
    [
        ("aws_ecs_task_set.a", {"task_definition": "app", "launch_type": "FARGATE", "cluster": "main"}),
        ("aws_cloudwatch_event_target.a", {"arn": "main", "ecs_target": [PARAMETERS]}),
        ("aws_scheduler_schedule.a", {"target": [{"arn": "main", "ecs_parameters": [PARAMETERS]}]}),
        ("aws_scheduler_schedule.a", {"target": [{"arn": RUN_TASK, "input": json.dumps(RUN)}]}),
        ("aws_scheduler_schedule.a", {"target": [{"arn": RUN_TASK, "input": JsonText(IN_API_CASE)}]}),
        ("aws_pipes_pipe.a", {"target": "main", "target_parameters": [{"ecs_task_parameters": [PARAMETERS]}]}),
        ("aws_sfn_state_machine.a", {"definition": JsonText({"States": {"All": MAP}})}),
        ("aws_sfn_state_machine.a", {"definition": json.dumps({"States": [MAP]})}),
    ],
)
def test_what_starts_tasks_names_what_on_which_cluster(address: str, attributes: dict[str, Value]) -> None:
    world = MadeWorld(MadeResource(address, attributes))
    of = task({})
    (found,) = runs(of, world).definite
    assert (str(found.address), found.attribute("cluster")) == (address, "main")
    assert launch_types(found, world) == {"FARGATE"}
    assert services(of, world) == possible_services(of, world) == ()


@every_row(
    ("address", "attributes"),
    [
        ("aws_cloudwatch_event_target.a", {"arn": "queue", "ecs_target": []}),
        ("aws_cloudwatch_event_target.a", {"arn": "queue", "ecs_target": Unknown()}),
        ("aws_scheduler_schedule.a", {"target": [{"arn": "queue", "ecs_parameters": []}]}),
        ("aws_scheduler_schedule.a", {"target": [{"arn": "arn:aws:sqs:::queue", "input": json.dumps(RUN)}]}),
        ("aws_scheduler_schedule.a", {"target": [{"arn": RUN_TASK, "input": Unknown()}]}),
        ("aws_pipes_pipe.a", {"target": "queue", "target_parameters": None}),
        ("aws_sfn_state_machine.a", {"definition": "{"}),
        ("aws_sfn_state_machine.a", {"definition": Unknown()}),
        ("aws_sfn_state_machine.a", {"definition": JsonText({"Resource": "arn:aws:states:::ecs:runTask"})}),
    ],
)
def test_other_targets_start_no_tasks(address: str, attributes: dict[str, Value]) -> None:
    assert list(all_runs(MadeWorld(MadeResource(address, attributes)))) == []


def test_each_state_of_a_machine_starts_tasks_of_its_own() -> None:
    strategy: Value = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
    other: Value = {
        "TaskDefinition": "app",
        "CapacityProviderStrategy": strategy,
        "Overrides": {"ExecutionRoleArn": "x"},
    }
    second: Value = {"Resource": "arn:aws:states:::aws-sdk:ecs:runTask", "Arguments": other}
    world = MadeWorld(MadeResource("aws_sfn_state_machine.a", {"definition": JsonText({"a": STATE, "b": second})}))
    found = runs(task({}), world).definite
    assert [each.attribute("execution_role_arn") for each in found] == [None, "x"]
    assert [launch_types(each, world) for each in found] == [{"FARGATE"}] * 2


ROLE = reference("aws_iam_role.other", "arn")
EVENT: dict[str, Value] = {"arn": "main", "ecs_target": [PARAMETERS]}
STARTED_BY_INPUT: Value = {"Overrides.$": "$.overrides", "LaunchType.$": "$.type", "Cluster": "{% $cluster %}"}


def _by_path(template: Value) -> dict[str, Value]:
    return EVENT | {"input_transformer": [{"input_paths": {"role": "$.role"}, "input_template": template}]}


@every_row(
    ("address", "attributes", "role"),
    [
        ("aws_cloudwatch_event_target.a", EVENT, None),
        ("aws_cloudwatch_event_target.a", EVENT | {"input": '{"executionRoleArn": "x"}'}, "x"),
        ("aws_cloudwatch_event_target.a", EVENT | {"input": Unknown()}, Unknown),
        ("aws_cloudwatch_event_target.a", EVENT | {"input_path": "$.detail"}, Unknown),
        ("aws_cloudwatch_event_target.a", EVENT | {"input_path": "$"}, None),
        ("aws_cloudwatch_event_target.a", _by_path('{"executionRoleArn": <role>}'), Unknown),
        ("aws_cloudwatch_event_target.a", _by_path('{"executionRoleArn": "x", "cpu": "<role>"}'), "x"),
        ("aws_cloudwatch_event_target.a", _by_path('{"containerOverrides": <role>}'), None),
        ("aws_cloudwatch_event_target.a", _by_path("<role>"), Unknown),
        ("aws_cloudwatch_event_target.a", _by_path(text(['{"executionRoleArn": "', ROLE, '"}'])), ROLE),
        ("aws_scheduler_schedule.a", {"target": [{"input": '{"executionRoleArn":"x"}', "ecs_parameters": [{}]}]}, "x"),
        ("aws_scheduler_schedule.a", {"target": [{"arn": RUN_TASK, "input": json.dumps(RUN)}]}, "x"),
        ("aws_sfn_state_machine.a", {"definition": JsonText(_state({"ExecutionRoleArn.$": "$.role"}))}, Unknown),
        ("aws_sfn_state_machine.a", {"definition": JsonText(_state({"ExecutionRoleArn": "{% $role %}"}))}, Unknown),
        ("aws_sfn_state_machine.a", {"definition": JsonText(_state({"TaskRoleArn.$": "$.role"}))}, None),
        ("aws_sfn_state_machine.a", {"definition": JsonText(_state("{% $overrides %}"))}, Unknown),
        ("aws_sfn_state_machine.a", {"definition": JsonText(_state(None) | {"Parameters": STARTED_BY_INPUT})}, Unknown),
    ],
)
def test_tasks_may_be_started_with_another_role(address: str, attributes: dict[str, Value], role: object) -> None:
    (found,) = all_runs(MadeWorld(MadeResource(address, attributes)))
    named = found.attribute("execution_role_arn")
    assert isinstance(named, Unknown) if role is Unknown else named == role


def test_what_may_be_another_definition_may_run_it() -> None:
    target: dict[str, Value] = {"arn": "main", "ecs_target": [{"task_definition_arn": Unknown(reason="a variable")}]}
    found = runs(task({}), MadeWorld(MadeResource("aws_cloudwatch_event_target.a", target)))
    assert not found.definite
    assert [str(each.address) for each in found.possible] == ["aws_cloudwatch_event_target.a"]
    own = reference("aws_ecs_task_definition.app", "arn")
    named: dict[str, Value] = {"arn": "main", "ecs_target": [{"task_definition_arn": own}]}
    assert [*runs(task({}), MadeWorld(MadeResource("aws_cloudwatch_event_target.a", named))).definite]


def test_what_a_state_machine_reads_from_its_input_is_open() -> None:
    resource = text(["arn:", Unknown(reason="the partition"), ":states:::ecs:runTask.sync"])
    definition: Value = {"Resource": resource, "Parameters": STARTED_BY_INPUT}
    (found,) = all_runs(MadeWorld(MadeResource("aws_sfn_state_machine.a", {"definition": JsonText(definition)})))
    assert all(isinstance(found.attribute(each), Unknown) for each in ("launch_type", "cluster", "task_role_arn"))
    assert found.attribute("platform_version") is None


def test_what_is_sensitive_in_the_input_of_a_rule_stays_so() -> None:
    class Marked(MadeResource):
        def sensitive(self, name: str) -> bool:
            return name == "input"

    given = EVENT | {"input": '{"executionRoleArn": "x"}'}
    (found,) = all_runs(MadeWorld(Marked("aws_cloudwatch_event_target.a", given)))
    assert found.sensitive("execution_role_arn")
