"""The log driver has a region, and it is that of the log group."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, VIRGINIA, logs, messages
from tests.made_world import MadeResource, MadeWorld
from tfcheck.checks import log_region


def test_fargate_needs_the_region_of_the_logs() -> None:
    assert messages(log_region.CHECK, logs(awslogs_group="/a"))[0].startswith("error: ")
    assert messages(log_region.CHECK, logs(awslogs_group="/a"), requires_compatibilities=["EC2"]) == []
    assert messages(log_region.CHECK, logs(awslogs_group="/a", awslogs_region=LATER)) == []
    assert messages(log_region.CHECK, {"logConfiguration": {"logDriver": "awsfirelens"}}) == []


def test_the_region_of_the_logs_is_that_of_the_group() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    far = MadeResource("aws_cloudwatch_log_group.far", {"name": "/a"}, VIRGINIA)
    container = logs(awslogs_group="/a", awslogs_region="us-east-1")
    assert len(messages(log_region.CHECK, container, world=MadeWorld(group))) == 1
    assert messages(log_region.CHECK, container, world=MadeWorld(group, far)) == []
    made = logs(awslogs_group="/a", awslogs_region="us-east-1", awslogs_create_group="true")
    assert messages(log_region.CHECK, made, world=MadeWorld(group)) == []
