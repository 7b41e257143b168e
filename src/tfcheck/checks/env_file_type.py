"""Set the type of every environment file to `s3`.

ECS fetches environment files only from S3, and `type` must say so. ECS rejects any other value when the task definition
is registered, or when the task starts.

Write:

    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::my-config/web/prod.env" }]

See https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EnvironmentFile.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import files
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for file in files(task):
        if file.type is None or (isinstance(file.type, str) and file.type != "s3"):
            what = "has no type" if file.type is None else f"has the type {quote_value(task, file.type)}"
            yield Misconfiguration(
                f"{file.name} {what}: only `s3` is supported", Severity.ERROR, file.container.name, file.type
            )


CHECK = Check("env-file-type", "invalid types of environment files", __doc__, _search)
