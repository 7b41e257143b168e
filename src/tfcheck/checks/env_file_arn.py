"""Refer to every environment file by the ARN of its object.

ECS expects `arn:PARTITION:s3:::BUCKET/KEY`: not an `s3://` address or a URL, without region and account, and with a
slash between bucket and key. If you join a bucket's ARN and a key, write the slash. ECS stops the task before it makes
any call if it cannot parse the reference, so tfcheck does not list permissions for it.

ECS ignores the partition in the ARN and calls S3 in its own partition. AWS does not document which of the two IAM
compares. If they differ, only a permission that is granted in both partitions is certain.

Write:

    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web/prod.env" }]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import files
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.object_arn import FORM, misshape, names_other_partition
from tfcheck.symbolic.value import display
from tfcheck.vocabulary.finding import Severity

_SYMPTOM = "unable to parse bucket and key from s3 ARN specified in environmentFile"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for file in files(task):
        wrong = misshape(file.value, world)
        if wrong is not None:
            what = (
                f"{file.name}, {quote_value(task, file.value)}, {wrong.what}"
                if file.value
                else f"{file.name} {wrong.what}"
            )
            symptom = _SYMPTOM if file.value and not wrong.readable else ""
            yield Misconfiguration(
                what, Severity.ERROR, file.container.name, file.value, (f"ECS accepts `{FORM}`",), symptom
            )
        elif names_other_partition(file.value, task.resource.surroundings):
            message = f"{file.name}, {quote_value(task, file.value)}, names another partition than the task's"
            partition = display(task.resource.surroundings.partition)
            advice = f"write the partition of the task's region, `{partition}`, in the ARN"
            yield Misconfiguration(message, Severity.WARNING, file.container.name, file.value, advice=advice)


CHECK = Check("env-file-arn", "invalid ARNs of environment files", __doc__, _search)
