"""Mount volumes of FSx for Windows File Server.

For an `fsx_windows_file_server_volume_configuration`, the ECS agent looks up the file system and reads the credentials
of the domain user before the containers start, with the task's *execution* role. The role needs
`fsx:DescribeFileSystems`, which can only be granted on `*`, and `secretsmanager:GetSecretValue` or `ssm:GetParameters`
on the secret or parameter in `credentials_parameter`.

Without the permissions, tasks do not start.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "fsx:DescribeFileSystems",       Resource = "*" },
    { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.domain.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/wfsx-volumes.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.resolve.blocks import only_block, only_block_or_unknown
from tfcheck.startup.rule import Rule, TaskPlace
from tfcheck.startup.source import require_value
from tfcheck.startup.volumes import FSX, known_volumes, volumes
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.finding import Requirement
from tfcheck.vocabulary.needed_call import Necessity

ID = "fsx"
_DOUBT = later("whether such a volume is mounted")


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to describe every such file system, and to read its credentials."""
    for volume in volumes(task, FSX):
        is_open = isinstance(volume.configuration, Unknown)
        if not is_open or _may_have_one(task):
            yield volume.place.require(
                ID, "fsx:DescribeFileSystems", "*", necessity=Necessity(_DOUBT if is_open else "")
            )
            credentials = _credentials(volume.configuration)
            yield from require_value(ID, volume.place, credentials, task.resource.surroundings, world)


def named_credentials(task: TaskDefinition) -> Iterator[tuple[TaskPlace, Value]]:
    """Yield each known volume of this kind with its credentials."""
    for volume, server in known_volumes(task, FSX):
        value = _credentials(server)
        if value is not None:
            yield volume.place, value


def _credentials(server: dict[str, Value] | Unknown) -> Value:
    return member(only_block_or_unknown(member(server, "authorization_config")), "credentials_parameter")


def _may_have_one(task: TaskDefinition) -> bool:
    """Whether an unknown volume may be of this kind, which only Windows tasks on EC2 can have."""
    platform = only_block(task.resource.attribute("runtime_platform")) or {}
    family = platform.get("operating_system_family")
    is_linux = isinstance(family, str) and family.upper().startswith("LINUX")
    return not is_linux and "FARGATE" not in task.compatibilities


RULE = Rule(
    id=ID,
    title="FSx for Windows File Server volumes",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "fsx:DescribeFileSystems": "failed to describe fsx windows file system(s)",
        "secretsmanager:GetSecretValue": "failed to fetch the credentials of the file system from Secrets Manager",
        "ssm:GetParameters": "failed to fetch the credentials of the file system from SSM Parameter Store",
    },
    without_role=("", "fsxwindowsfileserver resource: unable to find execution role credentials"),
)
