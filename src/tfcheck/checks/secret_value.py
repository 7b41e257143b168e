"""Set the value of a secret before a service starts.

`aws_secretsmanager_secret` creates a secret without a value. If a plan creates or replaces the secret and starts tasks
that read it, but creates no `aws_secretsmanager_secret_version`, the first tasks stop with `ResourceNotFoundException:
Secrets Manager can't find the specified secret value for staging label: AWSCURRENT`.

Write:

    resource "aws_secretsmanager_secret_version" "database" {
      secret_id     = aws_secretsmanager_secret.database.id
      secret_string = var.database_password
    }

or raise the service's `desired_count` only once the secret has a value. tfcheck reports nothing if the service waits
for a script that may set the value: a provisioner, an action, `null_resource` or `terraform_data`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import starting_services, stored_values
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup import existence
from tfcheck.startup.source import ValueStore
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.finding import Severity

_SYMPTOM = (
    "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    services = starting_services(task, world)
    reported: set[str] = set()
    for place, source, secret in stored_values(task, world) if services else ():
        if secret is None or source.store is not ValueStore.SECRETS_MANAGER:
            continue
        address = str(secret.address)
        if address not in reported and existence.secret_value(secret, services, world) is Truth.FALSE:
            reported.add(address)
            yield Misconfiguration(
                f"{place.cause} is read from {address}, which has no value: the plan creates no version of it",
                Severity.WARNING,
                place.container.name if place.container else None,
                address,
                symptom=_SYMPTOM,
                address=address,
                argument="",
                hcl=_version_of(secret.address),
            )


def _version_of(secret: Address) -> str:
    """Write the value of a secret, in the module of the secret."""
    inside = Address(ModulePath(), secret.mode, secret.type, secret.name, secret.key)
    lines = (f"  secret_id     = {inside}.id", f"  secret_string = var.{secret.name}_value # sensitive")
    return "\n".join((f'resource "aws_secretsmanager_secret_version" "{secret.name}" {{', *lines, "}"))


CHECK = Check("secret-value", "secrets without a value", __doc__, _search)
