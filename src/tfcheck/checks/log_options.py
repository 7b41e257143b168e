"""Set the options that the `awslogs` driver requires.

`awslogs-group` is the name of a log group, not its ARN. Fargate also requires `awslogs-stream-prefix`: ECS rejects a
task definition for Fargate without it. Without a usable group name, the driver does not call CloudWatch Logs, so
tfcheck does not list permissions for it.

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
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.awslogs_calls import missing_group_reason
from tfcheck.startup.awslogs_options import awslogs
from tfcheck.vocabulary.finding import Severity

_BY_NAME = "set `awslogs-group` to the name of the log group"
_GROUP_NAME = '"awslogs-group" = aws_cloudwatch_log_group.app.name'


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for log in awslogs(task, world):
        wrong = missing_group_reason(log.options)
        if wrong is not None:
            message, advice, hcl = f"the log driver of {log.name} {wrong}", "", ""
            if log.group:
                message = f"`awslogs-group` of {log.name} is {quote_value(task, log.group)}: it {wrong}"
                advice, hcl = _BY_NAME, _GROUP_NAME
            yield Misconfiguration(message, Severity.ERROR, log.container, wrong, advice=advice, hcl=hcl)
        # NOTE: the proxy of Service Connect has no name of its own to follow a prefix.
        if log.container is not None and not log.prefix and "FARGATE" in task.compatibilities:
            message = f"the log driver of {log.name} has no `awslogs-stream-prefix`, which Fargate requires"
            yield Misconfiguration(message, Severity.ERROR, log.container, "prefix")


CHECK = Check("log-options", "missing options of the awslogs driver", __doc__, _search)
