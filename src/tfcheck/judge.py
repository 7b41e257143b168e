"""May the role make the call that a requirement names?"""

from __future__ import annotations

import itertools
from typing import assert_never

import msgspec

from tfcheck import startup
from tfcheck.arn import Arn, split
from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Evidence, Reason, Requirement, RoleKind, Verdict
from tfcheck.iam import (
    Allowed,
    Context,
    Decision,
    Denied,
    Layers,
    Origin,
    Policy,
    Request,
    Undecided,
    decide,
    decide_trust,
    near_misses,
    service_context,
    start_up_context,
)
from tfcheck.resource_policy import Guarded, ResourcePolicies
from tfcheck.role import Role, Roles
from tfcheck.value import NAME, Unknown, text
from tfcheck.world import World


class Judgement(msgspec.Struct, frozen=True):
    """What was decided on one requirement in one world."""

    role: str | None
    verdict: Verdict
    reason: Reason | None = None
    waits_for: str = ""
    evidence: tuple[Evidence, ...] = ()
    assumptions: tuple[str, ...] = ()


_DENIED = {
    "explicit": Reason.EXPLICIT_DENY,
    "implicit": Reason.IMPLICIT_DENY,
    "boundary": Reason.PERMISSIONS_BOUNDARY,
    "resource_policy": Reason.RESOURCE_POLICY,
}


class Judge:
    """Decides requirements in one world."""

    def __init__(self, world: World) -> None:
        """Take the world to judge in."""
        self.roles = Roles(world)
        self._resources = ResourcePolicies(world, self.roles.policies)

    def judge(self, requirement: Requirement, task: TaskDefinition) -> Judgement:
        """Decide one requirement of a task definition."""
        role = self._role(requirement.role_kind, task)
        if role is None:
            return Judgement(None, Verdict.DENIED, Reason.NO_EXECUTION_ROLE)
        if requirement.action == startup.trust.ACTION:
            return self._trusted(role, task)
        decision = self._decide(requirement, role, task)
        if isinstance(decision, Allowed):
            return Judgement(role.label, Verdict.ALLOWED, assumptions=decision.assumptions)
        evidence = self._evidence(decision, self._request(requirement, role, task), role)
        if isinstance(decision, Undecided):
            reason = Reason(decision.kind)
            return Judgement(role.label, Verdict.UNKNOWN, reason, decision.waits_for, evidence)
        reason = _DENIED[decision.kind]
        if reason is not Reason.EXPLICIT_DENY:
            misplaced = self._granted_to_task_role(requirement, role, task)
            if misplaced is not None:
                return Judgement(role.label, Verdict.DENIED, Reason.GRANTED_TO_TASK_ROLE, evidence=misplaced)
        return Judgement(role.label, Verdict.DENIED, reason, evidence=evidence)

    # Who

    def _role(self, kind: RoleKind, task: TaskDefinition) -> Role | None:
        return self.roles.of(task.execution_role if kind is RoleKind.EXECUTION else task.task_role)

    def _granted_to_task_role(
        self, requirement: Requirement, role: Role, task: TaskDefinition
    ) -> tuple[Evidence, ...] | None:
        """Give the statements that grant the call to the task role instead, or None where none surely does."""
        other = self._role(RoleKind.TASK, task)
        if requirement.role_kind is not RoleKind.EXECUTION or other is None or other.label == role.label:
            return None
        decision = self._decide(requirement, other, task)
        if not isinstance(decision, Allowed):
            return None
        because = f"grants it to the task role {other.label}, which is not used before the containers run"
        return tuple(self._told(origin, "Allow", because, other) for origin in decision.by)

    # What

    def _request(self, requirement: Requirement, role: Role, task: TaskDefinition) -> Request:
        guarded = self._resources.of(requirement.resource)
        return Request(
            action=requirement.action,
            resource=requirement.resource,
            caller=role.caller,
            context=self._context(requirement, role, task, guarded),
            resource_account=guarded.account,
        )

    def _context(self, requirement: Requirement, role: Role, task: TaskDefinition, guarded: Guarded) -> Context:
        arn = split(requirement.resource)
        return start_up_context(
            role.caller,
            requirement.action,
            region=arn.region if arn and arn.region else task.thing.surroundings.region,
            resource_account=guarded.account or role.caller.account,
            on_fargate=task.strings("requires_compatibilities") == ("FARGATE",) or None,
        )

    def _decide(self, requirement: Requirement, role: Role, task: TaskDefinition) -> Decision:
        """Decide, for every inline policy that may be the one to remain of several with one name."""
        guarded = self._resources.of(requirement.resource)
        request = self._request(requirement, role, task)
        decisions = [decide(request, _layers(role, identity, guarded)) for identity in _identities(role)]
        return _merged(decisions)

    def _trusted(self, role: Role, task: TaskDefinition) -> Judgement:
        if role.trust is None:
            if role.managed and not role.trust_hidden:
                return Judgement(role.label, Verdict.DENIED, Reason.TRUST_POLICY)
            reason = Reason.POLICY_NOT_READABLE if role.managed else Reason.ROLE_OUTSIDE_PLAN
            return Judgement(role.label, Verdict.UNKNOWN, reason, role.trust_hidden or "")
        decision = decide_trust(role.trust, "ecs-tasks.amazonaws.com", _trust_context(task, role))
        match decision:
            case Allowed():
                return Judgement(role.label, Verdict.ALLOWED)
            case Denied():
                evidence = tuple(self._told(origin, "Deny", "denies it", role) for origin in decision.by)
                return Judgement(role.label, Verdict.DENIED, Reason.TRUST_POLICY, evidence=evidence)
            case Undecided():
                return Judgement(role.label, Verdict.UNKNOWN, Reason(decision.kind), decision.waits_for)
            case _:
                assert_never(decision)

    # Why

    def _evidence(self, decision: Denied | Undecided, request: Request, role: Role) -> tuple[Evidence, ...]:
        """Tell which statements decided, then which came nearest to allowing."""
        effect = "Deny" if isinstance(decision, Denied) else ""
        decided = tuple(self._told(origin, effect, "", role) for origin in decision.by)
        near = tuple(
            self._told(miss.origin, miss.effect, miss.because, role, miss.patterns)
            for miss in near_misses(request, (*role.identity, *(role.boundary or ())))
        )
        return (*decided, *near)[:8]

    def _told(self, origin: Origin, effect: str, because: str, role: Role, patterns: tuple[str, ...] = ()) -> Evidence:
        if origin.policy in self.roles.policies.sensitive:
            patterns = ()
        return Evidence(policy=origin.policy, sid=origin.sid, effect=effect, because=because, patterns=patterns)


def _identities(role: Role) -> list[tuple[Policy, ...]]:
    """Give what the role's identity policies may turn out to be, one for each choice among policies of one name."""
    disputed = {id(policy) for group in role.rivals for policy in group}
    settled = tuple(policy for policy in role.identity if id(policy) not in disputed)
    choices = itertools.islice(itertools.product(*role.rivals), 64)
    return [(*settled, *choice) for choice in choices]


def _layers(role: Role, identity: tuple[Policy, ...], guarded: Guarded) -> Layers:
    return Layers(
        identity=identity,
        identity_hidden=role.hidden,
        outside=not role.managed,
        boundary=role.boundary,
        boundary_hidden=role.boundary_hidden,
        resource=guarded.policy,
        resource_hidden=guarded.hidden,
    )


def _merged(decisions: list[Decision]) -> Decision:
    """Give what all decisions agree on; otherwise it depends on which policy remains."""
    first = decisions[0]
    if all(type(each) is type(first) for each in decisions):
        return first
    evidence = tuple(origin for each in decisions for origin in each.by)
    return Undecided("unknown_value", "which of several policies of one name is written last", evidence)


def _trust_context(task: TaskDefinition, role: Role) -> Context:
    """Describe the call by which ECS assumes a role for a task of the task definition.

    Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html: the source is the task.
    """
    around = task.thing.surroundings
    cluster, number = Unknown(reason="the cluster's name", hole=NAME), Unknown(reason="the task's id", hole=NAME)
    source = Arn(around.partition, "ecs", around.region, around.account, text(["task/", cluster, "/", number]))
    return service_context(source_account=around.account, source_arn=source.written(), region=around.region)
