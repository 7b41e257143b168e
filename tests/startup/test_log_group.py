"""Log streams are opened and written to, and groups created, with the `awslogs` driver."""

from __future__ import annotations

import pytest

from tests.made_world import HERE, MadeResource, MadeWorld, task
from tests.startup.needs import AWSLOGS, LATER, STREAM, needs, rows
from tests.symbols import symbol
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup import log_group
from tfcheck.symbolic.value import Unknown, Value, text


def test_logs_are_written_to_streams() -> None:
    of = task({"logConfiguration": {"logDriver": "awslogs", "options": AWSLOGS}})
    stream = STREAM + "p/app/${task.id}"
    assert rows(log_group.RULE, of) == [
        ("/0/logConfiguration", "logs:CreateLogStream", stream, "error"),
        ("/0/logConfiguration", "logs:PutLogEvents", stream, "warning"),
    ]


CREATES: dict[str, Value] = {
    "logConfiguration": {"logDriver": "awslogs", "options": {**AWSLOGS, "awslogs-create-group": "true"}}
}


def creation(world: MadeWorld, container: dict[str, Value] = CREATES) -> list[str]:
    """Return the severities of the need to create the group."""
    return [each[3] for each in rows(log_group.RULE, task(container), world) if each[1] == "logs:CreateLogGroup"]


def test_a_group_may_be_made() -> None:
    assert rows(log_group.RULE, task(CREATES))[2] == ("/0/logConfiguration", "logs:CreateLogGroup", STREAM, "warning")


@pytest.mark.parametrize("address", ["aws_cloudwatch_log_group.app", "data.aws_cloudwatch_log_group.app"])
def test_a_group_that_exists_is_not_created(address: str) -> None:
    attributes: dict[str, Value] = {"name": "/ecs/app", "arn": STREAM}
    group = MadeResource(address, attributes)
    assert creation(MadeWorld(group)) == []
    assert creation(MadeWorld(context=[MadeWorld(group)])) == []
    elsewhere = MadeResource(address, attributes, Surroundings("aws", "us-east-1", HERE.account))
    assert creation(MadeWorld(elsewhere)) == ["warning"]
    may_fail = MadeResource(address, {"name": LATER})
    assert creation(MadeWorld(may_fail)) == ["warning"]


def test_a_group_that_a_task_wrote_to_exists() -> None:
    for region, expected in ((AWSLOGS["awslogs-region"], []), ("us-east-1", ["warning"])):
        options: Value = {**AWSLOGS, "awslogs-region": region}
        containers: Value = [{"name": "old", "logConfiguration": {"logDriver": "awslogs", "options": options}}]
        former = MadeResource("aws_ecs_task_definition.app", {"container_definitions": containers})
        assert creation(MadeWorld(earlier=[former])) == expected


def test_a_group_that_the_plan_deletes_is_new() -> None:
    group = MadeResource("aws_cloudwatch_log_group.app", {"name": "/ecs/app"})
    assert creation(MadeWorld(earlier=[group])) == ["error"]
    kept = MadeResource("aws_cloudwatch_log_group.app", {"name": "/ecs/app", "skip_destroy": True})
    assert creation(MadeWorld(earlier=[kept])) == ["warning"]


def test_a_group_that_is_named_by_a_new_id_is_new() -> None:
    later = symbol("aws_vpc.new", ("id",))
    for family, expected in (("aws_vpc.id", ["error"]), ("", ["warning"])):
        name = text(["/ecs/", Unknown(symbol=later, family=family)])
        options: Value = {**AWSLOGS, "awslogs-group": name, "awslogs-create-group": "true"}
        assert creation(MadeWorld(), {"logConfiguration": {"logDriver": "awslogs", "options": options}}) == expected


def test_the_region_of_the_driver_counts() -> None:
    of = task({"logConfiguration": {"logDriver": "awslogs", "options": {**AWSLOGS, "awslogs-region": "us-east-1"}}})
    assert rows(log_group.RULE, of)[0][2].startswith("arn:aws:logs:us-east-1:111122223333:log-group:/ecs/app:")


@pytest.mark.parametrize("driver", ["awsfirelens", "json-file", None])
def test_other_drivers_write_elsewhere(driver: Value) -> None:
    assert needs(log_group.RULE, task({"logConfiguration": {"logDriver": driver, "options": AWSLOGS}})) == []
