"""Read the credentials of a private registry.

For an image with `repositoryCredentials`, from a private registry outside AWS, ECS reads the user name and the password
from a secret in Secrets Manager with the task's *execution* role. The role needs `secretsmanager:GetSecretValue` on the
secret, and `kms:Decrypt` on the key if the secret is encrypted with a customer managed one. Refer to the secret by its
ARN, or by its name in the region and account of the task.

Without the permission, tasks stop with `unable to get registry auth from asm`.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.registry.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.reference import credentials_error, is_refused
from tfcheck.startup.rule import Rule, container_place
from tfcheck.startup.source import named_secret
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.finding import Requirement
from tfcheck.vocabulary.needed_call import CallDetails, Necessity

ID = "registry-credentials"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read the credentials of every container with an image in a private registry."""
    for container in task.containers:
        credentials = container.member("repositoryCredentials")
        value = member(credentials, "credentialsParameter")
        if value == "" or not isinstance(value, PlainText):
            continue
        place = container_place(task, container, "/repositoryCredentials", "registry credentials")
        if is_refused(credentials_error(value, task.resource.surroundings)):
            continue
        doubt = later("whether credentials are named") if value is credentials else ""
        arn = named_secret(value, task.resource.surroundings, world)
        details = CallDetails(through=None if arn == value else value)
        yield place.require(ID, "secretsmanager:GetSecretValue", arn, necessity=Necessity(doubt), details=details)


RULE = Rule(
    id=ID,
    title="credentials of private registries",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "secretsmanager:GetSecretValue": (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to get registry auth from asm: service call has been retried 1 time(s): asm fetching "
            "secret from the service"
        )
    },
    on_instances={"secretsmanager:GetSecretValue": "engine docker private registry credentials: not found"},
    without_role=("", "asm resource: unable to find execution role credentials"),
)
