"""An S3 Files volume is mounted by a task role, from an ARN, and through an access point from its directory."""

from __future__ import annotations

import pytest

from tests.checks.made_tasks import LATER
from tests.made_world import MadeResource, MadeWorld, reference, task
from tfcheck.checks import s3_files_mount
from tfcheck.symbolic.value import Value

ROLE = "arn:aws:iam::111122223333:role/task"
ARN = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-1"
POINT = reference("aws_s3files_access_point.web", "arn")


def volume(system: Value = ARN, **others: Value) -> Value:
    return [{"name": "data", "s3files_volume_configuration": [{"file_system_arn": system, **others}]}]


def wrong(volumes: Value, role: Value = ROLE) -> list[tuple[str, str]]:
    world = MadeWorld(MadeResource("aws_s3files_access_point.web", {"arn": POINT}))
    found = s3_files_mount.CHECK.search(task({}, volume=volumes, task_role_arn=role), world)
    return [(each.severity.value, each.message) for each in found]


@pytest.mark.parametrize("role", [None, ""])
def test_a_volume_is_mounted_with_a_task_role(role: Value) -> None:
    said = "volume `data` is one of S3 Files, but the task definition names no task role to mount it with"
    assert wrong(volume(), role) == [("error", said)]
    assert wrong(volume()) == wrong(volume(), LATER) == wrong(LATER, role) == []
    assert wrong([{"name": "data", "efs_volume_configuration": [{"file_system_id": "fs-1"}]}], role) == []


@pytest.mark.parametrize(
    "system",
    [
        "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1",
        "arn:aws:s3:::acme-data",
        f"{ARN}/access-point/fsap-1",
    ],
)
def test_a_volume_names_a_file_system_of_s3_files(system: str) -> None:
    said = "volume `data` is one of S3 Files, but its `file_system_arn` is not the ARN of such a file system"
    assert wrong(volume(system)) == [("error", said)]


def test_a_file_system_that_is_not_known_may_be_one() -> None:
    assert wrong(volume(reference("aws_s3files_file_system.data", "arn"))) == wrong(volume(LATER)) == []


def test_an_access_point_has_the_root_directory() -> None:
    assert [each for each, _ in wrong(volume(access_point_arn=POINT, root_directory="/data"))] == ["warning"]
    assert wrong(volume(root_directory="/data")) == wrong(volume(access_point_arn=LATER, root_directory="/data")) == []
    assert wrong(volume(access_point_arn=POINT)) == wrong(volume(access_point_arn=POINT, root_directory="/")) == []
