"""Mount EFS volumes whose file system checks IAM.

A volume with `iam = "ENABLED"` in its `authorization_config` is mounted with the *task* role, never with the execution
role. The role needs `elasticfilesystem:ClientMount` on the file system, allowed by its own policies or by the policy of
the file system, and denied by neither. Both can require an access point (`elasticfilesystem:AccessPointArn`). A file
system without a policy accepts every client, so a missing permission is an error only if the plan, or another stack,
sets a policy.

`ClientMount` alone allows reading. If a container mounts the volume for writing, tfcheck also lists
`elasticfilesystem:ClientWrite`, which is not needed to start. Without `elasticfilesystem:ClientRootAccess`, the root
user has no special rights on the volume.

Without the permission, tasks stop with `mount.nfs4: access denied by server`.

Write into a policy of the task role:

    {
      Effect   = "Allow"
      Action   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource = aws_efs_file_system.data.arn
    },

See https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.named_objects import file_system_arn, file_system_of
from tfcheck.inventory.setting import FILE_SYSTEM_POLICY, settings
from tfcheck.inventory.world import World
from tfcheck.resolve.blocks import only_block_or_unknown
from tfcheck.startup.rule import Rule
from tfcheck.startup.volumes import EFS, Mounts, efs_access_point, volumes
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, Truth, Unknown
from tfcheck.vocabulary.finding import Requirement, Severity
from tfcheck.vocabulary.needed_call import CallDetails, Necessity

ID = "efs-volume"
_MAY_NOT_ASK = later("whether the volume uses IAM authorization")
_MAY_NOT_DECIDE = "whether the file system has a policy: without one it lets every client in"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to mount every volume with IAM authorization; without a task role ECS refuses it."""
    if task.task_role in (None, ""):
        return
    mounts = Mounts(task)
    for volume in volumes(task, EFS):
        system = volume.configuration
        authorization = only_block_or_unknown(member(system, "authorization_config"))
        asks = equal(member(authorization, "iam"), "ENABLED")
        if asks is Truth.FALSE:
            continue
        named = member(system, "file_system_id")
        arn = file_system_arn(named if isinstance(named, PlainText) else Unknown(), task.resource.surroundings, world)
        worlds = (world, *world.context)
        has_policy = any(settings(each, FILE_SYSTEM_POLICY).on(file_system_of(arn, each)).definite for each in worlds)
        doubt = _MAY_NOT_ASK if asks is Truth.UNKNOWN else "" if has_policy else _MAY_NOT_DECIDE
        severity = Severity.ERROR if has_policy else Severity.INFO
        require, details = volume.place.require, CallDetails(through=efs_access_point(authorization, task, world))
        yield require(ID, "elasticfilesystem:ClientMount", arn, severity, Necessity(doubt), details)
        doubt_of_writing = mounts.doubt_of_writing(volume.name)
        if doubt_of_writing is not None:
            doubt = doubt or doubt_of_writing
            yield require(ID, "elasticfilesystem:ClientWrite", arn, Severity.INFO, Necessity(doubt), details)


RULE = Rule(
    id=ID,
    title="EFS volumes with IAM authorization",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "elasticfilesystem:ClientMount": (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
            "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'"
        )
    },
    without_role=("EFS IAM authorization requires a task role.",) * 2,
)
