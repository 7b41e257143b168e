"""Task definitions, their containers and roles.

Follows the task definition parameters
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from tfcheck.hcl.evaluate.alternatives import every_choice
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode
from tfcheck.inventory.world import World, WorldObject, find_object
from tfcheck.resolve.attribute_shapes import LOG_GROUP
from tfcheck.resolve.blocks import only_block_or_unknown
from tfcheck.symbolic import limits
from tfcheck.symbolic.choices import is_structural, likeness
from tfcheck.symbolic.limits import is_deep, may_be_deep
from tfcheck.symbolic.marks import is_marked_throughout, unmark_all
from tfcheck.symbolic.sensitive_text import Sensitive, redact
from tfcheck.symbolic.symbol import Named, Symbol
from tfcheck.symbolic.value import KnownAfterApply, TextLike, Unknown, Value, items
from tfcheck.vocabulary.address import Address

#: Far more than ECS accepts (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html): larger
#: definitions cannot be registered, and are not parsed.
_LONGEST, MOST_CONTAINERS = 1_000_000, 500
#: The steps for the needs of each further list of containers that a task definition may have.
_VARIANT = 1_000
EXPRESS_SERVICE = "aws_ecs_express_gateway_service"
_CLOUD_CONTROL = "it belongs to the provider `awscc`, whose task definitions are not read"
#: Types of resources that define tasks and are not read, with the reason.
_UNREAD_TYPES = {
    "aws_ecs_daemon_task_definition": "task definitions of daemons are not read",
    "awscc_ecs_daemon_task_definition": _CLOUD_CONTROL,
    "awscc_ecs_express_gateway_service": _CLOUD_CONTROL,
    "awscc_ecs_task_definition": _CLOUD_CONTROL,
}
#: The types of resources that define tasks.
TASK_TYPES = ("aws_ecs_task_definition", EXPRESS_SERVICE, *_UNREAD_TYPES)
#: The types of resources that start them.
SERVICE_TYPES = ("aws_ecs_service", EXPRESS_SERVICE)
#: A part of the tasks of a service with an external deployment controller.
TASK_SET = "aws_ecs_task_set"
#: The characters that ECS accepts in a container's name.
_LONGEST_NAME = 255


class Container(msgspec.Struct, frozen=True, dict=True):
    """One container of a task definition; `index` is its position, `definition` its members.

    `name` is for people, without its marked parts.
    """

    index: int
    name: str
    definition: dict[str, Value]

    @property
    def written_name(self) -> str:
        """The name, marked if it is sensitive."""
        name = member(self.definition, "name")
        return name if isinstance(name, str) and len(name) <= _LONGEST_NAME else self.name

    def member(self, name: str) -> Value:
        """Return a member of the definition, ignoring the case of its key; null counts as absent."""
        return self.definition[name] if name in self.definition else self._by_lower_case.get(name.lower())

    @cached_property
    def _by_lower_case(self) -> dict[str, Value]:
        """The members by key in lower case; of two that differ only in case, the first."""
        return {key.lower(): value for key, value in reversed(self.definition.items())}

    def members(self, name: str) -> list[Value] | Unknown:
        """Return a member that is a list; an absent one is empty."""
        value = self.member(name)
        if isinstance(value, list):
            return list(value)
        listed = items(value)
        return list(listed) if isinstance(listed, tuple) else listed


class TaskDefinition(msgspec.Struct, frozen=True):
    """An `aws_ecs_task_definition`, or that of an ECS Express service, in one world.

    `problem` says why the containers, or some of them, cannot be determined. `sensitive`: the plan marks all of the
    container definitions as sensitive, and it is unknown which part is meant: then only their names and places may be
    shown. If the containers are one of several `possible` lists, `containers` are those in all of them; `variant` is
    the number of the one that a copy of the task definition has.
    """

    resource: WorldObject
    containers: tuple[Container, ...]
    problem: str = ""
    sensitive: bool = False
    possible: tuple[tuple[Container, ...], ...] = ()
    variant: int = 0

    def variants(self) -> tuple[TaskDefinition, ...]:
        """Return a copy for each list of containers that it may have; itself if there is only one."""
        copies = (
            msgspec.structs.replace(self, containers=each, possible=(), variant=number)
            for number, each in enumerate(self.possible, 1)
        )
        return tuple(copies) or (self,)

    @property
    def address(self) -> Address:
        """Its address in the plan."""
        return self.resource.address

    @property
    def execution_role(self) -> Value:
        """`execution_role_arn`: the role that fetches what the containers need."""
        return self.resource.attribute("execution_role_arn")

    @property
    def task_role(self) -> Value:
        """`task_role_arn`: the role of the code in the containers."""
        return self.resource.attribute("task_role_arn")

    @property
    def is_of_service(self) -> bool:
        """Whether an ECS Express service defines it, which also creates its log group."""
        return self.address.type == EXPRESS_SERVICE

    @property
    def on_instances(self) -> bool:
        """Whether its tasks definitely run on container instances, where the ECS agent starts them."""
        return bool(self.compatibilities) and all(each in ("EC2", "EXTERNAL") for each in self.compatibilities)

    @property
    def compatibilities(self) -> tuple[Value, ...]:
        """The launch types in `requires_compatibilities`; an unknown list is one unknown element."""
        if self.is_of_service:
            return ("FARGATE",)
        listed = items(self.resource.attribute("requires_compatibilities"))
        return (listed,) if isinstance(listed, Unknown) else listed

    @property
    def on_fargate(self) -> bool:
        """Whether its tasks definitely run on Fargate only."""
        return bool(self.compatibilities) and all(each == "FARGATE" for each in self.compatibilities)


def task_definitions(world: World) -> tuple[TaskDefinition, ...]:
    """Return every task definition that exists in `world`, in the plan's order."""
    return world.once(_task_definitions)


def tasks_by_address(world: World) -> dict[str, TaskDefinition]:
    """Return every task definition that exists in `world` by its address."""
    return world.once(_by_address)


def tasks_at(addresses: Iterable[Address], world: World) -> Iterator[TaskDefinition]:
    """Yield the task definitions with these addresses that exist in `world`; no other one is read."""
    objects = (find_object(each, world) for each in addresses)
    found = (_task_definition(each, world) for each in objects if each is not None and not each.is_left_out)
    yield from (each for each in found if each is not None)


def _by_address(world: World) -> dict[str, TaskDefinition]:
    return {str(each.address): each for each in task_definitions(world)}


def _task_definitions(world: World) -> tuple[TaskDefinition, ...]:
    listed = (each for each in world.resources(*TASK_TYPES) if not each.is_left_out)
    found = (_task_definition(resource, world) for resource in listed)
    return tuple(each for each in found if each is not None)


def _task_definition(resource: WorldObject, world: World) -> TaskDefinition | None:
    if resource.address.type in _UNREAD_TYPES:
        return TaskDefinition(resource, (), _UNREAD_TYPES[resource.address.type])
    if resource.address.type == EXPRESS_SERVICE:
        found = _container_of_service(resource)
        if found is None:
            return None  # it uses a task definition that is defined elsewhere
        express = (_container(0, found),) if isinstance(found, dict) else ()
        problem = _unknown_reason(found, "primary_container") if isinstance(found, Unknown) else ""
        return TaskDefinition(resource, express, problem, resource.sensitive("primary_container"))
    text = resource.attribute("container_definitions")
    sensitive = resource.sensitive("container_definitions") and is_marked_throughout(text)
    if sensitive:
        text = unmark_all(text)
    if isinstance(text, str) and not isinstance(text, Sensitive):
        containers, problem = world.once_for_both(("containers", text), lambda: _containers(text))
    else:
        return _one_of_several(resource, text, sensitive)
    return TaskDefinition(resource, tuple(containers), problem, sensitive)


def _one_of_several(resource: WorldObject, text: Value, sensitive: bool) -> TaskDefinition:
    """Return a task definition with what a condition, which is unknown, leaves of its containers."""
    try:
        definitions = text if isinstance(text, list) else _decode(text)
    except EvaluationError:
        definitions = text
    variants = every_choice([definitions], is_structural)
    if not limits.take(_VARIANT * (len(variants) - 1)):
        variants = [[definitions]]
    lists, problems = zip(*(_containers(each) for (each,) in variants), strict=True)
    alike = set.intersection(*({likeness(each.definition) for each in listed} for listed in lists))
    shared = (each for each in lists[0] if likeness(each.definition) in alike)
    possible = tuple(map(tuple, lists)) if len(lists) > 1 else ()
    return TaskDefinition(resource, tuple(shared), next(filter(None, problems), ""), sensitive, possible)


def _containers(text: Value) -> tuple[list[Container], str]:
    if isinstance(text, str) and len(text) > _LONGEST:
        return [], f"limit: container_definitions has {len(text):,} characters; ECS accepts 64 KiB"
    try:
        definitions = text if isinstance(text, list) else _decode(text)
    except EvaluationError as error:
        return [], f"container_definitions is not JSON: {error}"
    match definitions:
        case list() if len(definitions) > MOST_CONTAINERS:
            return [], f"limit: container_definitions has {len(definitions):,} containers; ECS accepts 10"
        case list():
            found = [_container(index, each) for index, each in enumerate(definitions) if isinstance(each, dict)]
            strange = [each for each in definitions if not isinstance(each, dict)]
            if strange and isinstance(strange[0], Unknown):
                return found, _unknown_reason(strange[0])
            return found, "container_definitions contains something that is not a container" if strange else ""
        case Unknown():
            return [], _unknown_reason(definitions)
        case _:
            return [], "container_definitions is not a list of containers"


def _decode(text: Value) -> Value:
    if isinstance(text, str) and not isinstance(text, Sensitive):
        try:
            # NOTE: no number in a container definition needs to be exact, and this is ten times as fast.
            known: Value = msgspec.json.decode(text)
            return decode(text) if may_be_deep(text) and is_deep(known) else known
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return decode(text)
    if isinstance(text, TextLike):
        return decode(text)
    return None


def _unknown_reason(unknown: Unknown, argument: str = "container_definitions") -> str:
    place = f" ({unknown.where})" if unknown.where else ""
    why = unknown.reason if isinstance(unknown.reason, KnownAfterApply) else f"known only after apply: {unknown.reason}"
    return f"{argument} is {why}{place}"


def _container(index: int, definition: dict[str, Value]) -> Container:
    name = member(definition, "name")
    named = redact(name) if isinstance(name, str) and len(name) <= _LONGEST_NAME else f"#{index}"
    return Container(index, named, definition)


def member(structure: Value, name: str) -> Value:
    """Return a member of an object, ignoring the case of its key: one provider release wrote PascalCase keys."""
    if structure is None:
        return None
    if not isinstance(structure, dict):
        return structure if isinstance(structure, Unknown) else None
    if name in structure:
        return structure[name]
    length, lowered = len(name), name.lower()
    for key, value in structure.items():
        if len(key) == length and key.lower() == lowered:
            return value
    return None


# The container of an ECS Express service, which creates its own task definition. Follows
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html and
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateExpressGatewayService.html: the tasks run on
# Fargate, always write logs, and ECS creates a log group for them where none is named.

#: It is the same need before and after a change, whichever group it is.
_GROUP = Symbol(Named("service"), ("log_group",))


def _container_of_service(service: WorldObject) -> Value:
    """Return the container in the form of a task definition; None if another resource defines the task."""
    block = only_block_or_unknown(service.attribute("primary_container"))
    if not isinstance(block, dict):
        return block
    # NOTE: the provider's page calls the block `secrets`, but it is `secret`.
    secrets = items(block.get("secret") or block.get("secrets"))
    log = only_block_or_unknown(block.get("aws_logs_configuration"))
    if not log:
        log = {"log_group": Unknown(symbol=_GROUP, reason="ECS names the log group of the service", hole=LOG_GROUP)}
    options: Value = log
    if isinstance(log, dict):
        options = {
            "awslogs-group": log.get("log_group"),
            "awslogs-region": service.surroundings.region,
            "awslogs-stream-prefix": log.get("log_stream_prefix") or "ecs",
        }
    return {
        "name": "Main",
        "image": block.get("image"),
        "environment": block.get("environment"),
        "secrets": secrets if isinstance(secrets, Unknown) else [_rename_members(each) for each in secrets],
        "repositoryCredentials": _rename_members(only_block_or_unknown(block.get("repository_credentials"))),
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }


def _rename_members(block: Value) -> Value:
    names = {"value_from": "valueFrom", "credentials_parameter": "credentialsParameter"}
    return {names.get(key, key): value for key, value in block.items()} if isinstance(block, dict) else block
