"""The `awslogs` driver has the name of a group, and on Fargate a stream prefix."""

from __future__ import annotations

import pytest

from tests.checks.made_tasks import LATER, logs, messages
from tfcheck.checks import log_options
from tfcheck.symbolic.value import Value


def test_fargate_requires_a_stream_prefix() -> None:
    (found,) = messages(log_options.CHECK, logs(awslogs_group="/a"))
    assert found.endswith("has no `awslogs-stream-prefix`, which Fargate requires")
    assert messages(log_options.CHECK, logs(awslogs_group="/a"), requires_compatibilities=["EC2"]) == []
    for prefix in ("web", LATER):
        assert messages(log_options.CHECK, logs(awslogs_group="/a", awslogs_stream_prefix=prefix)) == []


@pytest.mark.parametrize("group", [None, "", "arn:aws:logs:eu-west-1:111122223333:log-group:/a"])
def test_a_group_is_named(group: Value) -> None:
    (found,) = messages(log_options.CHECK, logs(awslogs_group=group, awslogs_stream_prefix="web"))
    assert "container `app`" in found


def test_a_group_known_only_after_apply_may_be_right() -> None:
    assert messages(log_options.CHECK, logs(awslogs_group=LATER, awslogs_stream_prefix="web")) == []
