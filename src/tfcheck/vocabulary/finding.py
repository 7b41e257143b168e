"""The report as data: requirements, answers, findings, fixes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import msgspec

from tfcheck.symbolic.doubt import DoubtKind, HintKind
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import TextLike, display
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, RoleSwitch, TaskChange
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.needed_call import NECESSARY, NO_DETAILS, CallDetails, Necessity
from tfcheck.vocabulary.waiver import Waived, WaiverUse


class _Word(Enum):
    """A word in the keys of most caches, hashed by identity: up to Python 3.12 an enumeration hashes in Python."""

    __hash__ = object.__hash__


class Severity(_Word):
    """The severity of a denied requirement or a broken rule; the value is its name in every report."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """The order of severities; the worst is 0."""
        return _RANKS[self._value_]


_RANKS = {each.value: rank for rank, each in enumerate(Severity)}


class Verdict(_Word):
    """The answer to one requirement; the value is its name in every report."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Reason(_Word):
    """Why a requirement is denied or unknown; the values are part of the JSON report's format."""

    IMPLICIT_DENY = "implicit_deny"
    EXPLICIT_DENY = "explicit_deny"
    GRANTED_TO_TASK_ROLE = "granted_to_task_role"
    GRANTED_TO_EXECUTION_ROLE = "granted_to_execution_role"
    PERMISSIONS_BOUNDARY = "permissions_boundary"
    RESOURCE_POLICY = "resource_policy"
    TRUST_POLICY = "trust_policy"
    CONDITION = "condition"
    UNKNOWN_VALUE = "unknown_value"
    ROLE_OUTSIDE_PLAN = "role_outside_plan"
    POLICY_NOT_READABLE = "policy_not_readable"
    NO_EXECUTION_ROLE = "no_execution_role"


class RoleKind(_Word):
    """Whose permissions a call needs."""

    EXECUTION = "execution"
    TASK = "task"
    #: The role of container instances, which pulls and logs for tasks on EC2 without an execution role.
    INSTANCE = "instance"


#: The maximum number of shown characters of a resource: no ARN has more, but references in it may be long.
_LONGEST_RESOURCE = 1000


class Location(msgspec.Struct, frozen=True):
    """Lines of a source file, counted from 1; `text` is the first one."""

    file: str
    line: int
    end_line: int
    text: str = ""


class Requirement(msgspec.Struct, frozen=True):
    """One IAM action on one resource that a task's start-up needs, and what needs it.

    - `pointer`: a JSON Pointer into the container definitions, or without a `container` into the task definition.
    - `action` never contains a wildcard; `resource` is an ARN or `*`; `cause` says in a few words what needs it.
    """

    rule: str
    task_definition: str
    container: str | None
    pointer: str
    role_kind: RoleKind
    action: str
    resource: TextLike
    severity: Severity
    cause: str
    sensitive: bool = False
    necessity: Necessity = NECESSARY
    details: CallDetails = NO_DETAILS

    @property
    def id(self) -> str:
        """The id in a report: 16 hexadecimal digits, the same in every run."""
        import hashlib  # takes longer to load than to use, and only some reports have ids

        resource = self._whole_resource
        parts = (self.rule, self.task_definition, self.container or "", self.pointer, self.action, resource)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def shown_resource(self) -> str:
        """The resource for people, without what the plan marks as sensitive."""
        return clip(self._whole_resource, _LONGEST_RESOURCE)

    @property
    def _whole_resource(self) -> str:
        return SENSITIVE if self.sensitive else display(self.resource)


class EvidenceKind(_Word):
    """What a statement does, or why it does not grant a call; the values are part of the JSON report's format."""

    ALLOWS = "allows"
    DENIES = "denies"
    MAY_DECIDE = "may_decide"
    OTHER_ACTION = "other_action"
    OTHER_RESOURCE = "other_resource"
    OTHER_PARTITION = "other_partition"
    OTHER_PRINCIPAL = "other_principal"
    CONDITION_NOT_MET = "condition_not_met"
    GRANTED_TO_TASK_ROLE = "granted_to_task_role"
    GRANTED_TO_EXECUTION_ROLE = "granted_to_execution_role"
    #: Not a statement: the role itself is deleted, or belongs to another account.
    DELETED = "deleted"
    DELETED_BY_OTHER_STACK = "deleted_by_other_stack"
    OF_OTHER_ACCOUNT = "of_other_account"


class Evidence(msgspec.Struct, frozen=True):
    """A statement that decided, could still decide, or almost decided.

    - `policy`: the address or ARN of its policy; `number`: its place in it, from 1, or None if that is unknown or it is
      not a statement.
    - `effect`: its Effect, empty if it may decide either way.
    - `patterns`: its resources as written, or its actions or principals if it grants another action or somebody else.
    - `condition_key`: of a condition that may decide or is not met; `granted_to`: the task's other role, which has it.
    """

    policy: str
    sid: str | None
    effect: str
    kind: EvidenceKind
    patterns: tuple[str, ...] = ()
    location: Location | None = None
    number: int | None = None
    condition_key: str = ""
    granted_to: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The verdict on one requirement.

    - `role`: the role's address in the plan, otherwise its ARN or name as far as known.
    - `before`: the verdict in the state before the change, or None if there was no such state.
    - `waits_for`: what an unknown verdict depends on, with its kind, and what it says to pass.
    - `assumptions`: what a verdict assumes.
    - `needed_at`: where the task definition asks for it, unless it is allowed.
    - `subject`: the resource by the address of its object, for the fingerprint of what is not allowed; `fingerprint` is
      set if a saved report has it.
    """

    requirement: Requirement
    role: str | None
    verdict: Verdict
    reason: Reason | None = None
    before: Verdict | None = None
    waits_for: str = ""
    evidence: tuple[Evidence, ...] = ()
    assumptions: tuple[str, ...] = ()
    needed_at: Location | None = None
    subject: str = ""
    fingerprint: str = ""
    waits_for_kind: DoubtKind | None = None
    waits_for_hint: HintKind | None = None


class Fix(msgspec.Struct, frozen=True):
    """Suggested HCL: `safety` is `safe` or `review`; `proven` means that a new decision allowed it."""

    title: str
    safety: str
    proven: bool
    hcl: str
    diff: str = ""


class Remedy(msgspec.Struct, frozen=True):
    """What to do if no change can be written: `words` is one sentence, `hcl` is optional code."""

    words: str
    hcl: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What the user should act on: requirements of one task definition that are denied for one cause.

    - `message`: one line; `explanation`: why, nearest grants first; `symptom`: the error that ECS would show.
    - `location`: where the policy or role to change is written; `needed_at`: where the container asks for it.
    - `remedy`: what to do if there is no `fix`, or only for a part.
    - `subject`: what a finding without answers is about; `fingerprint`: as for an answer.
    """

    rule: str
    severity: Severity
    task_definition: str
    address: str | None
    message: str
    answers: tuple[Answer, ...] = ()
    explanation: tuple[str, ...] = ()
    symptom: str = ""
    change: str | None = None
    location: Location | None = None
    needed_at: Location | None = None
    fix: Fix | None = None
    remedy: Remedy | None = None
    subject: str = ""
    fingerprint: str = ""
    waived: Waived | None = None

    def weight(self, answer: Answer) -> Severity:
        """Return the severity of one of its requirements: the finding's, if the configuration changed that."""
        own = answer.requirement.severity
        return own if any(each.requirement.severity is self.severity for each in self.answers) else self.severity


class Skipped(msgspec.Struct, frozen=True):
    """Something that could not be analysed, with the reason."""

    address: str
    reason: str


class TaskRole(msgspec.Struct, frozen=True):
    """The name of a role of a task definition, as far as it is known."""

    task_definition: str
    kind: RoleKind
    name: TextLike


class Unread(msgspec.Struct, frozen=True):
    """A plan of the same call that could not be read: it is not checked, and the others do not see it."""

    path: str
    problem: str


class Unselected(msgspec.Struct, frozen=True):
    """A finding of a rule that is not selected: it does not count, but its task is not reported as fine."""

    rule: str
    severity: Severity
    task_definition: str


class RunConfiguration(msgspec.Struct, frozen=True):
    """What decided which findings a report has.

    `file` is relative to the top of its repository, None if there are only options. `settings` are its keys that count,
    with their values for people. `rules_off` are the rules that are not selected.
    """

    file: str | None = None
    settings: dict[str, str] = {}
    rules_off: tuple[str, ...] = ()


class BaselineComparison(msgspec.Struct, frozen=True):
    """The comparison with a baseline: the `known` findings, and the number of fixed ones."""

    file: str
    known: tuple[Finding, ...] = ()
    fixed: int = 0
    partly_fixed: int = 0


class PlanInfo(msgspec.Struct, frozen=True):
    """What the report says about its plan.

    The files of locations are relative to `directory`, which is relative to the top of their repository. `file` is the
    plan's own file, relative to the top.
    """

    path: str
    format_version: str | None
    terraform_version: str | None
    sources: str | None
    complete: bool
    directory: str | None = None
    file: str | None = None


class Excerpt(msgspec.Struct, frozen=True):
    """Lines of a source file from `line` on; None is a hidden line."""

    file: str
    line: int
    lines: tuple[str | None, ...]


class Report(msgspec.Struct, frozen=True):
    """Everything about one plan; rendering it decides nothing more.

    - `task_definitions`: all addresses that were checked, also those without requirements.
    - `notes`: assumptions, what was not evaluated, and warnings about the input.
    - `task_changes`, `role_switches`, `access_changes`, `access_unknown`: what the change does; `access_possible`: what
      it may do to the roles in `access_unknown`.
    - `context`: where the report was made; `unread`: the plans of the same call that cannot be read.
    - `configuration`: what decided which findings are here; `unselected`: those that it left out; `waivers`: how each
      waiver was used.
    - `baseline`: if there is one, `findings` are only those that it does not list.
    - `roles`: the names of the tasks' roles, never shown; `excerpts`: source lines of findings, if requested.
    """

    plan: PlanInfo
    task_definitions: tuple[str, ...]
    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    context: dict[str, str | int] | None = None
    task_changes: tuple[TaskChange, ...] = ()
    access_changes: tuple[AccessChange, ...] = ()
    role_switches: tuple[RoleSwitch, ...] = ()
    access_unknown: tuple[AccessUnknown, ...] = ()
    access_possible: tuple[AccessChange, ...] = ()
    unread: tuple[Unread, ...] = ()
    roles: tuple[TaskRole, ...] = ()
    configuration: RunConfiguration | None = None
    unselected: tuple[Unselected, ...] = ()
    baseline: BaselineComparison | None = None
    excerpts: tuple[Excerpt, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """The findings that are not waived and so count."""
        return tuple(each for each in self.findings if each.waived is None)

    @property
    def waived_findings(self) -> tuple[Finding, ...]:
        """The waived findings."""
        return tuple(each for each in self.findings if each.waived is not None)

    @property
    def rules_off(self) -> tuple[str, ...]:
        """The rules that are not selected."""
        return self.configuration.rules_off if self.configuration else ()

    def counted_answers(self) -> tuple[Answer, ...]:
        """Return the answers of the selected rules, without those of waived findings."""
        off = self.rules_off
        waived = {id(answer) for finding in self.waived_findings for answer in finding.answers}
        if not (off or waived):
            return self.answers
        return tuple(each for each in self.answers if each.requirement.rule not in off and id(each) not in waived)

    def undecided_answers(self) -> tuple[Answer, ...]:
        """Return the unknown answers of the selected rules."""
        return tuple(each for each in self.counted_answers() if each.verdict is Verdict.UNKNOWN)

    @property
    def notes_and_assumptions(self) -> tuple[str, ...]:
        """The notes, and what the answers assume, each once."""
        return tuple(dict.fromkeys((*self.notes, *(each for answer in self.answers for each in answer.assumptions))))

    @property
    def known_findings(self) -> tuple[Finding, ...]:
        """The findings that are in the baseline."""
        return self.baseline.known if self.baseline else ()


def all_unread(reports: Iterable[Report]) -> tuple[Unread, ...]:
    """Return the unreadable plans of reports, each once."""
    return tuple(dict.fromkeys(each for report in reports for each in report.unread))
