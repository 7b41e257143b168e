"""A place in a task definition that needs something, and its requirement."""

from __future__ import annotations

import msgspec

from tfcheck.inventory.ecs import Container, TaskDefinition
from tfcheck.symbolic.value import TextLike
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity


class TaskPlace(msgspec.Struct, frozen=True):
    """A place in a task definition: its JSON Pointer, its container if any, and what it asks for.

    `role_kind` is the role with which ECS gets it.
    """

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
            sensitive=self._sensitive,
            doubt=doubt,
            documented=documented,
            through=through,
            mistaken=mistaken,
            once=once,
        )

    @property
    def _sensitive(self) -> bool:
        """Whether the plan marks this place, or something beside it, as sensitive."""
        return self.task.resource.sensitive("volume") if self.pointer.startswith("/volumes") else self.task.sensitive


def container_place(task: TaskDefinition, container: Container, pointer: str, what: str) -> TaskPlace:
    """Build a place in a container; `pointer` follows the container's index, `what` is what it asks for."""
    return TaskPlace(task, container, f"/{container.index}{pointer}", f"{what} of container `{container.name}`")
