"""Refer to a parameter in another region by its ARN.

The name of a parameter always refers to the task's own region. ECS does not find a parameter by its name if the plan,
or another stack, creates it in another region: the task stops with `invalid parameters`.

Write `valueFrom = aws_ssm_parameter.token.arn`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import only_in_other_regions
from tfcheck.inventory.catalogue import PARAMETER
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.source import injected_values
from tfcheck.vocabulary.arn import is_arn
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    here = task.resource.surroundings.region
    for place, value in injected_values(task):
        if not isinstance(value, str) or is_arn(value):
            continue
        found = only_in_other_regions(PARAMETER, value, here, task, world)
        if found:
            regions = " and ".join(dict.fromkeys(str(each.surroundings.region) for each in found))
            yield Misconfiguration(
                f"{place.cause}: {quote_value(task, value)} is in {regions}, but a name means the task's region",
                Severity.WARNING,
                place.container.name if place.container else None,
                value,
                symptom=f"fetching secret data from SSM Parameter Store in {here}: invalid parameters",
            )


CHECK = Check("parameter-region", "parameters in other regions", __doc__, _search)
