"""Write `valueFrom` in a form that ECS can read.

Refer to a secret in Secrets Manager by its full ARN, either alone or followed by all three of JSON key, version stage
and version id: `ARN:key::`. With one colon too few, the ARN is malformed. Set the version stage or the version id, not
both. The name of a secret does not work: ECS treats anything other than an ARN as the name of a parameter, and a
parameter cannot be followed by a key. An ARN without its six random characters works only in the secret's own account,
and while no other secret has a name that starts like it. IAM compares the whole ARN.

The ARN of a parameter has exactly one slash after `parameter`, whether or not the name of the parameter starts with
one. ECS refuses a name that is followed by a version or a label, `NAME:3`; AWS does not document them behind an ARN
either. ECS does not expand wildcards, and the task must be in the partition of the region that the ARN names. If ECS
cannot read a reference, it makes no call, so tfcheck does not list permissions for it.

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

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.awslogs_options import logging_services
from tfcheck.startup.fsx import named_credentials
from tfcheck.startup.launch import runs
from tfcheck.startup.reference import InvalidReference, credentials_error, reference_error
from tfcheck.startup.rule import TaskPlace, container_place
from tfcheck.startup.service_connect_log import proxy_options
from tfcheck.startup.source import injected_values
from tfcheck.symbolic.value import Value, items

_CREDENTIALS = "name the registry credentials by the ARN of their secret, with nothing after it"
_CREDENTIALS_HCL = "repositoryCredentials = { credentialsParameter = aws_secretsmanager_secret.registry.arn }"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    around = task.resource.surroundings
    for place, value in injected_values(task):
        yield from _misconfigurations(place, value, reference_error(value, around, world))
    for place, value in named_credentials(task):
        yield from _misconfigurations(place, value, reference_error(value, around, world), "volume")
    for service in logging_services(runs(task, world).definite, world):
        for place, value in proxy_options(task, service):
            yield from _misconfigurations(place, value, reference_error(value, service.surroundings, world))
    for container in task.containers:
        value = member(container.member("repositoryCredentials"), "credentialsParameter")
        place = container_place(task, container, "/repositoryCredentials", "registry credentials")
        yield from _misconfigurations(
            place, value, credentials_error(value, around), advice=_CREDENTIALS, hcl=_CREDENTIALS_HCL
        )


def _misconfigurations(
    place: TaskPlace,
    value: Value,
    wrong: InvalidReference | None,
    argument: str = "container_definitions",
    advice: str = "",
    hcl: str = "",
) -> Iterator[Misconfiguration]:
    if wrong is not None:
        named = quote_value(place.task, value) if value else f"`valueFrom`{_of_variable(place)}"
        container = place.container.name if place.container else None
        message = f"{place.cause}: {named} {wrong.what}"
        yield Misconfiguration(
            message, wrong.severity, container, value, (), wrong.symptom, argument=argument, advice=advice, hcl=hcl
        )


def _of_variable(place: TaskPlace) -> str:
    """Return the name of the variable that an entry of `secrets` is for; empty elsewhere, or if it is not known."""
    _, where, index = place.pointer.rpartition("/secrets/")
    listed = items(place.container.members("secrets")) if where and place.container else ()
    name = member(listed[int(index)], "name") if isinstance(listed, tuple) and listed else None
    return f" of {quote_value(place.task, name)}" if isinstance(name, str) else ""


CHECK = Check("secret-reference", "invalid references to secrets and parameters", __doc__, _search)
