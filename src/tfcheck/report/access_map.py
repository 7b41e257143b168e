"""The access of every task definition as a tree: task, role, policy, statement, and call.

Built from the rows of a report and the statements that decided them; nothing is decided here. A missing or undecided
permission is below the statement that comes nearest to it, otherwise below the role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from typing import Any

import msgspec

from tfcheck.report.instance_names import block, common_name, fold_keys, keys
from tfcheck.report.question_words import deciding_words, open_question
from tfcheck.report.words import TaskStatus, evidence_words, reason_words, standings, why_words
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import Answer, Evidence, Location, Reason, Report, RoleKind, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key
from tfcheck.vocabulary.rewriter import Rewriter, keep

_ASSUME = "sts:AssumeRole"
#: The name of a missing or ambiguous role.
NO_ROLE = "none, or not known"
#: The text for a call that is allowed without a statement.
NO_STATEMENT = "allowed without a statement"


class CallNode(msgspec.Struct, frozen=True):
    """A call that a task needs, at the end of a path.

    `needs` are the ids of the requirements, one or more: two containers may need the same. `because` says why it is
    denied or unknown, `decided_by` how to get a decision. `near` are further statements that almost grant it or may
    decide. `broken`: the change removes a permission.
    """

    needs: tuple[str, ...]
    rules: tuple[str, ...]
    action: str
    object: str
    verdict: Verdict
    severity: Severity
    reason: Reason | None = None
    because: str = ""
    decided_by: str = ""
    near: tuple[Evidence, ...] = ()
    broken: bool = False

    @property
    def optional(self) -> bool:
        """Whether it is not granted, and a task starts without it."""
        return self.verdict is Verdict.DENIED and self.severity is Severity.INFO


class PolicyOrigin(Enum):
    """How a policy is attached to the role; inline policies have no address of their own."""

    POLICY = "policy"
    INLINE = "inline policy"
    TRUST = "trust policy"


class StatementNode(msgspec.Struct, frozen=True):
    """A statement by its Sid and its number, and its calls."""

    sid: str | None
    number: int | None
    effect: str
    calls: tuple[CallNode, ...]


class PolicyNode(msgspec.Struct, frozen=True):
    """The policy of statements; for inline policies, the address is the role's."""

    kind: PolicyOrigin
    address: str
    location: Location | None
    statements: tuple[StatementNode, ...]


class RoleNode(msgspec.Struct, frozen=True):
    """A role of a task definition, or `None`; `unmet` are the calls that no statement is close to.

    `revoked` is what the change revokes from the role, needed or not, `possibly_revoked` what it may revoke.
    """

    address: str | None
    kind: RoleKind
    location: Location | None
    policies: tuple[PolicyNode, ...]
    unmet: tuple[CallNode, ...]
    revoked: tuple[AccessChange, ...] = ()
    possibly_revoked: tuple[AccessChange, ...] = ()


class MisconfigurationNode(msgspec.Struct, frozen=True):
    """A misconfiguration of a task definition that no permission can fix."""

    rule: str
    severity: Severity
    message: str
    location: Location | None


class TaskNode(msgspec.Struct, frozen=True):
    """A task definition with its roles, and the misconfigurations that no permission can fix.

    `former_role` is the execution role before the change. `skipped` says why it could not be analysed.
    """

    address: str
    status: TaskStatus
    location: Location | None
    roles: tuple[RoleNode, ...]
    misconfigurations: tuple[MisconfigurationNode, ...] = ()
    former_role: str | None = None
    skipped: tuple[str, ...] = ()


def access_map(report: Report) -> tuple[TaskNode, ...]:
    """Return the map of every task definition in a report, in the report's order."""
    building = _ReportIndex(report)
    return tuple(building.task(address, status) for address, status in standings(report).items())


class _ReportIndex:
    """Indexes the parts of a report, each of which is visited once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._answers = group_by_key((each.requirement.task_definition, each) for each in report.counted_answers())
        findings = (*report.findings, *report.known_findings)
        self._findings = group_by_key((each.task_definition, each) for each in findings)
        self._skipped = group_by_key((each.address, each.reason) for each in report.skipped)
        self._former = {each.task_definition: each.before for each in report.role_switches}
        of_trust = (
            (each.policy, each.location)
            for answer in report.answers
            for each in answer.evidence
            if each.policy == answer.role
        )
        lacking = (each for each in findings if each.answers and each.answers[0].reason in _AT_ROLE)
        #: The places of roles: of those whose trust policy decided a row, and of those that lack something.
        self._places = {role: place for role, place in of_trust if place is not None}
        self._places |= {each.address: each.location for each in lacking if each.address and each.location}
        self._revoked = group_by_key((each.role, each) for each in report.access_changes if each.change == "revoked")
        self._perhaps = group_by_key((each.role, each) for each in report.access_possible if each.change == "revoked")

    def task(self, address: str, status: TaskStatus) -> TaskNode:
        answers, findings = self._answers.get(address, []), self._findings.get(address, [])
        roles = group_by_key(((each.requirement.role_kind, each.role), each) for each in answers)
        places = (*(each.needed_at for each in answers), *(each.needed_at for each in findings))
        return TaskNode(
            address,
            status,
            next(filter(None, places), None),
            tuple(self._role(role, kind, rows) for (kind, role), rows in roles.items()),
            tuple(
                MisconfigurationNode(each.rule, each.severity, each.message, each.needed_at or each.location)
                for each in findings
                if not each.answers
            ),
            self._former.get(address),
            tuple(self._skipped.get(address, ())),
        )

    def _role(self, role: str | None, kind: RoleKind, rows: list[Answer]) -> RoleNode:
        unmet: list[CallNode] = []
        policies: dict[tuple[PolicyOrigin, str], list[tuple[Evidence, CallNode]]] = {}
        for answer in rows:
            # A call is shown under all statements that allow it, otherwise under the deciding or nearest one.
            shown = answer.evidence if answer.verdict is Verdict.ALLOWED else answer.evidence[:1]
            for each in shown or (None,):
                call = self._call(answer, each)
                if each is None:
                    unmet.append(call)
                else:
                    of_role = PolicyOrigin.TRUST if call.action == _ASSUME else PolicyOrigin.INLINE
                    origin = of_role if each.policy == role else PolicyOrigin.POLICY
                    policies.setdefault((origin, each.policy), []).append((each, call))
        return RoleNode(
            role,
            kind,
            self._places.get(role or ""),
            tuple(_policy(*key, members) for key, members in policies.items()),
            _merge_calls(unmet),
            tuple(self._revoked.get(role or "", ())),
            tuple(self._perhaps.get(role or "", ())),
        )

    def _call(self, answer: Answer, end: Evidence | None) -> CallNode:
        need, verdict = answer.requirement, answer.verdict
        return CallNode(
            (need.id,),
            (need.rule,),
            need.action,
            need.shown_resource,
            verdict,
            need.severity,
            answer.reason,
            "" if verdict is Verdict.ALLOWED else _because(answer, end),
            deciding_words(open_question(answer), self._report) if verdict is Verdict.UNKNOWN else "",
            () if verdict is Verdict.ALLOWED else tuple(each for each in answer.evidence if each is not end),
            answer.before is Verdict.ALLOWED and verdict is Verdict.DENIED,
        )


_AT_ROLE = (Reason.IMPLICIT_DENY, Reason.PERMISSIONS_BOUNDARY, Reason.RESOURCE_POLICY, Reason.TRUST_POLICY)


def _because(answer: Answer, end: Evidence | None) -> str:
    """Return a clause for why something is denied or unknown, depending on the last statement."""
    if answer.verdict is Verdict.DENIED:
        if end is None:
            return reason_words(answer.reason)
        return "this statement denies it" if end.effect == "Deny" else evidence_words(end)
    return why_words(answer)


def _policy(kind: PolicyOrigin, address: str, members: list[tuple[Evidence, CallNode]]) -> PolicyNode:
    # NOTE: evidence does not distinguish between several inline policies of a role.
    numbered = kind is not PolicyOrigin.INLINE
    statements = group_by_key(
        ((each.number if numbered else None, each.sid, each.effect), call) for each, call in members
    )
    return PolicyNode(
        kind,
        address,
        next((each.location for each, _ in members if each.location), None),
        tuple(
            StatementNode(sid, number, effect, _merge_calls(calls))
            for (number, sid, effect), calls in sorted(statements.items(), key=lambda each: each[0][0] or 0)
        ),
    )


def _merge_calls(calls: Iterable[CallNode]) -> tuple[CallNode, ...]:
    """Merge calls that look the same, in the order of the first."""
    alike = group_by_key(
        ((each.action, each.object, each.verdict, each.severity, each.because, each.broken), each) for each in calls
    )
    return tuple(
        msgspec.structs.replace(
            first,
            needs=tuple(dict.fromkeys(need for each in (first, *rest) for need in each.needs)),
            rules=tuple(dict.fromkeys(rule for each in (first, *rest) for rule in each.rules)),
        )
        for first, *rest in alike.values()
    )


def paths(task: TaskNode) -> Iterator[tuple[RoleNode, PolicyNode | None, StatementNode | None, CallNode]]:
    """Yield every path of a task definition, from the role to the call."""
    for role in task.roles:
        for policy in role.policies:
            for statement in policy.statements:
                yield from ((role, policy, statement, each) for each in statement.calls)
        yield from ((role, None, None, each) for each in role.unmet)


class MapGroup(msgspec.Struct, frozen=True):
    """Task definitions with one map, that of the first, with `each.key` where keys differ.

    `name` is the only address, or the block with `[*]`; `tasks` are the addresses.
    """

    name: str
    tasks: tuple[str, ...]
    map: TaskNode


def one_group_per_task(maps: Iterable[TaskNode]) -> tuple[MapGroup, ...]:
    """Return a group for every task definition."""
    return tuple(MapGroup(each.address, (each.address,), each) for each in maps)


def folded_maps(maps: Iterable[TaskNode]) -> tuple[MapGroup, ...]:
    """Merge the maps of similar instances, each in the place of the first."""
    blocks = group_by_key((block(each.address), each) for each in maps)
    return tuple(group for members in blocks.values() for group in _groups(members))


def _groups(members: list[TaskNode]) -> Iterator[MapGroup]:
    if len(members) == 1:
        yield from one_group_per_task(members)
        return
    alike = _group_alike(members, lambda task: ())
    if len(alike) > 1:
        names = keys(each.address for each in members)
        by_key = _group_alike(members, lambda task: names[task.address])
        alike = by_key if len(by_key) < len(alike) else alike
    name = common_name([each.address for each in members])
    for likeness, tasks in alike.items():
        if len(tasks) == 1:
            yield from one_group_per_task(tasks)
        else:
            yield MapGroup(name, tuple(each.address for each in tasks), likeness)


def _group_alike(
    members: list[TaskNode], names: Callable[[TaskNode], tuple[str, ...]]
) -> dict[TaskNode, list[TaskNode]]:
    """Group maps that differ only by what instances never have in common: names, address, ids of requirements."""
    return group_by_key((_without_names(each, partial(fold_keys, names=names(each))), each) for each in members)


def _without_names(task: TaskNode, fold: Callable[[str], str]) -> TaskNode:
    kept: dict[type, Callable[[Any], Any]] = {TaskStatus: keep, Location: keep}
    inside = Rewriter(fold, lambda kind: kind.__struct_fields__, kept)
    kept |= {CallNode: lambda call: msgspec.structs.replace(inside.of(call), needs=())}
    folded: TaskNode = Rewriter(fold, lambda kind: kind.__struct_fields__, kept).of(task)
    return msgspec.structs.replace(folded, address="")
