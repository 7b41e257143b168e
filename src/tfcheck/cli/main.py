"""The command line: parse arguments, print reports, and turn the worst finding into the exit status."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource

from tfcheck import __version__
from tfcheck.analysis.session import Checked
from tfcheck.cli import options, terminal
from tfcheck.cli import report as reporting
from tfcheck.cli.configured import ConfiguredCommand, choice
from tfcheck.cli.options import Pick, json_pick
from tfcheck.cli.plans import refuse_overwriting
from tfcheck.cli.plans import reports as checked
from tfcheck.cli.report import baseline_filter, filter_reports
from tfcheck.report.safe_text import visible
from tfcheck.symbolic.limits import limit_steps
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import InputError, TfcheckError, UsageError, did_you_mean
from tfcheck.vocabulary.fail_options import FailOptions

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

USAGE, BUG, INTERRUPTED = 2, 70, 130

_TOO_LARGE = InputError(
    "the input is too large or too deeply nested", hint="give tfcheck more memory, or check fewer plans at once"
)


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `check`."""

    form: str | None
    pick: Pick | None
    failing: FailOptions
    output: str | None
    colour: bool
    quiet: bool
    verbose: bool
    expand: bool


#: The commands that are imported on use: most runs check a plan, and need none of them.
_COMMANDS = {
    each: f"tfcheck.cli.{each}"
    for each in ("atlantis", "baseline", "comment", "config", "diff", "explain", "fix", "rules", "show")
} | {"github": "tfcheck.cli.action"}


#: Commands of other programs that are options here.
_FLAGS = {"help": "--help", "version": "--version"}


class _PlanFirst(click.Group):
    """A group whose first argument may be a plan: `tfcheck PLAN` is short for `tfcheck check PLAN`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS and cmd_name not in self.commands:
            self.add_command(getattr(import_module(_COMMANDS[cmd_name]), cmd_name))
        return super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        commands = self.list_commands(ctx)
        if not args or args[0] in (*commands, "--help", "-h", "--version"):
            return super().parse_args(ctx, args)
        word = args[0]
        if word.isalpha() and not os.path.exists(word):
            near = f"see `tfcheck {_FLAGS[word]}`" if word in _FLAGS else did_you_mean(word, commands, "")
            if near:
                raise UsageError(f"there is neither a command nor a file `{clip(word)}`", hint=near)
        return super().parse_args(ctx, ["check", *args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands, and the arguments of `check`, whose name can be omitted."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        if incomplete[:1] == "-":
            return [*found, *check.shell_complete(ctx, incomplete)]
        return [*found, CompletionItem(incomplete, type="file")]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of `check` together with those of the group."""
        options = [each for each in (*check.params, *self.get_params(ctx)) if isinstance(each, click.Option)]
        with formatter.section("Options"):
            formatter.write_dl([record for each in options if (record := each.get_help_record(ctx))])
        self.format_commands(ctx, formatter)


@click.group(
    cls=_PlanFirst,
    options_metavar="[check]",
    subcommand_metavar="[OPTIONS] PLAN...",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},  # of all commands
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> int | None:
    """Check whether every ECS task in a Terraform plan can start.

    PLAN is what `terraform show -json` prints; `-` reads it from standard input.

    \b
    Examples:
      terraform plan -out=tfplan && terraform show -json tfplan > plan.json
      tfcheck plan.json
      terraform show -json tfplan | tfcheck -
      tfcheck --format json --query 'findings[].message' plan.json

    \b
    Exit status:
      0   no finding at or above --fail-on
      1   findings at or above --fail-on, or unknown answers under --strict
      2   the command line is invalid, or a file cannot be written
      3   the input cannot be read or is not a complete plan
      4   `comment --required`: the host refused the comment
      70  a bug in tfcheck
    """  # noqa: D301 (click's mark for lines that are not to be joined)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return USAGE
    return None


@main.command(cls=ConfiguredCommand, short_help="Check every ECS task of a plan; the word can be left out.")
@options.plans
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", *reporting.FORMATS]),
    help="The output format. markdown: a comment; summary: a job summary; html: a page for a browser; github: "
    "annotations of lines; gitlab: Code Quality; bitbucket: Code Insights. Default: text.",
)
@options.fail_on(
    "Exit with status 1 if there is a finding of this severity or higher. SARIF on standard output: never, unless set."
)
@options.new_only
@options.strict
@options.rules
@options.baseline
@options.plan_options
@options.query
@options.output("Write the report to FILE instead of standard output.")
@options.colour
@click.option("--quiet/--no-quiet", "-q", help="Omit explanations, what needs no action, and progress messages.")
@click.option(
    "--verbose/--no-verbose", "-v", help="Also show which statement allows each permission, and every assumption."
)
@click.option("--expand/--no-expand", help="List every instance and every finding instead of grouping them.")
@options.hidden_debug
def check(plans: tuple[str, ...], about: options.PlanOptions, baseline: str | None, **others: Any) -> int:
    """Check whether every ECS task in PLAN can start.

    PLAN is what `terraform show -json` prints, or - for standard input. Write a file named `check` as ./check.
    """
    wanted = _check_options(**others)
    refuse_overwriting(wanted.output, filter(None, (baseline,)))
    chosen, leave_out = choice(), baseline_filter(baseline)
    run_options = about.run_options(choice=chosen, fixes=True, excerpts=wanted.form == "html")
    reports, status = checked(plans, about, run_options, quiet=wanted.quiet, output=wanted.output)
    reports = filter_reports(reports, leave_out)
    return max(status, _publish(reports, wanted))


@main.command(
    cls=ConfiguredCommand,
    short_help="Convert saved JSON reports to another format.",
    params=[each for each in check.params if each.name not in ("plans", "sources", "context", "workspace", "account")],
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=options.completing("files"))
def report(files: tuple[str, ...], baseline: str | None, **others: Any) -> int:
    """Convert saved reports to another format; most formats combine several reports into one.

    FILE is what `tfcheck --format json` wrote, or - for standard input. Write a plan named `report` as ./report.
    """
    wanted = _check_options(**others)
    refuse_overwriting(wanted.output, filter(None, (*files, baseline)))
    chosen, leave_out = choice(), baseline_filter(baseline)
    reports = filter_reports(list(reporting.read_saved(files, chosen)), leave_out)
    return _publish(reports, wanted)


def _check_options(
    *, query: str | None, colour: str, fail_on: str, strict: bool, new_only: bool, **others: Any
) -> CheckOptions:
    """Return the options; SARIF on standard output never fails, because the step that uploads it follows."""
    form, output = others["form"], others["output"]
    to_stdout = output in (None, "-")
    context = click.get_current_context()
    asked = strict or context.get_parameter_source("fail_on") is not ParameterSource.DEFAULT
    if form == "sarif" and to_stdout and not asked:
        # NOTE: a format from the configuration file must not change the exit status.
        by_file = context.get_parameter_source("form") is ParameterSource.DEFAULT_MAP
        fail_on = fail_on if by_file else "never"
    coloured = colour == "always" or (to_stdout and terminal.is_coloured(colour, sys.stdout, os.environ))
    failing = FailOptions(fail_on, strict, new_only)
    return CheckOptions(pick=json_pick(form, query), failing=failing, colour=coloured, **others)


def _publish(reports: list[Checked], wanted: CheckOptions) -> int:
    """Write the reports, and return the exit status for them."""
    if reports:
        terminal.publish(_render(reports, wanted), wanted.output, colour=wanted.colour)
    return wanted.failing.exit_status(each.report for each in reports)


def _render(reports: list[Checked], wanted: CheckOptions) -> str:
    """Write the reports: text one after the other, JSON one per line, other formats as one document."""
    if wanted.pick is None and wanted.form in reporting.FORMATS:
        return reporting.render(wanted.form, [each.report for each in reports], wanted.failing)
    if wanted.pick is None:
        from tfcheck.report.cause_text import Detail
        from tfcheck.report.text import text

        columns = terminal.width(sys.stdout, os.environ)
        details = (Detail(columns, each.directory, wanted.quiet, wanted.verbose, wanted.expand) for each in reports)
        pairs = zip(reports, details, strict=True)
        return "\n".join(text(each.report, detail, colour=wanted.colour) for each, detail in pairs)
    from tfcheck.report.json import document, encode

    return "".join(encode(wanted.pick(document(each.report)), indent=len(reports) == 1) for each in reports)


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit status; an error becomes one line on standard error."""
    terminal.open_streams()
    try:
        with limit_steps():
            status = main.main(arguments, prog_name="tfcheck", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        terminal.print_message(error.format_message())
        return USAGE
    except click.UsageError as error:
        terminal.print_error(_rephrase(error))
        return USAGE
    except TfcheckError as error:
        terminal.print_error(error)
        return error.exit_status
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit as leaving:
        if isinstance(leaving.code, int) and leaving.code > 128:  # a signal came while files were written
            return leaving.code
        # Otherwise it is click's reaction to a broken pipe.
        return terminal.unwritable(BrokenPipeError())
    except (MemoryError, RecursionError):
        terminal.print_error(_TOO_LARGE)
        return _TOO_LARGE.exit_status
    except OSError as error:
        if error.errno == errno.ENOMEM:
            terminal.print_error(_TOO_LARGE)
            return _TOO_LARGE.exit_status
        if error.filename is not None:  # as for files, unlike standard output
            _report_bug(error, debug="--debug" in arguments)
            return BUG
        return terminal.unwritable(error)
    except Exception as error:
        _report_bug(error, debug="--debug" in arguments)
        return BUG
    return status if isinstance(status, int) else 0


def _rephrase(error: click.UsageError) -> UsageError:
    near: Sequence[str] = getattr(error, "possibilities", None) or ()  # of options, and of commands since click 8.4
    text = error.message if near else error.format_message()
    message = text.rstrip(".").replace("'", "`").partition(" a valid boolean.")
    words = f"{message[0]} true or false" if message[1] else message[0]
    option = error.param if isinstance(error, click.BadParameter) else None
    if (
        option is not None
        and error.ctx
        and error.ctx.get_parameter_source(option.name or "") is ParameterSource.ENVIRONMENT
    ):
        named = next((each for each in option.envvar or () if os.environ.get(each)), "")
        words = words.replace(" / ".join(f"`{each}`" for each in option.opts), f"`{named}`") if named else words
    command = error.ctx.command_path if error.ctx else "tfcheck"
    hint = f"did you mean `{near[0]}`?" if near else f"see `{command} --help`"
    return UsageError(words[:1].lower() + words[1:], hint=hint)


def _report_bug(error: Exception, *, debug: bool) -> None:
    """Report a bug of tfcheck. The exception's message is shown only if it cannot quote the plan."""
    hint = "please report it with that" if debug else "please report it, with the output of `--debug`"
    if debug:
        from traceback import format_tb

        terminal.print_message("".join(format_tb(error.__traceback__)).rstrip())
    detail = f": {error}" if debug and isinstance(error, (NameError, AttributeError, ImportError)) else ""
    terminal.print_message(
        f"error: this is a bug in tfcheck {__version__}: {type(error).__name__}{visible(detail)}; {hint}"
    )
