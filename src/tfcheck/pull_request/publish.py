"""Publish reports on the pull request: find it and tfcheck's account, write comment and suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.comment import CommentThread
from tfcheck.pull_request.conversation import Added, Conversation
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions, Outcome, ReportComment
from tfcheck.report.manual import Manual
from tfcheck.report.markdown.page import Page
from tfcheck.report.origin import Links
from tfcheck.report.safe_text import visible
from tfcheck.vocabulary.finding import Report


class Published(msgspec.Struct, frozen=True):
    """The outcome for the comment, warnings, and the targets without a result."""

    outcome: Outcome
    warnings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def page(
    links: Links,
    comment_options: CommentOptions,
    manuals: tuple[Manual, ...],
    *,
    job: str = "",
    order: str = "",
    added: Added | None = None,
    assumed: bool = False,
) -> Page:
    """Return the page about these reports."""
    return Page(
        id=comment_options.id,
        links=links,
        artifact=comment_options.artifact,
        job=job,
        order=order,
        manuals=manuals,
        expected=comment_options.expected,
        absent=comment_options.absent,
        untouched=comment_options.untouched,
        replan_failed=comment_options.replan_failed,
        added=added,
        assumed=assumed,
    )


def publish(
    conversation: Conversation[Any],
    reports: Sequence[Report],
    comment_options: CommentOptions,
    manuals: tuple[Manual, ...] = (),
    top: Path = Path(),
) -> Published:
    """Update the comment on a pull request, and suggest fixes on its lines.

    `top` is the top of the checkout.

    Raises:
        RefusalError: the host does not let us write the comment; what else it refuses becomes a warning.
    """
    if why := conversation.outdated_at_start():
        return Published(Outcome(CommentAction.NOTHING, why))
    added = conversation.added_lines() if any(map(_may_depend_on_edits, reports)) else {}
    wanted = conversation.wanted
    about = page(
        conversation.links,
        comment_options,
        manuals,
        job=wanted.job,
        order=wanted.order,
        added=added,
        assumed=conversation.assumes_commit,
    )
    draft = ReportComment(reports, about, comment_options, conversation)
    if draft.is_empty:
        return Published(Outcome(CommentAction.NOTHING, "no report is about the newest commit of the pull request"))
    thread, outcome, warnings = _write(conversation, draft, comment_options)
    done = Published(outcome, (*draft.warnings(outcome), *warnings), draft.absent)
    if outcome.late:
        return done
    if refused := _suggest(conversation, thread, draft, comment_options.suggestions, top):
        return msgspec.structs.replace(done, warnings=(*done.warnings, refused))
    return done


def _suggest(conversation: Conversation[Any], thread: CommentThread, draft: ReportComment, most: int, top: Path) -> str:
    """Suggest at most so many fixes on lines, and remove needless ones; return a warning if some are refused."""
    findings = [each.finding for each in draft.content.findings if each.finding.change != "existing"]
    own, done = thread.own, draft.complete and not thread.newer.found
    try:
        conversation.suggest(findings, own.author, own.marker.comment, top, most, done=done)
    except RefusalError as refusal:
        return f"no suggestions beside lines: {refusal}" if most else ""
    return ""


def _may_depend_on_edits(report: Report) -> bool:
    settings = report.configuration.settings if report.configuration else {}
    return bool(report.waived_findings or settings or report.known_findings)


def _write(
    conversation: Conversation[Any], draft: ReportComment, comment_options: CommentOptions
) -> tuple[CommentThread, Outcome, Sequence[str]]:
    """Write the comment, also that of the token's own account if another one is named; return warnings."""
    on_clean = (
        "update"
        if comment_options.on_clean == "minimize" and not conversation.can_minimize
        else comment_options.on_clean
    )
    thread = CommentThread(conversation, conversation.author(comment_options.author), draft, on_clean)
    outcome = thread.publish()
    account = _unnamed_author(thread, conversation, comment_options)
    if account is None:
        return thread, outcome, _foreign(thread, comment_options)
    thread = CommentThread(conversation, account, draft, on_clean)
    again = thread.publish()
    warning = (
        f"`comment-author` is `{visible(comment_options.author)}`, but the token is that of `{visible(account.login)}`"
    )
    return thread, again if again.did is not CommentAction.NOTHING else outcome, [warning]


def _unnamed_author(
    thread: CommentThread, conversation: Conversation[Any], comment_options: CommentOptions
) -> Author | None:
    """Return the token's account if it has written comments with this id although another one is named."""
    if not (comment_options.author and thread.own.foreign):
        return None
    try:
        found = conversation.author("")
    except RefusalError:
        return None
    return found if any(map(found.wrote, thread.own.foreign)) else None


def _foreign(thread: CommentThread, comment_options: CommentOptions) -> list[str]:
    """Return warnings about a comment with this id by another bot; people may paste one."""
    names = [visible(each.login) for each in thread.own.foreign if comment_options.author or each.type == "Bot"]
    why = (
        f"`comment-author` is `{visible(comment_options.author)}`"
        if comment_options.author
        else "the token is that of another account"
    )
    return [f"a comment with this id by {', '.join(names)} stays as it is, because {why}"] if names else []
