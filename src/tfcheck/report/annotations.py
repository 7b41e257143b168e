"""Render a report as GitHub Actions annotations.

Follows https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. GitHub shows ten errors,
ten warnings and ten notices of one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.report.change_words import one_line_summary
from tfcheck.report.instance_names import skipped_blocks
from tfcheck.report.left_out_words import selection_sentence, waived_groups, waived_words, waiver_sentences
from tfcheck.report.origin import file_path, target
from tfcheck.report.safe_text import clip_width, visible
from tfcheck.report.words import instances, plural, why_words
from tfcheck.vocabulary.finding import Finding, Report, Severity, all_unread
from tfcheck.vocabulary.grouping import group_by_key

MOST = 10
#: The maximum number of the ten notices that are about changes.
_CHANGES = 5

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_LONGEST = 1000


class Annotation(msgspec.Struct, frozen=True):
    """One workflow command; without a `file` it is shown with the run."""

    command: str
    title: str
    message: str
    file: str | None = None
    line: int = 0


def workflow_commands(reports: Sequence[Report]) -> str:
    """Write reports as workflow commands: changes, then errors, and so on, up to GitHub's limit."""
    several = len(reports) > 1
    changes = [
        Annotation("notice", "tfcheck", words + _target_remark(report, several))
        for report in reports
        if (words := one_line_summary(report))
    ]
    changes = list(dict.fromkeys(changes))[:_CHANGES]
    unread = (Annotation("error", "tfcheck", f"not checked: {each.problem}") for each in all_unread(reports))
    found = list(dict.fromkeys([*unread, *(each for report in reports for each in _annotations_of(report, several))]))
    lines = [workflow_command(each) for each in changes]
    for command in _COMMANDS.values():
        most = MOST - len(changes) if command == "notice" else MOST
        lines += _limit([each for each in found if each.command == command], command, most)
    return "".join(f"{line}\n" for line in lines)


def _limit(found: list[Annotation], command: str, most: int) -> Iterator[str]:
    """Replace the last annotation by the number of those not shown."""
    shown = found if len(found) <= most else found[: most - 1]
    yield from map(workflow_command, shown)
    if len(shown) < len(found):
        more = f"and {plural(len(found) - len(shown), command)} more, see the job summary"
        yield workflow_command(Annotation(command, "tfcheck", more))


def _target_remark(report: Report, several: bool) -> str:
    return f" (in {target(report)})" if several else ""


def _annotations_of(report: Report, several: bool) -> Iterator[Annotation]:
    """Yield all annotations of one report; with `several` each names its target."""
    remark = _target_remark(report, several)
    for finding in report.open_findings:
        yield _finding(report, finding, remark)
    for group in waived_groups([report]):
        yield Annotation("notice", f"tfcheck {group.rule}", f"waived: {waived_words(group)}{remark}")
    for words in waiver_sentences([report]):
        yield Annotation("notice", "tfcheck", f"{words}{remark}")
    for each, number in skipped_blocks(report.skipped):
        who = f"{each.address}{instances(number)}"
        yield Annotation("warning", "tfcheck", f"{who} could not be analysed: {each.reason}{remark}")
    yield from _unknown(report, remark)
    if words := selection_sentence(report):
        yield Annotation("notice", "tfcheck", f"{words}{remark}")


def _finding(report: Report, finding: Finding, remark: str) -> Annotation:
    """Return an annotation on what needs the permission; the place of the policy is in the message."""
    needed, belongs = file_path(report, finding.needed_at), file_path(report, finding.location)
    fix_at = f"fix at {belongs}:{finding.location.line}" if belongs and finding.location else ""
    needs = f"needed by {finding.task_definition}"
    sentences = [finding.message + remark, *finding.explanation, needs, fix_at]
    place = finding.needed_at if needed else finding.location
    return Annotation(
        _COMMANDS[finding.severity],
        f"tfcheck {finding.rule}",
        "\n".join(filter(None, sentences)),
        needed or belongs,
        place.line if place else 0,
    )


def _unknown(report: Report, remark: str) -> Iterator[Annotation]:
    """Yield one annotation for everything undecided with the same cause."""
    groups = group_by_key(((answer.reason, answer.waits_for), answer) for answer in report.undecided_answers())
    for members in groups.values():
        need, place = members[0].requirement, members[0].needed_at
        what = f"{need.action} on {need.shown_resource} for {need.task_definition}"
        more = f" and {plural(len(members) - 1, 'permission')} more" if len(members) > 1 else ""
        words = f"not decided: {what}{more}: {why_words(members[0])}{remark}"
        file = file_path(report, place)
        yield Annotation("notice", f"tfcheck {need.rule}", words, file, place.line if place else 0)


def workflow_command(each: Annotation) -> str:
    """Write one workflow command."""
    properties = {"title": each.title}
    if each.file:
        properties = {"file": each.file, "line": str(each.line), "endLine": str(each.line), **properties}
    escaped = {name: _data(value).replace(":", "%3A").replace(",", "%2C") for name, value in properties.items()}
    listed = ",".join(f"{name}={value}" for name, value in escaped.items())
    return f"::{each.command} {listed}::{'%0A'.join(map(_data, clip_width(each.message, _LONGEST).split(chr(10))))}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25")
