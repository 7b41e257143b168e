"""Publish reports on the pull request: find it and tfcheck's account, write comment and suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.comment import Thread
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.outcome import CommentAction, Outcome
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.report_comment import CommentOptions, ReportComment
from tfcheck.report.links import Links
from tfcheck.report.manual import Manual
from tfcheck.report.markdown.page import Page
from tfcheck.report.safe_text import visible
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report


class Published(msgspec.Struct, frozen=True):
    """The outcome for the comment, warnings, and the targets without a result."""

    outcome: Outcome
    warnings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def page(variables: Mapping[str, str], server: str, wishes: CommentOptions, manuals: tuple[Manual, ...]) -> Page:
    """Describe the page about these reports: for the event's commit, with web pages on `server`."""
    links = Links(server, ci.repository(variables), ci.event(variables).sha, ci.run(variables))
    return Page(id=wishes.id, links=links, manuals=manuals, expected=wishes.expected, absent=wishes.absent)


def publish(
    conversation: Conversation[Any],
    reports: Sequence[Report],
    wishes: CommentOptions,
    manuals: tuple[Manual, ...] = (),
    top: Path = Path(),
) -> Published:
    """Update the comment on a pull request, and suggest fixes on its lines.

    `top` is the top of the checkout.

    Raises:
        RefusalError: the host does not let us write the comment; what else it refuses becomes a warning.
    """
    if why := conversation.moved_on():
        return Published(Outcome(CommentAction.NOTHING, why))
    draft = ReportComment(reports, _about(conversation, reports, wishes, manuals), wishes, conversation)
    if draft.is_empty:
        return Published(Outcome(CommentAction.NOTHING, "no report is about the newest commit of the pull request"))
    thread, outcome, said = _written(conversation, draft, wishes)
    done = Published(outcome, (*draft.warnings(outcome), *said), draft.absent)
    if outcome.late or not wishes.suggestions:
        return done
    findings = [each.finding for each in draft.told.findings if each.finding.change != "existing"]
    try:
        conversation.suggest(findings, thread.author, thread.marker.key, top, wishes.suggestions, done=draft.complete)
    except RefusalError as refusal:
        return msgspec.structs.replace(done, warnings=(*done.warnings, f"no suggestions beside lines: {refusal}"))
    return done


def _about(
    conversation: Conversation[Any], reports: Sequence[Report], wishes: CommentOptions, manuals: tuple[Manual, ...]
) -> Page:
    return Page(
        id=wishes.id,
        links=conversation.links,
        job=conversation.wanted.job,
        manuals=manuals,
        expected=wishes.expected,
        absent=wishes.absent,
        added=conversation.added() if any(map(_may_depend_on_edits, reports)) else {},
    )


def _may_depend_on_edits(report: Report) -> bool:
    settings = report.configuration.settings if report.configuration else {}
    return bool(report.waived_findings or settings or report.known)


def _written(
    conversation: Conversation[Any], draft: ReportComment, wishes: CommentOptions
) -> tuple[Thread, Outcome, Sequence[str]]:
    """Write the comment, also that of the token's own account if another one is named; return warnings."""
    on_clean = "update" if wishes.on_clean == "minimize" and not conversation.can_minimize else wishes.on_clean
    thread = Thread(conversation, conversation.author(wishes.author), draft, on_clean)
    outcome = thread.publish()
    account = _misnamed(thread, conversation, wishes)
    if account is None:
        return thread, outcome, _foreign(thread, wishes)
    thread = Thread(conversation, account, draft, on_clean)
    again = thread.publish()
    said = f"`comment-author` is `{visible(wishes.author)}`, but the token is that of `{visible(account.login)}`"
    return thread, again if again.did is not CommentAction.NOTHING else outcome, [said]


def _misnamed(thread: Thread, conversation: Conversation[Any], wishes: CommentOptions) -> Author | None:
    """Return the token's account if it has written comments with this id although another one is named."""
    if not (wishes.author and thread.foreign):
        return None
    try:
        found = conversation.author("")
    except RefusalError:
        return None
    return found if any(map(found.wrote, thread.foreign)) else None


def _foreign(thread: Thread, wishes: CommentOptions) -> list[str]:
    """Warn about a comment with this id by another bot; people may paste one."""
    names = [visible(each.login) for each in thread.foreign if wishes.author or each.type == "Bot"]
    why = f"`comment-author` is `{visible(wishes.author)}`" if wishes.author else "the token is that of another account"
    return [f"a comment with this id by {', '.join(names)} stays as it is, because {why}"] if names else []
