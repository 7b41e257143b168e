"""The command `tfcheck explain`."""

from __future__ import annotations

import os
import sys
from functools import partial

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import ConfiguredCommand
from tfcheck.vocabulary.errors import InputError, UsageError

#: Texts of ECS are short; whatever is longer is something else.
_LONGEST = 100_000


@click.command(
    cls=ConfiguredCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="Explain an ECS stopped reason, and find the permission that the plan is missing.",
)
@click.argument("text", metavar="TEXT")
@click.argument("plans", metavar="[PLAN]...", nargs=-1)
@options.config
@options.sources
@options.context
@options.workspace
@options.account
@options.colour
@options.debug
def explain(
    text: str,
    plans: tuple[str, ...],
    sources: str | None,
    context: tuple[str, ...],
    workspace: str | None,
    account: str | None,
    colour: str,
    debug: bool,
) -> int:
    """Explain what TEXT means: the stopped reason of a task, an event of a service, or an error of a deployment.

    TEXT goes in quotes; `-` reads it from standard input. With PLAN, what `terraform show -json` prints, also say what
    of it the plan does not grant.
    """
    from tfcheck.cli.plans import reports as checked
    from tfcheck.report.concern import to_mend
    from tfcheck.report.explanation import explanation_text, in_plan
    from tfcheck.stopped_reason import explained

    if context and not plans:
        raise UsageError("--context is for a plan, and there is none", hint="tfcheck explain TEXT PLAN --context FILE")
    if text == "-" and "-" in (*plans, *context):
        raise UsageError("standard input is both the text and a plan", hint="write the plan to a file")
    found = explained(sys.stdin.read(_LONGEST) if text == "-" else text)
    if found is None:
        raise InputError(
            "unrecognised error text",
            hint="pass the complete `stoppedReason` of the task, or the complete event of the service",
        )
    columns, coloured = terminal.width(sys.stdout, os.environ), terminal.colour_wanted(colour, sys.stdout, os.environ)
    click.echo(explanation_text(found, width=columns, colour=coloured), nl=False, color=coloured)
    if not plans:
        return 0
    reports, status = checked(plans, context, sources, workspace, account, mend=partial(to_mend, found), quiet=True)
    for each in reports:
        shown = in_plan(found, each.report, width=columns, colour=coloured, directory=each.directory)
        click.echo(f"\n{shown}", nl=False, color=coloured)
    return status
