"""Refer to a credential specification by the ARN of an S3 object or a parameter, or by a file on the host.

After `credentialspec:` or `credentialspecdomainless:`, the ECS agent expects the full ARN of an object in S3 or of a
parameter in Parameter Store. It rejects any other ARN, including that of a secret or of a bucket without a key.

Write:

    credentialSpecs = ["credentialspec:${aws_s3_bucket.specs.arn}/service-account.json"]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/linux-gmsa.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.credential_spec import options, specification, specification_error
from tfcheck.vocabulary.finding import Severity

_SYMPTOM = "unsupported credentialspec ARN, only s3/ssm ARNs are valid"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for place, option in options(task):
        arn = specification(option)
        wrong = specification_error(arn, task.resource.surroundings, world) if arn is not None else None
        if wrong is not None and arn is not None:
            container = place.container.name if place.container else None
            symptom = _SYMPTOM if "only S3 and" in wrong else ""
            yield Misconfiguration(
                f"{place.cause}: {quote_value(task, arn)} {wrong}", Severity.ERROR, container, option, (), symptom
            )


CHECK = Check("credential-spec-arn", "invalid references to credential specifications", __doc__, _search)
