"""Make the log group, or let the driver make it.

The `awslogs` driver does not make its group unless `awslogs-create-group` says so. Where neither the plan makes it,
nor a data source looks it up, nor a task wrote to it before the change, it must have been made elsewhere; otherwise no
task starts.

Write:

    resource "aws_cloudwatch_log_group" "web" {
      name = "/ecs/web"
    }

and refer to it: `awslogs-group = aws_cloudwatch_log_group.web.name`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Severity
from tfcheck.inventory.catalogue import LOG_GROUP, reachable
from tfcheck.pitfall.filed import Filed
from tfcheck.pitfall.log_driver import AwsLogs, awslogs, groups_used
from tfcheck.pitfall.log_region import in_other_regions
from tfcheck.pitfall.mistake import Mistake, Pitfall, shown
from tfcheck.startup.awslogs import wrong_group
from tfcheck.world import Thing, World

SYMPTOM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."
)


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    used = world.before().once(groups_used)
    for log in awslogs(task, world):
        is_named = isinstance(log.group, str) and wrong_group(log.options) is None
        if is_named and log.makes_no_group and log.group not in used:
            if any(_is_it(each, log, task) for each in world.once(_groups).perhaps(log.group)):
                continue
            if in_other_regions(log, task, world):
                continue  # that is told by itself
            yield Mistake(
                f"{log.name} logs to {shown(task, log.group)}, which neither the plan nor the "
                "driver makes: it must exist already",
                Severity.WARNING,
                log.container,
                log.group,
                symptom=SYMPTOM,
            )


def _is_it(group: Thing, log: AwsLogs, task: TaskDefinition) -> bool:
    """Tell whether a group of that name may be where the driver looks for it."""
    around = task.thing.surroundings
    return reachable(group, log.region or around.region, around.account)


def _groups(world: World) -> Filed:
    """File by name the groups that the plan makes or looks up, and those of other stacks."""
    worlds = (world, *world.context)
    found = [each for one in worlds for each in (*one.things(*LOG_GROUP.types), *one.looked_up(*LOG_GROUP.types))]
    return Filed(found, "name")


PITFALL = Pitfall("log-group-absent", "log groups that exist", __doc__, _search)
