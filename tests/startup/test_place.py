"""What the plan marks as sensitive is not shown of what stands there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.made import change, plan
from tfcheck.analysis.check import check

ROLE = "arn:aws:iam::111122223333:role/task"
CANARY = "fs-canary7f3a"


def resources_shown(**marked: Any) -> list[str]:
    authorization = {"iam": "ENABLED", "access_point_id": ""}
    system = {"file_system_id": CANARY, "transit_encryption": "ENABLED", "authorization_config": [authorization]}
    after = {
        "task_role_arn": ROLE,
        "volume": [{"name": "data", "efs_volume_configuration": [system]}],
        "container_definitions": json.dumps([{"name": "app", "image": "x"}]),
    }
    report = check(plan(change("aws_ecs_task_definition.app", "create", after=after, after_sensitive=marked)))
    return [each.requirement.shown_resource for each in report.answers if each.requirement.rule == "efs-volume"]


@pytest.mark.parametrize("marked", [True, [{"efs_volume_configuration": [{"file_system_id": True}]}]])
def test_a_volume_that_is_marked_is_not_shown(marked: Any) -> None:
    assert resources_shown(volume=marked) == ["(sensitive)"]


def test_containers_that_are_marked_say_nothing_of_the_volumes() -> None:
    (resource,) = resources_shown(container_definitions=True)
    assert resource.endswith(f"file-system/{CANARY}")
