"""Keep the configuration of a log router where the router can read it.

With `config-file-type` `s3`, refer to the file by the ARN of its object, not by an `s3://` address: ECS rejects
anything else when the task definition is registered. Fargate supports only `file`, a path in the image of the router.

On EC2, write:

    options = { config-file-type = "s3", config-file-value = "arn:aws:s3:::my-config/fluent-bit.conf" }

On Fargate, put the file into an image of your own:

    options = { config-file-type = "file", config-file-value = "/fluent-bit.conf" }

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef-customconfig.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import runs_on_fargate
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.object_arn import FORM, is_other_than_arn, misshape
from tfcheck.vocabulary.finding import Severity

_IN_IMAGE = "put the configuration of the log router into its image"
_FILE_IN_IMAGE = 'options = {\n  "config-file-type"  = "file"\n  "config-file-value" = "/fluent-bit/etc/app.conf"\n}'


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for container in task.containers:
        options = member(container.member("firelensConfiguration"), "options")
        if member(options, "config-file-type") == "s3":
            value = member(options, "config-file-value")
            what = f"log router configuration of container `{container.name}`"
            if runs_on_fargate(task, world):
                message = f"{what} is in S3: Fargate accepts only a file in the image"
                yield Misconfiguration(
                    message, Severity.ERROR, container.name, "fargate", advice=_IN_IMAGE, hcl=_FILE_IN_IMAGE
                )
            elif (wrong := misshape(value, world)) is not None:
                message = f"{what}, {quote_value(task, value)}, {wrong.what}" if value else f"{what} {wrong.what}"
                symptom = "ClientException: Invalid arn syntax." if is_other_than_arn(value) else ""
                yield Misconfiguration(
                    message, Severity.ERROR, container.name, value, (f"ECS accepts `{FORM}`",), symptom
                )


CHECK = Check("log-router", "unusable configuration of log routers", __doc__, _search)
