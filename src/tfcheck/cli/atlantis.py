"""The commands for Atlantis."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import ConfiguredCommand, LoadedSettings, choice, config_option, load
from tfcheck.vocabulary.fail_options import FailOptions

if TYPE_CHECKING:
    from tfcheck.pull_request.report_comment import OnClean, When


_STOPS = "Stop the plan, or fail the check, if there is a finding of this severity or higher."
_strict = click.option("--strict/--no-strict", help="Fail on unknown answers and skipped tasks as well.")
_new_only = click.option("--new-only/--no-new-only", help="Ignore findings that existed before the change.")


@click.group(short_help="Steps and hooks for an Atlantis server.")
def atlantis() -> None:
    """Check plans in Atlantis, and report findings on the pull request.

    All commands read what they need from the environment that Atlantis sets for steps and hooks.
    """


@atlantis.command(short_help="A step before init: record that the project is about to be planned.")
@options.debug
def announce(debug: bool) -> int:
    """Record that this project is about to be planned, so that the hook reports it if there is no result.

    Without this step, a project whose first plan fails is not in the comment. Prints nothing; the exit status is 0.
    """
    from tfcheck.atlantis.step import before_plan

    printed = before_plan(os.environ, debug=debug)
    terminal.log(printed.text)
    return printed.status


class _PolicyCheck(ConfiguredCommand):
    """The policy check, which reports an error in the configuration as a failure; a section can name the project."""

    defers = True

    def load(self, given: Mapping[str, Any]) -> LoadedSettings:
        from tfcheck.atlantis.surroundings import project

        about = project(os.environ)
        return load(config_option(given), workspace=about.workspace, targets=(about.target,), shared=True)


class _PlanStep(_PolicyCheck):
    """The plan step, which only the server's configuration can make fail."""

    without = ("fail-on", "strict", "new-only")


@atlantis.command(cls=_PlanStep, short_help="A step after plan and show: check the plan, and store the result.")
@options.fail_on(_STOPS, "never")
@_strict
@_new_only
@options.rules
@options.baseline
@options.context
@options.account
@options.debug
def plan(fail_on: str, strict: bool, new_only: bool, **others: Any) -> int:
    """Check the plan that the step `show` has written, and store the result for the hook.

    Prints at most a dozen lines, for the comment of Atlantis. The exit status is 0 unless --fail-on or --strict stop
    the plan; then it is 1, also if nothing could be checked.
    """
    from tfcheck.atlantis.step import StepOptions, after_plan

    printed = after_plan(os.environ, StepOptions(FailOptions(fail_on, strict, new_only), choice=choice, **others))
    terminal.log(printed.text)
    return printed.status


@atlantis.command(
    "policy-check", cls=_PolicyCheck, short_help="Run as a step of policy_check: print the findings that need approval."
)
@options.fail_on(_STOPS)
@_strict
@_new_only
@options.rules
@options.baseline
@options.context
@options.account
@options.debug
def policy_check(fail_on: str, strict: bool, new_only: bool, **others: Any) -> int:
    """Print what fails and what warns as conftest does, for a policy_check with custom_policy_check.

    The exit status is always 0, because Atlantis evaluates the output. A plan that cannot be checked fails.
    """
    from tfcheck.atlantis.policy import checked_policy
    from tfcheck.atlantis.step import StepOptions

    lines = checked_policy(os.environ, StepOptions(FailOptions(fail_on, strict, new_only), choice=choice, **others))
    terminal.publish(lines, None, colour=False)
    return 0


@atlantis.command(short_help="A hook after the command plan: one comment for all projects.")
@click.option(
    "--id", "name", metavar="TEXT", default="atlantis", help="Distinguishes several comments. Default: atlantis."
)
@options.author
@options.when
@options.on_clean
@options.suggestions
@click.option("--dry-run", is_flag=True, help="Write the reports to the log, without contacting the host.")
@options.debug
def publish(name: str, author: str, when: When, on_clean: OnClean, suggestions: int, dry_run: bool, debug: bool) -> int:
    """Report the results of all projects of the newest commit in one comment on the pull request.

    The token is TFCHECK_GITHUB_TOKEN, GITHUB_TOKEN or ATLANTIS_GH_TOKEN; on GitLab, Gitea, Forgejo and Bitbucket a
    variable of the same form. Where there is none, or the host refuses, the reports are in the log of the hook, and the
    exit status stays 0.
    """
    from tfcheck.analysis.rulebook import manuals
    from tfcheck.atlantis.hook import update_comment
    from tfcheck.pull_request.report_comment import CommentOptions

    comment_options = CommentOptions(id=name, author=author, when=when, on_clean=on_clean, suggestions=suggestions)
    terminal.log(update_comment(os.environ, comment_options, manuals(), dry_run=dry_run, debug=debug))
    return 0
