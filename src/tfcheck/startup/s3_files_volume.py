"""Mount S3 Files volumes.

A volume with an `s3files_volume_configuration` is a file system over a bucket. ECS always mounts it with the *task*
role, which needs `s3files:ClientMount` on the file system. Its own policies or the policy of the file system must allow
this, and neither may deny it. Both can require an access point (`s3files:AccessPointArn`). Unlike one of EFS, a file
system without a policy lets nobody in.

`ClientMount` alone allows reading. If a container mounts the volume for writing, it also needs `s3files:ClientWrite`:
AWS writes that a mount fails if an action that it requires is not granted. Without `s3files:ClientRootAccess`, the root
user has no special rights on the volume. What the containers read from the bucket directly (`s3:GetObject`,
`s3:GetObjectVersion`, `s3:ListBucket`) is not checked, because tasks start without it.

Write into a policy of the task role:

    {
      Effect   = "Allow"
      Action   = ["s3files:ClientMount", "s3files:ClientWrite"]
      Resource = aws_s3files_file_system.data.arn
    },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/s3files-volumes.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-files-security-iam.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.rule import Rule
from tfcheck.startup.volumes import S3_FILES, Mounts, access_point, volumes
from tfcheck.symbolic.doubt import later, question
from tfcheck.symbolic.value import PlainText, Unknown
from tfcheck.vocabulary.finding import Requirement, Severity
from tfcheck.vocabulary.needed_call import CallDetails, Necessity

ID = "s3-files-volume"
_MAY_BE_ANOTHER_KIND = later("whether the volume is one of S3 Files")


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to mount every S3 Files volume; without a task role ECS refuses the definition."""
    if task.task_role in (None, ""):
        return
    mounts = Mounts(task)
    for volume in volumes(task, S3_FILES):
        is_open = isinstance(volume.configuration, Unknown)
        named = member(volume.configuration, "file_system_arn")
        arn = named if isinstance(named, PlainText) else Unknown(reason=question("which file system the volume mounts"))
        doubt = _MAY_BE_ANOTHER_KIND if is_open else ""
        details = CallDetails(through=access_point(member(volume.configuration, "access_point_arn"), task))
        severity = Severity.INFO if is_open else Severity.ERROR
        yield volume.place.require(ID, "s3files:ClientMount", arn, severity, Necessity(doubt), details)
        doubt_of_writing = mounts.doubt_of_writing(volume.name)
        if doubt_of_writing is not None:
            severity = Severity.INFO if is_open else Severity.WARNING
            doubt = doubt or doubt_of_writing
            yield volume.place.require(ID, "s3files:ClientWrite", arn, severity, Necessity(doubt), details)


RULE = Rule(id=ID, title="S3 Files volumes", manual=__doc__, derive=_derive, symptoms={})
