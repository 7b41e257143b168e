"""Check a plan, print what fits into a comment, and store the report for the hook."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from tfcheck import __version__
from tfcheck.analysis.baseline import compared
from tfcheck.analysis.baseline_file import read
from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Session, fails
from tfcheck.atlantis.fence import failed, fenced, harmless
from tfcheck.atlantis.store import ResultStore, root
from tfcheck.atlantis.surroundings import PlannedPull, Project, project, pull
from tfcheck.config.settings import NO_CHOICE, Choice
from tfcheck.report.json import json
from tfcheck.vocabulary.errors import InputError, TfcheckError
from tfcheck.vocabulary.finding import PlanInfo, Report, Skipped

_STOPPED = 1


class Gate(msgspec.Struct, frozen=True):
    """What stops a plan: findings of `fail_on` or worse, `never` none; under `strict` also what is not decided.

    With `new_only` what was so before the change passes.
    """

    fail_on: str = "never"
    strict: bool = False
    new_only: bool = False

    @property
    def closed(self) -> bool:
        """Whether anything stops a plan; then a plan that cannot be checked is stopped, too."""
        return self.fail_on != "never" or self.strict

    def stops(self, reports: list[Report]) -> bool:
        """Whether these reports stop the plan."""
        return fails(reports, self.fail_on, strict=self.strict, new_only=self.new_only)

    def __str__(self) -> str:
        """Name the options that close the gate."""
        named = f"--fail-on {self.fail_on}" if self.fail_on != "never" else ""
        return " and ".join(filter(None, (named, "--strict" if self.strict else "")))


class StepOutput(msgspec.Struct, frozen=True):
    """What the step prints, and its exit status."""

    text: str
    status: int


def before_plan(variables: Mapping[str, str], *, debug: bool = False) -> StepOutput:
    """Note that a project is about to be planned; the exit status is 0, and only what goes wrong is printed.

    `debug` lets bugs through.
    """
    try:
        ResultStore(root(variables), pull(variables)).announce(project(variables))
    except TfcheckError as error:
        return StepOutput(f"! tfcheck cannot note that this project is planned: {harmless(error.message)}\n", 0)
    except Exception as error:
        if debug:
            raise
        return StepOutput(f"! tfcheck cannot note that this project is planned: {own(error)}\n", 0)
    return StepOutput("", 0)


def after_plan(
    variables: Mapping[str, str],
    gate: Gate,
    context: Sequence[str] = (),
    account: str | None = None,
    *,
    choice: Callable[[], Choice] = Choice,
    baseline: str | None = None,
    debug: bool = False,
) -> StepOutput:
    """Check the plan of a project and keep the result; nothing but the gate makes the exit status other than 0.

    `context` are files with the state or a plan of other stacks, `account` is that of the plan. `choice` returns which
    findings count, or raises what is wrong with the configuration; what the file `baseline` lists is left out. Whatever
    goes wrong is reported in the text and in the result: a plan must not fail because of us. `debug` lets bugs through.
    """
    about = project(variables)
    try:
        return _checked(variables, about, gate, reported(about, context, account, choice(), baseline))
    except TfcheckError as error:
        return _unchecked(variables, about, gate, error.message, error.hint)
    except Exception as error:
        if debug:
            raise
        return _unchecked(variables, about, gate, own(error), "run it with --debug to see where")


def _checked(variables: Mapping[str, str], about: Project, gate: Gate, reports: list[Report]) -> StepOutput:
    stopped = gate.stops(reports)
    after = _store_reports(variables, about, reports, stopped=stopped)
    if stopped:
        after.append(f"tfcheck stops this plan ({gate}): fix it and push, or ask whoever runs Atlantis to relax that")
    return StepOutput(fenced(reports, after), _STOPPED if stopped else 0)


def reported(
    about: Project,
    context: Sequence[str] = (),
    account: str | None = None,
    choice: Choice = NO_CHOICE,
    baseline: str | None = None,
) -> list[Report]:
    """Check the plan that the step `show` has written, beside other stacks.

    `choice` leaves out findings, and so does the file `baseline`.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    known = read(baseline) if baseline else None
    if not about.showfile or not os.path.exists(about.showfile):
        name = "SHOWFILE leads to no file" if about.showfile else "SHOWFILE is not set"
        raise InputError(
            f"there is no JSON plan, {name}",
            hint="the step show must come after plan; for remote operations (HCP Terraform) Atlantis writes none",
        )
    plan = os.path.relpath(about.showfile)  # as a path of the machine it would be shown to everybody
    options = RunOptions(workspace=about.workspace, account=account, choice=choice, fixes=True)
    try:
        together = Session((plan,), context, None, options, outputs=(about.planfile,), shared=True)
    except InputError as error:  # of the context; whoever runs the server has named its files
        raise InputError(_by_name(error.message, context), hint=error.hint) from None
    reports = [each.report for each in together.checked(plan)]
    return reports if known is None else compared(reports, known)


def _by_name(message: str, files: Sequence[str]) -> str:
    """Call files in a message by their names alone."""
    for each in files:
        message = message.replace(each, Path(each).name)
    return message


def own(error: Exception) -> str:
    """Name a bug of ours without what it says, which may quote the plan."""
    return f"this is a bug in tfcheck {__version__}: {type(error).__name__}"


def _unchecked(variables: Mapping[str, str], about: Project, gate: Gate, message: str, hint: str) -> StepOutput:
    nothing = Report(
        plan=PlanInfo(Path(about.showfile).name or "plan", None, None, None, complete=False),
        task_definitions=(),
        answers=(),
        findings=(),
        skipped=(Skipped(about.target, message),),
    )
    after = _store_reports(variables, about, [nothing], stopped=gate.closed)
    if gate.closed:
        after.append(f"tfcheck stops this plan: what was not checked does not pass {gate}")
    return StepOutput(failed(message, hint, after), _STOPPED if gate.closed else 0)


def _store_reports(variables: Mapping[str, str], about: Project, reports: list[Report], *, stopped: bool) -> list[str]:
    """Keep the reports for the hook; what keeps that from working becomes a line for the comment."""
    try:
        found = pull(variables)
        placed = (msgspec.structs.replace(each, context=_context(found, about, stopped=stopped)) for each in reports)
        text = "".join(json(each, indent=len(reports) == 1) for each in placed)
        ResultStore(root(variables), found).save(about, text)
    except TfcheckError as error:
        return [f"! this will not appear in a comment: {harmless(error.message)}"]
    except Exception as error:
        return [f"! this will not appear in a comment: {own(error)}"]
    return []


def _context(found: PlannedPull, about: Project, *, stopped: bool) -> dict[str, str | int]:
    """Return where the result comes from; the directory shows later whether the project is still there."""
    told: dict[str, str | int] = {
        "target": about.target,
        "directory": about.directory,
        "repository": found.repository,
        "pull_request": found.number,
        "head_sha": found.commit,
    }
    return told | ({"stopped": 1} if stopped else {})
