"""The sentences of reports about decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tfcheck.report.causes import Cause
from tfcheck.report.left_out_words import excused_counts, excused_words
from tfcheck.report.screen import SpanStyle
from tfcheck.vocabulary.finding import Answer, Evidence, EvidenceKind, Fix, Reason, Report, RoleKind, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key

SEVERITY_STYLES = {Severity.ERROR: SpanStyle.ERROR, Severity.WARNING: SpanStyle.WARNING, Severity.INFO: SpanStyle.INFO}
VERDICT_STYLES = {Verdict.ALLOWED: SpanStyle.GOOD, Verdict.DENIED: SpanStyle.ERROR, Verdict.UNKNOWN: SpanStyle.UNKNOWN}

_REASONS = {
    Reason.IMPLICIT_DENY: "no statement allows it",
    Reason.EXPLICIT_DENY: "a statement denies it",
    Reason.GRANTED_TO_TASK_ROLE: "only the task role is allowed to, and ECS does not use it here",
    Reason.GRANTED_TO_EXECUTION_ROLE: "only the execution role is allowed to, and ECS does not use it here",
    Reason.PERMISSIONS_BOUNDARY: "the role's permissions boundary does not allow it",
    Reason.RESOURCE_POLICY: "the policy on the resource does not allow it",
    Reason.TRUST_POLICY: "the role's trust policy does not let ECS assume it",
    Reason.CONDITION: "it depends on a condition key that the plan does not show",
    Reason.UNKNOWN_VALUE: "it depends on a value that is known only after apply",
    Reason.ROLE_OUTSIDE_PLAN: "the role is not managed in this plan, and its policies elsewhere are not visible",
    Reason.POLICY_NOT_READABLE: "a policy cannot be read",
    Reason.NO_EXECUTION_ROLE: "the task definition has no execution role",
}


def reason_words(reason: Reason | None) -> str:
    """Return a clause for why a requirement is denied or unknown."""
    return "it is not decided" if reason is None else _REASONS[reason]


def why_words(answer: Answer) -> str:
    """Return a clause for why a requirement is denied or unknown, with what it depends on."""
    return f"{reason_words(answer.reason)}{f': {answer.waits_for}' if answer.waits_for else ''}"


def lack_words(denied: Iterable[Answer]) -> str:
    """Return what is wrong with permissions that roles do not have: they are missing, or statements deny them."""
    explicit = {each.reason is Reason.EXPLICIT_DENY for each in denied}
    return "denied" if explicit == {True} else "missing or denied" if True in explicit else "missing"


def role_words(answer: Answer) -> str:
    """Return the name of the role of an answer, or of the one that is missing."""
    kind = answer.requirement.role_kind.value
    return f"the {kind} role {answer.role}" if answer.role else f"the missing {kind} role"


def fix_words(fix: Fix) -> str:
    """Return how safe a suggested change is, and whether it is proven."""
    return f"{'safe' if fix.safety == 'safe' else 'review it'}, {'proven' if fix.proven else 'not proven'}"


_EVIDENCE = {
    EvidenceKind.ALLOWS: "allows it",
    EvidenceKind.DENIES: "denies it",
    EvidenceKind.MAY_DECIDE: "may decide it",
    EvidenceKind.OTHER_ACTION: "action does not match",
    EvidenceKind.OTHER_RESOURCE: "resource does not match",
    EvidenceKind.OTHER_PARTITION: "partition does not match",
    EvidenceKind.OTHER_PRINCIPAL: "principal does not match",
    EvidenceKind.CONDITION_NOT_MET: "a condition is not met",
    EvidenceKind.GRANTED_TO_TASK_ROLE: "grants it to the task role, which is not used before the containers run",
    EvidenceKind.GRANTED_TO_EXECUTION_ROLE: "grants it to the execution role, which is not used for this",
    EvidenceKind.DELETED: "this plan deletes it",
    EvidenceKind.DELETED_BY_OTHER_STACK: "the plan of another stack deletes it",
    EvidenceKind.OF_OTHER_ACCOUNT: "it belongs to another account than the task definition",
}


def evidence_words(evidence: Evidence) -> str:
    """Return a clause for what a statement does, or what keeps it from granting a call."""
    words = _EVIDENCE[evidence.kind]
    if evidence.kind is EvidenceKind.CONDITION_NOT_MET and evidence.condition_key:
        return f"condition on {evidence.condition_key} is not met"
    if evidence.kind is EvidenceKind.MAY_DECIDE and evidence.condition_key:
        return f"{words}, by its condition on {evidence.condition_key}"
    return words.replace(" role,", f" role {evidence.granted_to},") if evidence.granted_to else words


def compares_resources(evidence: Evidence) -> bool:
    """Whether the patterns of a statement are resources, none of which is the needed one."""
    return evidence.kind in (EvidenceKind.OTHER_RESOURCE, EvidenceKind.OTHER_PARTITION)


#: What a role cannot do, in the singular and plural, by rule.
PURPOSES = {
    "env-file": ("read an environment file", "read environment files"),
    "firelens-config": ("read a log router's configuration", "read the configuration of log routers"),
    "log-router-file": ("read a file of the log router's image", "read files of the log router's image"),
    "secret": ("read a secret", "read secrets"),
    "parameter": ("read a parameter", "read parameters"),
    "registry-credentials": ("read a registry's credentials", "read credentials of registries"),
    "image": ("pull an image", "pull images"),
    "log-group": ("write to a log group", "write to log groups"),
    "service-connect-log": ("write the logs of Service Connect", "write the logs of Service Connect"),
    "credential-spec": ("read a credential specification", "read credential specifications"),
    "fsx": ("mount an FSx volume", "mount FSx volumes"),
    "efs-volume": ("mount an EFS volume", "mount EFS volumes"),
    "s3-files-volume": ("mount an S3 Files volume", "mount S3 Files volumes"),
    "decrypt": ("use a KMS key", "use KMS keys"),
}
_ASSUMING = {RoleKind.INSTANCE: "EC2"}


def title(cause: Cause) -> str:
    """Return the problem in one line, without the names of those affected."""
    purposes = PURPOSES.get(cause.rule)
    if len(cause.groups) == 1 and (not cause.groups[0].needs or cause.reason is Reason.TRUST_POLICY):
        return cause.message
    several = len({answer.role for each in cause.findings for answer in each.answers}) > 1
    role = f"{cause.role_kind.value} role"
    if cause.reason is Reason.TRUST_POLICY:
        return f"{_ASSUMING.get(cause.role_kind, 'ECS')} cannot assume {f'{role}s' if several else f'the {role}'}"
    if purposes is None:
        return cause.message
    resources = {need.resource for each in cause.groups for need in each.needs if need.is_required}
    purpose = purposes[len(cause.tasks) > 1 or len(resources) > 1]
    if cause.reason is Reason.NO_EXECUTION_ROLE:
        return f"without {'a' if cause.role_kind is RoleKind.TASK else 'an'} {role}, ECS cannot {purpose}"
    if cause.severity is not Severity.ERROR:
        return f"the {role} lacks a recommended permission to {purpose}"
    return f"{f'{role}s' if several else role} cannot {purpose}"


def role_problem_words(reason: Reason | None, kind: RoleKind, role: str) -> str:
    """Return a clause for what is wrong with a role; `role` names it."""
    match reason:
        case Reason.IMPLICIT_DENY:
            return f"no statement of {role} allows it" if role else "no role allows it"
        case Reason.EXPLICIT_DENY:
            return f"a statement denies it to {role}"
        case Reason.GRANTED_TO_TASK_ROLE:
            return f"only the task role is allowed to do it, and ECS uses the {kind.value} role {role}"
        case Reason.GRANTED_TO_EXECUTION_ROLE:
            return f"only the execution role is allowed to do it, and ECS uses the {kind.value} role {role}"
        case Reason.PERMISSIONS_BOUNDARY:
            return f"the permissions boundary of {role} does not allow it"
        case Reason.RESOURCE_POLICY:
            return f"the policy on the resource does not allow it to {role}"
        case Reason.NO_EXECUTION_ROLE:
            return "no execution role is set"
        case _:
            return reason_words(reason)


def symptom_words(symptom: str) -> str:
    """Return when ECS would show a text; what the API refuses fails at apply."""
    return "at apply" if _is_refused_by_api(symptom) else "at run time"


def outcome_words(symptom: str, cause: Cause) -> str:
    """Return the words before the text that ECS would show."""
    if cause.severity is not Severity.ERROR:
        return "ECS may report"
    without = "Without it the" if cause.groups[0].needs else "The"
    return f"{without} {'apply fails' if _is_refused_by_api(symptom) else 'task stops'} with"


#: The beginnings of texts that are shown for a stopped task, and never by the API.
_OF_STOPPED_TASKS = ("ResourceInitializationError: ", "CannotPullContainerError: ")


def _is_refused_by_api(symptom: str) -> bool:
    if symptom.startswith(_OF_STOPPED_TASKS):
        return False
    from tfcheck.vocabulary.stopped_reason import explain_text  # its tables take longer to load than to use
    from tfcheck.vocabulary.stopped_reason.known_text import API

    found = explain_text(symptom)
    return found is not None and found.known.where == API


def sentence(clause: str) -> str:
    """Write a clause as a sentence, not capitalising a name at its beginning."""
    first = clause.partition(" ")[0]
    return f"{clause[:1].upper()}{clause[1:]}." if first.isalpha() else f"{clause}."


def plural(number: int, noun: str, plural: str = "") -> str:
    """Write `1 error`, `2 errors`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or f'{noun}s'}"


def instances(number: int) -> str:
    """Write ` (30 instances)` for several; nothing for one."""
    return f" ({number:,} instances)" if number > 1 else ""


class TaskStatus(msgspec.Struct, frozen=True):
    """The status of one task definition: a mark, its style, a clause, and whether something is undecided."""

    mark: str
    style: SpanStyle
    words: str
    undecided: bool = False


def standings(report: Report) -> dict[str, TaskStatus]:
    """Return the status of every task definition in the report, in the report's order."""
    answers = group_by_key((answer.requirement.task_definition, answer) for answer in report.counted_answers())
    findings = group_by_key(
        (finding.task_definition, finding.severity) for finding in (*report.open_findings, *report.known_findings)
    )
    skipped = dict.fromkeys(each.address for each in report.skipped)
    excused = excused_counts(report)
    standing: dict[str, TaskStatus] = {}
    for address in dict.fromkeys((*report.task_definitions, *answers, *findings, *skipped)):
        status = _standing(answers.get(address, []), findings.get(address, []), address in skipped)
        if counts := excused.get(address, ""):
            is_fine = status.style in (SpanStyle.GOOD, SpanStyle.QUIET)
            words = f"no open finding: {counts}" if is_fine else f"{status.words}, {counts}"
            status = (
                TaskStatus("-", SpanStyle.QUIET, words) if is_fine else msgspec.structs.replace(status, words=words)
            )
        standing[address] = status
    return standing


def _standing(answers: list[Answer], findings: list[Severity], skipped: bool) -> TaskStatus:
    counting = [each for each in answers if not each.requirement.necessity.mistaken and not _is_spared(each)]
    lacking = [each for each in counting if each.verdict is Verdict.DENIED]
    denied = [each.requirement.severity for each in lacking]
    unknown = sum(each.verdict is Verdict.UNKNOWN for each in counting)
    permissions = plural(len(counting), "permission")
    spared = sum(map(_is_spared, answers))
    missing = f"{len(denied):,} of {permissions} {lack_words(lacking)}" if denied else "see below"
    waiting = f"{unknown:,} of {permissions} not decided" if unknown else ""
    match min((*findings, *denied), key=lambda severity: severity.rank, default=None):
        case Severity.ERROR:
            return TaskStatus("✗", SpanStyle.ERROR, ", ".join(filter(None, (f"will not start: {missing}", waiting))))
        case Severity.WARNING:
            words = ", ".join(filter(None, (f"warning: {missing}", waiting)))
            return TaskStatus("!", SpanStyle.WARNING, words, undecided=bool(waiting))
    if skipped:
        return TaskStatus("?", SpanStyle.UNKNOWN, "unknown: could not be analysed", undecided=True)
    if unknown:
        return TaskStatus("?", SpanStyle.UNKNOWN, f"unknown: {waiting}", undecided=True)
    if not answers:
        return TaskStatus("·", SpanStyle.QUIET, "needs none of the permissions that tfcheck checks")
    rest = f", {spared} optional not granted" if spared else ""
    return TaskStatus("✓", SpanStyle.GOOD, f"nothing missing: {permissions} granted{rest}")


def _is_spared(answer: Answer) -> bool:
    """Whether something optional is denied."""
    return answer.verdict is Verdict.DENIED and answer.requirement.severity is Severity.INFO


def headline(reports: Sequence[Report], standing: dict[str, TaskStatus]) -> tuple[SpanStyle, str]:
    """Return the verdict on plans in one clause, with its style; it mentions what does not count."""
    excused = excused_words(reports)
    style, words = _headline(standing, new_findings_count(reports))
    if not excused:
        return style, words
    return (
        (SpanStyle.WARNING, f"no open finding; {excused}")
        if style is SpanStyle.GOOD
        else (style, f"{words}; {excused}")
    )


def _headline(standing: dict[str, TaskStatus], new: int | None) -> tuple[SpanStyle, str]:
    """Return the verdict in one clause; `new` counts the tasks with findings not in the baseline."""
    total = len(standing)
    styles = [each.style for each in standing.values()]
    if new == 0 and SpanStyle.ERROR in styles:
        return SpanStyle.WARNING, f"nothing new, but {_share(styles.count(SpanStyle.ERROR), total)} will not start"
    if new == 0 and SpanStyle.WARNING in styles:
        return SpanStyle.WARNING, f"nothing new, but {_having(styles.count(SpanStyle.WARNING), total)} a warning"
    if SpanStyle.ERROR in styles:
        newly = f"; {_having(new, total)} new findings" if new else ""
        return SpanStyle.ERROR, f"{_share(styles.count(SpanStyle.ERROR), total)} will not start{newly}"
    if not total:
        return SpanStyle.QUIET, "no ECS task definition in this plan"
    if SpanStyle.UNKNOWN in styles:
        undecided = sum(each.undecided for each in standing.values())
        return SpanStyle.UNKNOWN, f"no definite problem; {_share(undecided, total)} cannot be decided"
    if SpanStyle.WARNING in styles:  # a warning may well be about something that keeps a task from starting
        return SpanStyle.WARNING, f"no errors, but {_having(styles.count(SpanStyle.WARNING), total)} a warning"
    return SpanStyle.GOOD, all_can_start(total)


def all_can_start(tasks: int) -> str:
    """Return the verdict on task definitions that lack nothing."""
    if tasks == 1:
        return "the task definition can start"
    return f"{'both' if tasks == 2 else f'all {tasks:,}'} task definitions can start"


def _share(number: int, total: int) -> str:
    return f"{number:,} of {total:,} task definitions"


def _having(number: int, total: int) -> str:
    return f"{_share(number, total)} {'has' if number == 1 else 'have'}"


def new_findings_count(reports: Sequence[Report]) -> int | None:
    """Return the number of task definitions with findings not in the baseline; None without a baseline."""
    if not any(report.known_findings for report in reports):
        return None
    return sum(len({each.task_definition for each in report.open_findings}) for report in reports)


def baseline_words(report: Report) -> list[str]:
    """Return sentences about the findings of a baseline, and how many are fixed."""
    known = len(report.known_findings)
    hidden = f"{plural(known, 'finding')} in the baseline {_are(known)} not shown."
    return [*([hidden] if known else []), *fixed_words(report)]


def fixed_words(report: Report) -> list[str]:
    """Return a sentence about fixed findings of a baseline."""
    fixed, partly = (report.baseline.fixed, report.baseline.partly_fixed) if report.baseline else (0, 0)
    if not fixed and not partly:
        return []
    number = fixed or partly
    how = f"fixed{f' and {partly:,} in part' if partly else ''}" if fixed else "fixed in part"
    return [f"{plural(number, 'baseline finding')} {_are(number)} {how}; update with `tfcheck baseline --update`."]


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
