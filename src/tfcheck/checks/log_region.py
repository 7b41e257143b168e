"""Set the region of the log group.

On Fargate, the `awslogs` driver does not start without `awslogs-region`, and it looks for the group in that region
only. It does not find a group that the plan, or another stack, creates in another region.

Write:

    options = {
      awslogs-group         = aws_cloudwatch_log_group.web.name
      awslogs-region        = "eu-west-1"
      awslogs-stream-prefix = "web"
    }

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import only_in_other_regions, runs_on_fargate
from tfcheck.inventory.catalogue import LOG_GROUP
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.awslogs_options import AwsLogs, awslogs
from tfcheck.symbolic.value import display
from tfcheck.vocabulary.finding import Severity

_MISSING = (
    "ResourceInitializationError: failed to validate logger args: unable to get awslogs driver arguments: "
    "awslogs-region is required"
)
_NOT_FOUND = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "ResourceNotFoundException: The specified log group does not exist."
)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for log in awslogs(task, world):
        if log.region is None or log.region == "":
            if runs_on_fargate(task, world):
                message = f"the log driver of {log.name} has no `awslogs-region`, which Fargate requires"
                yield Misconfiguration(message, Severity.ERROR, log.container, symptom=_MISSING)
        elif log.makes_no_group:
            named = groups_in_other_regions(log, task, world)
            if named:
                region = display(named[0].surroundings.region)
                yield Misconfiguration(
                    f"{log.name} logs to {quote_value(task, log.group)} in {quote_value(task, log.region)}, but "
                    f"{named[0].address} is in {region}",
                    Severity.WARNING,
                    log.container,
                    log.region,
                    symptom=_NOT_FOUND,
                    hcl=f'"awslogs-region" = "{region}"',
                )


def groups_in_other_regions(log: AwsLogs, task: TaskDefinition, world: World) -> list[WorldObject]:
    """Return the groups with that name in the task's account if all of them are in other regions."""
    if not isinstance(log.group, str) or log.region is None or log.region == "":
        return []
    return only_in_other_regions(LOG_GROUP, log.group, log.region, task, world)


CHECK = Check("log-region", "missing or wrong regions of log groups", __doc__, _search)
