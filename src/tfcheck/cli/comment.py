"""The command `tfcheck comment`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from tfcheck.cli import options, terminal
from tfcheck.cli import report as reporting
from tfcheck.cli.configured import ConfiguredCommand, choice
from tfcheck.cli.report import baseline_filter
from tfcheck.config.settings import Choice
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.errors import InputError, UsageError
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report

if TYPE_CHECKING:
    from tfcheck.pull_request.report_comment import CommentOptions


class _CommentCommand(ConfiguredCommand):
    """The command, with the keys of [comment]."""

    section = "comment"


@click.command(cls=_CommentCommand, short_help="Comment on the pull request, one comment for all saved reports.")
@click.argument("files", metavar="REPORT...", nargs=-1, shell_complete=options.completing("files"))
@click.option(
    "--id",
    "name",
    metavar="TEXT",
    default="",
    help="Distinguishes several comments on one pull request. Default: the target.",
)
@options.when
@options.on_clean
@options.author
@click.option(
    "--pr-number",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="The number of the pull request. Default: the one in the event.",
)
@click.option(
    "--expect-reports",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    default=0,
    help="The number of reports to expect. The comment shows how many are missing; if any is, exit with status 3.",
)
@options.suggestions
@click.option("--required", is_flag=True, help="Exit with status 4 if the host refuses the comment.")
@options.fail_on("Exit with status 1 if there is a finding of this severity or higher.")
@options.new_only
@options.strict
@options.rules
@options.baseline
@click.option("--dry-run", is_flag=True, help="Print the comment, without contacting the host.")
@options.debug
def comment(
    files: tuple[str, ...],
    *,
    name: str,
    pr_number: int | None,
    expect_reports: int,
    required: bool,
    fail_on: str,
    new_only: bool,
    strict: bool,
    baseline: str | None,
    dry_run: bool,
    debug: bool,
    **others: Any,
) -> int:
    """Update the one comment on the pull request from saved reports.

    REPORT is what `tfcheck --format json` wrote. In GitHub Actions the job's environment names the pull request; the
    token is TFCHECK_GITHUB_TOKEN, GITHUB_TOKEN or GH_TOKEN. In a job of GitLab the comment is a note on the merge
    request, and the token TFCHECK_GITLAB_TOKEN or GITLAB_TOKEN; in Bitbucket Pipelines the token is
    TFCHECK_BITBUCKET_TOKEN or BITBUCKET_TOKEN. If the host refuses, the report becomes annotations and the summary of
    the job, and the exit status still depends only on the findings.

    \b
    Examples:
      tfcheck comment reports/*.json --expect-reports 4
      tfcheck comment --id orders --on-clean delete report.json
    """  # noqa: D301 (click's mark for lines that are not to be joined)
    from tfcheck.cli.posting import REFUSED, render_comment
    from tfcheck.pull_request.report_comment import CommentOptions

    if not files and not expect_reports:
        raise UsageError("there is no report to comment on", hint="pass the output of `tfcheck --format json`")
    leave_out = baseline_filter(baseline)
    reports, status = _read_reports(files, choice(), expect_reports)
    reports = leave_out(reports)
    expected = max(expect_reports, len(files) if status else 0)
    comment_options = CommentOptions(id=name, number=pr_number, expected=expected, **others)
    status = max(status, FailOptions(fail_on, strict, new_only).exit_status(reports))
    if dry_run:
        terminal.publish(render_comment(reports, comment_options, os.environ), None, colour=False)
        return status
    is_posted = _post(reports, comment_options, debug=debug)
    return status or (REFUSED if required and not is_posted else 0)


def _post(reports: list[Report], comment_options: CommentOptions, *, debug: bool) -> bool:
    """Post the comment, and return whether that was possible; otherwise the reports become annotations."""
    from tfcheck.cli.posting import post, summarize

    summarize(reports, comment_options, os.environ, debug=debug)
    if post(reports, comment_options, os.environ, debug=debug) is not None:
        return True
    if ci.in_actions(os.environ):
        terminal.log(reporting.render("github", reports))
    return False


def _read_reports(files: Iterable[str], chosen: Choice, expected: int) -> tuple[list[Report], int]:
    """Read the reports; an unreadable or missing one does not keep the others from being reported."""
    reports: list[Report] = []
    errors: list[InputError] = []
    for file in files:
        try:
            reports += [each.report for each in reporting.read_saved([file], chosen)]
        except InputError as error:
            errors.append(error)
    errors += reporting.missing_reports(expected, len(reports) + len(errors))
    for each in errors:
        terminal.print_error(each)
    return reports, max((error.exit_status for error in errors), default=0)
