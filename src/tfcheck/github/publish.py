"""Publish reports on the pull request: which one, who we are, the comment, the suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from tfcheck.github.author import author
from tfcheck.github.client import Client
from tfcheck.github.comment import Draft, OnClean, Thread
from tfcheck.github.event import NothingToDo, RequestedPull, found
from tfcheck.github.outcome import CommentAction, Outcome
from tfcheck.github.refusal import RefusalError
from tfcheck.github.review import Review
from tfcheck.report.links import Links
from tfcheck.report.manual import Manual
from tfcheck.report.markdown import budget, markdown
from tfcheck.report.markdown.page import Content, Page, content
from tfcheck.report.markdown.top import mark, missing
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Finding, Report

When: TypeAlias = Literal["findings", "changes", "always"]


class CommentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever runs tfcheck wants of the comment.

    `id` tells several comments on one pull request apart. `author` is the account that writes, `number` the pull
    request; both are found out where they are not given. `expected` is how many reports there should be. `suggestions`
    is the most that are put beside lines.
    """

    id: str = ""
    author: str = ""
    number: int | None = None
    when: When = "findings"
    on_clean: OnClean = "update"
    expected: int = 0
    suggestions: int = 20


class RunLocation(msgspec.Struct, frozen=True):
    """Where tfcheck runs: the variables of the environment, the address of GitHub's pages, the top of the checkout."""

    variables: Mapping[str, str]
    server: str
    top: Path


class Published(msgspec.Struct, frozen=True):
    """What was done with the comment, and what did not go well beside it."""

    outcome: Outcome
    warnings: tuple[str, ...] = ()


def page(
    reports: Sequence[Report], place: RunLocation, wishes: CommentOptions, manuals: tuple[Manual, ...], sha: str = ""
) -> Page:
    """Explain what a page about these reports is to be: of the commit `sha`, else of the one that the event names."""
    head = sha or ci.event(place.variables).sha
    links = Links(place.server, ci.repository(place.variables), head, ci.run(place.variables))
    return Page(id=wishes.id, links=links, manuals=manuals, expected=wishes.expected)


def publish(
    client: Client,
    wanted: RequestedPull,
    reports: Sequence[Report],
    place: RunLocation,
    wishes: CommentOptions,
    manuals: tuple[Manual, ...] = (),
) -> Published:
    """Bring the comment on a pull request up to date, and suggest beside its lines what can be suggested.

    Raises:
        RefusalError: GitHub does not let us write the comment; what else it refuses becomes a warning.
    """
    pull = found(client, wanted)
    if isinstance(pull, NothingToDo):
        return Published(Outcome(CommentAction.NOTHING, pull.why))
    about = page(reports, place, wishes, manuals, pull.sha)
    told = content(reports, about)
    if not told.reports and not missing(told, about):
        return Published(Outcome(CommentAction.NOTHING, "no report is about the newest commit of the pull request"))
    us = author(client, place.variables, wishes.author)
    draft = _draft(reports, told, about, wishes.when)
    outcome = Thread(client, pull, us, draft, wishes.on_clean).publish()
    if outcome.did is CommentAction.NOTHING or not wishes.suggestions:
        return Published(outcome)
    return _suggested(Review(client, pull, us, draft.marker.key), told, place.top, wishes.suggestions, outcome)


def _draft(reports: Sequence[Report], told: Content, about: Page, when: When) -> Draft:
    def write(size: int, resolved: bool) -> str:
        return markdown(reports, msgspec.structs.replace(about, resolved=resolved), size=size)

    bad = bool(told.findings or missing(told, about))
    return Draft(
        marker=mark(told, about),
        write=write,
        clean=not (bad or told.stale or any(report.skipped or report.unread for report in told.reports)),
        wanted=bad or when == "always" or (when == "changes" and any(map(_changes, told.reports))),
        size=budget.COMMENT,
    )


def _changes(report: Report) -> bool:
    """Whether any answer is another one than before, or was not asked before, or any access is another."""
    access = report.access_changes or report.access_possible or report.access_unknown or report.role_switches
    return bool(access) or any(answer.before is not answer.verdict for answer in report.answers)


def _suggested(review: Review, told: Content, top: Path, most: int, outcome: Outcome) -> Published:
    findings: list[Finding] = [each.finding for each in told.findings if each.finding.change != "existing"]
    try:
        review.publish(findings, top, most)
    except RefusalError as refusal:
        return Published(outcome, (f"no suggestions beside lines: {refusal}",))
    return Published(outcome)
