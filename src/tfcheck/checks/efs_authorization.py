"""Set what the authorization of an EFS volume requires.

The task role mounts a volume with `iam = "ENABLED"`, and ECS does not register such a task definition without one. IAM
authorization and access points both require `transit_encryption = "ENABLED"`, which is off by default. With an access
point, the volume starts at the directory of the access point, so `root_directory` must be `/` or left out. Releases of
the AWS provider before June 2023 leave it out automatically.

Write:

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.data.id
      transit_encryption = "ENABLED"

      authorization_config {
        access_point_id = aws_efs_access_point.web.id
        iam             = "ENABLED"
      }
    }

See https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import has_access_point
from tfcheck.inventory.catalogue import ACCESS_POINT
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.resolve.blocks import only_block_or_unknown
from tfcheck.startup.volumes import EFS, known_volumes
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value
from tfcheck.vocabulary.finding import Severity

_NO_ROLE = "ClientException: EFS IAM authorization requires a task role."
_ROOT = 'ClientException: When using an EFS access point, the root directory must either be set to "/" or be omitted'


class _Volume(msgspec.Struct, frozen=True):
    """An EFS volume, and what is definitely known of its authorization."""

    name: str
    system: dict[str, Value]
    asks_iam: bool
    has_point: bool

    @property
    def authorization(self) -> str:
        """The authorization setting that needs more than a plain volume; empty if there definitely is none."""
        return "IAM authorization" if self.asks_iam else "an access point" if self.has_point else ""


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for volume in _volumes(task, world):
        if volume.asks_iam and task.task_role in (None, ""):
            message = (
                f"{volume.name} has IAM authorization, but the task definition names no task role to mount it with"
            )
            advice = "set `task_role_arn` to a role that is allowed to mount the file system"
            yield _misconfiguration(message, Severity.ERROR, _NO_ROLE, advice, "task_role_arn = aws_iam_role.task.arn")
        if volume.authorization and equal(volume.system.get("transit_encryption"), "ENABLED") is Truth.FALSE:
            message = f"{volume.name} has {volume.authorization}, but its transit encryption is not enabled"
            advice = "enable transit encryption of the volume"
            yield _misconfiguration(message, Severity.ERROR, "", advice, 'transit_encryption = "ENABLED"')
        root = volume.system.get("root_directory")
        if volume.has_point and isinstance(root, str) and root not in ("", "/"):
            message = f"{volume.name} has an access point and a root directory of its own"
            yield _misconfiguration(message, Severity.WARNING, _ROOT, "remove `root_directory` from the volume")


def _misconfiguration(message: str, severity: Severity, symptom: str, advice: str, hcl: str = "") -> Misconfiguration:
    return Misconfiguration(
        message, severity, about=message, symptom=symptom, argument="volume", advice=advice, hcl=hcl
    )


def _volumes(task: TaskDefinition, world: World) -> Iterator[_Volume]:
    for volume, system in known_volumes(task, EFS):
        authorization = only_block_or_unknown(system.get("authorization_config"))
        yield _Volume(
            name=volume.shown_name,
            system=system,
            asks_iam=member(authorization, "iam") == "ENABLED",
            has_point=has_access_point(member(authorization, "access_point_id"), ACCESS_POINT, world),
        )


CHECK = Check("efs-authorization", "incomplete authorization of EFS volumes", __doc__, _search)
