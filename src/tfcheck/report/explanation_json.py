"""Render the explanation of a stopped reason as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tfcheck.report.concern import concerned
from tfcheck.report.explanation import meaning, verdict
from tfcheck.report.json import Json, document
from tfcheck.stopped_reason import Explanation
from tfcheck.vocabulary.finding import Report

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
        "plans": [_in_plan(explanation, each) for each in reports],
    }


def _in_plan(explanation: Explanation, report: Report) -> Json:
    """Return the rows, findings and fixes of a report that a text is about, each as in the JSON report."""
    found = concerned(explanation, report)
    told = [answer for finding in found.findings for answer in finding.answers]
    answers = (*found.answers, *(each for each in told if each not in found.answers))
    part = document(msgspec.structs.replace(report, answers=answers, findings=found.findings, baseline=None))
    summary = verdict(found, explanation.cause)
    return {"path": report.plan.path, "summary": summary, **{name: part[name] for name in _SHARED}}
