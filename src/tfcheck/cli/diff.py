"""The command `tfcheck diff`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import ConfiguredCommand
from tfcheck.cli.plans import reports as checked
from tfcheck.vocabulary.finding import Report


class _Diff(ConfiguredCommand):
    """The command, whose formats are its own."""

    without = ("format",)


@click.command(
    cls=_Diff,
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="Print the permissions that a plan grants to execution roles and revokes from them.",
)
@click.argument("plans", metavar="PLAN...", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@options.config
@options.sources
@options.context
@options.workspace
@options.account
@click.option("--output", metavar="FILE", help="Write to FILE instead of standard output.")
@options.colour
@options.debug
def diff(
    plans: tuple[str, ...],
    form: str,
    sources: str | None,
    context: tuple[str, ...],
    workspace: str | None,
    account: str | None,
    output: str | None,
    colour: str,
    debug: bool,
) -> int:
    """Print which access of execution roles PLAN gives and takes, whether or not a task needs it.

    As far as their policies can be read; also all that a role has which the change creates or deletes.
    """
    coloured = colour == "always" or (output is None and terminal.colour_wanted(colour, sys.stdout, os.environ))
    found, status = checked(plans, context, sources, workspace, account, fixes=False, quiet=True, output=output)
    if found:
        terminal.publish(_written(form, [each.report for each in found], coloured), output, colour=coloured)
    return status


def _written(form: str, reports: Sequence[Report], coloured: bool) -> str:
    from tfcheck.report import access

    match form:
        case "json":
            from tfcheck.report.json import encode

            return "".join(encode(access.access_json(each), indent=len(reports) == 1) for each in reports)
        case "markdown":
            return access.access_markdown(reports)
        case _:
            return access.access_text(reports, colour=coloured)
