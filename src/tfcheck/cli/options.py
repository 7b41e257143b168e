"""Options that several commands share."""

from __future__ import annotations

import click
from click.core import ParameterSource

from tfcheck.vocabulary.arn import account_id


def _account_id(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if not value:
        return None
    by_variable = ctx.get_parameter_source(option.name or "") is ParameterSource.ENVIRONMENT
    return account_id(value, "TFCHECK_ACCOUNT" if by_variable else "`--account`")


sources = click.option(
    "--sources",
    metavar="DIR|TFPLAN",
    help="The directory of the plan's .tf files, or the saved plan that contains them. Default: beside PLAN, the "
    "current directory, then its work tree.",
)
context = click.option(
    "--context",
    metavar="FILE",
    multiple=True,
    help="What `terraform show -json` prints of the state, or a plan, of another stack; - is standard input. What is "
    "in it exists. Can be given several times.",
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
    help="The AWS account of the plan, 12 digits, where the plan does not show it. Default: TFCHECK_ACCOUNT, or the "
    "only account in the ARNs written for the plan.",
)
colour = click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto obeys NO_COLOR and FORCE_COLOR.",
)
debug = click.option("--debug", is_flag=True, help="Show where a bug in tfcheck happened.")
