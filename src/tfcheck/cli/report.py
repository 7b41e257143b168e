"""Write reports in any format, read saved ones, and filter out the findings of a baseline."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tfcheck.analysis.session import Checked
from tfcheck.config import keys
from tfcheck.config.settings import Choice
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.errors import InputError, file_problem, refuse_content
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report

if TYPE_CHECKING:
    from tfcheck.report.origin import Links

#: The formats that write one document for several reports; `text` and `json` write one report after the other.
FORMATS = tuple(each for each in keys.FORMATS if each not in ("text", "json"))


def read_saved(files: Iterable[str], choice: Choice | None) -> Iterator[Checked]:
    """Read reports written by `--format json`; `-` is standard input. `choice` selects findings.

    Raises:
        InputError: a file does not exist, or is not a report.
        UsageError: the content of a file is in place of its path.
    """
    from tfcheck.report.reading import read_reports

    for file in files:
        refuse_content(file, "an argument")
        for report in read_reports(_content(file), file):
            if choice and choice.is_reported:
                from tfcheck.analysis.rule_selection import select  # loads all rules

                report = select(report, choice)
            yield Checked(report, report.plan.directory or ".")


def missing_reports(expected: int, found: int) -> tuple[InputError, ...]:
    """Return the error that fewer reports are there than expected, if so."""
    if found >= expected:
        return ()
    from tfcheck.report.words import plural

    hint = "a job failed, or did not send its report"
    return (InputError(f"{expected - found:,} of {plural(expected, 'expected report')} missing", hint=hint),)


def _content(file: str) -> bytes:
    from tfcheck.report.reading import LARGEST

    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"`{file}` cannot be read: {file_problem(error)}") from None


def render(form: str, reports: Sequence[Report], failing: FailOptions = FailOptions()) -> str:  # noqa: B008 (frozen)
    """Write reports in one of `FORMATS`, some of which show what fails the run; only the needed code is imported."""
    match form:
        case "sarif":
            from tfcheck.analysis.rulebook import manuals
            from tfcheck.report.sarif import sarif

            return sarif(reports, manuals())
        case "junit":
            from tfcheck.report.junit import junit

            return junit(reports, failing)
        case "github":
            from tfcheck.report.annotations import workflow_commands

            return workflow_commands(reports)
        case "gitlab":
            from tfcheck.report.gitlab import code_quality

            return code_quality(reports)
        case "bitbucket":
            from tfcheck.report.bitbucket import code_insights

            return code_insights(reports, failed=failing.fail(reports) or any(report.unread for report in reports))
        case _:
            from tfcheck.analysis.rulebook import manuals
            from tfcheck.report.html import html
            from tfcheck.report.markdown import markdown, summary
            from tfcheck.report.markdown.page import Page

            write = {"summary": summary, "html": html}.get(form, markdown)
            return write(reports, Page(links=_links(os.environ), manuals=manuals()))


def _links(variables: Mapping[str, str]) -> Links | None:
    """Return links to the job's repository, never to one named in a report."""
    from tfcheck.report.origin import Links

    if not ci.in_actions(variables):
        return None
    server, sha = variables.get("GITHUB_SERVER_URL", "https://github.com"), ci.event(variables).sha
    return Links(server, ci.repository(variables), sha, ci.run_id(variables))


LeavingOut: TypeAlias = Callable[[Sequence[Report]], list[Report]]


def baseline_filter(file: str | None) -> LeavingOut:
    """Read a baseline, if given, and return the filter that leaves out what it lists.

    Raises:
        InputError: it cannot be read, or is not a baseline.
    """
    if not file:
        return list
    from tfcheck.analysis.baseline import compare, read_baseline

    known = read_baseline(file)
    return lambda reports: compare(reports, known)


def filter_reports(found: Sequence[Checked], leave_out: LeavingOut) -> list[Checked]:
    """Return checked reports without the findings of a baseline."""
    reports = leave_out([each.report for each in found])
    return [msgspec.structs.replace(each, report=report) for each, report in zip(found, reports, strict=True)]
