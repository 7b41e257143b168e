"""Find the services that run a task definition, what else starts its tasks, and how.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_types.html. On EC2, a task without an
execution role pulls images and writes logs with the role of its container instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.inventory.catalogue import is_in_same_region
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.capacity import capacity, launch_types, providers
from tfcheck.startup.runs import all_runs
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.value import (
    ANYTHING,
    GREATEST,
    PlainText,
    Symbol,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.address import owner_of
from tfcheck.vocabulary.finding import Requirement, RoleKind

_NEVER_BY_INSTANCE = frozenset(("FARGATE", "EXTERNAL", "MANAGED_INSTANCES"))
_TYPE, _SERVICE = "aws_ecs_task_definition", "aws_ecs_service"
#: The mark for unknown text, which no name contains.
_OPEN = "\0"
#: Steps for comparing what starts tasks with one task definition.
_PAIR = 2


class Runs(msgspec.Struct, frozen=True):
    """What definitely, or possibly, runs a task definition: services and others."""

    definite: tuple[WorldObject, ...] = ()
    possible: tuple[WorldObject, ...] = ()


def runs(task: TaskDefinition, world: World) -> Runs:
    """Return everything that runs, or may run, a task definition."""
    return world.once(_Running).of(task)


def services(task: TaskDefinition, world: World) -> tuple[WorldObject, ...]:
    """Return the services that definitely run a task definition."""
    return tuple(each for each in runs(task, world).definite if each.address.type == _SERVICE)


def possible_services(task: TaskDefinition, world: World) -> tuple[WorldObject, ...]:
    """Return the services that may run a task definition."""
    return tuple(each for each in runs(task, world).possible if each.address.type == _SERVICE)


# The role that pulls and logs


def requirements_of_launch(needs: Iterable[Requirement], task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield requirements for images and logs with the role that is used for them."""
    by_instance = instance_role_serves(task, world)
    for each in needs:
        if by_instance is Truth.TRUE:
            yield msgspec.structs.replace(each, role_kind=RoleKind.INSTANCE)
        elif by_instance is Truth.UNKNOWN:
            yield doubt_requirement(each, "whether its tasks run on Fargate, which the plan does not show")
        elif each.action.startswith("ecr:") and _only_outside_aws(task, world):
            doubt = "whether the role of the external instance, which the plan does not show, pulls it"
            yield doubt_requirement(each, doubt)
        else:
            yield each


def _only_outside_aws(task: TaskDefinition, world: World) -> bool:
    """Whether a task without an execution role runs on external instances, whose own role may pull images.

    On none of the others that it runs on is an execution role needed for that.

    Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-iam.html.
    """
    if task.execution_role not in (None, ""):
        return False
    kinds = _kinds(task, world)
    return "EXTERNAL" in kinds and not kinds & {"FARGATE", "MANAGED_INSTANCES"}


def doubt_requirement(need: Requirement, doubt: str) -> Requirement:
    """Add a doubt to a requirement; an earlier doubt stays the reason."""
    return need if need.doubt else msgspec.structs.replace(need, doubt=doubt)


def instance_role_serves(task: TaskDefinition, world: World) -> Truth:
    """Whether the container instance pulls images and writes logs: no execution role, and EC2 only.

    That nothing is seen to start its tasks proves nothing: what does may be elsewhere.
    """
    if task.execution_role not in (None, "") or _kinds(task, world) & _NEVER_BY_INSTANCE:
        return Truth.FALSE
    if not _may_run_on_fargate(task):
        return Truth.TRUE
    running = runs(task, world)
    is_known = (
        running.definite and not running.possible and all(_names_its_launch(each, world) for each in running.definite)
    )
    return Truth.TRUE if is_known else Truth.UNKNOWN


def _kinds(task: TaskDefinition, world: World) -> set[str]:
    """Return the launch types that a task definition requires, or that its services definitely use.

    Of several that it asks for, only Fargate's is certain to count: ECS refuses to register it without what that needs.
    """
    asked = {each for each in task.compatibilities if isinstance(each, str)}
    asked = asked & {"FARGATE"} if "EC2" in asked else asked
    return asked.union(*(launch_types(each, world) for each in runs(task, world).definite))


def _names_its_launch(service: WorldObject, world: World) -> bool:
    """Whether a service's capacity is known, from itself or its cluster, and cannot be Fargate."""
    found = capacity(service, world)
    named = providers(found, service, world)
    return not found.unknown and all(isinstance(name, str) or resource for name, resource in named)


def _may_run_on_fargate(task: TaskDefinition) -> bool:
    """Whether a task may run on Fargate: it has the network mode `awsvpc`, and a size."""
    if task.compatibilities == ("EC2",):
        return False
    mode = _none_if_unset(task.resource, "network_mode")
    sized = all(_none_if_unset(task.resource, each) not in (None, "") for each in ("cpu", "memory"))
    return sized and (mode == "awsvpc" or isinstance(mode, (Unknown, Text)))


def _none_if_unset(resource: WorldObject, argument: str) -> Value:
    value = resource.attribute(argument)
    return None if isinstance(value, Unknown) and resource.is_configured(argument) is False else value


# What runs a task definition


class _Running:
    """What runs tasks in one world, indexed by task definition."""

    def __init__(self, world: World) -> None:
        self._newest = _Newest(world)
        self._by_name: dict[TextLike, list[WorldObject]] = {}
        self._by_family: dict[str | None, list[tuple[TextLike, WorldObject]]] = {}
        self._vague: list[WorldObject] = []
        self._found: dict[str, Runs] = {}
        self._everything = tuple(all_runs(world))
        for run in self._everything:
            reference = run.attribute("task_definition")
            owner = owner_of(reference)
            if owner and owner.type == _TYPE and owner.mode == "managed":
                self._by_name.setdefault(str(owner), []).append(run)
            elif isinstance(reference, PlainText):
                called = spelled_out(self._newest.in_place_of(reference))
                if isinstance(called, Unknown) and called.symbol is None and called.hole == ANYTHING:
                    self._vague.append(run)
                    continue
                self._by_name.setdefault(called, []).append(run)
                self._by_family.setdefault(_family_in(called), []).append((called, run))

    def of(self, task: TaskDefinition) -> Runs:
        key = str(task.address)
        if key not in self._found:
            self._found[key] = self._runs_of(task)
        return self._found[key]

    def _runs_of(self, task: TaskDefinition) -> Runs:
        if task.is_of_service:
            return Runs()  # nothing else can refer to its task definition
        if not self._by_name:
            return Runs(possible=tuple(self._vague))
        names = _Names(task)
        # NOTE: a state machine may have several states that start tasks.
        definite = {id(each): each for name in names.everywhere for each in self._by_name.get(name, ())}
        possible: dict[int, WorldObject] = {}
        at_home = [(name, each) for name in names.here for each in self._by_name.get(name, ())]
        families = (names.family, None) if isinstance(names.family, str) else tuple(self._by_family)
        candidates = (pair for family in families for pair in self._by_family.get(family, ()))
        for called, run in (*at_home, *candidates):
            if id(run) in definite:
                continue
            if not take(_PAIR):
                return Runs(possible=self._everything)
            truth = names.are(called, run)
            if truth is Truth.TRUE:
                definite[id(run)] = run
            elif truth is Truth.UNKNOWN:
                possible[id(run)] = run
        only_possible = (each for key, each in possible.items() if key not in definite)
        return Runs(tuple(definite.values()), (*only_possible, *self._vague))


class _Names:
    """All names that a service can use for a task definition; `here` only in the same region and account."""

    def __init__(self, task: TaskDefinition) -> None:
        self._surroundings = task.resource.surroundings
        #: Whether a text is one of the names anywhere, and whether it is one in the same region.
        self._answers: dict[TextLike, tuple[Truth, Truth]] = {}
        self.family, revision = task.resource.attribute("family"), task.resource.attribute("revision")
        arns = [task.resource.attribute("arn"), task.resource.attribute("arn_without_revision")]
        known = [spelled_out(each) for each in arns if isinstance(each, PlainText)]
        self.everywhere: list[TextLike] = [str(task.address), *known]
        self.here: list[TextLike] = []
        if isinstance(self.family, PlainText):
            number = as_text(revision)
            self.here.append(spelled_out(self.family))
            if isinstance(number, (str, Unknown)):
                own = [arns[1], self.family]
                both = [spelled_out(text([each, ":", number])) for each in own if isinstance(each, PlainText)]
                self.here.extend(both)

    def are(self, called: TextLike, service: WorldObject) -> Truth:
        """Whether a service's reference denotes this task definition."""
        if called not in self._answers:
            anywhere = within = Truth.some(equal(called, each) for each in self.everywhere)
            if anywhere is not Truth.TRUE:
                within = Truth.some(equal(called, each) for each in (*self.here, *self.everywhere[1:]))
            self._answers[called] = anywhere, within
        anywhere, within = self._answers[called]
        if anywhere is Truth.TRUE or within is Truth.FALSE:
            return within
        return within & is_in_same_region(service.surroundings, self._surroundings)


class _Newest:
    """Knows the definitely newest revision of a family: the one that this plan creates.

    Modules name `max(RESOURCE.revision, data.SOURCE.revision)`, so as not to go back behind what others registered.
    """

    def __init__(self, world: World) -> None:
        resources = world.resources(_TYPE)
        self._revisions = {str(Symbol(str(each.address), ("revision",))): each for each in resources}

    def in_place_of(self, reference: TextLike) -> TextLike:
        """Replace the greatest of several revisions by the task definition's, if that is one of them."""
        found: list[TextLike] = []
        for piece in pieces(reference):
            symbol = piece.symbol if isinstance(piece, Unknown) else None
            candidates = symbol.path if symbol is not None and symbol.owner == GREATEST else ()
            own = [self._revisions[each] for each in candidates if isinstance(each, str) and each in self._revisions]
            revision = own[0].attribute("revision") if len(own) == 1 else None
            found.append(revision if isinstance(revision, Unknown) else piece)
        return text(found)


def _family_in(called: TextLike) -> str | None:
    """Return the family in the name or ARN of a task definition; None if it is unknown."""
    written = "".join(each if isinstance(each, str) else _OPEN for each in pieces(called))
    if written.startswith("arn:"):
        _, found, written = written.partition(":task-definition/")
        if not found:
            return None
    family, colon, _ = written.partition(":")
    return None if _OPEN in family or not (colon or isinstance(called, str)) else family
