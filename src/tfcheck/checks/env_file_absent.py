"""Upload environment files before a service starts.

If the plan creates a bucket and starts tasks that read from it, the bucket contains only what the plan puts there. A
missing file stops the task. Without `s3:ListBucket`, S3 reports `403 Forbidden` instead of `404`, so it looks like a
missing permission.

Write:

    resource "aws_s3_object" "env" {
      bucket = aws_s3_bucket.config.id
      key    = "web/prod.env"
      source = "prod.env"
    }

and refer to it: `value = aws_s3_object.env.arn`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import files, starting_services
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup import existence
from tfcheck.symbolic.value import Text, Truth
from tfcheck.vocabulary.finding import Severity

SYMPTOM = (
    "ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): "
    "operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden"
)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    services = starting_services(task, world)
    for file in files(task) if services else ():
        value = file.value
        if isinstance(value, (str, Text)) and existence.file(value, services, world) is Truth.FALSE:
            yield Misconfiguration(
                f"the plan creates the bucket of {file.name}, but not the object {quote_value(task, value)}",
                Severity.WARNING,
                file.container.name,
                value,
                ("tasks start immediately, and S3 reports a missing file like a missing permission",),
                SYMPTOM,
            )


CHECK = Check("env-file-absent", "missing environment files", __doc__, _search)
