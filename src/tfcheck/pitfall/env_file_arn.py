"""Name every environment file by the ARN of its object.

ECS takes an ARN of the form `arn:PARTITION:s3:::BUCKET/KEY`: no `s3://` address, no URL, no region and no account, a
slash between bucket and key. An ARN put together from a bucket's ARN and a key needs that slash written out. What ECS
cannot take apart stops the task before any permission is looked at.

Write:

    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web/prod.env" }]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.arn import split
from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Severity
from tfcheck.inventory.catalogue import BUCKET, catalogue
from tfcheck.pitfall.environment_file import files
from tfcheck.pitfall.mistake import Mistake, Pitfall, shown
from tfcheck.startup.env_file import is_other_than_arn
from tfcheck.value import Text, TextLike, Unknown, Value, pieces, written
from tfcheck.world import World

_FORM = "arn:PARTITION:s3:::BUCKET/KEY"
_SYMPTOM = "unable to parse bucket and key from s3 ARN specified in environmentFile"


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    for file in files(task):
        wrong = _wrong(file.value, task, world)
        if wrong:
            message = f"{file.name}, {shown(task, file.value)}, {wrong}" if file.value else f"{file.name} {wrong}"
            yield Mistake(
                message,
                Severity.ERROR,
                file.container.name,
                file.value,
                (f"ECS takes `{_FORM}`",),
                _symptom(file.value),
            )
        elif _of_other_partition(file.value, task):
            message = f"{file.name}, {shown(task, file.value)}, names another partition than the one the task lives in"
            yield Mistake(message, Severity.WARNING, file.container.name, file.value)


def _symptom(value: Value) -> str:
    return _SYMPTOM if value else ""


def _wrong(value: Value, task: TaskDefinition, world: World) -> str:
    """Say what is surely wrong with an object's ARN; empty where nothing is."""
    if value is None or value == "":
        return "has no ARN"
    if not isinstance(value, str | Text | Unknown):
        return ""
    if is_other_than_arn(value):
        return "is an address, not an ARN" if "://" in written(value) else "is not an ARN"
    return _misses_slash(value, world) or _misshapen(value)


def _misses_slash(value: TextLike, world: World) -> str:
    """Tell whether a key follows the reference to a bucket without a slash between them."""
    parts = pieces(value)
    buckets = catalogue(world, BUCKET)
    for reference, following in zip(parts, (*parts[1:], ""), strict=True):
        if isinstance(reference, Unknown) and buckets.referred(reference) is not None:
            if following == "":
                return "names a bucket and no key"
            is_name = isinstance(following, str) and (following[0].isalnum() or following[0] == "_")
            return "has no slash between bucket and key" if is_name else ""
    return ""


def _misshapen(value: TextLike) -> str:
    parts = split(value)
    if parts is None:
        return "has too few parts for an ARN" if isinstance(value, str) else ""
    if isinstance(parts.service, str) and parts.service != "s3":
        return f"is an ARN of {parts.service}, not of s3" if parts.service.isalnum() else "is not an ARN of s3"
    if any(isinstance(each, str) and each for each in (parts.region, parts.account)):
        return "has a region or an account, which the ARN of an object has not"
    if isinstance(parts.resource, str):
        bucket, _, key = parts.resource.partition("/")
        return "" if bucket and key else "names a bucket and no key"
    return ""


def _of_other_partition(value: Value, task: TaskDefinition) -> bool:
    parts = split(value) if isinstance(value, str | Text | Unknown) else None
    here = task.thing.surroundings.partition
    known = parts is not None and isinstance(parts.partition, str) and isinstance(here, str)
    return known and parts is not None and parts.partition != here


PITFALL = Pitfall("env-file-arn", "ARNs of environment files", __doc__, _search)
