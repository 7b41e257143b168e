"""Check a plan, print a short result for the comment, and store the report for the hook."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from tfcheck import __version__
from tfcheck.analysis.baseline import compare, read_baseline
from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Session
from tfcheck.atlantis.fence import failure_text, fence, harmless
from tfcheck.atlantis.store import ResultStore, root
from tfcheck.atlantis.surroundings import Project, project, pull
from tfcheck.config.settings import Choice
from tfcheck.report.json import json
from tfcheck.vocabulary.errors import InputError, TfcheckError
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import PlanInfo, Report, Skipped

_T = TypeVar("_T")
_STOPPED = 1
_SHOW_BUG = "run it with --debug to see where"


class StepOptions(msgspec.Struct, frozen=True):
    """The options of the check in a step, and what makes the step fail.

    `context` are files with the state or a plan of other stacks, `account` is that of the plan. `choice` returns the
    selection of findings, or raises the error in the configuration; findings in the file `baseline` are left out.
    `debug` raises bugs.
    """

    gate: FailOptions
    context: tuple[str, ...] = ()
    account: str | None = None
    baseline: str | None = None
    choice: Callable[[], Choice] = Choice
    debug: bool = False


class StepOutput(msgspec.Struct, frozen=True):
    """What the step prints, and its exit status."""

    text: str
    status: int


def attempt(step: Callable[[], _T], otherwise: Callable[[str, str], _T], *, debug: bool = False) -> _T:
    """Run a step; on an error, call `otherwise` with message and hint, so that tfcheck's own faults fail no plan."""
    try:
        return step()
    except TfcheckError as error:
        return otherwise(error.message, error.hint)
    except Exception as error:
        if debug:
            raise
        # Its message may quote the plan.
        return otherwise(f"this is a bug in tfcheck {__version__}: {type(error).__name__}", _SHOW_BUG)


def before_plan(variables: Mapping[str, str], *, debug: bool) -> StepOutput:
    """Record that a project is about to be planned; prints only errors, and the exit status is always 0."""

    def note() -> StepOutput:
        ResultStore(root(variables), pull(variables)).announce(project(variables))
        return StepOutput("", 0)

    def fail(message: str, _: str) -> StepOutput:
        return StepOutput(f"! tfcheck cannot record that this project is planned: {harmless(message)}\n", 0)

    return attempt(note, fail, debug=debug)


def after_plan(variables: Mapping[str, str], options: StepOptions) -> StepOutput:
    """Check the plan of a project and store the result; only the gate makes the exit status non-zero.

    Errors are reported in the text and in the result.
    """
    about = project(variables)
    return attempt(
        lambda: _check_output(variables, about, options.gate, check_plan(about, options)),
        lambda message, hint: _failure_output(variables, about, options.gate, message, hint),
        debug=options.debug,
    )


def _check_output(variables: Mapping[str, str], about: Project, gate: FailOptions, reports: list[Report]) -> StepOutput:
    stopped = gate.fail(reports)
    after = _store_reports(variables, about, reports, stopped=stopped)
    if stopped:
        after.append(f"tfcheck stops this plan ({gate}): fix it and push, or ask whoever runs Atlantis to relax that")
    return StepOutput(fence(reports, after), _STOPPED if stopped else 0)


def check_plan(about: Project, options: StepOptions) -> list[Report]:
    """Check the plan that the step `show` has written, with the other stacks.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    choice = options.choice()
    known = read_baseline(options.baseline) if options.baseline else None
    if problem := _showfile_problem(about):
        raise InputError(
            f"there is no JSON plan, {problem}",
            hint="the step show must come after plan; for remote operations (HCP Terraform) Atlantis writes none",
        )
    plan = os.path.relpath(about.showfile)  # as a local path, it would be shown to everybody
    run = RunOptions(workspace=about.workspace, account=options.account, choice=choice, fixes=True)
    try:
        together = Session((plan,), options.context, None, run, outputs=(about.planfile,), shared=True)
    except InputError as error:  # of the context, whose files the server's administrator has named
        message = error.message
        for each in options.context:
            message = message.replace(each, Path(each).name)
        raise InputError(message, hint=error.hint) from None
    reports = [each.report for each in together.check(plan)]
    return reports if known is None else compare(reports, known)


def _showfile_problem(about: Project) -> str:
    """Return why SHOWFILE is not the JSON of this plan; empty if it is.

    NOTE: it may be left from an earlier plan, or a file of the repository.
    """
    if not about.showfile:
        return "SHOWFILE is not set"
    try:
        written = os.stat(about.showfile).st_mtime_ns
    except OSError:
        return "SHOWFILE leads to no file"
    with suppress(OSError):
        return "SHOWFILE is older than PLANFILE" if written < os.stat(about.planfile).st_mtime_ns else ""
    return ""


def _failure_output(
    variables: Mapping[str, str], about: Project, gate: FailOptions, message: str, hint: str
) -> StepOutput:
    nothing = Report(
        plan=PlanInfo(Path(about.showfile).name or "plan", None, None, None, complete=False),
        task_definitions=(),
        answers=(),
        findings=(),
        skipped=(Skipped(about.target, message),),
    )
    after = _store_reports(variables, about, [nothing], stopped=gate.can_fail)
    if gate.can_fail:
        after.append(f"tfcheck stops this plan: what was not checked does not pass {gate}")
    return StepOutput(failure_text(message, hint, after), _STOPPED if gate.can_fail else 0)


def _store_reports(variables: Mapping[str, str], about: Project, reports: list[Report], *, stopped: bool) -> list[str]:
    """Store the reports for the hook; an error becomes a line for the comment."""

    def keep() -> list[str]:
        found = pull(variables)
        origin: dict[str, str | int] = {
            "target": about.target,
            "directory": about.tracked_directory,  # shows later whether the project still exists
            "repository": found.repository,
            "pull_request": found.number,
            "head_sha": found.commit,
            **({"stopped": 1} if stopped else {}),
        }
        placed = (msgspec.structs.replace(each, context=origin) for each in reports)
        text = "".join(json(each, indent=len(reports) == 1) for each in placed)
        ResultStore(root(variables), found).save(about, text)
        return []

    return attempt(keep, lambda message, _: [f"! this will not appear in a comment: {harmless(message)}"])
