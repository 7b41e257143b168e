"""Keep what the revision that a service still runs needs.

A service that ignores changes of `task_definition`, because a pipeline deploys it, stays on its revision when Terraform
registers a new one. So does a service that names a revision by its number. Terraform deregisters the old revision, but
ECS goes on starting its tasks for that service. If the same change revokes what only the old revision needs, running
tasks keep running, but new ones cannot start.

tfcheck reports this if a permission that the old revision needs is allowed before the change and denied after it; as a
warning if the service runs no tasks (no `desired_count`, or 0). It does not know what revisions need that Terraform did
not register: where a service runs one, the assumptions say so.

Keep the permission until the service runs the new revision, and remove it in a later change.

The same holds for a task definition that the plan deletes while a service still names its revision. What such a service
can no longer read because the plan deletes it as well, such as a log group or a secret, is also reported. Services and
schedules of other stacks are not looked at: their next plan may name another revision.

EventBridge rules and schedules, pipes and state machines cannot start any tasks of a revision that Terraform has
deregistered. tfcheck reports those that still name one after the change, unless the old revision has `skip_destroy`.
Without a revision (`arn_without_revision`), they start the newest one; whether a family has an older one that is active
is not in the plan.

To give up a task definition that a service or a schedule still uses, make Terraform forget it: with a `removed` block
and `destroy = false`.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple, TypeAlias

from tfcheck import startup
from tfcheck.checks import deleted
from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import runs_tasks
from tfcheck.inventory.change import is_changed, is_created
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.named_objects import subject
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.surroundings import is_in_same_region
from tfcheck.startup.runs import all_runs
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import TextLike, Truth, identity
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity, Verdict

_Need: TypeAlias = tuple[str, str, TextLike | None]
#: Steps for deciding one permission, and the permissions that a message lists.
_STEPS, _SHOWN = 300, 3
_SERVICE = "aws_ecs_service"
#: What starts tasks with `RunTask`, which refuses a revision that is not active.
_STARTING = ("aws_cloudwatch_event_target", "aws_scheduler_schedule", "aws_pipes_pipe", "aws_sfn_state_machine")
_IDLE = "it runs no tasks now, and none can start when it is scaled up"


class _Left(NamedTuple):
    """A revision that the change deregisters, what still names it, and the task definition that replaces it, if any."""

    old: TaskDefinition
    heir: TaskDefinition | None
    naming: Sequence[WorldObject]

    @property
    def words(self) -> str:
        return f"the old revision of {self.heir.address}" if self.heir else f"the last revision of {self.old.address}"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    if world.before() is world:
        return
    for left in world.once(_left_revisions).get(str(task.address), ()):
        old = left.old.resource
        services = [each for each in left.naming if each.address.type == _SERVICE]
        if services and not left.old.problem:
            yield from _lost_by_services(left, services, world)
        if old.attribute("skip_destroy") is not True and not old.is_abandoned:
            yield from _cannot_start(left)


def _lost_by_services(left: _Left, services: Sequence[WorldObject], world: World) -> Iterator[Misconfiguration]:
    revoked = [_words(each, world) for each in _lost_needs(left, world)]
    shown = [*revoked[:_SHOWN], "more"] if revoked[_SHOWN:] else revoked
    lost = [(" ".join(revoked), f", from which this plan revokes {join_names(shown)}")] if revoked else []
    reported = {each.message for each in deleted.CHECK.search(left.heir, world)} if left.heir else set()
    for misconfiguration in deleted.CHECK.search(left.old, world):
        if misconfiguration.message not in reported:
            lost.append((str(misconfiguration.about), f": {misconfiguration.message}"))
    for service, (about, words) in product(services, lost):
        is_idle = runs_tasks(service) is Truth.FALSE
        yield Misconfiguration(
            f"{service.address} stays on {left.words}{words}",
            Severity.WARNING if is_idle else Severity.ERROR,
            about=about,
            explanation=(_IDLE if is_idle else "running tasks keep running, but no new ones can start",),
            address=str(service.address),
            argument="task_definition",
        )


def _cannot_start(left: _Left) -> Iterator[Misconfiguration]:
    advice = f"start another task definition, or make Terraform forget {left.old.address} in place of deleting it"
    if left.heir:
        advice = f"refer to {left.heir.address}.arn_without_revision, the newest revision, without `ignore_changes`"
    # NOTE: a state machine may name the revision in several states.
    for address in dict.fromkeys(str(each.address) for each in left.naming if each.address.type in _STARTING):
        yield Misconfiguration(
            f"{address} starts tasks of {left.words}, which this plan deregisters",
            Severity.ERROR,
            about=address,
            explanation=("ECS starts no new tasks of a deregistered revision",),
            address=address,
            argument="",
            advice=advice,
        )


def _left_revisions(world: World) -> Mapping[str, Sequence[_Left]]:
    """Index what the change deregisters and something still names, by the task definition that replaces it.

    That is the one at its address or, if it was at another one, the first new one of its family. What nothing replaces
    is under its own address.
    """
    now = tasks_by_address(world)
    created = {address: each for address, each in now.items() if is_created(each.resource, world)}
    by_family = {_family(each): each for each in reversed(created.values())}
    found: dict[str, list[_Left]] = {}
    for old in tasks_by_address(world.before()).values():
        address, around = str(old.address), old.resource.surroundings
        heir = by_family.get(_family(old)) if address not in now else created.get(address)
        is_kept = heir is None and address in now
        if is_kept or (heir and is_in_same_region(heir.resource.surroundings, around) is not Truth.TRUE):
            continue
        running = world.once(_runs_by_revision).get(_revision(old.resource), ())
        if not take(len(running)):
            break
        staying = [each for each in running if is_in_same_region(each.surroundings, around) is Truth.TRUE]
        if staying:
            found.setdefault(str((heir or old).address), []).append(_Left(old, heir, staying))
    return found


def _family(task: TaskDefinition) -> str:
    family = task.resource.attribute("family")
    return family if isinstance(family, str) else str(task.address)


def _words(need: Requirement, world: World) -> str:
    return f"{need.action} on {SENSITIVE if need.sensitive else subject(need.resource, world)}"


def _runs_by_revision(world: World) -> Mapping[tuple[str, str], Sequence[WorldObject]]:
    """Index what starts tasks by the family and revision that it names, where these are known."""
    found: dict[tuple[str, str], list[WorldObject]] = {}
    for each in all_runs(world):
        named = each.attribute("task_definition")
        family, colon, number = named.rpartition("/")[2].partition(":") if isinstance(named, str) else ("", "", "")
        if colon:
            found.setdefault((family, number), []).append(each)
    return found


def _revision(task: WorldObject) -> tuple[str, str]:
    family, number = task.attribute("family"), as_text(task.attribute("revision"))
    return (family, number) if isinstance(family, str) and isinstance(number, str) else ("", "")


def _lost_needs(left: _Left, world: World) -> Iterator[Requirement]:
    """Yield what the old revision alone needs and what only the change denies to it."""
    judge, earlier, old, new = world.once(Judge), world.before().once(Judge), left.old, left.heir
    still = {_key(each, new, judge) for each in startup.requirements(new, world)} if new else set()
    for each in startup.requirements(old, world.before()):
        is_required = each.severity is Severity.ERROR and each.role_kind is not RoleKind.INSTANCE
        if not is_required or not take(_STEPS) or _key(each, old, judge) in still:
            continue
        if earlier.verdict(each, old) is Verdict.ALLOWED and judge.verdict(each, old) is Verdict.DENIED:
            yield each


def _key(need: Requirement, task: TaskDefinition, judge: Judge) -> _Need:
    role = judge.role(need, task)
    return (role.label or "") if role else "", need.action, identity(need.resource)


def notes(tasks: Iterable[TaskDefinition], world: World) -> Iterator[str]:
    """Yield a note for each service that stays on a revision which Terraform did not register."""
    by_family = {_family(each): each for each in tasks}
    known = {_revision(each.resource) for one in (world, world.before()) for each in tasks_by_address(one).values()}
    for named, running in world.once(_runs_by_revision).items():
        task = by_family.get(named[0])
        if task is None or named in known:
            continue
        for service in (each for each in running if each.address.type == _SERVICE):
            here = is_in_same_region(service.surroundings, task.resource.surroundings)
            if here is Truth.TRUE and not is_changed(service, ("task_definition",), world):
                yield (
                    f"{service.address} runs a revision of {task.address} that is not in the plan (a pipeline may have "
                    "deployed it): what it needs is not checked"
                )


CHECK = Check("old-revision", "old revisions that are still in use", __doc__, _search, of_deleted=True)
