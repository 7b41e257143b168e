"""Find the bucket or file system that an ARN or an id names, and replace ARNs in texts by addresses.

Follows the ARN formats of S3 (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html)
and EFS (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html). A plan
that creates a bucket has `${aws_s3_bucket.config.arn}`, a later one the ARN itself: both are the same object.
"""

from __future__ import annotations

import itertools

from tfcheck.inventory import catalogue as kinds
from tfcheck.inventory.catalogue import ObjectKind, catalogue, looked_up_by
from tfcheck.inventory.setting import SettingOwner
from tfcheck.inventory.world import World, found_once
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.texts import split_text, without_prefix
from tfcheck.symbolic.value import PlainText, TextLike, Value, display, pieces, spelled_out, text
from tfcheck.vocabulary.arn import Arn, parse_arn


def bucket_of(arn: TextLike, world: World) -> SettingOwner | None:
    """Return the bucket of an ARN of it, or of an object in it; None if its name cannot be determined."""
    # NOTE: a marked text equals the same one without marks, so its result is not cached.
    if type(arn) is not str:
        return _bucket_of(arn, world)
    return found_once(world, (_bucket_of, arn), lambda: _bucket_of(arn, world))


def _bucket_of(arn: TextLike, world: World) -> SettingOwner | None:
    first = next(iter(pieces(arn)), "")
    resource = catalogue(world, kinds.BUCKET).resolve(first)
    if resource is None:
        inside = catalogue(world, kinds.OBJECT).resolve(first)
        resource = catalogue(world, kinds.BUCKET).find_by_name(inside.attribute("bucket"), None) if inside else None
    parts = parse_arn(arn)
    path = split_text(parts.resource, "/", 1) if parts is not None and parts.service == "s3" else None
    name = path[0] if path is not None else None
    if resource is None and name is not None:
        resource = catalogue(world, kinds.BUCKET).find_by_name(name, None)
    if resource is not None:
        own = resource.attribute("bucket")
        name = own if isinstance(own, PlainText) else name
    return None if resource is None and name is None else SettingOwner(resource, () if name is None else (name,))


_FILE_SYSTEM = "file-system/"


def file_system_arn(file_system_id: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the file system with an id, as seen from `around`."""
    return _arn_of(file_system_id, kinds.FILE_SYSTEM, _FILE_SYSTEM, around, world)


def access_point_arn(access_point_id: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the access point with an id, as seen from `around`."""
    return _arn_of(access_point_id, kinds.ACCESS_POINT, "access-point/", around, world)


def file_system_of(arn: TextLike, world: World, kind: ObjectKind = kinds.FILE_SYSTEM) -> SettingOwner:
    """Return the file system of an ARN: the plan's resource, otherwise its id."""
    resource = catalogue(world, kind).find_by_arn(arn)
    parts = parse_arn(arn)
    known = (
        resource.attribute("id") if resource else None,
        without_prefix(parts.resource, _FILE_SYSTEM) if parts else None,
    )
    return SettingOwner(resource, tuple(each for each in known if isinstance(each, PlainText)))


def _arn_of(name: TextLike, kind: ObjectKind, prefix: str, around: Surroundings, world: World) -> TextLike:
    by_id = (catalogue(each, kind).find_by_name(name, None) for each in (world, *world.context))
    for found in itertools.chain(by_id, looked_up_by("id", name, world, *kind.types)):
        arn = found.attribute("arn") if found is not None else None
        if isinstance(arn, PlainText):
            return arn
    return Arn(around.partition, "elasticfilesystem", around.region, around.account, text([prefix, name])).as_text()


_KINDS = (
    kinds.BUCKET,
    kinds.OBJECT,
    kinds.KEY,
    kinds.SECRET,
    kinds.PARAMETER,
    kinds.REPOSITORY,
    kinds.LOG_GROUP,
    kinds.FILE_SYSTEM,
    kinds.ACCESS_POINT,
    kinds.S3_FILE_SYSTEM,
    kinds.S3_ACCESS_POINT,
)
_TYPES = (*(kind for each in _KINDS for kind in each.types), "aws_iam_role", "aws_iam_instance_profile")
#: What may follow an object's ARN in a longer one.
_ENDS = "/:"


def subject(value: Value, world: World) -> str:
    """Replace the first object that a text names by its address: `${aws_s3_bucket.config.arn}/web.env`."""
    if not isinstance(value, TextLike):
        return ""
    text = display(spelled_out(value))
    return world.once(_AddressesByArn).with_reference(text)


class _AddressesByArn:
    """The addresses of the objects that a world manages or looks up, by their known ARNs."""

    def __init__(self, world: World) -> None:
        self._known: dict[str, str] = {}
        for resource in (*world.resources(*_TYPES), *world.looked_up(*_TYPES)):
            arn = resource.attribute("arn")
            if isinstance(arn, PlainText) and arn != "":
                self._known.setdefault(display(spelled_out(arn)), f"${{{resource.address}.arn}}")
        # NOTE: a text of a plan may have a hundred thousand places where an ARN could end.
        self._lengths = sorted(set(map(len, self._known)), reverse=True)

    def with_reference(self, text: str) -> str:
        """Replace the longest known ARN at the beginning of a text's first ARN by a reference."""
        start = text.find("arn:")
        if start > 0:
            return text[:start] + self.with_reference(text[start:])
        for end in self._lengths:
            is_end = end == len(text) or (end < len(text) and text[end] in _ENDS)
            if is_end and (found := self._known.get(text[:end])) is not None:
                return found + text[end:]
        return text
