"""Post reports from a command, with a fallback where GitHub refuses.

If the comment cannot be written, the report is in the job summary, in annotations, and in the log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tfcheck.analysis.rulebook import manuals
from tfcheck.cli import terminal
from tfcheck.pull_request.client import Client, first_token, hosts
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.event import NothingToDo, find_pull_request
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.publish import Published, page, publish
from tfcheck.pull_request.refusal import RefusalError, refusing
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions, Outcome
from tfcheck.report.annotations import Annotation, workflow_command
from tfcheck.report.markdown import budget, markdown, summary
from tfcheck.report.origin import Links
from tfcheck.report.safe_text import visible
from tfcheck.repository.work_tree import find_work_tree
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report

#: The variables with a token; the first that is set is used.
TOKENS = ("TFCHECK_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
#: For all summaries of one step, below GitHub's limit, in bytes.
_SUMMARIES, _SHORTEST_SUMMARY = 1000 * 1024, 10 * 1024
#: The exit status if a required comment was refused.
REFUSED = 4


def post(
    reports: Sequence[Report], comment_options: CommentOptions, variables: Mapping[str, str], *, debug: bool
) -> Outcome | None:
    """Write to the pull request and report the outcome; return None if the host refused.

    INVARIANT: nothing is raised, unless `debug` lets bugs through: the exit status belongs to the findings.
    """
    try:
        with refusing(debug=debug):
            found = _conversation(reports, comment_options, variables)
            if isinstance(found, NothingToDo):
                published = Published(Outcome(CommentAction.NOTHING, found.why))
            else:
                published = publish(found, reports, comment_options, manuals(), _top(variables))
    except RefusalError as refusal:
        warn(_refusal_words(refusal, variables), variables)
        return None
    terminal.print_message(visible(str(published.outcome)))
    for warning in published.warnings:
        warn(warning, variables)
    return published.outcome


class _Host(msgspec.Struct, frozen=True):
    """A host other than GitHub: its name, its word for a comment, and a hint for refusals."""

    name: str
    comment: str
    hint: str


_GITLAB = _Host(
    "GitLab",
    "note on the merge request",
    "pass a project access token with the scope `api` and the role Reporter or higher as TFCHECK_GITLAB_TOKEN",
)
_BITBUCKET = _Host(
    "Bitbucket",
    "comment on the pull request",
    "pass a repository access token with the scope `pullrequest:write` as TFCHECK_BITBUCKET_TOKEN",
)


def _host(variables: Mapping[str, str]) -> _Host | None:
    """Return the host of the job; None for GitHub, and outside a job."""
    if ci.in_gitlab(variables):
        return _GITLAB
    return _BITBUCKET if ci.in_bitbucket(variables) else None


def _refusal_words(refusal: RefusalError, variables: Mapping[str, str]) -> str:
    """Return a refusal in one line, with a hint."""
    host = _host(variables)
    if host:
        words = f"no {host.comment}: {refusal.words(host.name)}", refusal.kind.hint_elsewhere(host.hint)
    else:
        words = f"no comment on the pull request: {refusal}", refusal.kind.hint
    return "; ".join(filter(None, words))


def _conversation(
    reports: Sequence[Report], comment_options: CommentOptions, variables: Mapping[str, str]
) -> Conversation[Any] | NothingToDo:
    """Open the comments of the pull request; the code for hosts other than GitHub is loaded only when needed."""
    host = _host(variables)
    if host is _GITLAB:
        from tfcheck.pull_request import gitlab

        wanted = gitlab.find_merge_request(variables, comment_options.number)
        if isinstance(wanted, NothingToDo):
            return wanted
        client = Client(gitlab.hosts(variables), first_token(variables, gitlab.TOKENS))
        return gitlab.MergeConversation(client, wanted)
    if host is _BITBUCKET:
        from tfcheck.pull_request import bitbucket

        wanted = bitbucket.find_pull_request(variables, comment_options.number)
        token = first_token(variables, bitbucket.TOKENS)
        return wanted if isinstance(wanted, NothingToDo) else bitbucket.conversation(wanted, token)
    wanted = find_pull_request(variables, comment_options.number, reports)
    if isinstance(wanted, NothingToDo):
        return wanted
    return GitHubConversation(Client(hosts(variables), first_token(variables, TOKENS)), wanted, variables)


def warn(message: str, variables: Mapping[str, str]) -> None:
    """Warn in the log; in a GitHub job, as an annotation."""
    if ci.in_actions(variables):
        terminal.log(f"{workflow_command(Annotation('warning', 'tfcheck', message))}\n")
    else:
        terminal.print_message(f"warning: {visible(message)}")


def summarize(
    reports: Sequence[Report], comment_options: CommentOptions, variables: Mapping[str, str], *, debug: bool
) -> None:
    """Add the reports to the job summary, if there is one; errors become warnings."""
    file = variables.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    from tfcheck.repository.writing import append

    try:
        room = _SUMMARIES - (os.path.getsize(file) if os.path.isfile(file) else 0)
        if room < _SHORTEST_SUMMARY:
            warn("no summary of the job: those before it leave no room; GitHub drops them all above 1 MiB", variables)
            return
        with refusing(debug=debug):
            about = page(_links(variables), comment_options, manuals())
            text = summary(reports, about, size=min(room, budget.SUMMARY))
        append(Path(file), text)
    except RefusalError as refusal:
        warn(f"no summary of the job: {refusal}; {refusal.kind.hint}", variables)
    except (OSError, ValueError) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or "its path is not one"
        warn(f"the summary of the job cannot be written: {problem}", variables)


def render_comment(reports: Sequence[Report], comment_options: CommentOptions, variables: Mapping[str, str]) -> str:
    """Render the comment without any request."""
    return markdown(reports, page(_links(variables), comment_options, manuals()))


def _links(variables: Mapping[str, str]) -> Links:
    """Return links to the event's commit and the run."""
    return Links(hosts(variables).server, ci.repository(variables), ci.event(variables).sha, ci.run_id(variables))


def _top(variables: Mapping[str, str]) -> Path:
    """Find the root of the checkout."""
    here = Path.cwd()
    return find_work_tree(here) or Path(variables.get("GITHUB_WORKSPACE") or here)
