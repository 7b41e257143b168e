"""Find the bucket that the ARN of a bucket, or of an object in it, names.

Follows the ARN formats of Amazon S3
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
"""

from __future__ import annotations

from tfcheck.inventory.catalogue import BUCKET, OBJECT, catalogue
from tfcheck.inventory.setting import SettingOwner
from tfcheck.inventory.world import World, found_once
from tfcheck.symbolic.value import PlainText, TextLike, pieces, split_text
from tfcheck.vocabulary.arn import parse_arn


def bucket_of(arn: TextLike, world: World) -> SettingOwner | None:
    """Return the bucket of an ARN of it, or of an object in it; None if its name cannot be determined."""
    # NOTE: a marked text equals the same one without marks, so its result is not cached.
    if type(arn) is not str:
        return _bucket_of(arn, world)
    return found_once(world, (_bucket_of, arn), lambda: _bucket_of(arn, world))


def _bucket_of(arn: TextLike, world: World) -> SettingOwner | None:
    first = next(iter(pieces(arn)), "")
    resource = catalogue(world, BUCKET).resolve(first)
    if resource is None:
        inside = catalogue(world, OBJECT).resolve(first)
        resource = catalogue(world, BUCKET).find_by_name(inside.attribute("bucket"), None) if inside else None
    parts = parse_arn(arn)
    path = split_text(parts.resource, "/", 1) if parts is not None and parts.service == "s3" else None
    name = path[0] if path is not None else None
    if resource is None and name is not None:
        resource = catalogue(world, BUCKET).find_by_name(name, None)
    if resource is not None:
        own = resource.attribute("bucket")
        name = own if isinstance(own, PlainText) else name
    return None if resource is None and name is None else SettingOwner(resource, () if name is None else (name,))
