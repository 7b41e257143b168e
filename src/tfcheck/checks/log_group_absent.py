"""Create the log group, or let the driver create it.

The `awslogs` driver creates its group only if `awslogs-create-group` is set. tfcheck reports a group if nothing shows
that it exists: the plan does not create it, no data source looks it up or provides its name (a remote state, for
example), and no task used it before the change. Unless the group was created elsewhere, no task starts.

Write:

    resource "aws_cloudwatch_log_group" "web" {
      name = "/ecs/web"
    }

and refer to it: `awslogs-group = aws_cloudwatch_log_group.web.name`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.log_region import groups_in_other_regions
from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.inventory.catalogue import LOG_GROUP
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup import existence
from tfcheck.startup.awslogs_calls import missing_group_reason
from tfcheck.startup.awslogs_options import AwsLogs, awslogs
from tfcheck.symbolic.beginnings import Members
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.finding import Severity

SYMPTOM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."
)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for log in awslogs(task, world):
        is_named = isinstance(log.group, str) and missing_group_reason(log.options) is None
        if is_named and log.makes_no_group and not _may_exist(log, task, world):
            yield Misconfiguration(
                f"{log.name} logs to {quote_value(task, log.group)}, which neither the plan nor the "
                "driver creates: it must exist already",
                Severity.WARNING,
                log.container,
                log.group,
                symptom=SYMPTOM,
            )


def _may_exist(log: AwsLogs, task: TaskDefinition, world: World) -> bool:
    """Whether the plan suggests that the group exists, or another rule reports it as deleted or in another region."""
    named = existence.named_at(log.group, task.resource.surroundings, log.region)
    return (
        existence.log_group(named, world) is not Truth.UNKNOWN
        or existence.is_read(log.group, world)
        or existence.namesake(LOG_GROUP, named, world) is not Truth.FALSE
        or bool(groups_in_other_regions(log, task, world))
        or world.once(_of_cloud_control).include(log.group) is not Truth.FALSE
    )


def _of_cloud_control(world: World) -> Members:
    """Return the names of the groups of the AWS Cloud Control provider."""
    return Members(each.attribute("log_group_name") for each in world.resources("awscc_logs_log_group"))


CHECK = Check("log-group-absent", "missing log groups", __doc__, _search)
