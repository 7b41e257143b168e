"""Keep the key enabled that encrypts a secret, parameter or file.

A customer managed key that is disabled (`is_enabled = false`) decrypts nothing, even if all policies allow it. The same
is true of a key that the plan deletes: AWS schedules its deletion, and from then on it cannot be used. Running tasks
keep running, but new ones cannot start.

First encrypt what the tasks read with another key, in a separate change: set the key argument of a secret or parameter,
and upload a file again.

See https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck import startup
from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.inventory.catalogue import KEY, catalogue
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.key import is_disabled
from tfcheck.inventory.world import World
from tfcheck.startup.decrypt import ACTION
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for need in startup.requirements(task, world):
        known = [catalogue(each, KEY) for each in (world, *world.context)] if need.action == ACTION else []
        key = next(filter(None, (each.find_by_arn(need.resource) for each in known)), None)
        former = catalogue(world.before(), KEY).find_by_arn(need.resource) if known and key is None else None
        message, advice = "", ""
        if key is not None and is_disabled(key):
            message = f"{need.cause} is encrypted with {key.address}, which is disabled"
        elif former is not None:
            message = f"{need.cause} is encrypted with {former.address}, which this plan deletes"
            advice = f"keep {former.address} until what the task reads is encrypted with another key"
        if message and not need.necessity.doubt:
            yield Misconfiguration(message, Severity.ERROR, need.container, need.resource, advice=advice)


CHECK = Check("disabled-key", "disabled keys", __doc__, _search)
