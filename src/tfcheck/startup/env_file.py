"""Read the files that `environmentFiles` names.

The ECS agent downloads each file from S3 before the first container starts, with the task's *execution* role, never
with the task role. The role needs `s3:GetObject` on the object. AWS also documents `s3:GetBucketLocation` on the
bucket: ECS agents before 1.84.0 (June 2024) call it, later agents and Fargate do not appear to.

An EventBridge rule, a schedule, a pipe or a state machine can name other files when it starts tasks. They replace the
files of the task definition, and ECS reads them in the same way.

Without the permission, tasks stop with `ResourceInitializationError: failed to download env files`. If the role lacks
`s3:ListBucket`, S3 reports a missing file with the same message.

The policy of a bucket in another account must allow the role as well. A file that is encrypted with a customer managed
key also needs `kms:Decrypt` on the key: see the rule `decrypt`.

AWS does not document what ECS needs for the alias of an access point, or for a directory bucket, in the place of the
bucket's name: it is unknown.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "s3:GetObject",         Resource = "arn:aws:s3:::my-config/web/prod.env" },
    { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::my-config" },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.blocks import blocks
from tfcheck.startup.launch import runs
from tfcheck.startup.object_arn import object_needs
from tfcheck.startup.rule import Rule, container_place
from tfcheck.startup.runs import CONTAINERS
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.value import PlainText, Unknown
from tfcheck.vocabulary.finding import Requirement

ID = "env-file"
_WHAT = "environment file"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read every environment file of every container, and to locate its bucket."""
    for container in task.containers:
        files = container.members("environmentFiles")
        if isinstance(files, Unknown):
            doubt = later("whether environment files are named")
            place = container_place(task, container, "/environmentFiles", _WHAT)
            yield from object_needs(ID, place, files, world, doubt=doubt)
            continue
        for index, file in enumerate(files):
            value = member(file, "value")
            if isinstance(value, PlainText):
                place = container_place(task, container, f"/environmentFiles/{index}", _WHAT)
                yield from object_needs(ID, place, value, world)
    yield from _named_by_runs(task, world)


def _named_by_runs(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read the environment files that overrides name when something starts the tasks."""
    for run in runs(task, world).definite.where(_overrides_containers, world):
        for override in blocks(run.attribute(CONTAINERS)):
            name = member(override, "name")
            files = blocks(member(override, "environmentFiles") or member(override, "environment_file"))
            values = [value for each in files if isinstance(value := member(each, "value"), PlainText)]
            for container in task.containers if values else ():
                if isinstance(name, str) and name == container.written_name:
                    what = f"{_WHAT} that {run.address} names, in the place of those"
                    place = container_place(task, container, "/environmentFiles", what)
                    needs = (need for value in values for need in object_needs(ID, place, value, world))
                    hidden = run.sensitive(CONTAINERS)
                    yield from (msgspec.structs.replace(each, sensitive=each.sensitive or hidden) for each in needs)


def _overrides_containers(run: WorldObject, _: World) -> bool:
    return bool(blocks(run.attribute(CONTAINERS)))


_NO_BUCKET = "unable to initialize s3 client for bucket: AccessDenied (ECS agents before 1.84.0 only)"
RULE = Rule(
    id=ID,
    title="environment files in S3",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "s3:GetObject": (
            "ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): "
            "operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden"
        ),
        "s3:GetBucketLocation": _NO_BUCKET,
    },
    on_instances={
        "s3:GetObject": "unable to download env file with key from bucket",
        "s3:GetBucketLocation": _NO_BUCKET,
    },
    without_role=("", "environment file resource: unable to find execution role credentials"),
)
