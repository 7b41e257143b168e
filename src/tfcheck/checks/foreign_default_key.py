"""Encrypt what another account reads with a customer managed key.

The AWS managed keys `aws/secretsmanager` and `aws/ssm` can only be used in their own account. A task that reads a
secret or an encrypted parameter of another account under such a key stops with `AccessDeniedException: Access to KMS is
not allowed`, even if all policies allow the calls.

Set `kms_key_id = aws_kms_key.shared.arn`, name the role or its account in the key policy, and allow the role
`kms:Decrypt` on the key.

See https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck import startup
from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.inventory.catalogue import PARAMETER, SECRET, catalogue
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject, value_if_written
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.finding import Severity

_READ = {"secretsmanager:GetSecretValue": SECRET, "ssm:GetParameters": PARAMETER}
_SYMPTOM = "AccessDeniedException: Access to KMS is not allowed"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    account = task.resource.surroundings.account
    for need in startup.requirements(task, world):
        kind = _READ.get(need.action)
        if kind is None:
            continue
        found = (catalogue(each, kind).find_by_arn(need.resource) for each in (world, *world.context))
        read = next((each for each in found if each is not None), None)
        key = _aws_managed_key(read) if read is not None and not need.necessity.doubt else None
        arn = parse_arn(need.resource)
        if read is not None and key and arn is not None and equal(arn.account, account) is Truth.FALSE:
            yield Misconfiguration(
                f"{need.cause}: {read.address} is encrypted with `{key}`, which only its own account can use",
                Severity.ERROR,
                need.container,
                need.resource,
                symptom=_SYMPTOM,
            )


def _aws_managed_key(read: WorldObject) -> str | None:
    """Return the AWS managed key if it definitely encrypts a secret or a parameter."""
    is_secret = read.address.type in SECRET.types
    if read.address.mode != "managed" or not (is_secret or read.attribute("type") == "SecureString"):
        return None
    name = "aws/secretsmanager" if is_secret else "aws/ssm"
    key = value_if_written(read, "kms_key_id" if is_secret else "key_id")
    return name if key in (None, "", f"alias/{name}") else None


CHECK = Check("foreign-default-key", "AWS managed keys of other accounts", __doc__, _search)
