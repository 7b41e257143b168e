"""Print the output of a custom policy check in conftest's format.

Follows https://www.runatlantis.io/docs/custom-policy-checks and what Atlantis looks for
(`server/events/project_command_runner.go`): the check has failed if its output begins with `FAIL` or counts failures. A
check that exits with another status than 0, or prints nothing, leaves no result to approve.

INVARIANT: a line that begins with `FAIL` is the same for every plan with that mistake, since approvals may be kept for
it: it contains no count, date or line number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tfcheck.atlantis.fence import harmless
from tfcheck.atlantis.step import StepOptions, attempt, check_plan
from tfcheck.atlantis.surroundings import project
from tfcheck.report.left_out_words import (
    configuration_words,
    unselected_rules,
    waived_groups,
    waived_words,
    waiver_sentences,
)
from tfcheck.report.words import reason_words
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report, Verdict


def checked_policy(variables: Mapping[str, str], options: StepOptions) -> str:
    """Check the plan of a project and write the result; a plan that cannot be checked fails."""
    return attempt(
        lambda: policy_lines(check_plan(project(variables), options), options.gate),
        lambda message, _: failure_result(message),
        debug=options.debug,
    )


def policy_lines(reports: Sequence[Report], gate: FailOptions) -> str:
    """Write the reports of one project: failures, warnings, and conftest's summary line."""
    fails: list[str] = []
    warns: list[str] = []

    def add(line: str, *, fails_check: bool = False) -> None:
        (fails if fails_check else warns).append(harmless(line))

    for report in reports:
        for finding in report.open_findings:
            line = f"{finding.rule} - {finding.task_definition} - {finding.message}"
            add(line, fails_check=gate.fails_on(finding.severity, finding.change))
        for answer in report.undecided_answers():
            need = answer.requirement
            what = f"{need.action} on {need.shown_resource} is not decided before apply: {reason_words(answer.reason)}"
            add(f"{need.rule} - {need.task_definition} - {what}", fails_check=gate.fails_on_unknown(answer))
        for each in report.skipped:
            add(f"tfcheck - {each.address} - not analysed: {each.reason}", fails_check=gate.strict)
        for words in _left_out(report):
            add(f"tfcheck - {words}")
    passed = sum(answer.verdict is Verdict.ALLOWED for report in reports for answer in report.answers)
    return _conftest_lines(dict.fromkeys(fails), dict.fromkeys(warns), passed)


def failure_result(message: str) -> str:
    """Return the result of a check that could not run, which fails."""
    return _conftest_lines([f"tfcheck - nothing was checked: {harmless(message)}"], [], 0)


def _left_out(report: Report) -> Iterator[str]:
    """Yield what does not count, without numbers that Atlantis would parse."""
    if report.unselected:
        yield f"findings of rules that are not selected: {unselected_rules(report)}"
    yield from (f"waived: {waived_words(each)}" for each in waived_groups([report]))
    yield from waiver_sentences([report])
    if words := configuration_words(report.configuration):
        yield words


def _conftest_lines(fails: Iterable[str], warns: Iterable[str], passed: int) -> str:
    fails, warns = list(fails), list(warns)
    lines = [*(f"FAIL - {each}" for each in fails), *(f"WARN - {each}" for each in warns)]
    total = passed + len(lines)
    counts = [f"{total} test{'' if total == 1 else 's'}", f"{passed} passed"]
    for number, name in ((len(warns), "warning"), (len(fails), "failure")):
        counts.append(f"{number} {name}{'' if number == 1 else 's'}")
    return "".join(f"{line}\n" for line in (*lines, ", ".join((*counts, "0 exceptions"))))
