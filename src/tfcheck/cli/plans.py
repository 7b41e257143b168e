"""Check the plans of one run, and report those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tfcheck.analysis.session import Checked, Session
from tfcheck.cli import terminal
from tfcheck.cli.progress import progress
from tfcheck.config.choice import Choice
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Finding, Report


def reports(
    plans: Sequence[str],
    context: Sequence[str],
    sources: str | None,
    workspace: str | None,
    account: str | None = None,
    *,
    fixes: bool = True,
    to_fix: Callable[[Report], Sequence[Finding]] | None = None,
    quiet: bool = False,
    output: str | None = None,
    choice: Choice | None = None,
    excerpts: bool = False,
) -> tuple[list[Checked], int]:
    """Check the plans, each with the others and the context beside it; give the reports and an exit status.

    With `fixes` those findings are given one that `fix` picks. A plan that cannot be read is reported on standard error
    and does not keep the others from being checked. `output` is where the report goes; `choice` leaves out findings.
    With `excerpts` the reports have source lines.

    Raises:
        InputError: a file of the context cannot be read, or holds something else.
        UsageError: standard input is to be more than one of them.
    """
    found: list[Checked] = []
    status = 0
    outputs = (output,) if output else ()
    together = Session(
        plans,
        context,
        sources,
        workspace,
        account=account,
        fixes=fixes,
        to_fix=to_fix,
        outputs=outputs,
        choice=choice,
        excerpts=excerpts,
    )
    for plan in plans:
        try:
            with progress(plan, quiet=quiet) as together.progress:
                found += together.checked(plan)
        except InputError as error:
            terminal.complain(error)
            status = error.exit_status
    return found, status
