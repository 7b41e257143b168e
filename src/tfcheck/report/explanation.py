"""Explain a stopped reason on a terminal and as JSON, and what plans say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.report.cause_text import Detail, cause_lines
from tfcheck.report.causes import causes
from tfcheck.report.explained_rows import RelatedRows, concerned, row
from tfcheck.report.json import Json, document
from tfcheck.report.screen import Line, Span, Style, line, printed, wrapped
from tfcheck.report.words import VERDICT_STYLES, counted, reason_words
from tfcheck.stopped_reason import Cause, Explanation
from tfcheck.vocabulary.finding import Fix, Remedy, Report, Verdict


def explanation_text(explanation: Explanation, *, width: int = 100, colour: bool = False) -> str:
    """Write what a text means, regardless of the plan."""
    return printed(_meaning(explanation, width), colour=colour)


def _meaning(explanation: Explanation, width: int) -> Iterator[Line]:
    known, denial = explanation.known, explanation.denial
    yield line(Span("look at: ", Style.QUIET), Span(explanation.cause.value, Style.STRONG))
    yield ()
    unanswered = _is_unanswered(explanation)
    yield from wrapped("  ", meaning(explanation), width)
    yield ()
    yield from _fact("seen", known.where, width)
    if not unanswered:
        yield from _fact("action", denial.action if denial else " or ".join(known.actions), width)
    if denial:
        yield from _fact("resource", denial.resource or "", width)
        yield from _fact("role", denial.role or "", width)
        yield from _fact("because", denial.why or "", width)
    yield from _fact("more", ", ".join(f"`tfcheck rules {each}`" for each in known.rules), width)


def meaning(explanation: Explanation) -> str:
    """Return what a text means, in a sentence or two."""
    return _NETWORK if _is_unanswered(explanation) else explanation.known.meaning


def _is_unanswered(explanation: Explanation) -> bool:
    """Whether the network kept a call from an answer that would have been about something else."""
    return explanation.cause is Cause.NETWORK and explanation.known.cause is not Cause.NETWORK


_NETWORK = (
    "the call got no answer: the task does not reach the service. Look at NAT or VPC endpoints, security groups, "
    "proxies and name resolution; no permission was refused"
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


def _in_plan(found: RelatedRows, cause: Cause, report: Report, width: int, directory: str) -> Iterator[Line]:
    yield line(Span(f"in {report.plan.path}", Style.STRONG))
    yield ()
    yield from wrapped("  ", verdict(found, cause), width)
    if cause is Cause.NETWORK:
        return
    fixes: set[Fix | Remedy] = set()
    for each in causes(found.findings):
        yield ()
        yield from cause_lines(each, Detail(width, directory), fixes)
    told = {row(answer) for finding in found.findings for answer in finding.answers}
    left = [each for each in found.answers if each.verdict is not Verdict.ALLOWED and row(each) not in told]
    if left:
        yield ()
    for answer in left:
        need = answer.requirement
        yield from wrapped(
            Span(f"  {answer.verdict.value:<9}", VERDICT_STYLES[answer.verdict]),
            f"{need.task_definition}: {need.action} on {need.shown_resource}: {reason_words(answer.reason)}"
            f"{f': {answer.waits_for}' if answer.waits_for else ''}",
            width,
        )


def verdict(found: RelatedRows, cause: Cause) -> str:
    """Return what a plan says about a text, in a sentence."""
    calls = counted(len(found.answers), "call")
    if cause is Cause.NETWORK:
        return _behind_the_network(found, calls)
    if found.findings:
        return f"{counted(len(found.findings), 'finding')} about this"
    if not found.answers:
        return found.remark or _NOTHING.get(cause, "nothing in this plan is about this")
    denied = sum(each.verdict is Verdict.DENIED for each in found.answers)
    if denied:
        return f"{counted(denied, 'call')} of this kind {'is' if denied == 1 else 'are'} not allowed"
    if any(each.verdict is Verdict.UNKNOWN for each in found.answers):
        return "nothing that is missing, but something that the plan does not decide"
    return (
        f"everything of this kind is allowed ({calls}). If it is applied and the text still comes: is the thing there, "
        "does a service control policy or an endpoint's policy deny it, did the task start before the policy was "
        "attached?"
    )


_NOTHING = {
    Cause.MISTAKE: "this plan has no such misconfiguration; it does not show whether objects that it only names exist",
}


def _behind_the_network(found: RelatedRows, calls: str) -> str:
    """Explain what comes next once the call is answered, without listing it: the text is not about it."""
    if not found.answers:
        return "it is the network: no permission of this plan is about this"
    if all(each.verdict is Verdict.ALLOWED for each in found.answers):
        return f"everything of this kind is allowed ({calls}): it is the network"
    denied = sum(each.verdict is Verdict.DENIED for each in found.answers)
    return (
        f"this is a network problem: no permission was refused yet. Of {calls} of this kind {denied} will be "
        f"refused once they "
        f"are answered, and {sum(each.verdict is Verdict.UNKNOWN for each in found.answers)} may be: see "
        "`tfcheck PLAN`"
    )


#: What of a report is repeated, as far as the text is about it.
_SHARED = ("requirements", "findings", "fixes")


def explanation_json(explanation: Explanation, reports: Sequence[Report] = ()) -> Json:
    """Return what a text means and what plans say about it, as plain data."""
    denial, known = explanation.denial, explanation.known
    return {
        "look_at": explanation.cause.value,
        "meaning": meaning(explanation),
        "seen": known.where,
        "actions": [denial.action] if denial else list(known.actions),
        "resource": denial.resource if denial else None,
        "role": denial.role if denial else None,
        "because": (denial.why or None) if denial else None,
        "rules": list(known.rules),
        "plans": [_plan_json(explanation, each) for each in reports],
    }


def _plan_json(explanation: Explanation, report: Report) -> Json:
    """Return the rows, findings and fixes of a report that a text is about, each as in the JSON report."""
    found = concerned(explanation, report)
    told = [answer for finding in found.findings for answer in finding.answers]
    answers = (*found.answers, *(each for each in told if each not in found.answers))
    part = document(msgspec.structs.replace(report, answers=answers, findings=found.findings, baseline=None))
    summary = verdict(found, explanation.cause)
    return {"path": report.plan.path, "summary": summary, **{name: part[name] for name in _SHARED}}
