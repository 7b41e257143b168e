"""Fetch the values that `secrets` and `secretOptions` name in the Parameter Store of Systems Manager.

ECS reads all parameters of a task before the first container starts, with the task's *execution* role. It calls
`ssm:GetParameters` (the plural: `ssm:GetParameter` grants nothing here) on the parameter's ARN, in which the name has
no leading slash: `/app/token` is `parameter/app/token`. A name means the region and account of the task. A
`SecureString` under a customer managed key also needs `kms:Decrypt`. A name that begins with
`/aws/reference/secretsmanager/` is a secret, which the role must be allowed to read as well.

A missing permission shows only when a task starts, as `ResourceInitializationError: unable to pull secrets or
registry auth`. One name that is denied fails its whole batch.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.token.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.rule import Rule
from tfcheck.startup.source import ValueStore
from tfcheck.startup.value_from import NO_ROLE, injected_values, require_value, sources_in
from tfcheck.vocabulary.finding import Requirement

ID = "parameter"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Require every parameter that a container, or its log driver, gets a value from."""
    for place, source in sources_in(injected_values(task), ValueStore.PARAMETER_STORE, world):
        yield require_value(ID, place, source)


RULE = Rule(
    id=ID,
    title="parameters in Systems Manager",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "ssm:GetParameters": (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): operation error "
            "SSM: GetParameters, https response error StatusCode: 400"
        )
    },
    on_instances={
        "ssm:GetParameters": "fetching secret data from SSM Parameter Store in region: AccessDeniedException"
    },
    without_role=(NO_ROLE, NO_ROLE),
)
