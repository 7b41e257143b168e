"""Options that several commands share, and which part of its JSON a command writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click
import msgspec
from click.core import ParameterSource

from tfcheck.analysis.options import RunOptions
from tfcheck.vocabulary.arn import account_id
from tfcheck.vocabulary.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _Type = click.ParamType[str]
else:  # before click 8.4 it has no parameters
    _Type = click.ParamType


Pick: TypeAlias = Callable[[Any], Any]


def json_pick(form: str | None, query: str | None) -> Pick | None:
    """Return the function that selects the printed part of a command's JSON, or None for other formats.

    A query implies JSON, unless the command line says otherwise.

    Raises:
        UsageError: the query is not JMESPath, or the command line asks for another format as well.
    """
    if query is None:
        return (lambda data: data) if form == "json" else None
    asked = click.get_current_context().get_parameter_source("form") is ParameterSource.COMMANDLINE
    if asked and form != "json":
        raise UsageError("`--query` picks from JSON", hint=f"leave out `--format {form}`")
    from tfcheck.report.query import query as picking

    return picking(query)


_Command = TypeVar("_Command", bound=Callable[..., Any])
_DEBUG = "Show where a bug in tfcheck happened."


def _account_id(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if not value:
        return None
    by_variable = ctx.get_parameter_source(option.name or "") is ParameterSource.ENVIRONMENT
    return account_id(value, "TFCHECK_ACCOUNT" if by_variable else "`--account`")


class _LinesType(_Type):
    """A list of texts; in a variable, one per line."""

    name = "text"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [each.strip() for each in rv.splitlines() if each.strip()]


class _RulesType(_Type):
    """A list of rules; a variable and an option can hold several."""

    name = "rules"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [each for each in re.split(r"[,\s]+", rv) if each]


def completing(kind: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Build a completion callback that imports its implementation only when a shell asks."""

    def complete(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from tfcheck.cli import completion

        found: list[CompletionItem] = getattr(completion, kind)(ctx, option, incomplete)
        return found

    return complete


def _keep(ctx: click.Context, option: click.Parameter, value: Sequence[str]) -> None:
    """Store the rules of an option in the context, so that commands need no parameter for them."""
    ctx.meta[f"tfcheck.{option.name}"] = tuple(part for each in value for part in each.split(",") if part)


def rule_options(select: str, ignore: str) -> Callable[[_Command], _Command]:
    """Build the options that select rules, with their help, and the one for the configuration file, which can too."""
    severity = "Change the severity of the findings of rules: error, warning or info."
    found = (
        _rule_option("--select", "RULE,...", "rules", f"{select} of these rules; a * at the end matches several ids."),
        _rule_option("--ignore", "RULE,...", "rules", ignore),
        _rule_option("--severity", "RULE=SEVERITY,...", "severities", severity),
        config,
    )

    def add(command: _Command) -> _Command:
        for option in reversed(found):
            command = option(command)
        return command

    return add


config = click.option(
    "--config",
    shell_complete=completing("files"),
    metavar="FILE|off",
    envvar="TFCHECK_CONFIG",
    expose_value=False,
    help="The configuration file, or off for none. Default: the nearest tfcheck.toml or pyproject.toml with "
    "[tool.tfcheck], from the sources to the top of the work tree.",
)


class PlanOptions(msgspec.Struct, frozen=True):
    """The options about plans: their sources and context, and assumptions about what they do not show."""

    sources: str | None
    context: tuple[str, ...]
    workspace: str | None
    account: str | None

    def run_options(self, **others: Any) -> RunOptions:
        """Return the options of a run, with `others` beside them."""
        return RunOptions(workspace=self.workspace, account=self.account, **others)


plans = click.argument("plans", metavar="PLAN...", nargs=-1, required=True, shell_complete=completing("files"))


def output(what: str, **more: Any) -> Callable[[_Command], _Command]:
    """Build the option for the output file."""
    return click.option("--output", metavar="FILE", shell_complete=completing("files"), help=what, **more)


def fail_on(what: str, default: str = "error") -> Callable[[_Command], _Command]:
    """Build the option for the severity that fails a run."""
    severities = click.Choice(["error", "warning", "info", "never"])
    return click.option("--fail-on", type=severities, default=default, help=f"{what} Default: {default}.")


new_only = click.option(
    "--new-only/--no-new-only", help="Exit with status 1 only for findings that this change introduces."
)
strict = click.option("--strict/--no-strict", help="Also exit with status 1 for unknown answers and skipped tasks.")


def plan_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options about plans to a command, which receives them as `about`."""

    @wraps(command)
    def pack(*, sources: str, context: tuple[str, ...], workspace: str, account: str, **others: Any) -> int:
        return command(about=PlanOptions(sources, context, workspace, account), **others)

    for option in (account, workspace, context, sources):
        pack = option(pack)
    return pack


def _rule_option(name: str, metavar: str, values: str, what: str) -> Callable[[_Command], _Command]:
    """Build an option about rules that is stored in the context; `values` completes it."""
    return click.option(
        name,
        shell_complete=completing(values),
        metavar=metavar,
        type=_RulesType(),
        multiple=True,
        expose_value=False,
        callback=_keep,
        help=what,
    )


rules = rule_options("Report only findings", "Do not report findings of these rules; the report counts them.")
sources = click.option(
    "--sources",
    shell_complete=completing("files"),
    metavar="DIR|TFPLAN",
    help="The directory of the plan's .tf files, or the saved plan that contains them. Default: searched beside "
    "PLAN, in the current directory, then in its work tree.",
)
context = click.option(
    "--context",
    shell_complete=completing("files"),
    metavar="FILE",
    type=_LinesType(),
    multiple=True,
    help="`terraform show -json` output (state or plan) of another stack; - is standard input. Its resources are "
    "treated as existing. Repeatable.",
)
baseline = click.option(
    "--baseline",
    shell_complete=completing("files"),
    metavar="FILE",
    help="Report, and fail on, only findings that are not in this file, which `tfcheck baseline` writes.",
)
workspace = click.option(
    "--workspace",
    metavar="NAME",
    envvar="TF_WORKSPACE",
    help=(
        "The value of terraform.workspace. Default: TF_WORKSPACE, or the workspace selected in the directory of "
        "the .tf files."
    ),
)
account = click.option(
    "--account",
    metavar="ID",
    envvar="TFCHECK_ACCOUNT",
    callback=_account_id,
    help="The AWS account of the plan (12 digits), if the plan does not show it. Default: TFCHECK_ACCOUNT, or the only "
    "account in the plan's ARNs.",
)
query = click.option(
    "--query", metavar="JMESPATH", help="Print the part of the JSON output that this JMESPath expression selects."
)
author = click.option(
    "--author", metavar="LOGIN", default="", help="The account that owns the comment. Default: the token's account."
)
when = click.option(
    "--when",
    type=click.Choice(["findings", "changes", "always"]),
    default="findings",
    help="When to comment: findings, if there are any; changes, also if an answer or the access of a role changes; "
    "always. Default: findings.",
)
on_clean = click.option(
    "--on-clean",
    type=click.Choice(["update", "delete", "minimize"]),
    default="update",
    help="What to do with the comment once nothing is missing. Default: update.",
)
suggestions = click.option(
    "--suggestions",
    type=click.IntRange(0, 50),
    metavar="NUMBER",
    default=20,
    help="The maximum number of changes suggested on lines of the pull request. Default: 20.",
)


def format_of(*names: str) -> Callable[[_Command], _Command]:
    """Build the option for the output format, by default the first one."""
    help_ = f"The output format. Default: {names[0]}."
    return click.option("--format", "form", type=click.Choice(names), default=names[0], help=help_)


text_or_json = format_of("text", "json")
colour = click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours; auto obeys NO_COLOR and FORCE_COLOR. Default: auto.",
)
#: For commands that receive its value; for the others, `run` of `main.py` looks for it in the arguments.
debug = click.option("--debug", is_flag=True, help=_DEBUG)
hidden_debug = click.option("--debug", is_flag=True, expose_value=False, help=_DEBUG)
