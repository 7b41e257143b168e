"""Read the parameters that `secrets` and `secretOptions` name.

ECS reads all parameters of a task before the first container starts, with the task's *execution* role. The role needs
`ssm:GetParameters` on the ARN of the parameter: the plural, `ssm:GetParameter` does not help. In the ARN, the name has
no leading slash: `/app/token` is `parameter/app/token`. A name refers to the region and account of the task. A
`SecureString` that is encrypted with a customer managed key also needs `kms:Decrypt` on the key. The ARN of a parameter
that AWS publishes, `/aws/service/…`, has no account. A name that starts with `/aws/reference/secretsmanager/` refers to
a secret, which the role must also be allowed to read.

Without the permission, tasks stop with `ResourceInitializationError: unable to pull secrets or registry auth`. If one
parameter is denied, ECS reads none of its batch.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.token.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html.
"""

from __future__ import annotations

from tfcheck.startup.rule import Rule
from tfcheck.startup.source import NO_ROLE, ValueStore, injected_needs

ID = "parameter"
RULE = Rule(
    id=ID,
    title="parameters in Systems Manager",
    manual=__doc__,
    derive=lambda task, world: injected_needs(ID, ValueStore.PARAMETER_STORE, task, world),
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
