"""The command `tfcheck diff`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import OwnFormats
from tfcheck.cli.options import Pick, json_pick
from tfcheck.cli.plans import reports as checked
from tfcheck.vocabulary.finding import Report


@click.command(
    cls=OwnFormats, short_help="Print the permissions that a plan grants to execution roles and revokes from them."
)
@options.plans
@options.format_of("text", "json", "markdown")
@options.query
@options.config
@options.plan_options
@options.output("Write to FILE instead of standard output.")
@options.colour
@options.hidden_debug
def diff(
    plans: tuple[str, ...], form: str, query: str | None, about: options.PlanOptions, output: str | None, colour: str
) -> int:
    """Print the permissions that PLAN grants to execution roles and revokes from them, needed or not.

    Covers the policies that can be read, and everything on roles that the change creates or deletes.
    """
    coloured = colour == "always" or (output is None and terminal.is_coloured(colour, sys.stdout, os.environ))
    pick = json_pick(form, query)
    found, status = checked(plans, about, about.run_options(), output=output)
    if found:
        terminal.publish(_render(form, pick, [each.report for each in found], coloured), output, colour=coloured)
    return status


def _render(form: str, pick: Pick | None, reports: Sequence[Report], coloured: bool) -> str:
    from tfcheck.report import access

    if pick is not None:
        from tfcheck.report.json import encode

        return "".join(encode(pick(access.access_json(each)), indent=len(reports) == 1) for each in reports)
    if form == "markdown":
        return access.access_markdown(reports)
    return access.access_text(reports, width=terminal.width(sys.stdout, os.environ), colour=coloured)
