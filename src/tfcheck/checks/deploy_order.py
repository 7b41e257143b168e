"""Let a service wait for what its tasks need.

A service refers to its task definition and, through it, to its roles: Terraform does not make it wait for the policies
of the execution role, for those by which the task role mounts volumes, nor for a file, a log group, a parameter or the
value of a secret that is named by a plain string. Where one plan creates or changes these and starts tasks that need
them, the first tasks may come too early, and fail; later ones start, unless a deployment circuit breaker gives up
before. It is worst where the policy, or the value, waits for something that the service does not wait for, a database
for example: then it definitely comes late. Policies inside a role (`inline_policy`, `managed_policy_arns`) come with
it.

Write into the service:

    depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy_attachment.execution]

See https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tfcheck.checks.deploy_order_graph import late_resources, waits_longer
from tfcheck.checks.mistake import Check, Misconfiguration
from tfcheck.checks.services_started import starting_services
from tfcheck.inventory.change import is_new
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.symbolic.limits import take
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Severity
from tfcheck.world.world import World, WorldObject

_EVENTUALLY = (
    "IAM is eventually consistent: the first tasks with a role that this plan creates can fail for about half a minute"
)

#: The steps of the run that it takes to look at what a service may precede.
_STEPS = 1_000


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for service in starting_services(task, world):
        if not take(_STEPS):
            return
        late = late_resources(service, task, world)
        if late:
            yield _mistake(service, late, world)


def _mistake(service: WorldObject, late: Sequence[WorldObject], world: World) -> Misconfiguration:
    names = [str(each.address) for each in late]
    slow = sorted({name for each in late for name in waits_longer(each, service, world)})
    waiting = next((str(each.address) for each in late if any(True for _ in waits_longer(each, service, world))), "")
    why = (f"{waiting} also waits for {' and '.join(slow[:3])}, which the service does not",) if slow else ()
    is_granted = all(each.address.type.startswith("aws_iam_") for each in late)
    advice = _advice(service.address, [each.address for each in late])
    return Misconfiguration(
        f"{service.address} does not wait for {' and '.join(names[:3])}{' and more' if names[3:] else ''}: "
        f"its first tasks may start before what they need is {'granted' if is_granted else 'there'}",
        Severity.WARNING,
        about=" ".join(names),
        explanation=(*why, advice),
        hcl=advice[advice.index(_WAITS) :],
        address=str(service.address),
        argument="depends_on",
    )


_WAITS = "depends_on = "


def _advice(service: Address, late: Sequence[Address]) -> str:
    """Explain what to write where."""
    depth, names = waiting_place(service, late)
    home = service.module.config
    place = "the service" if depth == len(home) else f"the call of module.{home[depth]}"
    return f"write into {place}: {_WAITS}[{', '.join(names)}]"


def waiting_place(service: Address, late: Sequence[Address]) -> tuple[int, tuple[str, ...]]:
    """Return where `depends_on` can name resources, and how: a service can wait for what is in its module, or below.

    Otherwise it is in the call at this depth of its path.
    """
    home = service.module.config
    shared = next(size for size in range(len(home), -1, -1) if all(_is_below(each, home[:size]) for each in late))
    return shared, tuple(dict.fromkeys(_name_in(each, shared) for each in late))


def _is_below(address: Address, module: tuple[str, ...]) -> bool:
    return address.module.config[: len(module)] == module


def _name_in(address: Address, depth: int) -> str:
    """Name a resource as the module at this depth of its path refers to it: by the module below that holds it."""
    path = address.module.config
    return address.resource if len(path) == depth else f"module.{path[depth]}"


def notes(tasks: Iterable[TaskDefinition], world: World) -> Iterator[str]:
    """Report once that a new role takes a moment to be known everywhere, where the plan starts tasks with one."""
    for task in tasks:
        role = world.once(Judge).roles.resource(task.execution_role)
        if role is not None and is_new(role, world) and starting_services(task, world):
            yield _EVENTUALLY
            return


CHECK = Check("deploy-order", "deploy order", __doc__, _search)
