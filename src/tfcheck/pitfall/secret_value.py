"""Give a secret a value before a service starts.

`aws_secretsmanager_secret` makes a secret without a value. Where a plan makes both the secret and the service that
reads it, and no `aws_secretsmanager_secret_version`, the first tasks stop with
`ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT`.

Write:

    resource "aws_secretsmanager_secret_version" "database" {
      secret_id     = aws_secretsmanager_secret.database.id
      secret_string = var.database_password
    }

or start the service, with `desired_count`, once the secret is filled.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Severity
from tfcheck.inventory.catalogue import SECRET, catalogue
from tfcheck.pitfall.filed import Filed
from tfcheck.pitfall.mistake import Mistake, Pitfall
from tfcheck.pitfall.started import is_new, new_services
from tfcheck.startup.place import Place
from tfcheck.startup.source import Store, sources
from tfcheck.startup.value_from import injected
from tfcheck.value import Unknown
from tfcheck.world import Thing, World

_SYMPTOM = (
    "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
)


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    if not new_services(task, world):
        return
    told: set[str] = set()
    for place, secret in _secrets(task, world):
        address = str(secret.address)
        if address not in told and is_new(secret, world) and not _may_have_value(secret, world):
            told.add(address)
            yield Mistake(
                f"{address}, which {place.cause} is read from, has no value: the plan makes no version of it",
                Severity.WARNING,
                place.container.name if place.container else None,
                address,
                symptom=_SYMPTOM,
                address=address,
                argument="",
            )


def _secrets(task: TaskDefinition, world: World) -> Iterator[tuple[Place, Thing]]:
    """Give every secret of the plan that a value is taken from, and where."""
    for place, value in injected(task):
        for source in sources(value, task.thing.surroundings, world):
            found = catalogue(world, SECRET).by_arn(source.arn) if source.store is Store.SECRETS_MANAGER else None
            if found is not None:
                yield place, found


def _may_have_value(secret: Thing, world: World) -> bool:
    if str(secret.address) in world.once(_filled):
        return True
    names = (secret.attribute(each) for each in SECRET.identity)
    return any(True for name in names for _ in world.once(_versions).perhaps(name))


def _filled(world: World) -> frozenset[str]:
    """Give the secrets that a version refers to: most of them, so that few must be compared with every version."""
    holders = (each.attribute("secret_id") for each in world.things("aws_secretsmanager_secret_version"))
    return frozenset(each.symbol.owner for each in holders if isinstance(each, Unknown) and each.symbol is not None)


def _versions(world: World) -> Filed:
    versions = (one.things("aws_secretsmanager_secret_version") for one in (world, *world.context))
    return Filed([each for several in versions for each in several], "secret_id")


PITFALL = Pitfall("secret-value", "secrets that have a value", __doc__, _search)
