"""Read the volumes of a task definition, and whether its containers write to them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.named_objects import access_point_arn
from tfcheck.inventory.world import World
from tfcheck.resolve.blocks import blocks_or_unknown, only_block_or_unknown
from tfcheck.startup.rule import TaskPlace
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, Value
from tfcheck.vocabulary.finding import RoleKind

_MAY_ONLY_READ = later("whether a container writes to the volume")


class VolumeKind(msgspec.Struct, frozen=True):
    """A kind of volume: the argument that configures it, its name in the API, and in which role ECS mounts it."""

    argument: str
    pointer: str
    name: str
    role_kind: RoleKind = RoleKind.TASK


EFS = VolumeKind("efs_volume_configuration", "efsVolumeConfiguration", "EFS volume")
S3_FILES = VolumeKind("s3files_volume_configuration", "s3filesVolumeConfiguration", "S3 Files volume")
FSX = VolumeKind(
    "fsx_windows_file_server_volume_configuration",
    "fsxWindowsFileServerVolumeConfiguration",
    "FSx for Windows File Server volume",
    RoleKind.EXECUTION,
)


class Volume(msgspec.Struct, frozen=True):
    """A volume of a task definition: its name and its configuration of one kind.

    If it is unknown which volumes there are, they are one volume whose name and configuration are unknown.
    """

    place: TaskPlace
    name: Value
    configuration: dict[str, Value] | Unknown

    @property
    def shown_name(self) -> str:
        """Its name in a sentence, unless the plan marks volumes as sensitive."""
        if isinstance(self.name, str) and not self.place.task.resource.sensitive("volume"):
            return f"volume `{redact(self.name)}`"
        return f"an {self.place.cause}"


def volumes(task: TaskDefinition, kind: VolumeKind) -> Iterator[Volume]:
    """Yield the volumes that are, or may be, of a kind."""
    for index, volume in enumerate(blocks_or_unknown(task.resource.attribute("volume"))):
        found = only_block_or_unknown(member(volume, kind.argument))
        if found is not None:
            where = "/volumes" if isinstance(volume, Unknown) else f"/volumes/{index}/{kind.pointer}"
            place = TaskPlace(task, None, where, kind.name, kind.role_kind)
            yield Volume(place, member(volume, "name"), found)


def known_volumes(task: TaskDefinition, kind: VolumeKind) -> Iterator[tuple[Volume, dict[str, Value]]]:
    """Yield the volumes that definitely are of a kind, each with its configuration."""
    for volume in volumes(task, kind):
        if isinstance(volume.configuration, dict):
            yield volume, volume.configuration


def access_point(point: Value, task: TaskDefinition) -> TextLike | None:
    """Return the access point that a volume names; an unknown value without a symbol if there may be none."""
    if point == "" or not isinstance(point, PlainText):
        return None
    if isinstance(point, Unknown) and (point.symbol is None or point.symbol.owner == task.address):
        return Unknown(reason=later("whether the volume has an access point"))
    return point


def efs_access_point(authorization: Value, task: TaskDefinition, world: World) -> TextLike | None:
    """Return the ARN of the access point of an EFS volume; an unknown value without a symbol if there may be none."""
    named = access_point(member(authorization, "access_point_id"), task)
    if named is None or (isinstance(named, Unknown) and named.symbol is None):
        return named
    return access_point_arn(named, task.resource.surroundings, world)


class Mounts:
    """What the containers of a task definition mount, indexed by the name of the volume."""

    def __init__(self, task: TaskDefinition) -> None:
        #: Whether a container mounts the volume, and not read-only.
        self._named: dict[str, Truth] = {}
        self._others: list[tuple[Value, Truth]] = []
        listed = (container.members("mountPoints") for container in task.containers)
        for each in (mount for several in listed for mount in ([several] if isinstance(several, Unknown) else several)):
            name, writes = member(each, "sourceVolume"), ~equal(member(each, "readOnly"), True)
            if isinstance(name, str):
                self._named[name] = self._named.get(name, Truth.FALSE) | writes
            else:
                self._others.append((name, writes))

    def doubt_of_writing(self, name: Value) -> str | None:
        """Return why a container may not write to a volume: empty if one certainly does, None if none does."""
        writes = self.writes_to(name)
        return None if writes is Truth.FALSE else "" if writes is Truth.TRUE else _MAY_ONLY_READ

    def writes_to(self, name: Value) -> Truth:
        """Whether a container mounts a volume, and not read-only."""
        if isinstance(name, str):
            found, compared = self._named.get(name, Truth.FALSE), self._others
        else:
            found, compared = Truth.FALSE, [*self._named.items(), *self._others]
        if not take(len(compared)):
            return Truth.UNKNOWN
        return found | Truth.some(equal(each, name) & writes for each, writes in compared)
