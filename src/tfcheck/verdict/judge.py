"""Decide whether a role is allowed to make the calls that a task needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

import msgspec

from tfcheck import iam, startup
from tfcheck.iam.model import Statement
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, difference_words, share_equal
from tfcheck.role import Role, Roles
from tfcheck.symbolic.doubt import Doubt, DoubtKind, as_doubt, question
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import TextLike, Truth, hint_of
from tfcheck.verdict import evidence
from tfcheck.verdict.call import RoleCall, decide_call, denials, without_denials
from tfcheck.verdict.evidence import UnmetCondition, unmet
from tfcheck.verdict.resource_policy import ResourcePolicies, ResourceSide
from tfcheck.verdict.task_roles import RolesOfTask, TaskRoles, service_principals, trust_context
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.finding import Evidence, Reason, Requirement, RoleKind, Verdict


class Judgement(msgspec.Struct, frozen=True):
    """The decision on one requirement in one world. Its `notes` are parts that it shares with others."""

    role: str | None
    verdict: Verdict
    reason: Reason | None = None
    waits_for: str = ""
    evidence: tuple[Evidence, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[tuple[str, ...], ...] = ()


_DENIED = {
    "explicit": Reason.EXPLICIT_DENY,
    "implicit": Reason.IMPLICIT_DENY,
    "boundary": Reason.PERMISSIONS_BOUNDARY,
    "resource_policy": Reason.RESOURCE_POLICY,
}


class Judge:
    """Decides requirements in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.roles = world.once(Roles)
        self._resources = world.once(ResourcePolicies)
        self._settled: dict[tuple[object, ...], Judgement] = {}
        self._verdicts: dict[tuple[object, ...], Verdict] = {}
        self._contexts: dict[tuple[object, ...], iam.Context] = {}
        self._decisions: dict[tuple[object, ...], iam.Decision] = world.once_for_both(("decisions",), dict)
        self._task_roles = TaskRoles(world, self.roles)

    def judge(self, requirement: Requirement, task: TaskDefinition) -> Judgement:
        """Decide one requirement of a task definition, with the reason."""
        found = self._judge(requirement, task)
        if self._certain is None or self._certain.verdict(requirement, task) is found.verdict:
            return found
        return Judgement(
            found.role, Verdict.UNKNOWN, Reason.UNKNOWN_VALUE, difference_words(self._world), found.evidence
        )

    @property
    def _certain(self) -> Judge | None:
        """The judge of the world without what the plan may leave out; None if that is nothing."""
        certain = self._world.certain
        return None if certain is self._world else certain.once(Judge)

    def _judge(self, requirement: Requirement, task: TaskDefinition) -> Judgement:
        side = self._task_roles.of(task)
        if requirement.role_kind is RoleKind.INSTANCE:
            return self._judge_instances(requirement, side)
        role = side.role(requirement.role_kind)
        found = _without_role(requirement) if role is None else self._judge_with(role, requirement, side)
        other = self._disagreeing(found.verdict, requirement, side)
        return Judgement(found.role, Verdict.UNKNOWN, Reason.UNKNOWN_VALUE, other) if other else found

    def _disagreeing(self, verdict: Verdict, requirement: Requirement, side: RolesOfTask) -> str:
        """Return the other role with another verdict that something may start the tasks with."""
        for run, kind, role in side.others:
            if kind is requirement.role_kind and self._judge_with(role, requirement, side).verdict is not verdict:
                named = f"names {role.label}" if role.label else "may name another one"
                words = f"the role that a task is started with: {run} {named} instead"
                return Doubt(words, DoubtKind.SEVERAL_ROLES)
        return ""

    def _judge_instances(self, requirement: Requirement, side: RolesOfTask) -> Judgement:
        """Decide a call of the container instance for all instances that may run the task."""
        if not side.instances:
            return Judgement(None, Verdict.UNKNOWN, Reason.ROLE_OUTSIDE_PLAN, question(side.no_instances))
        found = [self._judge_with(each, requirement, side) for each in side.instances]
        if len({each.verdict for each in found}) == 1:
            own = (side.no_others,) if side.no_others else ()
            return msgspec.structs.replace(found[0], assumptions=(*found[0].assumptions, *own))
        names = " or ".join(str(each.label) for each in side.instances)
        waits = Doubt(f"the instance that a task is placed on: {names}", DoubtKind.SEVERAL_ROLES)
        return Judgement(None, Verdict.UNKNOWN, Reason.UNKNOWN_VALUE, waits)

    def _judge_with(self, role: Role, requirement: Requirement, side: RolesOfTask) -> Judgement:
        """Decide one requirement for a role, with the reason."""
        if requirement.action == startup.trust.ACTION:
            return self._judge_trust(role, side, requirement.role_kind)
        # NOTE: tasks of one service often need the same of the same roles.
        key = _key(requirement, role, side)
        if key not in self._settled:
            call = self._call(requirement, role, side)
            found = self._judgement(self._decide(call), call, requirement, side)
            around, arn = side.surroundings, parse_arn(requirement.resource)
            rests = around.assumption and arn is not None and arn.account == around.account
            if rests and found.verdict is not Verdict.UNKNOWN:
                found = msgspec.structs.replace(found, assumptions=(*found.assumptions, around.assumption))
            own = role.notes, role.policy_warnings, call.guarded.notes
            notes = tuple(filter(None, (*own, *self._resources.warnings(call.request))))
            self._settled[key] = msgspec.structs.replace(found, notes=notes) if notes else found
        return self._settled[key]

    def verdict(self, requirement: Requirement, task: TaskDefinition) -> Verdict:
        """Return the verdict on one requirement of a task definition, without reasons."""
        if self._certain is not None:
            return self.judge(requirement, task).verdict
        side = self._task_roles.of(task)
        if requirement.role_kind is RoleKind.INSTANCE or side.others:
            return self.judge(requirement, task).verdict
        role = side.role(requirement.role_kind)
        if role is None:
            return _without_role(requirement).verdict
        if requirement.action == startup.trust.ACTION:
            return self._judge_trust(role, side, requirement.role_kind).verdict
        key = _key(requirement, role, side)
        if key not in self._verdicts:
            self._verdicts[key] = _VERDICTS[type(self._decide(self._call(requirement, role, side)))]
        return self._verdicts[key]

    def role(self, requirement: Requirement, task: TaskDefinition) -> Role | None:
        """Return the role that a task definition uses for a call, or None."""
        return self._task_roles.of(task).role(requirement.role_kind)

    def role_names(self, task: TaskDefinition) -> Iterator[tuple[RoleKind, TextLike]]:
        """Yield the names of a task definition's roles, even if they must not be shown."""
        for kind in RoleKind:
            role = self._task_roles.of(task).role(kind)
            if role is not None:
                yield kind, role.caller.name

    def verdicts_with(
        self, policy: iam.Policy, asked: Iterable[tuple[Requirement, TaskDefinition]], *, bounded: bool = True
    ) -> Iterator[Verdict]:
        """Yield verdicts as if the roles had one more policy, and unless `bounded` no permissions boundary."""
        known: dict[tuple[object, ...], Verdict] = {}

        def extend(role: Role) -> Role:
            extended = role.with_policies((policy,))
            return extended if bounded else msgspec.structs.replace(extended, boundary=None)

        for requirement, task in asked:
            side = self._task_roles.of(task)
            role = side.role(requirement.role_kind)
            key = (id(requirement),) if role is None else _key(requirement, role, side)
            if key not in known:
                known[key] = self.verdict_if(extend, requirement, task)
            yield known[key]

    def verdict_if(self, change: Callable[[Role], Role], requirement: Requirement, task: TaskDefinition) -> Verdict:
        """Return the verdict on one requirement as if its role were changed."""
        verdict = self._verdict_if(change, requirement, task)
        if self._certain is None or self._certain.verdict_if(change, requirement, task) is verdict:
            return verdict
        return Verdict.UNKNOWN

    def _verdict_if(self, change: Callable[[Role], Role], requirement: Requirement, task: TaskDefinition) -> Verdict:
        side = self._task_roles.of(task)
        role = side.role(requirement.role_kind)
        if role is None:
            return self.verdict(requirement, task)
        found = _VERDICTS[type(decide_call(self._call(requirement, change(role), side)))]
        return Verdict.UNKNOWN if self._disagreeing(found, requirement, side) else found

    def unmet(self, requirement: Requirement, task: TaskDefinition) -> tuple[UnmetCondition, ...]:
        """Return the conditions that keep a statement of the role's own policies from granting a requirement."""
        call = self._call_of_task(requirement, task)
        return () if call is None else unmet(call.request, call.role.attached.identity)

    def denying_statements(self, requirement: Requirement, task: TaskDefinition) -> tuple[Statement, ...]:
        """Return the statements that definitely deny a requirement, even if another allows it."""
        call = self._call_of_task(requirement, task)
        return () if call is None else denials(call)

    def without_denials(self, requirement: Requirement, task: TaskDefinition) -> Judgement:
        """Decide one requirement without the statements that definitely deny it."""
        call = self._call_of_task(requirement, task)
        if call is None:
            return _without_role(requirement)
        call = without_denials(call)
        return self._judgement(decide_call(call), call, requirement, self._task_roles.of(task))

    def _judgement(
        self, decision: iam.Decision, call: RoleCall, requirement: Requirement, side: RolesOfTask
    ) -> Judgement:
        role = call.role
        match decision:
            case iam.Allowed():
                by = evidence.call_evidence(decision, call)
                return Judgement(role.label, Verdict.ALLOWED, evidence=by, assumptions=decision.assumptions)
            case iam.Undecided():
                by = evidence.call_evidence(decision, call)
                waits_for = _wait_words(decision, role, secret=requirement.sensitive)
                # NOTE: an ambiguous role is not a role outside the plan.
                ambiguous = decision.kind == "role_outside_plan" and role.unknown_because
                reason = Reason.UNKNOWN_VALUE if ambiguous else Reason(decision.kind)
                return Judgement(role.label, Verdict.UNKNOWN, reason, waits_for, by)
            case iam.Denied():
                other = side.other_role(requirement.role_kind)
                if decision.kind != "explicit" and other is not None and other.label != role.label:
                    granting = self._decide(self._call(requirement, other, side))
                    if isinstance(granting, iam.Allowed):
                        by = evidence.other_role_evidence(granting, requirement.role_kind, other.label)
                        return Judgement(role.label, Verdict.DENIED, _MISPLACED[requirement.role_kind], evidence=by)
                by = evidence.call_evidence(decision, call)
                return Judgement(role.label, Verdict.DENIED, _DENIED[decision.kind], evidence=by)
            case _:
                assert_never(decision)

    # The roles and objects of a call

    def _call_of_task(self, requirement: Requirement, task: TaskDefinition) -> RoleCall | None:
        """Return the call of a task's own role for a requirement; None without the role."""
        side = self._task_roles.of(task)
        role = side.role(requirement.role_kind)
        return None if role is None else self._call(requirement, role, side)

    def _call(self, requirement: Requirement, role: Role, side: RolesOfTask) -> RoleCall:
        resource = requirement.resource
        service = requirement.action.partition(":")[0]
        guarded = share_equal(self._world, ("guarded", resource, service), self._resources.of(resource, service))
        request = iam.Request(
            action=requirement.action,
            resource=resource,
            caller=role.caller,
            context=iam.Deferred(make=lambda: self._context(requirement, role, side, guarded)),
            resource_account=guarded.account,
            other_form=requirement.details.other_form,
        )
        return RoleCall(role, request, guarded, requirement.necessity)

    def _context(self, requirement: Requirement, role: Role, side: RolesOfTask, guarded: ResourceSide) -> iam.Context:
        """Return the condition keys of a call; all calls of a role to one service in one region share most of them."""
        from tfcheck.verdict.condition_keys import context_of, organization_keys

        arn = parse_arn(requirement.resource)
        region = arn.region if arn and arn.region else side.surroundings.region
        owner = guarded.account or role.caller.account
        service = requirement.action.partition(":")[0]
        key = id(role.caller), service, region, owner, side.on_fargate
        if key not in self._contexts:
            self._contexts[key] = iam.start_up_context(
                role.caller,
                requirement.action,
                region=region,
                resource_account=owner,
                direct=service != "kms",
                on_fargate=side.on_fargate,
                extras=organization_keys(role.caller.account, owner, self._world),
            )
        return self._contexts[key].extend(context_of(requirement, self._world))

    def _decide(self, call: RoleCall) -> iam.Decision:
        """Decide a call; a decision without condition keys is shared by both worlds."""
        request = call.request
        what = request.action, request.resource, request.other_form, call.necessity.doubt, call.necessity.undocumented
        return self._decide_once(
            ("call", *what, id(call.role), id(call.guarded)), request.context, lambda: decide_call(call)
        )

    def _decide_once(
        self, key: tuple[object, ...], context: iam.Context, decide: Callable[[], iam.Decision]
    ) -> iam.Decision:
        # INVARIANT: roles and guards are shared by both worlds, and live as long as the decisions about them.
        if key in self._decisions:
            return self._decisions[key]
        found = decide()
        if isinstance(context, iam.Deferred) and context.is_unused:
            self._decisions[key] = found
        return found

    # Trust policies

    def _judge_trust(self, role: Role, side: RolesOfTask, kind: RoleKind) -> Judgement:
        key = "trust", id(role), kind, side.surroundings
        if key not in self._settled:
            self._settled[key] = self._decide_trust(role, side, kind)
        return self._settled[key]

    def _decide_trust(self, role: Role, side: RolesOfTask, kind: RoleKind) -> Judgement:
        # NOTE: a service only accepts roles of its own account
        # (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html). An account that is only
        # assumed is not a sign of another one: the role's is more likely.
        around = side.surroundings
        is_settled = kind is RoleKind.INSTANCE or around.assumption
        same = Truth.TRUE if is_settled else equal(role.caller.account, around.account)
        if same is Truth.FALSE:
            by = evidence.account_evidence(role)
            return Judgement(role.label, Verdict.DENIED, Reason.TRUST_POLICY, evidence=by)
        trust = role.trust.policy
        if trust is None:
            if role.deleted is not None or (role.managed and not role.trust.hidden):
                by = evidence.deletion_evidence(role) if role.deleted is not None else ()
                return Judgement(role.label, Verdict.DENIED, Reason.TRUST_POLICY, evidence=by)
            reason = Reason.POLICY_NOT_READABLE if role.managed else Reason.ROLE_OUTSIDE_PLAN
            reason = Reason.UNKNOWN_VALUE if role.unknown_because else reason
            waits_for = as_doubt(role.trust.hidden, _outside_kind(role))
            return Judgement(role.label, Verdict.UNKNOWN, reason, waits_for)
        first, *others = (self._trusts(role, trust, each, side, kind) for each in service_principals(kind, side))
        if all(each.verdict is first.verdict for each in others):
            if same is Truth.UNKNOWN and role.home is None and first.verdict is Verdict.ALLOWED:
                hint = hint_of(role.caller.account, around.account)
                waits = Doubt("whether the role is in the account of the task definition", DoubtKind.QUESTION, hint)
                return Judgement(role.label, Verdict.UNKNOWN, Reason.UNKNOWN_VALUE, waits, first.evidence)
            return first
        return Judgement(role.label, Verdict.UNKNOWN, Reason.UNKNOWN_VALUE, "the name of the service EC2 in China")

    def _trusts(self, role: Role, trust: iam.Policy, service: str, side: RolesOfTask, kind: RoleKind) -> Judgement:
        context = iam.Deferred(make=lambda: self._trust_context(side, kind))
        decision = self._decide_once(
            ("trust", id(trust), service),
            context,
            lambda: iam.decide_service(trust, service, "sts:AssumeRole", context),
        )
        by = evidence.trust_evidence(decision, trust, service, context)
        match decision:
            case iam.Allowed():
                return Judgement(role.label, Verdict.ALLOWED, evidence=by)
            case iam.Denied():
                return Judgement(role.label, Verdict.DENIED, Reason.TRUST_POLICY, evidence=by)
            case iam.Undecided():
                return Judgement(role.label, Verdict.UNKNOWN, Reason(decision.kind), _wait_words(decision, role), by)
            case _:
                assert_never(decision)

    def _trust_context(self, side: RolesOfTask, kind: RoleKind) -> iam.Context:
        from tfcheck.verdict.condition_keys import clock_keys

        return trust_context(side, kind).extend(clock_keys(self._world))


_MISPLACED = {
    RoleKind.EXECUTION: Reason.GRANTED_TO_TASK_ROLE,
    RoleKind.TASK: Reason.GRANTED_TO_EXECUTION_ROLE,
    RoleKind.INSTANCE: Reason.GRANTED_TO_TASK_ROLE,
}
_VERDICTS: dict[type, Verdict] = {
    iam.Allowed: Verdict.ALLOWED,
    iam.Denied: Verdict.DENIED,
    iam.Undecided: Verdict.UNKNOWN,
}


def _wait_words(decision: iam.Undecided, role: Role, *, secret: bool = False) -> str:
    """Return what decides, without a role's ARN, a policy's text, or a resource that must not be shown."""
    if decision.kind == "role_outside_plan":
        if role.label == SENSITIVE:
            return "the policies of a role whose ARN is sensitive"
        deleted = f"a role that is deleted: {role.deleted}" if role.deleted is not None else ""
        return as_doubt(role.unknown_because or deleted or decision.waits_for, _outside_kind(role))
    marked = any(origin.secret for origin in decision.by)
    hidden = marked if decision.kind == "condition" else decision.kind == "unknown_value" and (secret or marked)
    return SENSITIVE if hidden else decision.waits_for


def _outside_kind(role: Role) -> DoubtKind | None:
    return DoubtKind.NAMESAKE_ROLE if role.has_namesake else None


def _without_role(requirement: Requirement) -> Judgement:
    if requirement.necessity.doubt:
        return Judgement(None, Verdict.UNKNOWN, Reason.UNKNOWN_VALUE, question(requirement.necessity.doubt))
    return Judgement(None, Verdict.DENIED, Reason.NO_EXECUTION_ROLE)


def _key(requirement: Requirement, role: Role, side: RolesOfTask) -> tuple[object, ...]:
    """Return a key of everything that a judgement depends on."""
    need = requirement.action, requirement.resource, requirement.necessity.doubt, requirement.details
    return (
        *need,
        requirement.sensitive,
        id(role),
        id(side.execution),
        id(side.task),
        side.on_fargate,
        side.surroundings,
    )
