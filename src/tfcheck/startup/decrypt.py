"""Decrypt what is encrypted with a customer managed key.

S3, Secrets Manager and Systems Manager decrypt an object, secret or parameter on behalf of the role that reads it,
which is the task's *execution* role. With a customer managed KMS key, the role needs `kms:Decrypt` on the key, and the
key policy must either leave the decision to the IAM policies of the account or name the role. A statement must name the
key itself: the ARN of an alias does not match. The AWS managed keys `aws/s3`, `aws/secretsmanager` and `aws/ssm` need
no permission within their account, and cannot be used from another one.

An object stays encrypted with the key that was in force when it was written: a new default encryption of the bucket
does not change it. ECS reads credential specifications and the credentials of file systems from Parameter Store without
decrypting them, so no key is needed. If it is not known which secret, parameter or object is read, it is unknown
whether the key of each possible one is needed.

Without the permission, tasks stop with `Access to KMS is not allowed` or `The ciphertext refers to a customer master
key that does not exist`. S3 reports only `Forbidden`.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.config.arn },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.keys_in_use import keys_in_use
from tfcheck.inventory.world import World
from tfcheck.startup import credential_spec, fsx
from tfcheck.startup.rule import Rule, derive_requirements
from tfcheck.vocabulary.finding import Requirement

ID = "decrypt"
ACTION = "kms:Decrypt"


def rule(readers: tuple[Rule, ...]) -> Rule:
    """Return the rule that requires the customer managed keys of what other rules read for a task."""

    def derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
        for need in derive_requirements(readers, task, world):
            if need.action == "ssm:GetParameters" and need.rule in (credential_spec.ID, fsx.ID):
                continue  # NOTE: the agent requests these without decryption; a SecureString is useless there
            for key in keys_in_use(need.action, need.resource, world):
                yield msgspec.structs.replace(
                    need,
                    rule=ID,
                    action=ACTION,
                    resource=key.arn,
                    necessity=msgspec.structs.replace(need.necessity, doubt=need.necessity.doubt or key.doubt),
                    details=msgspec.structs.replace(need.details, encrypted=need.resource, read_by=need.action),
                    sensitive=need.sensitive or key.sensitive,
                )

    return Rule(
        id=ID,
        title="customer managed keys",
        manual=__doc__,
        derive=derive,
        symptoms={},
        by_reader={
            "secretsmanager:GetSecretValue": "AccessDeniedException: Access to KMS is not allowed",
            "ssm:GetParameters": (
                "AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not "
                "exist in this region, or you are not allowed to access."
            ),
        },
    )
