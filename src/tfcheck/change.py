"""What does the change do: which tasks does it break or mend, and which access does it give and take?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck import startup
from tfcheck.ecs import TaskDefinition, task_definitions
from tfcheck.finding import AccessChange, Answer, Finding, Severity, TaskChange, Verdict
from tfcheck.iam import Policy
from tfcheck.iam.model import Effect, Statement
from tfcheck.judge import Judge
from tfcheck.match import glob
from tfcheck.pitfall import PITFALLS
from tfcheck.role import SENSITIVE, Role
from tfcheck.value import TextLike, Truth, written
from tfcheck.world import World


def task_changes(answers: Iterable[Answer], findings: Iterable[Finding], world: World) -> Iterator[TaskChange]:
    """Tell which task definitions could start before the change and cannot after it, or the other way round.

    Nothing is said of one that is new, and of one where either is open.
    """
    after = _after(task_definitions(world), answers, findings)
    for task in task_definitions(world.before()):
        address = str(task.address)
        if address in after and after[address] is not Truth.UNKNOWN:
            found = _TASK_CHANGES.get((_could_start(task, world.before()), after[address]))
            if found is not None:
                yield TaskChange(address, found)


_TASK_CHANGES = {
    (Truth.TRUE, Truth.FALSE): "broken",
    (Truth.FALSE, Truth.TRUE): "mended",
    (Truth.FALSE, Truth.FALSE): "still_broken",
}
_STARTS = {Verdict.ALLOWED: Truth.TRUE, Verdict.DENIED: Truth.FALSE, Verdict.UNKNOWN: Truth.UNKNOWN}


def _after(tasks: Iterable[TaskDefinition], answers: Iterable[Answer], findings: Iterable[Finding]) -> dict[str, Truth]:
    """Tell for every task definition whether it can start after the change."""
    found = {str(task.address): Truth.UNKNOWN if task.problem else Truth.TRUE for task in tasks}
    for answer in answers:
        need = answer.requirement
        if need.severity is Severity.ERROR:
            found[need.task_definition] &= _STARTS[answer.verdict]
    for finding in findings:
        if finding.severity is Severity.ERROR:
            found[finding.task_definition] = Truth.FALSE
    return found


def _could_start(task: TaskDefinition, before: World) -> Truth:
    if task.problem:
        return Truth.UNKNOWN
    judge = before.once(Judge)
    needs = (each for each in startup.requirements(task, before) if each.severity is Severity.ERROR)
    met = Truth.every(_STARTS[judge.verdict(need, task)] for need in needs)
    mistakes = (mistake for pitfall in PITFALLS for mistake in pitfall.search(task, before))
    return Truth.FALSE if any(each.severity is Severity.ERROR for each in mistakes) else met


# Access


class _Grant(msgspec.Struct, frozen=True):
    """One action on one resource that a statement allows, both as patterns, under the statement's conditions."""

    policy: str
    action: TextLike
    resource: TextLike
    statement: Statement


def access_changes(world: World) -> Iterator[AccessChange]:
    """Tell which access of execution roles the change gives and takes, whether or not a task needs it.

    Only roles that exist before and after, and only what is sure: where a policy cannot be read, or a pattern is known
    only after apply and may be the same, nothing is said.
    """
    after, before = _roles(world), _roles(world.before())
    for label in after.keys() & before.keys():
        new, old = _grants(after[label]), _grants(before[label])
        if new is None or old is None:
            continue
        sensitive = world.once(Judge).roles.policies.sensitive | world.before().once(Judge).roles.policies.sensitive
        for change, ours, theirs in (("withdrawn", old, new), ("granted", new, old)):
            for grant in ours:
                if all(_covers(other, grant) is Truth.FALSE for other in theirs):
                    resource = SENSITIVE if grant.policy in sensitive else written(grant.resource)
                    yield AccessChange(label, written(grant.action), resource, change)


def _roles(world: World) -> dict[str, Role]:
    """Give the execution roles of a world that the plan manages, by address."""
    judge = world.once(Judge)
    roles = [judge.roles.of(task.execution_role) for task in task_definitions(world)]
    return {each.label: each for each in roles if each is not None and each.managed and each.label is not None}


def _grants(role: Role) -> list[_Grant] | None:
    """List what a role's policies allow; None where that cannot be listed."""
    if role.hidden or role.rivals or any(policy.open or policy.invalid for policy in role.identity):
        return None
    found: list[_Grant] = []
    for policy in role.identity:
        for statement in policy.statements:
            if statement.effect is Effect.DENY:
                continue
            listed = _listed(policy, statement)
            if listed is None:
                return None
            found += listed
    return found


def _listed(policy: Policy, statement: Statement) -> list[_Grant] | None:
    resources = statement.resources
    if statement.effect is Effect.OPEN or statement.unread or statement.actions.negated:
        return None
    if resources is None or resources.negated:
        return None
    return [
        _Grant(policy.name, action.written, resource.written, statement)
        for action in statement.actions.entries
        for resource in resources.entries
    ]


def _covers(grant: _Grant, other: _Grant) -> Truth:
    """Tell whether a grant allows all that another does."""
    covers = glob(_lower(grant.action), _lower(other.action)) & glob(grant.resource, other.resource)
    conditions = grant.statement.conditions
    return covers & Truth.UNKNOWN if conditions and conditions != other.statement.conditions else covers


def _lower(action: TextLike) -> TextLike:
    return action.lower() if isinstance(action, str) else action
