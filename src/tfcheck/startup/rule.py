"""A rule: something ECS does before a task runs, the places that need it, and the permissions for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeAlias

import msgspec

from tfcheck.inventory.catalogue import BUCKET, KEY, LOG_GROUP, OBJECT, PARAMETER, REPOSITORY, SECRET
from tfcheck.inventory.ecs import Container, TaskDefinition
from tfcheck.inventory.world import World, found_once
from tfcheck.symbolic.value import TextLike, Unknown
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity
from tfcheck.vocabulary.needed_call import NECESSARY, NO_DETAILS, CallDetails, Necessity


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
        necessity: Necessity = NECESSARY,
        details: CallDetails = NO_DETAILS,
    ) -> Requirement:
        """Return the requirement of one action of the place's role on one resource."""
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
            necessity=necessity,
            details=details,
        )


def container_place(task: TaskDefinition, container: Container, pointer: str, what: str) -> TaskPlace:
    """Build a place in a container; `pointer` follows the container's index, `what` is what it asks for."""
    return TaskPlace(task, container, f"/{container.index}{pointer}", f"{what} of container `{container.name}`")


Derive: TypeAlias = Callable[[TaskDefinition, World], Iterator[Requirement]]


class Rule(msgspec.Struct, frozen=True):
    """A source of requirements.

    `manual` is the rule's page: what ECS does, what goes wrong, what to write. `symptoms` gives for each IAM action the
    text that ECS shows when it is missing, `on_instances` what the agent on a container instance shows where that
    differs. `by_reader` are the texts of what is called on behalf of another action, by that. `without_role` are the
    texts where there is no role to ask with, on Fargate and on container instances.
    """

    id: str
    title: str
    manual: str
    derive: Derive
    symptoms: dict[str, str]
    on_instances: dict[str, str] | None = None
    by_reader: dict[str, str] = {}
    without_role: tuple[str, str] = ("", "")

    def symptom(self, need: Requirement, *, on_instances: bool, has_role: bool) -> str:
        """Return the error of ECS when a requirement is not met; empty if none is known."""
        if not has_role:
            return self.without_role[on_instances]
        if need.details.read_by:
            return self.by_reader.get(need.details.read_by, "")
        texts = self.on_instances if on_instances and self.on_instances is not None else self.symptoms
        return texts.get(need.action, "")


#: More than a task definition of 64 KiB can need.
MOST_REQUIREMENTS = 5_000


def derive_requirements(rules: tuple[Rule, ...], task: TaskDefinition, world: World) -> tuple[Requirement, ...]:
    """Return the requirements that rules derive for a task definition, computed once; of too many, the first."""
    needs = islice((need for rule in rules for need in rule.derive(task, world)), MOST_REQUIREMENTS)
    return found_once(
        world,
        (derive_requirements, task.address, task.variant, id(rules)),
        lambda: tuple(unmark_requirement(each, world) if each.sensitive else each for each in needs),
    )


#: The parts of an ARN; AWS returns it unmarked, even if the name was marked.
_NAMES = ("arn", "bucket", "bucket_prefix", "id", "key", "name", "name_prefix")
_KINDS = (BUCKET, KEY, LOG_GROUP, OBJECT, PARAMETER, REPOSITORY, SECRET)


def unmark_requirement(need: Requirement, world: World) -> Requirement:
    """Return a requirement, unmarked if everything in it may be shown.

    One secret in `environment` makes Terraform mark all of `container_definitions`. The ARN of a secret, a parameter
    or a file that is needed there is no secret where a resource of the plan has it as its own, unmarked ARN; and a
    reference to an attribute names a resource and no value.
    """
    through = None if need.resource == "*" else need.details.through  # what a token is for is not shown
    texts = (need.resource, need.details.other_form, need.details.encrypted, through)
    shown = world.once(_arns)
    may = all(each is None or _is_shown(each, shown) for each in texts)
    return msgspec.structs.replace(need, sensitive=False) if may else need


def _is_shown(text: TextLike, shown: frozenset[str]) -> bool:
    if isinstance(text, Unknown):
        return text.symbol is not None
    return isinstance(text, str) and (text == "*" or text in shown)


def _arns(world: World) -> frozenset[str]:
    """Return the ARNs of resources and data sources that are not marked."""
    types = [each for kind in _KINDS for each in kind.types]
    found = ((each, each.attribute("arn")) for each in (*world.resources(*types), *world.looked_up(*types)))
    return frozenset(arn for each, arn in found if isinstance(arn, str) and not any(map(each.sensitive, _NAMES)))
