"""Read the secrets that `secrets` and `secretOptions` name.

ECS reads each secret from Secrets Manager before the first container starts, with the task's *execution* role. The role
needs `secretsmanager:GetSecretValue` on the ARN of the secret. A suffix `:json-key:version-stage:version-id` in
`valueFrom` selects a part of the secret, and is not part of the ARN that IAM compares. The ARN ends in six random
characters, and a policy without them does not match it: write `NAME-??????`, or refer to the secret. A secret that is
encrypted with a customer managed key also needs `kms:Decrypt` on the key.

Without the permission, tasks stop with `ResourceInitializationError: unable to pull secrets or registry auth`.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.database.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
"""

from __future__ import annotations

from tfcheck.startup.rule import Rule
from tfcheck.startup.source import NO_ROLE, ValueStore, injected_needs

ID = "secret"
RULE = Rule(
    id=ID,
    title="secrets in Secrets Manager",
    manual=__doc__,
    derive=lambda task, world: injected_needs(ID, ValueStore.SECRETS_MANAGER, task, world),
    symptoms={
        "secretsmanager:GetSecretValue": (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to "
            "fetch secret"
        )
    },
    on_instances={
        "secretsmanager:GetSecretValue": (
            "fetching secret data from AWS Secrets Manager in region: secret ARN: AccessDeniedException"
        )
    },
    without_role=(NO_ROLE, NO_ROLE),
)
