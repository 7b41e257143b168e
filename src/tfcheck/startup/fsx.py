"""Mount a file system of FSx for Windows File Server.

Before the containers of a task with an `fsx_windows_file_server_volume_configuration` start, the ECS agent asks where
the file system is and reads the credentials of the domain user, with the task's *execution* role. It needs
`fsx:DescribeFileSystems`, which is granted on `*`, and `secretsmanager:GetSecretValue` or `ssm:GetParameters` on what
`credentials_parameter` names.

A missing permission shows only when a task starts.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "fsx:DescribeFileSystems",       Resource = "*" },
    { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.domain.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/wfsx-volumes.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Requirement
from tfcheck.startup.nested import blocks, only
from tfcheck.startup.place import Place
from tfcheck.startup.rule import Rule
from tfcheck.startup.source import sources
from tfcheck.startup.value_from import needs
from tfcheck.world import World

ID = "fsx"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Need to find every such file system, and the credentials for it."""
    for index, volume in enumerate(blocks(task.thing.attribute("volume"))):
        server = only(volume.get("fsx_windows_file_server_volume_configuration"))
        if server is None:
            continue
        pointer = f"/volumes/{index}/fsxWindowsFileServerVolumeConfiguration"
        place = Place(task, None, pointer, "FSx for Windows File Server volume")
        yield place.needs(ID, "fsx:DescribeFileSystems", "*")
        credentials = (only(server.get("authorization_config")) or {}).get("credentials_parameter")
        for source in sources(credentials, task.thing.surroundings, world):
            yield needs(ID, place, source)


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
)
