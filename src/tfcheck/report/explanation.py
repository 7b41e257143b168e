"""What does the explanation of a stopped reason look like on a terminal?"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.finding import Answer, Finding, Report, Verdict
from tfcheck.match import equal
from tfcheck.report.finding_text import finding_lines
from tfcheck.report.screen import Line, Span, Style, line, printed, wrapped
from tfcheck.report.words import VERDICT_STYLES, counted, reason_words
from tfcheck.stopped_reason import Cause, Explanation, Known, explained
from tfcheck.value import Truth


class Concerned(msgspec.Struct, frozen=True):
    """What a report says about the thing that a text is about."""

    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...]


def concerned(explanation: Explanation, report: Report) -> Concerned:
    """Pick the answers and findings of a report that a text may be about."""
    known, denial = explanation.known, explanation.denial
    actions = (denial.action,) if denial else known.actions
    of_rule = [each for each in report.answers if each.requirement.rule in known.rules]
    answers = [each for each in of_rule if not actions or each.requirement.action in actions]
    if denial and denial.resource:
        exact = [each for each in answers if equal(each.requirement.resource, denial.resource) is not Truth.FALSE]
        answers = exact or answers
    rules = {*known.rules, *(each.requirement.rule for each in answers)}
    findings = [each for each in report.findings if _is_about(each, known, rules, answers)]
    return Concerned(tuple(answers), tuple(findings))


def _is_about(finding: Finding, known: Known, rules: set[str], answers: list[Answer]) -> bool:
    if finding.answers:
        return finding.rule in rules and any(answer in answers for answer in finding.answers)
    if finding.rule in rules:
        return True
    said = explained(finding.symptom) if finding.symptom else None
    return said is not None and said.known == known


def explanation_text(explanation: Explanation, *, width: int = 100, colour: bool = False) -> str:
    """Write what a text means, whatever plan it is about."""
    return printed(_meaning(explanation, width), colour=colour)


def _meaning(explanation: Explanation, width: int) -> Iterator[Line]:
    known, denial = explanation.known, explanation.denial
    yield line(Span("look at: ", Style.QUIET), Span(explanation.cause.value, Style.STRONG))
    yield ()
    unanswered = explanation.cause is Cause.NETWORK and known.cause is not Cause.NETWORK
    yield from wrapped("  ", _NETWORK if unanswered else known.meaning, width)
    yield ()
    yield from _fact("seen", known.where, width)
    if not unanswered:
        yield from _fact("action", denial.action if denial else " or ".join(known.actions), width)
    if denial:
        yield from _fact("resource", denial.resource or "", width)
        yield from _fact("role", denial.role or "", width)
        yield from _fact("because", denial.why or "", width)
    yield from _fact("more", ", ".join(f"`tfcheck rules {each}`" for each in known.rules), width)


_NETWORK = (
    "the call got no answer: the task does not reach the service. Look at NAT or VPC endpoints, security groups and "
    "name resolution; no permission was refused"
)


def _fact(label: str, words: str, width: int) -> Iterator[Line]:
    if words:
        yield from wrapped(Span(f"  {label:<10}", Style.QUIET), words, width)


def in_plan(
    explanation: Explanation, report: Report, *, width: int = 100, colour: bool = False, directory: str = "."
) -> str:
    """Write what the plan says about it: what is missing, with the fix, else what is open, else that all is granted."""
    found = concerned(explanation, report)
    return printed(_in_plan(found, explanation.cause, report, width, directory), colour=colour)


def _in_plan(found: Concerned, cause: Cause, report: Report, width: int, directory: str) -> Iterator[Line]:
    yield line(Span(f"in {report.plan.path}", Style.STRONG))
    yield ()
    yield from wrapped("  ", _verdict(found, cause), width)
    for finding in found.findings:
        yield ()
        yield from finding_lines(finding, width, directory)
    unknown = [each for each in found.answers if each.verdict is Verdict.UNKNOWN]
    if unknown:
        yield ()
    for answer in unknown:
        need = answer.requirement
        yield from wrapped(
            Span("  unknown  ", VERDICT_STYLES[Verdict.UNKNOWN]),
            f"{need.task_definition}: {need.action} on {need.shown_resource}: {reason_words(answer.reason)}"
            f"{f': {answer.waits_for}' if answer.waits_for else ''}",
            width,
        )


def _verdict(found: Concerned, cause: Cause) -> str:
    if found.findings:
        return f"{counted(len(found.findings), 'finding')} about this"
    if not found.answers:
        return "nothing in this plan is about this"
    if any(each.verdict is Verdict.UNKNOWN for each in found.answers):
        return "nothing that is missing, but something that the plan does not decide"
    allowed = f"everything of this kind is allowed ({counted(len(found.answers), 'call')})"
    if cause is Cause.NETWORK:
        return f"{allowed}: it is the network"
    return (
        f"{allowed}. If it is applied and the text still comes: is the thing there, does a service control policy or "
        "an endpoint's policy deny it, did the task start before the policy was attached?"
    )
