"""Find the file system, or the access point, that an id or an ARN names.

Follows the ARN formats of Amazon EFS
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html).
"""

from __future__ import annotations

import itertools

from tfcheck.inventory.catalogue import ACCESS_POINT, FILE_SYSTEM, ObjectKind, catalogue
from tfcheck.inventory.setting import SettingOwner
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, TextLike, Truth, text, without_prefix
from tfcheck.vocabulary.arn import Arn, parse_arn

_FILE_SYSTEM = "file-system/"


def file_system_arn(file_system_id: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the file system with an id, as seen from `around`."""
    return _arn_of(file_system_id, FILE_SYSTEM, _FILE_SYSTEM, around, world)


def access_point_arn(access_point_id: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the access point with an id, as seen from `around`."""
    return _arn_of(access_point_id, ACCESS_POINT, "access-point/", around, world)


def file_system_of(arn: TextLike, world: World) -> SettingOwner:
    """Return the file system of an ARN: the plan's resource, else its id."""
    resource = catalogue(world, FILE_SYSTEM).find_by_arn(arn)
    parts = parse_arn(arn)
    known = (
        resource.attribute("id") if resource else None,
        without_prefix(parts.resource, _FILE_SYSTEM) if parts else None,
    )
    return SettingOwner(resource, tuple(each for each in known if isinstance(each, PlainText)))


def _arn_of(name: TextLike, kind: ObjectKind, prefix: str, around: Surroundings, world: World) -> TextLike:
    by_id = (catalogue(each, kind).find_by_name(name, None) for each in (world, *world.context))
    looked_up = (each for each in world.looked_up(*kind.types) if equal(each.attribute("id"), name) is Truth.TRUE)
    for found in itertools.chain(by_id, looked_up):
        arn = found.attribute("arn") if found is not None else None
        if isinstance(arn, PlainText):
            return arn
    return Arn(around.partition, "elasticfilesystem", around.region, around.account, text([prefix, name])).as_text()
