"""Which S3 Files volumes are mounted, through what, and what else is needed to write to them?"""

from __future__ import annotations

import pytest

from tests.made_world import MadeWorld, reference, task
from tfcheck.startup import s3_files_volume
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.finding import Requirement, RoleKind

LATER = Unknown(reason="known only after apply")
ROLE = "arn:aws:iam::111122223333:role/task"
ARN = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-1"
POINT = f"{ARN}/access-point/fsap-1"
MOUNT, WRITE = "s3files:ClientMount", "s3files:ClientWrite"


def volume(system: Value = ARN, point: Value = None) -> Value:
    configured: Value = [{"file_system_arn": system, "access_point_arn": point, "root_directory": "/"}]
    return [
        {"name": "scratch", "s3files_volume_configuration": []},
        {"name": "data", "s3files_volume_configuration": configured},
    ]


def needs(volumes: Value, *mounts: Value, role: Value = ROLE) -> list[Requirement]:
    made = task({"mountPoints": list(mounts)}, volume=volumes, task_role_arn=role)
    return list(s3_files_volume.RULE.derive(made, MadeWorld()))


def mount(*, read_only: Value, source: Value = "data") -> Value:
    return {"sourceVolume": source, "containerPath": "/data", "readOnly": read_only}


def test_the_task_role_mounts_the_volume() -> None:
    (need,) = needs(volume())
    assert (need.action, need.resource, need.role_kind, need.container) == (MOUNT, ARN, RoleKind.TASK, None)
    assert (need.pointer, need.severity.value, need.necessity.doubt) == (
        "/volumes/1/s3filesVolumeConfiguration",
        "error",
        "",
    )


@pytest.mark.parametrize("role", [None, ""])
def test_a_task_definition_without_a_task_role_is_refused_before(role: Value) -> None:
    assert needs(volume(), role=role) == []


def test_volumes_of_providers_without_s3_files_need_nothing() -> None:
    assert needs([{"name": "data", "efs_volume_configuration": []}]) == []


def test_a_volume_that_is_not_known_may_be_one() -> None:
    assert [each.pointer for each in needs(LATER)] == ["/volumes"]
    unseen: list[Value] = [LATER, [{"name": "data", "s3files_volume_configuration": LATER}]]
    for volumes in unseen:
        (need,) = needs(volumes)
        assert need.necessity.doubt == "whether the volume is one of S3 Files is known only after apply"
        assert need.severity.value == "info"


def test_a_file_system_that_is_not_known_is_needed_nevertheless() -> None:
    made = reference("aws_s3files_file_system.data", "arn")
    for system in (made, LATER):
        (need,) = needs(volume(system))
        assert (need.resource, need.severity.value, need.necessity.doubt) == (system, "error", "")


@pytest.mark.parametrize(
    ("read_only", "doubt"), [(False, ""), (None, ""), (LATER, "whether a container writes to the volume")]
)
def test_a_container_that_writes_needs_more(read_only: Value, doubt: str) -> None:
    mounted, written = needs(volume(), mount(read_only=True), mount(read_only=read_only))
    assert (mounted.action, written.action, written.severity.value) == (MOUNT, WRITE, "warning")
    assert written.necessity.doubt.startswith(doubt)
    assert bool(written.necessity.doubt) is bool(doubt)


def test_a_container_that_only_reads_or_mounts_another_volume_does_not_write() -> None:
    found = needs(volume(), mount(read_only=True), mount(read_only=False, source="scratch"))
    assert [each.action for each in found] == [MOUNT]


def test_a_mount_goes_through_the_access_point() -> None:
    made = reference("aws_s3files_access_point.web", "arn")
    assert needs(volume())[0].details.through is None
    assert needs(volume(point=""))[0].details.through is None
    assert needs(volume(point=POINT))[0].details.through == POINT
    assert needs(volume(point=made))[0].details.through == made
    possible = needs(volume(point=LATER))[0].details.through
    assert isinstance(possible, Unknown)
    assert possible.symbol is None
