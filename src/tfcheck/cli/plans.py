"""Check the plans of one run, and report unreadable ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Checked, Session, is_same_file
from tfcheck.cli import terminal
from tfcheck.cli.options import PlanOptions
from tfcheck.cli.progress import progress
from tfcheck.report.safe_text import visible
from tfcheck.vocabulary.errors import InputError, UsageError


def reports(
    plans: Sequence[str], about: PlanOptions, options: RunOptions, *, quiet: bool = False, output: str | None = None
) -> tuple[list[Checked], int]:
    """Check the plans together with the context; return the reports and an exit status.

    A plan that cannot be read is reported on standard error and does not keep the others from being checked. `output`
    is where the report goes.

    Raises:
        InputError: a file of the context cannot be read, or holds something else.
        UsageError: standard input is to be more than one of them, or the report would overwrite one.
    """
    refuse_overwriting(output, (*plans, *about.context))
    found: list[Checked] = []
    status = 0
    together = Session(plans, about.context, about.sources, options, outputs=(output,) if output else ())
    for plan in plans:
        try:
            with progress(plan, quiet=quiet) as together.progress:
                found += together.check(plan)
        except InputError as error:
            terminal.print_error(error)
            status = error.exit_status
    return found, status


def refuse_overwriting(output: str | None, inputs: Iterable[str]) -> None:
    """Raise an error before a report overwrites what it is made from.

    Raises:
        UsageError: `output` is one of the inputs.
    """
    if output and any(is_same_file(output, each) for each in inputs):
        raise UsageError(f"`{output}` is an input of this run", hint="write the report to another file")


def print_notes(found: Iterable[Checked]) -> None:
    """Write the notes about the plans to standard error, for a command that prints only a part of a report."""
    from tfcheck.report.text import important_notes

    for note in dict.fromkeys(chain.from_iterable(important_notes(each.report) for each in found)):
        terminal.print_message(visible(f"note: {note}"))
