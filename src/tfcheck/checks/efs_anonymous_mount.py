"""Mount an EFS volume with IAM authorization if its file system has a policy that demands it.

Without `iam = "ENABLED"`, ECS mounts a volume as an anonymous client. A file system without a policy lets every client
in. One with a policy lets anonymous clients in only if a statement allows everybody (`Principal = { AWS = "*" }`)
`elasticfilesystem:ClientMount`, and no statement denies it, such as one for clients without TLS. Otherwise, the task
does not start. The permissions of its roles make no difference.

Write:

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.data.id
      transit_encryption = "ENABLED"

      authorization_config {
        iam = "ENABLED"
      }
    }

See https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.iam import Absent, Context, Denied, Entry, decide_anonymous
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.named_objects import file_system_arn
from tfcheck.inventory.world import World
from tfcheck.resolve.blocks import only_block_or_unknown
from tfcheck.startup.volumes import EFS, efs_access_point, known_volumes
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, Truth, Unknown, Value
from tfcheck.verdict.resource_policy import ResourcePolicies
from tfcheck.vocabulary.finding import Severity

_ACTION = "elasticfilesystem:ClientMount"
_DENIED = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: "
    "access denied by server while mounting 127.0.0.1:/'"
)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    around = task.resource.surroundings
    for volume, system in known_volumes(task, EFS):
        authorization, named = only_block_or_unknown(system.get("authorization_config")), system.get("file_system_id")
        if equal(member(authorization, "iam"), "ENABLED") is not Truth.FALSE or not isinstance(named, PlainText):
            continue
        arn = file_system_arn(named, around, world)
        side = world.once(ResourcePolicies).of(arn, "elasticfilesystem")
        through = efs_access_point(authorization, task, world)
        encrypted = equal(system.get("transit_encryption"), "ENABLED")
        context = _context(encrypted, Absent() if through is None else through)
        if side.policy is None or side.hidden:
            continue
        if isinstance(decide_anonymous(side.policy, _ACTION, context, on=arn), Denied):
            plainly = " and without transit encryption" if encrypted is Truth.FALSE else ""
            yield Misconfiguration(
                f"{volume.shown_name} is mounted without IAM authorization{plainly}, "
                f"which {side.policy.name} does not allow",
                Severity.ERROR,
                about=arn,
                symptom=_DENIED,
                argument="volume",
            )


def _context(encrypted: Truth, point: Entry) -> Context:
    known: dict[Truth, Value] = {Truth.TRUE: "true", Truth.FALSE: "false", Truth.UNKNOWN: Unknown()}
    return Context({}).extend(
        {
            "aws:SecureTransport": known[encrypted],
            "elasticfilesystem:AccessedViaMountTarget": "true",
            "elasticfilesystem:AccessPointArn": point,
        }
    )


CHECK = Check("efs-anonymous-mount", "EFS volumes that need IAM authorization", __doc__, _search)
