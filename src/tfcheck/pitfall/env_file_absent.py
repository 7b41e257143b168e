"""Put environment files into the bucket before a service starts.

Where a plan makes both the bucket and the service, nothing is in the bucket yet but what the plan puts there. A file
that is not there stops the task; without `s3:ListBucket`, S3 says `403 Forbidden` and not `404`, so it looks like a
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

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Severity
from tfcheck.inventory.bucket import bucket_of
from tfcheck.inventory.catalogue import OBJECT
from tfcheck.match import equal
from tfcheck.pitfall.environment_file import files
from tfcheck.pitfall.filed import Filed
from tfcheck.pitfall.mistake import Mistake, Pitfall, shown
from tfcheck.pitfall.started import is_new, new_services
from tfcheck.resolve.derived import cleaned_key
from tfcheck.value import Text, TextLike, Truth, Value, pieces, text
from tfcheck.world import Thing, World

_OBJECTS = (*OBJECT.types, "aws_s3_object_copy")
SYMPTOM = (
    "ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): "
    "operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden"
)


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    if not new_services(task, world):
        return
    for file in files(task):
        bucket = _new_bucket(file.value, world)
        if bucket is not None and _surely_absent(file.value, bucket, world):
            yield Mistake(
                f"the plan makes the bucket of {file.name}, but nothing that puts {shown(task, file.value)} there",
                Severity.WARNING,
                file.container.name,
                file.value,
                ("the service starts at once; S3 reports a file that is not there like a missing permission",),
                SYMPTOM,
            )


def _new_bucket(value: Value, world: World) -> Thing | None:
    """Give the bucket of an object, where the plan makes it and nothing but the key follows it."""
    if not isinstance(value, str | Text) or _key(value) is None:
        return None
    found = bucket_of(value, world)
    return found.thing if found is not None and found.thing is not None and is_new(found.thing, world) else None


def _key(arn: TextLike) -> TextLike | None:
    """Give what follows the first slash of an object's ARN; None where that is not told."""
    parts = pieces(arn)
    for index, piece in enumerate(parts):
        if isinstance(piece, str) and "/" in piece:
            return text([piece.partition("/")[2], *parts[index + 1 :]])
    return None


def _surely_absent(value: Value, bucket: Thing, world: World) -> bool:
    """Tell whether every object of the plan is surely another one."""
    key = _key(value) if isinstance(value, str | Text) else None
    return all(_is_elsewhere(each, bucket) for each in world.once(_objects).perhaps(key))


def _objects(world: World) -> Filed:
    """File the objects by the key that they get: the ARN of one that does not exist yet may not be known."""
    return Filed([each for one in (world, *world.context) for each in one.things(*_OBJECTS)], "key", cleaned_key)


def _is_elsewhere(each: Thing, bucket: Thing) -> bool:
    place = each.attribute("bucket")
    return all(equal(place, bucket.attribute(name)) is Truth.FALSE for name in ("id", "bucket", "arn"))


PITFALL = Pitfall("env-file-absent", "environment files that exist", __doc__, _search)
