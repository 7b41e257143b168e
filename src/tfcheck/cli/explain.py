"""The command `tfcheck explain`."""

from __future__ import annotations

import os
import sys
from functools import partial

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import OwnFormats
from tfcheck.cli.options import json_pick
from tfcheck.vocabulary.errors import InputError, UsageError

#: Texts of ECS are short; anything longer is something else.
_LONGEST = 100_000


@click.command(
    cls=OwnFormats, short_help="Explain an ECS stopped reason, and find the permission that the plan is missing."
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
    text: str, plans: tuple[str, ...], form: str, query: str | None, about: options.PlanOptions, colour: str
) -> int:
    """Explain what TEXT means: the stopped reason of a task, an event of a service, or an error of a deployment.

    Put TEXT in quotes, or pass `-` to read it from standard input. With PLAN, which is `terraform show -json` output,
    also show which of the permissions in question the plan does not grant.
    """
    from tfcheck.cli.plans import print_notes
    from tfcheck.cli.plans import reports as checked
    from tfcheck.report.explanation import explanation_json, explanation_text, findings_to_fix, plan_text
    from tfcheck.report.json import encode
    from tfcheck.vocabulary.stopped_reason import explain_text

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
    coloured, columns = terminal.is_coloured(colour, sys.stdout, os.environ), terminal.width(sys.stdout, os.environ)
    if pick is None:
        click.echo(explanation_text(found, width=columns, colour=coloured), nl=False, color=coloured)
    reports, status = checked(plans, about, about.run_options(fixes=True, to_fix=partial(findings_to_fix, found)))
    if pick is not None:
        terminal.publish(encode(pick(explanation_json(found, [each.report for each in reports]))), None, colour=False)
        return status
    for each in reports:
        shown = plan_text(found, each.report, width=columns, colour=coloured, directory=each.directory)
        click.echo(f"\n{shown}", nl=False, color=coloured)
    print_notes(reports)
    return status
