"""Name every environment file by the ARN of its object.

ECS takes an ARN of the form `arn:PARTITION:s3:::BUCKET/KEY`: no `s3://` address, no URL, no region and no account, a
slash between bucket and key. An ARN put together from a bucket's ARN and a key needs that slash written out. What ECS
cannot take apart stops the task before any permission is looked at, so none is suggested.

ECS drops the partition and asks S3 in its own. Which of two IAM compares is not documented: where another one is
written than the task is in, only what is granted in both is sure.

Write:

    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web/prod.env" }]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.environment_file import files
from tfcheck.checks.mistake import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.object_arn import FORM, misshape, names_other_partition
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
            message = (
                f"{file.name}, {quote_value(task, file.value)}, names another partition than the one the task lives in"
            )
            yield Misconfiguration(message, Severity.WARNING, file.container.name, file.value)


CHECK = Check("env-file-arn", "ARNs of environment files", __doc__, _search)
