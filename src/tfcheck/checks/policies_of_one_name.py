"""Name every inline policy of a role differently.

A role has only one inline policy of each name. Two resources that write the same name on one role overwrite each other:
it is undefined which one remains after the apply, and every later plan wants to change it again.

Rename one of them, or merge both into one policy.

See https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.role import Roles
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    role = world.once(Roles).of(task.execution_role)
    for group in role.attached.name_conflicts if role is not None else ():
        names = sorted(set(group))
        if len(names) > 1:
            yield Misconfiguration(
                f"{' and '.join(names)} write an inline policy of the same name to the execution role: only the last "
                "one written remains",
                Severity.WARNING,
                about=" ".join(names),
                address=names[-1],
                argument="name",
            )


CHECK = Check("policies-of-one-name", "inline policies with the same name", __doc__, _search)
