"""The command `tfcheck fix`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import OwnFormats, choice
from tfcheck.cli.options import Pick, json_pick
from tfcheck.cli.progress import progress
from tfcheck.report.safe_text import visible
from tfcheck.vocabulary.errors import UsageError
from tfcheck.vocabulary.finding import Fix

if TYPE_CHECKING:
    from tfcheck.analysis.fix_session import Fixed


class _FixCommand(OwnFormats):
    """The command, with the keys of [fix]."""

    section = "fix"


@click.command(
    cls=_FixCommand, short_help="Print the suggested changes to a plan's sources as one diff, or write them."
)
@options.plans
@click.option("--write", "into_files", is_flag=True, help="Change the files: all of them, or none.")
@click.option("--interactive", is_flag=True, help="Show each hunk and ask before it is written.")
@click.option(
    "--only",
    multiple=True,
    metavar="RULE|ADDRESS",
    shell_complete=options.completing("rules_and_addresses"),
    help="Fix only this rule, task definition or role; repeatable.",
)
@click.option("--safe-only/--no-safe-only", help="Omit fixes that need a review.")
@click.option("--grant-prefix/--no-grant-prefix", help="Grant a directory instead of several of its files.")
@click.option(
    "--move-grants", is_flag=True, help="Move a grant from the task role to the execution role instead of copying it."
)
@options.text_or_json
@options.query
@options.rule_options("Fix only findings", "Do not fix findings of these rules.")
@options.plan_options
@options.colour
@options.hidden_debug
def fix(
    plans: tuple[str, ...],
    into_files: bool,
    interactive: bool,
    only: tuple[str, ...],
    safe_only: bool,
    grant_prefix: bool,
    move_grants: bool,
    form: str,
    query: str | None,
    about: options.PlanOptions,
    colour: str,
) -> int:
    """Print one diff that grants everything PLAN lacks, for `git apply`.

    Every change is proven: tfcheck checks the plan again with it. Standard error lists the changes, and
    what remains for you to do. Several plans are fixed together: what a role of one plan lacks for a task of another
    is added to the sources of the role's plan.

    \b
    Examples:
      tfcheck fix plan.json | git apply
      tfcheck fix --write --safe-only plan.json
      tfcheck fix --interactive plan.json
    """  # noqa: D301 (click's mark for lines that are not to be joined)
    from tfcheck.analysis.fix_session import fix as fixed
    from tfcheck.analysis.options import FixSelection

    pick = json_pick(form, query)
    choose = _asking(pick, plans, colour) if interactive else None
    with progress(plans[0], quiet=interactive) as now:
        found = fixed(
            plans,
            about.sources,
            FixSelection(only, safe_only, grant_prefix, move_grants),
            about.run_options(choice=choice()),
            context=about.context,
            into_files=into_files or interactive,
            choose=choose,
            progress=now,
        )
    _report(found, into_files or interactive, pick, colour)
    return 0


def _asking(pick: Pick | None, plans: tuple[str, ...], colour: str) -> HunkPrompt:
    """Return the questions about each hunk, which need a user who answers on standard input."""
    if pick is not None:
        raise UsageError("--interactive shows each change, and JSON is for programs", hint="leave out one of them")
    if "-" in plans:
        raise UsageError("--interactive reads the answers from standard input, so that no PLAN can be `-`")
    return HunkPrompt(colour)


def _report(found: Fixed, into_files: bool, pick: Pick | None, colour: str) -> None:
    """Print the diff, and the notes on standard error; or everything as JSON."""
    if pick is not None:
        from tfcheck.report.json import encode

        shown = {
            "changes": list(found.summary),
            "notes": list(found.notes),
            "by_hand": [{"title": each.fix.title, "hcl": each.fix.hcl} for each in found.texts],
            "diff": found.diff,
            "changed": found.changed if into_files else None,
        }
        terminal.publish(encode(pick(shown)), None, colour=False)
        return
    from tfcheck.report.diff import needs_unidiff_zero

    for line in found.summary:
        terminal.print_message(visible(line))
    for note in found.notes:
        for line in note.split("\n"):
            terminal.print_message(visible(line))
    for draft in found.texts:
        terminal.print_message(f"by hand: {visible(draft.fix.title)}")
        for line in draft.fix.hcl.split("\n"):
            terminal.print_message(f"    {visible(line)}")
    if into_files:
        terminal.print_message(f"{found.changed} file{'' if found.changed == 1 else 's'} changed")
    elif found.diff:
        if needs_unidiff_zero(found.diff):
            terminal.print_message(
                "the diff shows no line after some changes: apply it with `git apply --unidiff-zero`"
            )
        _print(found.diff, colour)


class HunkPrompt:
    """Asks about one hunk at a time, like `git add -p`."""

    def __init__(self, colour: str) -> None:
        self._colour = colour
        self._all: bool | None = None

    def __call__(self, fix: Fix) -> bool:
        """Show a hunk, and return whether to apply it."""
        if self._all is None:
            _print(fix.diff, self._colour)
            terminal.print_message(visible(f"{fix.title} ({fix.safety})"))
        while self._all is None:
            # The end of the input means no to all remaining hunks.
            print("Write this hunk [y,n,a,q,?]? ", end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            answer = line.strip().lower() if line else "q"
            if not line:
                print(file=sys.stderr)
            if answer in ("y", "n"):
                return answer == "y"
            # NOTE: only the whole answer counts: `abort` must not write everything.
            if answer in ("a", "q"):
                self._all = answer == "a"
            else:
                terminal.print_message(
                    "y: write this hunk, n: leave it, a: write it and all that follow, q: leave them"
                )
        return self._all


def _print(diff: str, colour: str) -> None:
    coloured = terminal.is_coloured(colour, sys.stdout, os.environ)
    if coloured:
        from tfcheck.report.diff import diff_text

        diff = diff_text(diff)
    terminal.publish(diff, None, colour=coloured)
