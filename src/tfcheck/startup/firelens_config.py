"""Read the configuration of a log router in S3.

If `firelensConfiguration` has the `config-file-type` `s3`, the ECS agent downloads the file before the containers
start, with the task's *execution* role. The role needs `s3:GetObject` on the object. AWS also documents
`s3:GetBucketLocation` on the bucket. Fargate supports only files in the image.

The policy of a bucket in another account must allow the role as well. A file that is encrypted with a customer managed
key also needs `kms:Decrypt` on the key: see the rule `decrypt`.

Without the permission, tasks stop with `unable to download firelens s3 config file`.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "s3:GetObject",         Resource = "arn:aws:s3:::my-config/fluent-bit.conf" },
    { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::my-config" },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef-customconfig.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.object_arn import object_needs
from tfcheck.startup.rule import Rule, container_place
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, Truth
from tfcheck.vocabulary.finding import Requirement

ID = "firelens-config"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read every log router configuration in S3, and to locate its bucket."""
    for container in task.containers:
        options = member(container.member("firelensConfiguration"), "options")
        kept_in_s3 = equal(member(options, "config-file-type"), "s3")
        value = member(options, "config-file-value")
        if kept_in_s3 is Truth.FALSE or not isinstance(value, PlainText):
            continue
        doubt = "" if kept_in_s3 is Truth.TRUE else later("whether the file is in S3")
        place = container_place(task, container, "/firelensConfiguration", "log router configuration")
        yield from object_needs(ID, place, value, world, doubt=doubt)


RULE = Rule(
    id=ID,
    title="log router configuration in S3",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "s3:GetObject": "unable to download firelens s3 config file: unable to download s3 config from bucket",
        "s3:GetBucketLocation": "unable to initialize s3 client for bucket: AccessDenied",
    },
    without_role=("", "unable to get execution role credentials"),
)
