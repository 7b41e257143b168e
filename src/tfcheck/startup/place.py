"""A place in a task definition that needs something, and its requirement."""

from __future__ import annotations

import msgspec

from tfcheck.inventory.ecs import Container, TaskDefinition
from tfcheck.symbolic.value import TextLike
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity


class TaskPlace(msgspec.Struct, frozen=True):
    """A place in a task definition: its JSON Pointer, its container if any, what it asks for and with which role."""

    task: TaskDefinition
    container: Container | None
    pointer: str
    cause: str
    role_kind: RoleKind = RoleKind.EXECUTION

    def require(
        self,
        rule: str,
        action: str,
        resource: TextLike,
        severity: Severity = Severity.ERROR,
        *,
        doubt: str = "",
        documented: TextLike | None = None,
        through: TextLike | None = None,
        mistaken: bool = False,
        once: bool = False,
    ) -> Requirement:
        """Require one action of the place's role on one resource."""
        is_volume = self.pointer.startswith("/volumes")
        # What the plan marks is this place, or something beside it.
        is_sensitive = self.task.resource.sensitive("volume") if is_volume else self.task.sensitive
        return Requirement(
            rule=rule,
            task_definition=str(self.task.address),
            container=self.container.name if self.container else None,
            pointer=self.pointer,
            role_kind=self.role_kind,
            action=action,
            resource=resource,
            severity=severity,
            cause=self.cause,
            sensitive=is_sensitive,
            doubt=doubt,
            documented=documented,
            through=through,
            mistaken=mistaken,
            once=once,
        )


def container_place(task: TaskDefinition, container: Container, pointer: str, what: str) -> TaskPlace:
    """Build a place in a container; `pointer` follows the container's index, `what` is what it asks for."""
    return TaskPlace(task, container, f"/{container.index}{pointer}", f"{what} of container `{container.name}`")
