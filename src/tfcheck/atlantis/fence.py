"""Render the output of a step for Atlantis's comment.

Atlantis puts the output of all steps of a project into one fence of the language `diff`, in which lines that begin with
`-` are red and those with `!` orange, and folds more than 12 lines. A second fence would end the first one, and
Markdown is not rendered in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tfcheck.report.change_words import one_line_summary
from tfcheck.report.left_out_words import selection_sentence, waived_groups, waived_words
from tfcheck.report.origin import file_path
from tfcheck.report.safe_text import clip_visible
from tfcheck.report.words import baseline_words, headline, plural, standings
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Finding, Report, Severity, Verdict

#: More lines are folded even where a plan is empty.
MOST_LINES = 12
_MARKS = {Severity.ERROR: "- ", Severity.WARNING: "! ", Severity.INFO: "remark: "}


_LONGEST = 400
_PHRASE = regex(
    r"""Plan:|No\ changes\.|Note:\ Objects|Changes\ to\ Outputs:
    | [0-9]\ (?:test|passed|warning|failure|exception)
    | failures":\ \[""",
    re.VERBOSE,
)


def harmless(text: str) -> str:
    """Write a text on one line so that it neither ends a fence nor triggers anything in Atlantis.

    Atlantis searches the output of steps for phrases: it adds up plans, and counts the results of policy checks
    (`server/events/models/models.go`, `server/events/project_command_runner.go`). The author of a pull request chooses
    the names in its plan, which may contain any of them.
    """
    shown = clip_visible(text, _LONGEST).replace("`", "'")
    return _PHRASE.sub(lambda found: re.sub(r"[ :.]", "_", found[0]), shown)


def fence(reports: Sequence[Report], after: Sequence[str] = ()) -> str:
    """Write the reports of one project in at most a dozen lines, and `after` at the end."""
    findings = [(report, finding) for report in reports for finding in report.open_findings]
    findings.sort(key=lambda each: each[1].change == "existing")
    heads: list[str] = []
    for report in reports:
        heads.append(f"tfcheck: {headline([report], standings(report))[1]}")
        if change := one_line_summary(report):
            mark = "- " if any(each.change == "broken" for each in report.task_changes) else ""
            heads.append(f"{mark}{harmless(change)}")
    tail = list(_undecided_lines(reports))
    titles = list(dict.fromkeys(finding.fix.title for _, finding in findings if finding.fix))
    if titles:
        others = f", and {plural(len(titles) - 1, 'more change')}" if len(titles) > 1 else ""
        tail.append(f"fix: {harmless(titles[0])}{others}")
    tail += after
    rows = [_finding_line(report, finding) for report, finding in findings]
    room = max(MOST_LINES - len(heads) - len(tail), 1)
    if len(rows) > room:
        rows = [*rows[: room - 1], f"and {plural(len(rows) - room + 1, 'more finding')}"]
    return "".join(f"{each}\n" for each in (*heads, *rows, *tail))


def failure_text(message: str, hint: str, after: Sequence[str] = ()) -> str:
    """Return the text that nothing was checked."""
    lines = [f"! tfcheck: nothing was checked: {harmless(message)}"]
    if hint:
        lines.append(f"hint: {harmless(hint)}")
    return "".join(f"{each}\n" for each in (*lines, *after))


def _finding_line(report: Report, finding: Finding) -> str:
    place = finding.needed_at or finding.location
    path = file_path(report, place)
    where = f" ({harmless(path)}:{place.line})" if path and place else ""
    before = ", as before this change" if finding.change == "existing" else ""
    mark = _MARKS[finding.severity]
    return f"{mark}{harmless(f'{finding.task_definition}: {finding.message}')}{where}{before}"


def _undecided_lines(reports: Sequence[Report]) -> Iterator[str]:
    """Yield how much is undecided or not shown, and what could not be analysed."""
    yield from dict.fromkeys(words for report in reports for words in baseline_words(report))
    verdicts = [answer.verdict for report in reports for answer in report.counted_answers()]
    if waiting := verdicts.count(Verdict.UNKNOWN):
        yield f"not decided before apply: {waiting} of {plural(len(verdicts), 'permission')}"
    groups = waived_groups(reports)
    if groups:
        others = f", and {plural(len(groups) - 1, 'more waiver')}" if len(groups) > 1 else ""
        yield harmless(f"waived: {waived_words(groups[0])}{others}")
    yield from (harmless(words) for report in reports if (words := selection_sentence(report)))
    skipped = [each for report in reports for each in report.skipped]
    if skipped:
        others = f", and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
        yield f"! not analysed: {harmless(f'{skipped[0].address}: {skipped[0].reason}')}{others}"
