"""Render a report as JUnit XML.

One suite for each report, one test for each permission. Follows the elements that Jenkins, GitLab and Azure DevOps
read (https://github.com/testmoapp/junitxml).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

import msgspec

from tfcheck.report.change_words import TASKS, access_changes
from tfcheck.report.left_out_words import configuration_words, reason_and_place, unselected_words, waiver_sentences
from tfcheck.report.origin import file_path, target
from tfcheck.report.safe_text import visible
from tfcheck.report.words import why_words
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Answer, Finding, Location, Report, Verdict, all_unread
from tfcheck.vocabulary.waiver import Waived


class TestCase(msgspec.Struct, frozen=True):
    """One test; `outcome` is the element for its result, empty if it passed."""

    task: str
    name: str
    outcome: str = ""
    message: str = ""
    rule: str = ""
    detail: tuple[str, ...] = ()
    file: str | None = None
    line: int = 0


def junit(reports: Sequence[Report], failing: FailOptions = FailOptions()) -> str:  # noqa: B008 (frozen)
    """Write reports as JUnit XML; what fails the run is a failure or an error, and so are errors with `never`."""
    if failing.fail_on == "never":
        failing = msgspec.structs.replace(failing, fail_on="error")
    seen: Counter[tuple[str, str, str]] = Counter()
    suites = [
        (report, [_distinguish(each, target(report), seen) for each in _cases(report, failing)]) for report in reports
    ]
    unread = [TestCase(each.path, "can be read", "error", each.problem, rule="unread") for each in all_unread(reports)]
    every = [*(case for _, cases in suites for case in cases), *unread]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites{_attributes(name='tfcheck', **_outcome_counts(every))}>",
    ]
    for report, cases in suites:
        lines.append(f"  <testsuite{_attributes(name=target(report), **_outcome_counts(cases))}>")
        lines += _properties(report)
        lines += [line for case in cases for line in _elements(case)]
        lines.append("  </testsuite>")
    for case in unread:
        lines.append(f"  <testsuite{_attributes(name=case.task, **_outcome_counts([case]))}>")
        lines += [*_elements(case), "  </testsuite>"]
    return "\n".join((*lines, "</testsuites>", ""))


def _distinguish(case: TestCase, suite: str, seen: Counter[tuple[str, str, str]]) -> TestCase:
    """Return a test with a number if one before it has the same names, of which GitLab reads only the first."""
    names = suite, case.task, case.name
    seen[names] += 1
    return case if seen[names] == 1 else msgspec.structs.replace(case, name=f"{case.name} ({seen[names]})")


def _properties(report: Report) -> Iterator[str]:
    """Write the changes as properties of the suite, which precede its tests."""
    changes = [
        (TASKS[kind], each.task_definition) for kind in TASKS for each in report.task_changes if each.change == kind
    ]
    changes += [(kind.words, each.plain) for kind in access_changes(report) for each in kind.lines]
    rows = [(f"this change {name}", value) for name, value in changes]
    rows += [("not reported", words)] if (words := unselected_words(report)) else []
    rows += [("configuration", words)] if (words := configuration_words(report.configuration)) else []
    rows += [("waiver", words) for words in waiver_sentences([report])]
    if rows:
        yield "    <properties>"
        yield from (f"      <property{_attributes(name=name, value=value)}/>" for name, value in rows)
        yield "    </properties>"


def _cases(report: Report, failing: FailOptions) -> Iterator[TestCase]:
    known = {answer.requirement.id: finding for finding in report.known_findings for answer in finding.answers}
    findings = {answer.requirement.id: finding for finding in report.findings for answer in finding.answers}
    for answer in report.answers:
        identity = answer.requirement.id
        case = _permission(report, answer, findings.get(identity) or known.get(identity), failing)
        yield _skip_in_baseline(case) if identity in known and identity not in findings else case
    for finding in report.findings:
        if not finding.answers:
            yield _rule(report, finding, failing)
    yield from (
        _skip_in_baseline(_rule(report, finding, failing)) for finding in report.known_findings if not finding.answers
    )
    for each in report.skipped:
        outcome = "error" if failing.strict else "skipped"
        yield TestCase(each.address, "can be analysed", outcome, each.reason, rule="skipped")


def _skip_in_baseline(case: TestCase) -> TestCase:
    return msgspec.structs.replace(case, outcome="skipped", message=f"in the baseline: {case.message}")


def _permission(report: Report, answer: Answer, finding: Finding | None, failing: FailOptions) -> TestCase:
    need = answer.requirement
    name = f"{need.action} on {need.shown_resource}{f' for {need.container}' if need.container else ''}"
    place = answer.needed_at or (finding.needed_at if finding else None)
    case = TestCase(need.task_definition, name, rule=need.rule, file=file_path(report, place), line=_line_number(place))
    if answer.verdict is Verdict.ALLOWED:
        return case
    is_red = failing.fails_on_unknown(answer) and need.rule not in report.rules_off
    if answer.verdict is Verdict.DENIED:
        is_red = finding is not None and failing.fails_on(finding.weight(answer), finding.change)
    if finding and finding.waived:
        return _skip_waived(case, finding, finding.waived)
    return msgspec.structs.replace(
        case,
        outcome="failure" if is_red else "skipped",
        message=f"{answer.verdict.value}: {why_words(answer)}",
        detail=_detail(finding) if finding else (),
    )


def _skip_waived(case: TestCase, finding: Finding, waived: Waived) -> TestCase:
    message = f"waived: {reason_and_place(waived)}"
    return msgspec.structs.replace(case, outcome="skipped", message=message, detail=_detail(finding))


def _rule(report: Report, finding: Finding, failing: FailOptions) -> TestCase:
    case = TestCase(
        finding.task_definition,
        f"rule {finding.rule} of {finding.address or finding.task_definition}",
        "failure" if failing.fails_on(finding.severity, finding.change) else "skipped",
        finding.message,
        finding.rule,
        _detail(finding),
        file_path(report, finding.needed_at or finding.location),
        _line_number(finding.needed_at or finding.location),
    )
    return _skip_waived(case, finding, finding.waived) if finding.waived else case


def _detail(finding: Finding) -> tuple[str, ...]:
    return tuple(filter(None, (finding.message, *finding.explanation, finding.symptom)))


def _line_number(place: Location | None) -> int:
    return place.line if place else 0


def _elements(case: TestCase) -> Iterator[str]:
    where = {"file": case.file, "line": str(case.line)} if case.file else {}
    opened = f"    <testcase{_attributes(classname=case.task, name=case.name, **where)}"
    if not case.outcome:
        yield f"{opened}/>"
        return
    kind = {} if case.outcome == "skipped" else {"type": case.rule}
    yield f"{opened}>"
    body = "\n".join(escape(visible(each), quote=False) for each in case.detail)
    yield f"      <{case.outcome}{_attributes(message=case.message, **kind)}>{body}</{case.outcome}>"
    yield "    </testcase>"


def _outcome_counts(cases: Iterable[TestCase]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
    }


def _attributes(**values: str | None) -> str:
    """Write attributes; characters that XML 1.0 forbids are escaped."""
    return "".join(f' {name}="{escape(visible(value or ""))}"' for name, value in values.items())
