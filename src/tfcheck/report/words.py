"""The sentences of reports about what was decided."""

from __future__ import annotations

import msgspec

from tfcheck.report.screen import Style
from tfcheck.stopped_reason.known import API
from tfcheck.vocabulary.finding import Answer, Reason, Report, Severity, Verdict

SEVERITY_STYLES = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING, Severity.INFO: Style.INFO}
VERDICT_STYLES = {Verdict.ALLOWED: Style.GOOD, Verdict.DENIED: Style.ERROR, Verdict.UNKNOWN: Style.UNKNOWN}

_REASONS = {
    Reason.IMPLICIT_DENY: "no statement allows it",
    Reason.EXPLICIT_DENY: "a statement denies it",
    Reason.GRANTED_TO_TASK_ROLE: "only the task role may do it, and ECS does not use that role here",
    Reason.GRANTED_TO_EXECUTION_ROLE: "only the execution role may do it, and ECS does not use that role here",
    Reason.PERMISSIONS_BOUNDARY: "the role's permissions boundary does not allow it",
    Reason.RESOURCE_POLICY: "the policy on the resource does not allow it",
    Reason.TRUST_POLICY: "the role's trust policy does not let ECS assume it",
    Reason.CONDITION: "it depends on a condition key that the plan does not show",
    Reason.UNKNOWN_VALUE: "a value decides that is known only after apply",
    Reason.ROLE_OUTSIDE_PLAN: "the role is not managed in this plan, and its policies elsewhere are not visible",
    Reason.POLICY_NOT_READABLE: "a policy cannot be read",
    Reason.NO_EXECUTION_ROLE: "the task definition has no execution role",
}


def reason_words(reason: Reason | None) -> str:
    """Report in a clause why a requirement is denied or unknown."""
    return "it is not decided" if reason is None else _REASONS[reason]


def symptom_words(symptom: str) -> str:
    """Say when ECS would show a text: what the API refuses, it refuses at apply."""
    from tfcheck.stopped_reason import explained  # takes longer to load than to use

    found = explained(symptom)
    return "at apply" if found is not None and found.known.where == API else "at run time"


def counted(number: int, noun: str) -> str:
    """Write `1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class TaskStatus(msgspec.Struct, frozen=True):
    """How one task definition stands: a mark, its style, and a clause."""

    mark: str
    style: Style
    words: str


def standings(report: Report) -> dict[str, TaskStatus]:
    """Explain how every task definition of the report stands, in the report's order."""
    answers: dict[str, list[Answer]] = {}
    for answer in report.answers:
        answers.setdefault(answer.requirement.task_definition, []).append(answer)
    findings: dict[str, list[Severity]] = {}
    for finding in report.findings:
        findings.setdefault(finding.task_definition, []).append(finding.severity)
    skipped = dict.fromkeys(each.address for each in report.skipped)
    return {
        address: _standing(answers.get(address, []), findings.get(address, []), address in skipped)
        for address in dict.fromkeys((*report.task_definitions, *answers, *findings, *skipped))
    }


def _standing(answers: list[Answer], findings: list[Severity], skipped: bool) -> TaskStatus:
    counting = [each for each in answers if not each.requirement.mistaken and not _is_spared(each)]
    denied = [each.requirement.severity for each in counting if each.verdict is Verdict.DENIED]
    unknown = sum(each.verdict is Verdict.UNKNOWN for each in counting)
    permissions = counted(len(counting), "permission")
    spared = sum(map(_is_spared, answers))
    missing = f"{len(denied)} of {permissions} missing" if denied else "see below"
    waiting = f"{unknown} of {permissions} not decided" if unknown else ""
    match min((*findings, *denied), key=lambda severity: severity.rank, default=None):
        case Severity.ERROR:
            return TaskStatus("✗", Style.ERROR, ", ".join(filter(None, (f"will not start: {missing}", waiting))))
        case Severity.WARNING:
            return TaskStatus("!", Style.WARNING, ", ".join(filter(None, (f"warning: {missing}", waiting))))
    if skipped:
        return TaskStatus("?", Style.UNKNOWN, "unknown: could not be analysed")
    if unknown:
        return TaskStatus("?", Style.UNKNOWN, f"unknown: {waiting}")
    if not answers:
        return TaskStatus("·", Style.QUIET, "needs no permission of its roles that is checked")
    rest = f", {spared} optional not granted" if spared else ""
    return TaskStatus("✓", Style.GOOD, f"nothing missing: {permissions} granted{rest}")


def _is_spared(answer: Answer) -> bool:
    """Whether something is denied that a start can do without."""
    return answer.verdict is Verdict.DENIED and answer.requirement.severity is Severity.INFO


def headline(standing: dict[str, TaskStatus]) -> tuple[Style, str]:
    """Return the verdict on the whole plan in one clause, and its style."""
    total = len(standing)
    styles = [each.style for each in standing.values()]
    if Style.ERROR in styles:
        return Style.ERROR, f"{_of(styles.count(Style.ERROR), total)} will not start"
    if not total:
        return Style.QUIET, "no ECS task definition in this plan"
    if Style.UNKNOWN in styles:
        return (
            Style.UNKNOWN,
            f"no definite problem, but {_of(styles.count(Style.UNKNOWN), total)} cannot be decided",
        )
    if Style.WARNING in styles:
        return Style.WARNING, f"no error, {_of(styles.count(Style.WARNING), total)} with a warning"
    return Style.GOOD, f"nothing is missing for {counted(total, 'ECS task definition')} to start"


def _of(number: int, total: int) -> str:
    return f"{number} of {counted(total, 'ECS task definition')}"
