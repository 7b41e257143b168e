"""Refer to a parameter in another region by its ARN.

The name of a parameter always refers to the task's own region. ECS does not find a parameter by its name if the plan,
or another stack, creates it in another region: the task stops with `invalid parameters`.

Write `valueFrom = aws_ssm_parameter.token.arn`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.mistake import Check, Misconfiguration, quote_value
from tfcheck.inventory.catalogue import PARAMETER
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup import existence
from tfcheck.startup.source import injected_values
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.arn import is_arn
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    here, account = task.resource.surroundings.region, task.resource.surroundings.account
    for place, value in injected_values(task):
        if not isinstance(value, str) or is_arn(value):
            continue
        named_here = existence.named_at(value, task.resource.surroundings)
        if existence.namesake(PARAMETER, named_here, world) is not Truth.FALSE:
            continue
        named = existence.index_created(PARAMETER, world).exactly(value)
        found = [each for each in named if equal(each.surroundings.account, account) is not Truth.FALSE]
        regions = " and ".join(dict.fromkeys(str(each.surroundings.region) for each in found))
        if found and all(equal(each.surroundings.region, here) is Truth.FALSE for each in found):
            yield Misconfiguration(
                f"{place.cause}: {quote_value(task, value)} is in {regions}, but a name means the task's region",
                Severity.WARNING,
                place.container.name if place.container else None,
                value,
                symptom=f"fetching secret data from SSM Parameter Store in {here}: invalid parameters",
            )


CHECK = Check("parameter-region", "parameters in other regions", __doc__, _search)
