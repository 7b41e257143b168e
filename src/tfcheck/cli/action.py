"""Run the GitHub Action, from its inputs to its outputs.

`action.yml` hands its inputs over as variables, `TFCHECK_` and their names; nothing of them is ever part of a script.
Files, outputs and the summary are written first and the comment last, so that nothing waits for GitHub.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from tfcheck.analysis.session import Checked, Session, fails
from tfcheck.cli import options, terminal
from tfcheck.cli import report as reporting
from tfcheck.cli.action_inputs import Inputs, inputs, paths
from tfcheck.cli.action_outputs import outputs, step_outputs
from tfcheck.vocabulary.errors import InputError, TfcheckError
from tfcheck.vocabulary.finding import Report

_FINDINGS = 1


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="Run as the GitHub Action, with its inputs as variables.",
)
@options.debug
def github(debug: bool) -> int:
    """Do what action.yml asks for: its inputs are variables, TFCHECK_PLAN and so on.

    The page on the GitHub Action lists them.
    """
    try:
        status = _run(inputs(os.environ), os.environ, debug=debug)
    except TfcheckError as error:
        terminal.complain(error)
        _annotate([error])
        status = error.exit_status
    step_outputs({"exit-code": str(status)}, os.environ)
    return status


class _Found(msgspec.Struct, frozen=True):
    """The reports, and what could not be read."""

    reports: tuple[Checked, ...]
    errors: tuple[InputError, ...]


def _run(wanted: Inputs, variables: Mapping[str, str], *, debug: bool) -> int:
    found = _found(wanted)
    reports = [each.report for each in found.reports]
    _log(found.reports)
    written = _files(wanted, reports)
    status = _status(wanted, found)
    step_outputs({**outputs(reports), **written, "exit-code": str(status)}, variables)
    if wanted.annotations:
        terminal.publish(reporting.written("github", reports), None, colour=False)
    _annotate(found.errors)
    return _told(wanted, found, status, variables, debug=debug)


def _found(wanted: Inputs) -> _Found:
    reports: list[Checked] = []
    errors: list[InputError] = []
    plans = list(paths("plan", wanted.plans))
    context = tuple(paths("context", wanted.context))
    outputs = (*wanted.reports, wanted.sarif_file, wanted.output_json)
    together = Session(
        plans,
        context,
        wanted.sources or None,
        wanted.workspace or None,
        account=wanted.account,
        outputs=outputs,
        shared=True,
    )
    for plan in plans:
        try:
            reports += together.checked(plan)
        except InputError as error:
            errors.append(error)
    for file in paths("report", wanted.reports, may_lack=wanted.wishes.expected > 0):
        try:
            reports += reporting.saved([file])
        except InputError as error:
            errors.append(error)
    for each in errors:
        terminal.complain(each)
    return _Found(tuple(reports), tuple(errors))


def _status(wanted: Inputs, found: _Found) -> int:
    reports = [each.report for each in found.reports]
    failing = fails(reports, wanted.fail_on, strict=wanted.strict, new_only=wanted.new_only)
    return max((_FINDINGS if failing else 0, *(each.exit_status for each in found.errors)))


def _told(wanted: Inputs, found: _Found, status: int, variables: Mapping[str, str], *, debug: bool) -> int:
    """Write the summary of the job and the comment; give the exit status."""
    from tfcheck.cli.posting import REFUSED, post, summarize

    reports = [each.report for each in found.reports]
    lacking = len(reports) + len(found.errors) if found.errors else 0
    wishes = msgspec.structs.replace(wanted.wishes, expected=max(wanted.wishes.expected, lacking))
    if wanted.summary:
        summarize(reports, wishes, variables, debug=debug)
    if wanted.comment == "off" or not (reports or wishes.expected):
        return status
    outcome = post(reports, wishes, variables, debug=debug).outcome
    if outcome is None:
        return REFUSED if wanted.comment == "required" and status == 0 else status
    step_outputs({"comment-id": str(outcome.id or ""), "comment-url": outcome.url}, variables)
    return status


def _log(reports: Sequence[Checked]) -> None:
    """Print the reports for people; what stands in a plan must not be taken for a command to the runner."""
    from secrets import token_hex

    from tfcheck.report.text import text

    shown = "\n".join(text(each.report, width=100, directory=each.directory) for each in reports)
    stop = token_hex(16)
    terminal.publish(f"::stop-commands::{stop}\n{shown}\n::{stop}::\n", None, colour=False)


def _annotate(errors: Sequence[TfcheckError]) -> None:
    from tfcheck.report.annotations import Annotation, written

    for error in errors:
        hint = f"; {error.hint}" if error.hint else ""
        told = written(Annotation("error", "tfcheck", f"{error.message}{hint}"))
        terminal.publish(f"{told}\n", None, colour=False)


def _files(wanted: Inputs, reports: Sequence[Report]) -> dict[str, str]:
    """Write the files that are wanted, and name them."""
    from tfcheck.report.json import document, written

    report = wanted.output_json or wanted.unnamed("report.json")
    lines = [written(document(each), indent=len(reports) == 1) for each in reports]
    _write("".join(lines), report)
    if wanted.sarif_file:
        _write(reporting.written("sarif", reports), wanted.sarif_file)
    return {"report-json": report.replace("\\", "/"), "sarif-file": wanted.sarif_file.replace("\\", "/")}


def _write(text: str, file: str) -> None:
    """Write a file, and the directories that it wants."""
    from tfcheck.repository.writing import make_directories

    with suppress(OSError):  # writing the file says it better
        make_directories(Path(file))
    terminal.publish(text, file, colour=False)
