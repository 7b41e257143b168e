"""Render a report as GitLab's Code Quality JSON, which a merge request shows beside the lines.

Follows https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: an array with one object for each
missing permission, rule that is broken, and undecided permission.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Sequence

from tfcheck.report.json import Json, encode
from tfcheck.report.left_out_words import reason_and_place, unselected_words
from tfcheck.report.origin import file_path, plan_path, target
from tfcheck.report.safe_text import clip_visible, visible
from tfcheck.report.words import reason_words, role_words
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.finding import Answer, Finding, Location, Report, Severity

#: GitLab's scale is info, minor, major, critical, blocker.
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}
_LONGEST = 1000


def code_quality(reports: Sequence[Report]) -> str:
    """Write reports as one Code Quality report, without duplicates."""
    found = {row["fingerprint"]: row for report in reports for row in rows(report)}
    return encode(list(found.values()))


def rows(report: Report) -> Iterator[Json]:
    """Yield the findings of a report with their places; the plan is the place of those without one."""
    for finding in report.findings:
        for answer in finding.answers or (None,):
            yield _finding(report, finding, answer)
    for answer in report.undecided_answers():
        words, identity = _need_words(answer, "may or may not be allowed"), fingerprint.answer_fingerprint(answer)
        yield _row(report, answer.requirement.rule, Severity.INFO, words, identity, answer.needed_at)
    for skipped in report.skipped:
        words = f"{skipped.address} could not be analysed: {skipped.reason}"
        yield _row(report, "skipped", Severity.WARNING, words, skipped.address)
    for unread in report.unread:
        yield _row(report, "unread", Severity.ERROR, f"not checked: {unread.problem}", unread.path)
    if words := unselected_words(report):
        yield _row(report, "configuration", Severity.INFO, f"not reported: {words}", "configuration")


def _finding(report: Report, finding: Finding, answer: Answer | None) -> Json:
    """Return one finding; a waived one has the lowest severity and begins with the reason."""
    words, severity, identity = finding.message, finding.severity, fingerprint.finding_fingerprint(finding)
    if answer is not None:
        severity = finding.weight(answer) if len(finding.answers) > 1 else severity
        words, identity = _need_words(answer, "is not allowed"), fingerprint.answer_fingerprint(answer)
    place = (answer.needed_at if answer else None) or finding.needed_at or finding.location
    if finding.waived is not None:
        words, severity = f"waived: {reason_and_place(finding.waived)}: {words}", Severity.INFO
    return _row(report, finding.rule, severity, words, identity, place)


def _need_words(answer: Answer, verb: str) -> str:
    need = answer.requirement
    role = f"{role_words(answer)} of {need.task_definition}"
    return f"{role} {verb} {need.action} on {need.shown_resource}: {reason_words(answer.reason)}"


def _row(
    report: Report, rule: str, severity: Severity, words: str, identity: str, place: Location | None = None
) -> Json:
    path = file_path(report, place)
    # NOTE: the directory, since a renamed file has the same problems; targets share it if they share it.
    whole = (rule, target(report) if path is None else posixpath.dirname(path), identity)
    return {
        "description": clip_visible(words, _LONGEST),
        "check_name": visible(rule),
        "fingerprint": hashlib.sha256("\0".join(whole).encode("utf-8", "backslashreplace")).hexdigest()[:32],
        "severity": _SEVERITIES[severity],
        "location": {
            "path": visible(path or plan_path(report)),
            "lines": {"begin": place.line if place and path else 1},
        },
    }
