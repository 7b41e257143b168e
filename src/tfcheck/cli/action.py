"""Run the GitHub Action, from its inputs to its outputs.

`action.yml` passes its inputs as variables, `TFCHECK_` and their names, and never puts them into a script. Files,
outputs and the job summary are written first and the comment last, so that they do not depend on GitHub's answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Checked, Session
from tfcheck.cli import options, terminal
from tfcheck.cli import report as reporting
from tfcheck.cli.action_inputs import HINT, Inputs, exists, inputs, load_configuration, paths
from tfcheck.cli.report import baseline_filter, filter_reports
from tfcheck.config.settings import Choice
from tfcheck.report.words import plural
from tfcheck.vocabulary.errors import InputError, TfcheckError, UsageError
from tfcheck.vocabulary.finding import Report, Severity, all_unread


@click.command(short_help="Run as the GitHub Action, with its inputs as variables.")
@options.debug
def github(debug: bool) -> int:
    """Run as the GitHub Action: its inputs are variables such as TFCHECK_PLAN.

    The page on the GitHub Action lists them.
    """
    try:
        return _check_and_publish(inputs(os.environ, load_configuration(os.environ)), os.environ, debug=debug)
    except TfcheckError as error:
        terminal.print_error(error)
        _annotate([error])
        with suppress(UsageError):  # one error is enough, and it may be the same
            step_outputs({"exit-code": str(error.exit_status)}, os.environ)
        return error.exit_status


class _Found(msgspec.Struct, frozen=True):
    """The reports, the errors, and the targets of unreadable plans as far as they are known."""

    reports: tuple[Checked, ...]
    errors: tuple[InputError, ...]
    absent: tuple[str, ...] = ()


def _check_and_publish(wanted: Inputs, variables: Mapping[str, str], *, debug: bool) -> int:
    _refuse_overwriting(wanted)
    leave_out = baseline_filter(wanted.baseline)
    checked, saved = _check_plans(wanted), _read_reports(wanted)
    together, errors = (*checked.reports, *saved.reports), (*checked.errors, *saved.errors)
    missing = reporting.missing_reports(wanted.comment_options.expected, len(together) + len(errors))
    found = _Found(tuple(filter_reports(together, leave_out)), (*errors, *missing), checked.absent)
    for error in found.errors:
        terminal.print_error(error)
    reports = [each.report for each in found.reports]
    # Nothing in a plan may be read as a command to the runner.
    from secrets import token_hex

    from tfcheck.report.cause_text import Detail
    from tfcheck.report.text import text

    shown = "\n".join(text(each.report, Detail(directory=each.directory)) for each in found.reports)
    stop = token_hex(16)
    terminal.log(f"::stop-commands::{stop}\n{shown}\n::{stop}::\n")
    written = _files(wanted, found)
    status = max((wanted.failing.exit_status(reports), *(each.exit_status for each in found.errors)))
    step_outputs({**outputs(reports), **written, "exit-code": str(status)}, variables)
    if wanted.annotations:
        terminal.log(reporting.render("github", reports))
    _annotate(found.errors)
    return _publish(wanted, found, status, variables, debug=debug)


def _refuse_overwriting(wanted: Inputs) -> None:
    """Raise an error if a file would be written over one that is read, or over another one that is written."""
    named = {"plan": wanted.plans, "report": wanted.reports, "context": (*wanted.context, *wanted.set_context)}
    taken = {os.path.realpath(file): name for name, patterns in named.items() for file in paths(name, patterns).files}
    taken |= {os.path.realpath(wanted.baseline): "baseline"} if wanted.baseline else {}
    outputs = {"output-json": wanted.output_json, "sarif-file": wanted.sarif_file, "html-file": wanted.html_file}
    for name, file in ((name, os.path.realpath(file)) for name, file in outputs.items() if file):
        if other := taken.get(file):
            raise UsageError(f"the inputs `{name}` and `{other}` name the same file", hint="write to another file")
        taken[file] = name


def _check_plans(wanted: Inputs) -> _Found:
    """Check the plans.

    Raises:
        InputError: the context cannot be read, without which every answer could be another one.
    """
    plans, context = paths("plan", wanted.plans), paths("context", wanted.context)
    if context.errors:
        raise context.errors[0]
    options = RunOptions(
        workspace=wanted.workspace or None,
        account=wanted.account,
        choice=wanted.choice,
        fixes=True,
        excerpts=wanted.has_page,
    )
    together = Session(
        plans.files,
        (*context.files, *wanted.set_context),
        wanted.sources or None,
        options,
        outputs=(*wanted.reports, wanted.sarif_file, wanted.html_file, wanted.output_json),
        shared=True,
    )
    found = _read_all(plans.files, together.check, plans.errors)
    from tfcheck.report.markdown.page import distinguish_targets
    from tfcheck.report.origin import target

    unread = list(together.unread_reports())
    pairs = distinguish_targets([*unread, *(each.report for each in found.reports)])
    return msgspec.structs.replace(
        found, absent=tuple(target(renamed) for report, renamed in pairs if report in unread)
    )


def _read_reports(wanted: Inputs) -> _Found:
    """Read the reports of other jobs; with an expected number, the comment counts missing ones."""
    found = paths("report", wanted.reports)
    expected = wanted.comment_options.expected > 0
    files = [each for each in found.files if not expected or Path(each).exists()]
    return _read_all(
        files, lambda file: reporting.read_saved([file], Choice(wanted.choice.rules)), () if expected else found.errors
    )


def _read_all(files: Iterable[str], read: Callable[[str], Iterable[Checked]], errors: Iterable[InputError]) -> _Found:
    reports: list[Checked] = []
    problems = list(errors)
    for file in files:
        try:
            reports += read(file)
        except InputError as error:
            problems.append(error if exists(file) else InputError(error.message, hint=f"one file per line; {HINT}"))
    return _Found(tuple(reports), tuple(problems))


def _publish(wanted: Inputs, found: _Found, status: int, variables: Mapping[str, str], *, debug: bool) -> int:
    """Write the job summary and the comment, and return the exit status."""
    from tfcheck.cli.posting import REFUSED, post, summarize

    reports = [each.report for each in found.reports]
    lacking = len(reports) + len(found.errors) if found.errors else 0
    expected = max(wanted.comment_options.expected, lacking)
    comment_options = msgspec.structs.replace(wanted.comment_options, expected=expected, absent=found.absent)
    if wanted.summary:
        summarize(reports, comment_options, variables, debug=debug)
    if wanted.comment == "off" or not (reports or comment_options.expected):
        return status
    outcome = post(reports, comment_options, variables, debug=debug)
    if outcome is None:
        if wanted.comment == "required" and status == 0:
            step_outputs({"exit-code": str(REFUSED)}, variables)
            return REFUSED
        return status
    step_outputs({"comment-id": str(outcome.id or ""), "comment-url": outcome.url}, variables)
    return status


def _annotate(errors: Sequence[TfcheckError]) -> None:
    from tfcheck.report.annotations import Annotation, workflow_command

    for error in errors:
        hint = f"; {error.hint}" if error.hint else ""
        command = workflow_command(Annotation("error", "tfcheck", f"{error.message}{hint}"))
        terminal.log(f"{command}\n")


def _files(wanted: Inputs, found: _Found) -> dict[str, str]:
    """Write the requested files, and return their names.

    NOTE: no SARIF where a plan or report could not be read: code scanning would close the alerts that it lacks.
    """
    from tfcheck.report.json import document, encode

    reports = [each.report for each in found.reports]
    report = wanted.output_json or wanted.temporary_file("report.json")
    lines = [encode(document(each), indent=len(reports) == 1) for each in reports]
    _write("".join(lines), report)
    sarif = wanted.sarif_file if not (found.errors or all_unread(reports)) else ""
    if sarif:
        _write(reporting.render("sarif", reports), sarif)
    page = wanted.html_file or (wanted.temporary_file("tfcheck.html") if wanted.has_page else "")
    if page:
        _write(reporting.render("html", reports), page)
    files = {"report-json": report, "sarif-file": sarif, "html-file": page}
    return {name: file.replace("\\", "/") for name, file in files.items()}


def _write(text: str, file: str) -> None:
    """Write a file and create its directories."""
    from tfcheck.repository.writing import make_directories

    with suppress(OSError):  # writing the file reports it better
        make_directories(Path(file))
    terminal.publish(text, file, colour=False)


def outputs(reports: Sequence[Report]) -> dict[str, str]:
    """Return the numbers of findings of reports, and a summary in one line."""
    severities = [finding.severity for report in reports for finding in report.open_findings]
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    unknown = sum(len(report.undecided_answers()) + len(report.skipped) for report in reports)
    tasks = sum(len(report.task_definitions) for report in reports)
    counts = f"{plural(errors, 'error')}, {plural(warnings, 'warning')}, {unknown} unknown"
    if known := sum(len(report.known_findings) for report in reports):
        counts += f", {known} in the baseline"
    return {
        "findings": str(len(severities)),
        "errors": str(errors),
        "warnings": str(warnings),
        "unknown": str(unknown),
        "waived": str(sum(len(report.waived_findings) for report in reports)),
        "summary": f"{counts} in {plural(tasks, 'task definition')}",
    }


def step_outputs(values: Mapping[str, str], variables: Mapping[str, str]) -> None:
    """Write outputs for later steps, if this is a step; of two values with one name the later one counts.

    Follows https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter.

    Raises:
        UsageError: they cannot be written.
    """
    file = variables.get("GITHUB_OUTPUT")
    if not file:
        return
    from tfcheck.repository.writing import append

    try:
        append(Path(file), "".join(_output(name, value) for name, value in values.items()))
    except OSError as error:
        raise UsageError(f"GITHUB_OUTPUT cannot be written: {error.strerror}") from None


def _output(name: str, value: str) -> str:
    """Write one output; a random delimiter keeps values with line breaks from setting other outputs."""
    from secrets import token_hex

    if "\n" not in value and "\r" not in value:
        return f"{name}={value}\n"
    end = f"end-{token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"
