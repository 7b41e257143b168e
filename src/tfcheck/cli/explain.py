"""The command `tfcheck explain`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import OwnFormats
from tfcheck.cli.json_pick import Pick, json_pick
from tfcheck.vocabulary.errors import InputError, UsageError

if TYPE_CHECKING:
    from tfcheck.analysis.session import Checked
    from tfcheck.stopped_reason import Explanation

#: Texts of ECS are short; anything longer is something else.
_LONGEST = 100_000


@click.command(
    cls=OwnFormats,
    short_help="Explain an ECS stopped reason, and find the permission that the plan is missing.",
)
@click.argument("text", metavar="TEXT")
@click.argument("plans", metavar="[PLAN]...", nargs=-1, shell_complete=options.completing("files"))
@options.text_or_json
@options.query
@options.config
@options.plan_options
@options.colour
@options.hidden_debug
def explain(
    text: str,
    plans: tuple[str, ...],
    form: str,
    query: str | None,
    about: options.PlanOptions,
    colour: str,
) -> int:
    """Explain what TEXT means: the stopped reason of a task, an event of a service, or an error of a deployment.

    Put TEXT in quotes, or pass `-` to read it from standard input. With PLAN, which is `terraform show -json` output,
    also show what the plan does not grant of it.
    """
    from tfcheck.cli.plans import reports as checked
    from tfcheck.report.explanation import findings_to_fix
    from tfcheck.stopped_reason import explain_text

    pick = json_pick(form, query)
    if about.context and not plans:
        raise UsageError("--context is for a plan, and there is none", hint="tfcheck explain TEXT PLAN --context FILE")
    if text == "-" and "-" in (*plans, *about.context):
        raise UsageError("standard input is both the text and a plan", hint="write the plan to a file")
    found = explain_text(sys.stdin.read(_LONGEST) if text == "-" else text)
    if found is None:
        raise InputError(
            "unrecognised error text",
            hint="pass the complete `stoppedReason` of the task, or the complete event of the service",
        )
    coloured = pick is None and terminal.is_coloured(colour, sys.stdout, os.environ)
    if pick is None:
        _print_meaning(found, coloured)
    reports, status = checked(plans, about, about.run_options(fixes=True, to_fix=partial(findings_to_fix, found)))
    if pick is None:
        _print_plans(found, reports, coloured)
    else:
        _print_json(found, reports, pick)
    return status


def _print_meaning(found: Explanation, coloured: bool) -> None:
    from tfcheck.report.explanation import explanation_text

    columns = terminal.width(sys.stdout, os.environ)
    click.echo(explanation_text(found, width=columns, colour=coloured), nl=False, color=coloured)


def _print_plans(found: Explanation, reports: Sequence[Checked], coloured: bool) -> None:
    from tfcheck.report.explanation import plan_text

    columns = terminal.width(sys.stdout, os.environ)
    for each in reports:
        shown = plan_text(found, each.report, width=columns, colour=coloured, directory=each.directory)
        click.echo(f"\n{shown}", nl=False, color=coloured)


def _print_json(found: Explanation, reports: Sequence[Checked], pick: Pick) -> None:
    from tfcheck.report.explanation import explanation_json
    from tfcheck.report.json import encode

    terminal.publish(encode(pick(explanation_json(found, [each.report for each in reports]))), None, colour=False)
