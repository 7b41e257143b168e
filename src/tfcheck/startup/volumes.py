"""Read the volumes of a task definition, and whether its containers write to them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.startup.nested import blocks_or_unknown, only_block_or_unknown
from tfcheck.startup.rule import TaskPlace
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value
from tfcheck.vocabulary.finding import RoleKind

MAY_ONLY_READ = "whether a container writes to the volume is known only after apply"


class Volume(msgspec.Struct, frozen=True):
    """A volume of a task definition: its name and its configuration of one kind.

    If it is unknown which volumes there are, they are one volume whose name and configuration are unknown.
    """

    place: TaskPlace
    name: Value
    configuration: dict[str, Value] | Unknown


def volumes(task: TaskDefinition, argument: str, pointer: str, what: str) -> Iterator[Volume]:
    """Yield the volumes that have, or may have, a configuration: `efs_volume_configuration`.

    `pointer` is its name in the API, and `what` what the task role asks for.
    """
    for index, volume in enumerate(blocks_or_unknown(task.resource.attribute("volume"))):
        found = only_block_or_unknown(member(volume, argument))
        if found is not None:
            where = "/volumes" if isinstance(volume, Unknown) else f"/volumes/{index}/{pointer}"
            place = TaskPlace(task, None, where, what, RoleKind.TASK)
            yield Volume(place, member(volume, "name"), found)


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

    def writes_to(self, name: Value) -> Truth:
        """Whether a container mounts a volume, and not read-only."""
        if isinstance(name, str):
            found, compared = self._named.get(name, Truth.FALSE), self._others
        else:
            found, compared = Truth.FALSE, [*self._named.items(), *self._others]
        if not take(len(compared)):
            return Truth.UNKNOWN
        return found | Truth.some(equal(each, name) & writes for each, writes in compared)
