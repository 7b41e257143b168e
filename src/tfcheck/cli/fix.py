"""The command `tfcheck fix`."""

from __future__ import annotations

import os
import sys

import click

from tfcheck.cli import options, terminal
from tfcheck.report.screen import visible


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="Print the suggested changes to a plan's sources as one diff, or write them.",
)
@click.argument("plans", metavar="PLAN...", nargs=-1, required=True)
@click.option("--write", "into_files", is_flag=True, help="Change the files: all of them, or none.")
@click.option(
    "--only", multiple=True, metavar="RULE|ADDRESS", help="Fix only this rule, task definition or role; repeatable."
)
@click.option("--safe-only", is_flag=True, help="Omit fixes that need a review.")
@click.option("--grant-prefix", is_flag=True, help="Grant a directory where several files of it are needed.")
@options.sources
@options.context
@options.workspace
@options.account
@options.colour
@options.debug
def fix(
    plans: tuple[str, ...],
    into_files: bool,
    only: tuple[str, ...],
    safe_only: bool,
    grant_prefix: bool,
    sources: str | None,
    context: tuple[str, ...],
    workspace: str | None,
    account: str | None,
    colour: str,
    debug: bool,
) -> int:
    """Print one diff that grants everything PLAN lacks, for `git apply`.

    Every change was decided again before it is offered. What cannot be a change of a file is said on standard error.
    Several plans are fixed together, each with what the others will have made: what a role of one lacks for a task of
    another goes into the sources of the one.

    \b
    Examples:
      tfcheck fix plan.json | git apply
      tfcheck fix --write --safe-only plan.json
    """  # noqa: D301 (click's mark for lines that are not to be joined)
    from tfcheck.analysis.fix_session import FixSelection
    from tfcheck.analysis.fix_session import fix as fixed
    from tfcheck.report.diff import needs_unidiff_zero

    choice = FixSelection(only, safe_only, grant_prefix)
    found = fixed(plans, sources, workspace, choice, account=account, context=context, into_files=into_files)
    for note in found.notes:
        for line in note.split("\n"):
            terminal.say(visible(line))
    for mend in found.texts:
        terminal.say(f"by hand: {visible(mend.fix.title)}")
        for line in mend.fix.hcl.split("\n"):
            terminal.say(f"    {visible(line)}")
    if into_files:
        terminal.say(f"{found.changed} file{'' if found.changed == 1 else 's'} changed")
    elif found.diff:
        if needs_unidiff_zero(found.diff):
            terminal.say("the diff shows no line behind some changes: apply it with `git apply --unidiff-zero`")
        _print(found.diff, colour)
    return 0


def _print(diff: str, colour: str) -> None:
    coloured = terminal.colour_wanted(colour, sys.stdout, os.environ)
    if coloured:
        from tfcheck.report.diff_text import diff_text

        terminal.publish(diff_text(diff), None, colour=True)
    else:
        terminal.publish(diff, None, colour=False)
