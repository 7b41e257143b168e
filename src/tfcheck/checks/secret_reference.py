"""Write `valueFrom` as ECS reads it.

A secret of Secrets Manager is named by its whole ARN, alone or followed by all three of JSON key, version stage and
version id: `ARN:key::`. One colon too few is a malformed ARN; of version stage and version id AWS takes one. The name
of a secret is no reference to it: what is not an ARN is the name of a parameter, and behind a parameter no key can
stand. An ARN without its six random characters names a secret only as long as no other begins like it, and IAM compares
the short form. The ARN of a parameter has one slash behind `parameter`, whether or not the parameter's name begins with
one. Wildcards are themselves here, and region and task are in the partition that the ARN names. What ECS cannot
read it asks nobody for: no permission is looked at, and none is suggested.

Write:

    secrets = [
      { name = "TOKEN",    valueFrom = aws_secretsmanager_secret.token.arn },
      { name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.database.arn}:password::" },
      { name = "MODE",     valueFrom = aws_ssm_parameter.mode.arn },
    ]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.mistake import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.fsx import named_credentials
from tfcheck.startup.launch import services
from tfcheck.startup.place import TaskPlace, container_place
from tfcheck.startup.reference import InvalidReference, credentials_error, reference_error
from tfcheck.startup.service_connect_log import proxy_options
from tfcheck.startup.value_from import injected_values
from tfcheck.symbolic.value import Value


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    around = task.resource.surroundings
    for place, value in injected_values(task):
        yield from _mistakes(place, value, reference_error(value, around, world))
    for place, value in named_credentials(task):
        yield from _mistakes(place, value, reference_error(value, around, world), "volume")
    for service in services(task, world):
        for place, value in proxy_options(task, service):
            yield from _mistakes(place, value, reference_error(value, service.surroundings, world))
    for container in task.containers:
        value = member(container.member("repositoryCredentials"), "credentialsParameter")
        place = container_place(task, container, "/repositoryCredentials", "registry credentials")
        yield from _mistakes(place, value, credentials_error(value, around))


def _mistakes(
    place: TaskPlace, value: Value, wrong: InvalidReference | None, argument: str = "container_definitions"
) -> Iterator[Misconfiguration]:
    if wrong is not None:
        named = quote_value(place.task, value) if value else "`valueFrom`"
        container = place.container.name if place.container else None
        message = f"{place.cause}: {named} {wrong.what}"
        yield Misconfiguration(message, wrong.severity, container, value, symptom=wrong.symptom, argument=argument)


CHECK = Check("secret-reference", "references to secrets and parameters", __doc__, _search)
