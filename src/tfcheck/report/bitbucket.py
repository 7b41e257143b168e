"""Render a report as a Bitbucket Cloud Code Insights report with annotations.

Follows https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/: `report` is the body of the request
that creates the report, `annotations` are lists of at most a hundred, each the body of a request, a thousand in all.
"""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.report.gitlab import rows
from tfcheck.report.json import Json, encode
from tfcheck.report.left_out_words import excused_words
from tfcheck.report.safe_text import clip_width
from tfcheck.report.words import plural
from tfcheck.vocabulary.finding import Report, Severity

_SEVERITIES = {"critical": "HIGH", "minor": "MEDIUM", "info": "LOW"}
_MOST = 1000
_AT_ONCE = 100
_LONGEST = 450


def code_insights(reports: Sequence[Report], *, failed: bool) -> str:
    """Write reports as one Code Insights report, which `failed` if the run does."""
    found = list({row["fingerprint"]: row for report in reports for row in rows(report)}.values())
    severities = [finding.severity for report in reports for finding in report.open_findings]
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    tasks = sum(len(report.task_definitions) for report in reports)
    counts = f"{plural(errors, 'error')}, {plural(warnings, 'warning')} in {plural(tasks, 'ECS task definition')}"
    excused = excused_words(reports)
    counts += f"; {excused}" if excused else ""
    known = sum(len(report.known_findings) for report in reports)
    if known:
        counts += f"; {plural(known, 'finding')} in the baseline"
    report: Json = {
        "title": "tfcheck",
        "report_type": "SECURITY",
        "reporter": "tfcheck",
        "result": "FAILED" if failed else "PASSED",
        "details": f"Whether every ECS task of the plan can start: {counts}.",
        "data": [
            {"title": "Errors", "type": "NUMBER", "value": errors},
            {"title": "Warnings", "type": "NUMBER", "value": warnings},
            {"title": "Task definitions", "type": "NUMBER", "value": tasks},
        ],
    }
    annotations = [
        {
            "external_id": row["fingerprint"],
            "annotation_type": "VULNERABILITY",
            "severity": _SEVERITIES[row["severity"]],
            "summary": clip_width(row["description"], _LONGEST),
            "path": row["location"]["path"],
            "line": row["location"]["lines"]["begin"],
        }
        for row in found[:_MOST]
    ]
    batches = [annotations[start : start + _AT_ONCE] for start in range(0, len(annotations), _AT_ONCE)]
    return encode({"report": report, "annotations": batches})
