"""Which volumes are mounted with the task role, through what, and how much does it weigh?"""

from __future__ import annotations

import pytest

from tests.made_world import MadeResource, MadeWorld, reference, task
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.startup import efs_volume
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.finding import Requirement, RoleKind

LATER = Unknown(reason="known only after apply")
ROLE = "arn:aws:iam::111122223333:role/task"
ARN = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"
POINT = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-1"
SYSTEM = MadeResource("aws_efs_file_system.fs", {"id": "fs-1", "arn": ARN})
POLICY = MadeResource("aws_efs_file_system_policy.fs", {"file_system_id": "fs-1", "policy": "{}"})
MOUNT, WRITE = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"


def volume(iam: Value = "ENABLED", point: Value = "", system: Value = "fs-1") -> Value:
    authorization: Value = [{"iam": iam, "access_point_id": point}]
    return [
        {"name": "scratch", "efs_volume_configuration": []},
        {
            "name": "data",
            "efs_volume_configuration": [{"file_system_id": system, "authorization_config": authorization}],
        },
    ]


def of(volumes: Value, *mounts: Value, role: Value = ROLE) -> TaskDefinition:
    return task({"mountPoints": list(mounts)}, volume=volumes, task_role_arn=role)


def needs(volumes: Value, *mounts: Value, role: Value = ROLE, world: MadeWorld | None = None) -> list[Requirement]:
    return list(efs_volume.RULE.derive(of(volumes, *mounts, role=role), world or MadeWorld(SYSTEM, POLICY)))


def mount(*, read_only: Value, source: Value = "data") -> Value:
    return {"sourceVolume": source, "containerPath": "/data", "readOnly": read_only}


def test_the_task_role_mounts_what_asks_iam() -> None:
    (need,) = needs(volume())
    assert (need.action, need.resource, need.role_kind, need.container) == (MOUNT, ARN, RoleKind.TASK, None)
    assert (need.pointer, need.severity.value, need.necessity.doubt) == (
        "/volumes/1/efsVolumeConfiguration",
        "error",
        "",
    )
    assert needs(volume("DISABLED")) == needs(volume(None)) == []


@pytest.mark.parametrize("role", [None, ""])
def test_a_task_definition_without_a_task_role_is_refused_before(role: Value) -> None:
    assert needs(volume(), role=role) == []


def test_without_a_policy_of_the_file_system_it_is_a_remark_that_is_never_denied() -> None:
    for world in (MadeWorld(SYSTEM), MadeWorld()):
        (need,) = needs(volume(), world=world)
        assert need.severity.value == "info"
        assert "whether the file system has a policy" in need.necessity.doubt


def test_the_policy_may_be_in_another_stack() -> None:
    world = MadeWorld()
    world.context = (MadeWorld(SYSTEM, POLICY),)
    (need,) = needs(volume(), world=world)
    assert (need.severity.value, need.necessity.doubt) == ("error", "")


def test_what_is_not_known_may_need_it() -> None:
    for volumes in (volume(LATER), LATER):
        (need, _) = needs(volumes, mount(read_only=False))
        assert need.necessity.doubt == "whether the volume uses IAM authorization is known only after apply"
    assert needs(LATER)[0].pointer == "/volumes"


@pytest.mark.parametrize(
    ("read_only", "doubt"), [(False, ""), (None, ""), (LATER, "whether a container writes to the volume")]
)
def test_who_mounts_to_write_writes(read_only: Value, doubt: str) -> None:
    mounted, written = needs(volume(), mount(read_only=True), mount(read_only=read_only))
    assert (mounted.action, written.action, written.severity.value) == (MOUNT, WRITE, "info")
    assert written.necessity.doubt.startswith(doubt)
    assert bool(written.necessity.doubt) is bool(doubt)


def test_who_only_reads_or_mounts_another_volume_does_not_write() -> None:
    found = needs(volume(), mount(read_only=True), mount(read_only=False, source="scratch"))
    assert [each.action for each in found] == [MOUNT]


def test_a_mount_goes_through_the_access_point() -> None:
    made = reference("aws_efs_access_point.web", "arn")
    point = MadeResource("aws_efs_access_point.web", {"id": reference("aws_efs_access_point.web", "id"), "arn": made})
    world = MadeWorld(SYSTEM, point)
    assert needs(volume())[0].details.through is None
    assert needs(volume(point="fsap-1"))[0].details.through == POINT
    assert needs(volume(point=point.attributes["id"]), world=world)[0].details.through == made
    perhaps = needs(volume(point=LATER))[0].details.through
    assert isinstance(perhaps, Unknown)
    assert perhaps.symbol is None
