"""Post reports from a command, with a fallback where GitHub refuses.

Whatever it answers, a report gets through: as the summary of the job, as annotations, and in the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tfcheck.cli import terminal
from tfcheck.cli.rulebook import manuals
from tfcheck.github.client import Client
from tfcheck.github.event import NothingToDo, asked
from tfcheck.github.hosts import hosts
from tfcheck.github.outcome import CommentAction, Outcome
from tfcheck.github.publish import CommentOptions, RunLocation, page, publish
from tfcheck.github.refusal import RefusalError
from tfcheck.report.annotations import Annotation, written
from tfcheck.report.markdown import markdown, summary
from tfcheck.report.screen import visible
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report

#: Where a token is looked for; the first that is set counts.
TOKENS = ("TFCHECK_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
#: The exit status where a comment was demanded and refused.
REFUSED = 4


class Posted(msgspec.Struct, frozen=True):
    """What was done on the pull request; `outcome` is None where GitHub refused."""

    outcome: Outcome | None


def post(reports: Sequence[Report], wishes: CommentOptions, variables: Mapping[str, str]) -> Posted:
    """Write to the pull request, and say what was done and why nothing was. Nothing is raised."""
    wanted = asked(variables, wishes.number, reports)
    if isinstance(wanted, NothingToDo):
        outcome = Outcome(CommentAction.NOTHING, wanted.why)
        terminal.say(visible(str(outcome)))
        return Posted(outcome)
    try:
        client = Client(hosts(variables), _token(variables))
        published = publish(client, wanted, reports, _place(variables), wishes, manuals())
    except RefusalError as refusal:
        hint = f"; {refusal.kind.hint}" if refusal.kind.hint else ""
        warn(f"no comment on the pull request: {refusal}{hint}", variables)
        return Posted(None)
    terminal.say(visible(str(published.outcome)))
    for warning in published.warnings:
        warn(warning, variables)
    return Posted(published.outcome)


def _token(variables: Mapping[str, str]) -> str:
    return next((found for name in TOKENS if (found := variables.get(name, "").strip())), "")


def warn(message: str, variables: Mapping[str, str]) -> None:
    """Warn in the log, and in a job beside it."""
    if ci.in_actions(variables):
        terminal.publish(f"{written(Annotation('warning', 'tfcheck', message))}\n", None, colour=False)
    else:
        terminal.say(f"warning: {visible(message)}")


def summarize(reports: Sequence[Report], wishes: CommentOptions, variables: Mapping[str, str]) -> None:
    """Add to the summary of the job, where there is one."""
    file = variables.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    text = summary(reports, page(reports, _place(variables), wishes, manuals()))
    from tfcheck.repository.writing import append

    try:
        append(Path(file), text)
    except OSError as error:
        warn(f"the summary of the job cannot be written: {error.strerror}", variables)


def drawn_up(reports: Sequence[Report], wishes: CommentOptions, variables: Mapping[str, str]) -> str:
    """Write the comment without asking anybody."""
    return markdown(reports, page(reports, _place(variables), wishes, manuals()))


def _place(variables: Mapping[str, str]) -> RunLocation:
    return RunLocation(variables, hosts(variables).server, _top(variables))


def _top(variables: Mapping[str, str]) -> Path:
    """Find the top of the checkout."""
    here = Path.cwd()
    for directory in (here, *here.parents):
        if (directory / ".git").exists():
            return directory
    return Path(variables.get("GITHUB_WORKSPACE") or here)
