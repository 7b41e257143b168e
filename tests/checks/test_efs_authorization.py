"""A volume with IAM authorization is mounted encrypted, by a task role."""

from __future__ import annotations

import pytest

from tests.checks.made_tasks import LATER
from tests.made_world import MadeResource, MadeWorld, reference, task
from tfcheck.checks import efs_authorization
from tfcheck.symbolic.value import Value

POINT = reference("aws_efs_access_point.web", "id")
ROLE = "arn:aws:iam::111122223333:role/task"


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
