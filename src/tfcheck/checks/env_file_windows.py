"""Do not use environment files on Windows.

The developer guide says that environment files are not supported for Windows containers on Fargate: such a task stops
with `PlatformTaskDefinitionIncompatibilityException`. For Windows on container instances, the pages of AWS contradict
each other.

Use `environment` and `secrets` instead.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import files, runs_on_fargate, runs_on_windows
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    if not runs_on_windows(task):
        return
    fargate = runs_on_fargate(task, world)
    for name in dict.fromkeys(file.container.name for file in files(task)):
        where = "Windows on Fargate" if fargate else "Windows"
        yield Misconfiguration(
            f"container `{name}` has environment files, which ECS does not support on {where}",
            Severity.ERROR if fargate else Severity.WARNING,
            name,
            symptom="PlatformTaskDefinitionIncompatibilityException" if fargate else "",
        )


CHECK = Check("env-file-windows", "environment files on Windows", __doc__, _search)
