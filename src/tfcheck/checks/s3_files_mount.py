"""Set what ECS needs to mount an S3 Files volume.

ECS mounts an S3 Files volume with the task role, and does not register a task definition without one. The volume names
its file system by the full ARN. With an access point, the volume starts at the directory of the access point, so
`root_directory` must be `/` or left out.

Write:

    task_role_arn = aws_iam_role.task.arn

    volume {
      name = "data"

      s3files_volume_configuration {
        file_system_arn  = aws_s3files_file_system.data.arn
        access_point_arn = aws_s3files_access_point.web.arn
      }
    }

See https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_S3FilesVolumeConfiguration.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import has_access_point
from tfcheck.inventory.catalogue import S3_ACCESS_POINT
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.volumes import S3_FILES, known_volumes
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for volume, system in known_volumes(task, S3_FILES):
        name = volume.shown_name
        if task.task_role in (None, ""):
            message = f"{name} is one of S3 Files, but the task definition names no task role to mount it with"
            advice = "set `task_role_arn` to a role that is allowed to mount the file system"
            yield _misconfiguration(message, Severity.ERROR, advice, "task_role_arn = aws_iam_role.task.arn")
        if _is_other(system.get("file_system_arn")):
            message = f"{name} is one of S3 Files, but its `file_system_arn` is not the ARN of such a file system"
            advice = "set `file_system_arn` to the ARN of the file system"
            yield _misconfiguration(
                message, Severity.ERROR, advice, "file_system_arn = aws_s3files_file_system.data.arn"
            )
        root = system.get("root_directory")
        if (
            isinstance(root, str)
            and root not in ("", "/")
            and has_access_point(system.get("access_point_arn"), S3_ACCESS_POINT, world)
        ):
            message = f"{name} has an access point and a root directory of its own"
            yield _misconfiguration(message, Severity.WARNING, "remove `root_directory` from the volume")


def _misconfiguration(message: str, severity: Severity, advice: str, hcl: str = "") -> Misconfiguration:
    return Misconfiguration(message, severity, about=message, argument="volume", advice=advice, hcl=hcl)


def _is_other(written: Value) -> bool:
    """Whether an ARN is definitely not that of a file system of S3 Files."""
    parts = parse_arn(written) if isinstance(written, str) else None
    if parts is None:
        return False
    resource = parts.resource if isinstance(parts.resource, str) else ""
    return parts.service != "s3files" or not resource.startswith("file-system/") or resource.count("/") > 1


CHECK = Check("s3-files-mount", "S3 Files volumes that ECS cannot mount", __doc__, _search)
