"""Make a service wait for what its tasks need.

A service or a task set refers to its task definition and, through it, to its roles. That does not make Terraform wait
for the policies of the execution role, for the policies with which the task role mounts volumes, or for a file, log
group, parameter or secret value that is named by a plain string. If one plan creates or changes any of these and also
starts tasks that need them, the first tasks may start too early and fail. Later ones start, unless a deployment circuit
breaker gives up first.

It is worst if the policy or the value itself waits for something that the service does not wait for, such as a
database: then it definitely comes too late. Policies inside a role (`inline_policy`, `managed_policy_arns`) are created
with the role.

Write into the service:

    depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy_attachment.execution]

See https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import starting_services
from tfcheck.inventory.change import is_new
from tfcheck.inventory.ecs import TASK_SET, TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.limits import take
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Severity

_EVENTUALLY = (
    "IAM is eventually consistent: the first tasks with a role that this plan creates can fail for about half a minute"
)

#: Steps for looking at what a service may precede.
_STEPS = 1_000


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for service in starting_services(task, world):
        if not take(_STEPS):
            return
        from tfcheck.checks.deploy_order_graph import late_resources

        late = late_resources(service, task, world)
        if late:
            yield _misconfiguration(service, late, world)


def _misconfiguration(service: WorldObject, late: Sequence[WorldObject], world: World) -> Misconfiguration:
    from tfcheck.checks.deploy_order_graph import later_dependencies

    names = [str(each.address) for each in late]
    shown = [*names[:3], "more"] if names[3:] else names
    waits = ((each, sorted(set(later_dependencies(each, service, world)))) for each in late)
    waiting, slow = next(((each.address, slow) for each, slow in waits if slow), ("", []))
    why = (f"{waiting} also waits for {join_names(slow[:3])}, which {_kind(service.address)} does not",) if slow else ()
    is_granted = all(each.address.type.startswith("aws_iam_") for each in late)
    places = waiting_places(service.address, [each.address for each in late])
    return Misconfiguration(
        f"{service.address} does not wait for {join_names(shown)}: "
        f"its first tasks may start before what they need {'is granted' if is_granted else 'exists'}",
        Severity.WARNING,
        about=" ".join(names),
        explanation=why,
        advice=f"let {service.address} wait for what its tasks need: write into "
        f"{_place_words(places, world.module_from_elsewhere(service.address.module))}",
        hcl=places[0].hcl if len(places) == 1 else "\n\n".join(f"# {each.named}\n{each.hcl}" for each in places),
        address=str(service.address),
        argument="depends_on",
    )


def _place_words(places: Sequence[WaitingPlace], outsider: str) -> str:
    """Return where to write what; a caller cannot change the inside of a module from elsewhere."""
    authors = f", which only the authors of {outsider} can change" if outsider else ""
    return "; and into ".join(f"{each.named}{'' if each.is_call else authors}" for each in places)


def _kind(service: Address) -> str:
    return "the task set" if service.type == TASK_SET else "the service"


class WaitingPlace(msgspec.Struct, frozen=True):
    """Where and how `depends_on` can name resources: at this depth of the service's module path.

    `named` is the service, or the call of its module.
    """

    depth: int
    named: str
    is_call: bool
    late: tuple[Address, ...]
    names: tuple[str, ...]

    @property
    def hcl(self) -> str:
        """The argument as HCL."""
        return f"depends_on = [{', '.join(self.names)}]"


def waiting_places(service: Address, late: Sequence[Address]) -> list[WaitingPlace]:
    """Return the `depends_on` arguments to write, with their places.

    A service can wait for objects in its module or below. For anything else, an enclosing module call waits: the one in
    the same module as the object, or as a call around it.
    """
    home = service.module.config
    by_depth: dict[int, list[Address]] = {}
    for each in late:
        own = each.module.config
        depth = next(size for size in range(len(home), -1, -1) if own[:size] == home[:size])
        by_depth.setdefault(depth, []).append(each)
    return [
        WaitingPlace(
            depth,
            _kind(service) if depth == len(home) else f"the call of module.{home[depth]}",
            depth < len(home),
            tuple(several),
            tuple(dict.fromkeys(_name_in(each, depth) for each in several)),
        )
        for depth, several in sorted(by_depth.items())
    ]


def _name_in(address: Address, depth: int) -> str:
    """Return a resource's name in the module at this depth of its path: by the module call that contains it."""
    path = address.module.config
    return address.resource if len(path) == depth else f"module.{path[depth]}"


def notes(tasks: Iterable[TaskDefinition], world: World) -> Iterator[str]:
    """Yield the note that a new role takes a moment to propagate, where the plan starts tasks with one."""
    for task in tasks:
        role = world.once(Judge).roles.resource(task.execution_role)
        if role is not None and is_new(role, world) and starting_services(task, world):
            yield _EVENTUALLY
            return


CHECK = Check("deploy-order", "services that do not wait for what they need", __doc__, _search)
