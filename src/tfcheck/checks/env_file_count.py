"""Use at most ten environment files.

AWS documents a limit of ten environment files: per container in the API reference, per task definition in the developer
guide. tfcheck reports more than ten in one container as an error, and more than ten in a task definition as a warning.

Merge files that belong together.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.finding import Severity

_MOST = 10


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    counted = []
    for container in task.containers:
        listed = container.members("environmentFiles")
        counted.append((container.name, 0 if isinstance(listed, Unknown) else len(listed)))
    for name, count in counted:
        if count > _MOST:
            yield Misconfiguration(
                f"container `{name}` names {count} environment files: at most {_MOST} are allowed", Severity.ERROR, name
            )
    counts = [count for _, count in counted]
    total = sum(counts)
    if total > _MOST and max(counts) <= _MOST:
        yield Misconfiguration(
            f"the containers name {total} environment files together: AWS's guide allows {_MOST} in a task definition",
            Severity.WARNING,
            explanation=("the API reference allows them in each container: one of the two pages is wrong",),
        )


CHECK = Check("env-file-count", "too many environment files", __doc__, _search)
