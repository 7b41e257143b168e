"""Let a service wait for the policies that its tasks need.

A service refers to its task definition and, through it, to the execution role: Terraform does not make it wait for the
policies of that role. Where one plan makes service and policy, the first tasks may start before the policy is attached,
and fail; once it is, later ones start. It is a warning where the policy also waits for something that the service does
not wait for, a database for example: then it surely comes late. Otherwise the two are a moment apart, and it is only a
remark. Policies inside the role (`inline_policy`, `managed_policy_arns`) come with it.

Write into the service:

    depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy_attachment.execution]

See https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

from tfcheck import startup
from tfcheck.address import Address
from tfcheck.ecs import TaskDefinition, task_definitions
from tfcheck.finding import Severity, Verdict
from tfcheck.judge import Judge
from tfcheck.pitfall.mistake import Mistake, Pitfall
from tfcheck.pitfall.started import is_new, new_services
from tfcheck.resolve.order import Earlier
from tfcheck.value import Set, Value
from tfcheck.world import Thing, World

T = TypeVar("T")
_GRANTS = {
    "aws_iam_role_policy": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_policy_attachment": "roles",
}


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    for service in new_services(task, world):
        late = _late(service, task, world)
        if late and _are_needed(task, world):
            yield _mistake(service, late, world)


def _mistake(service: Thing, late: list[Thing], world: World) -> Mistake:
    names = [str(each.address) for each in late]
    slow = sorted({each for grant in late for each in _waits_longer(grant, service, world)})
    why = (f"{names[0]} also waits for {' and '.join(slow[:3])}, which the service does not",) if slow else ()
    return Mistake(
        f"{service.address} does not wait for {' and '.join(names[:3])}{' and more' if names[3:] else ''}: "
        "its first tasks may start before what they need is granted",
        Severity.WARNING if slow else Severity.INFO,
        about=" ".join(names),
        explanation=(*why, f"write into the service: depends_on = [{', '.join(_config(each) for each in late)}]"),
        address=str(service.address),
        argument="depends_on",
    )


def _config(thing: Thing) -> str:
    return thing.address.resource


def _late(service: Thing, task: TaskDefinition, world: World) -> list[Thing]:
    """Give the grants of the execution role that the plan makes and the service surely does not wait for."""
    earlier = world.earlier(service.address)
    if earlier.open:
        return []
    grants = world.once(_NewGrants).of(task, world)
    return [each for each in grants if each.address.config not in earlier.resources]


def _waits_longer(grant: Thing, service: Thing, world: World) -> Iterator[str]:
    """Give what the plan makes and the grant waits for, but not the service; IAM itself is quick."""
    for config in world.earlier(grant.address).resources - world.earlier(service.address).resources:
        kind = config.split(".")[-2]
        if not config.startswith("data.") and ".data." not in config and not kind.startswith("aws_iam_"):
            made = (each for each in world.things(kind) if each.address.config == config and is_new(each, world))
            yield from (str(each.address) for each in made)


class _NewGrants:
    """The grants that the change makes, by the role they are for."""

    def __init__(self, world: World) -> None:
        self._roles = world.once(Judge).roles
        self._by_role: dict[str, list[Thing]] = {}
        for kind, argument in _GRANTS.items():
            earlier = {str(each.address) for each in world.before().things(kind)}
            for grant in world.things(kind):
                if str(grant.address) not in earlier:
                    self._file(grant, grant.attribute(argument))

    def _file(self, grant: Thing, reference: Value) -> None:
        for each in _items(reference):
            role = self._roles.thing(each)
            if role is not None:
                self._by_role.setdefault(str(role.address), []).append(grant)

    def of(self, task: TaskDefinition, world: World) -> list[Thing]:
        role = self._roles.thing(task.execution_role)
        return self._by_role.get(str(role.address), []) if role is not None and is_new(role, world) else []


def _items(value: Value) -> Sequence[Value]:
    if isinstance(value, Set):
        return value.items
    return value if isinstance(value, list) else (value,)


# What would be missing without them


def _are_needed(task: TaskDefinition, world: World) -> bool:
    """Tell whether something that is allowed in the end is denied until the late grants are there."""
    judge, too_early = world.once(Judge), world.once(_TooEarly)
    for need in startup.requirements(task, world):
        if too_early.judge.verdict(need, task) is Verdict.DENIED and judge.verdict(need, task) is Verdict.ALLOWED:
            return True
    return False


class _TooEarly:
    """The world at the moment when services start: without the grants that none of their services waits for."""

    def __init__(self, world: World) -> None:
        late: set[str] = set()
        in_time: set[str] = set()
        for task in task_definitions(world):
            for service in new_services(task, world):
                found = {str(each.address) for each in _late(service, task, world)}
                late |= found
                in_time |= {str(each.address) for each in world.once(_NewGrants).of(task, world)} - found
        self.judge = Judge(_Without(world, frozenset(late - in_time)))


class _Without:
    """A world in which some things are not there yet."""

    def __init__(self, world: World, missing: frozenset[str]) -> None:
        self._world = world
        self._missing = missing
        self._built: dict[object, object] = {}

    def things(self, *types: str) -> Sequence[Thing]:
        return [each for each in self._world.things(*types) if str(each.address) not in self._missing]

    @property
    def context(self) -> Sequence[World]:
        return self._world.context

    def looked_up(self, *types: str) -> Sequence[Thing]:
        return self._world.looked_up(*types)

    def before(self) -> World:
        return self._world.before()

    def earlier(self, address: Address) -> Earlier:
        return self._world.earlier(address)

    def alike(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        return self._world.alike(key, make)

    def once(self, make: Callable[[World], T]) -> T:
        if make not in self._built:
            self._built[make] = make(self)
        return cast(T, self._built[make])


PITFALL = Pitfall("deploy-order", "policies that come in time", __doc__, _search)
