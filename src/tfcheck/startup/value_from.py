"""Find every value that a task definition fetches from a store, with its place."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import Container, TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup.place import TaskPlace, container_place
from tfcheck.startup.reference import is_refused, reference_error
from tfcheck.startup.source import ValueStore, sources
from tfcheck.symbolic.value import Unknown, Value, items
from tfcheck.vocabulary.finding import Requirement


def injected_values(task: TaskDefinition) -> Iterator[tuple[TaskPlace, Value]]:
    """Return every `valueFrom` of the containers' `secrets` and of their log drivers' `secretOptions`."""
    for container in task.containers:
        yield from _references(task, container, "/secrets", "secret", container.members("secrets"))
        options = member(container.member("logConfiguration"), "secretOptions")
        where = "/logConfiguration/secretOptions"
        yield from _references(task, container, where, "log option", options)


def _references(
    task: TaskDefinition, container: Container, pointer: str, what: str, value: Value
) -> Iterator[tuple[TaskPlace, Value]]:
    listed = items(value)
    if isinstance(listed, Unknown):
        yield container_place(task, container, pointer, what), listed
        return
    for index, each in enumerate(listed):
        reference = member(each, "valueFrom")
        if reference is not None:
            yield container_place(task, container, f"{pointer}/{index}", what), reference


def require_value(
    rule: str, place: TaskPlace, value: Value, around: Surroundings, world: World, only: ValueStore | None = None
) -> Iterator[Requirement]:
    """Require the calls that read what a reference names, from any store or only one; none if ECS refuses it."""
    if is_refused(reference_error(value, around, world)):
        return
    for source in sources(value, around, world):
        if only in (None, source.store):
            yield place.require(rule, ACTIONS[source.store], source.arn, doubt=source.doubt, through=source.named)


#: The API's error, regardless of the launch type.
NO_ROLE = "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
ACTIONS = {
    ValueStore.SECRETS_MANAGER: "secretsmanager:GetSecretValue",
    ValueStore.PARAMETER_STORE: "ssm:GetParameters",
}
