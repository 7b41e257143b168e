"""The command `tfcheck baseline`."""

from __future__ import annotations

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import ConfiguredCommand, choice
from tfcheck.cli.plans import reports as checked
from tfcheck.config.keys import ConfigKey, key
from tfcheck.report.safe_text import visible
from tfcheck.report.words import plural
from tfcheck.vocabulary.errors import UsageError


class _BaselineCommand(ConfiguredCommand):
    """The command, whose file the key `baseline` names."""

    def keyed_options(self) -> list[tuple[click.Option, ConfigKey]]:
        """Return the options that a key sets; the key for the baseline that others read sets `--output` here."""
        output = next(each for each in self.params if isinstance(each, click.Option) and each.name == "output")
        return [*super().keyed_options(), (output, key("baseline"))]


@click.command(
    cls=_BaselineCommand,
    short_help="Write the findings of a plan to a file, for `check --baseline` to report only new ones.",
)
@options.plans
@options.output("The baseline file. Default: tfcheck-baseline.json.", default="tfcheck-baseline.json")
@click.option("--update", is_flag=True, help="Remove from the file what is fixed; add nothing.")
@options.rule_options("Write only findings", "Do not write findings of these rules.")
@options.plan_options
@options.hidden_debug
def baseline(plans: tuple[str, ...], output: str, update: bool, about: options.PlanOptions) -> int:
    """Write the findings of PLAN to a baseline file, which you commit.

    `tfcheck --baseline FILE` then reports only what is new, and `tfcheck baseline --update` removes from the file what
    is fixed. Nothing is written if a plan cannot be read.

    \b
    Examples:
      tfcheck baseline plan.json
      tfcheck --baseline tfcheck-baseline.json plan.json
      tfcheck baseline --update plan.json
    """  # noqa: D301 (click's mark for lines that are not to be joined)
    from tfcheck.analysis.baseline import compare, entries, finding_count, is_baseline, read_baseline, remaining, text

    if update and output == "-":
        raise UsageError("`--update` changes a file, and standard output is not one", hint="leave out `--output -`")
    if not update and output != "-" and not is_baseline(output):
        raise UsageError(f"`{output}` exists and is not a tfcheck baseline", hint="choose another file with `--output`")
    known = read_baseline(output) if update else None
    found, status = checked(plans, about, about.run_options(choice=choice()), output=output)
    if status:
        terminal.print_message("no baseline is written, since a plan could not be read")
        return status
    reports = [each.report for each in found]
    if known is None:
        terminal.publish(text(entries(reports)), output, colour=False)
        number = sum(len(each.open_findings) for each in reports)
        if output != "-":
            terminal.print_message(visible(f"{output}: {plural(number, 'finding')} in the baseline"))
    else:
        left = remaining(reports, known)
        if left != known.entries:
            terminal.publish(text(left), known.file, colour=False)
        before, after = finding_count(known.entries), finding_count(left)
        new = sum(len(each.open_findings) for each in compare(reports, known))
        removed = f"{plural(before - after, 'finding')} removed, {after:,} left in the baseline"
        more = f"; {plural(new, 'new finding')} not added" if new else ""
        terminal.print_message(visible(f"{known.file}: {removed}{more}"))
    return 0
