"""Publish reports on the pull request: which one, who we are, the comment, the suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from tfcheck.pull_request.author import author
from tfcheck.pull_request.client import Client
from tfcheck.pull_request.comment import Draft, Earlier, OnClean, Thread, Wording
from tfcheck.pull_request.conversation import PullConversation
from tfcheck.pull_request.event import NothingToDo, OpenPull, RequestedPull, found
from tfcheck.pull_request.outcome import CommentAction, Outcome
from tfcheck.pull_request.plain_conversation import CommentForm, PlainConversation
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.review import Review
from tfcheck.pull_request.shapes import ChangedFile
from tfcheck.pull_request.suggestion import added_lines
from tfcheck.report.links import Links
from tfcheck.report.manual import Manual
from tfcheck.report.markdown import markdown
from tfcheck.report.markdown.marker import ListedTargets, Marker, target_list
from tfcheck.report.markdown.page import Content, Page, content
from tfcheck.report.markdown.rest import new_waivers
from tfcheck.report.markdown.results import ListedResults
from tfcheck.report.markdown.top import SHARED_ID_HINT, mark, missing, name
from tfcheck.report.safe_text import visible
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Finding, Report

#: GitHub lists no more files of a pull request.
_MOST_FILES = 3000

When: TypeAlias = Literal["findings", "changes", "always"]


class CommentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever runs tfcheck wants of the comment.

    `id` distinguishes several comments on one pull request. `author` is the account that writes, `number` the pull
    request; both are found out where they are not given. `expected` is how many reports there should be, `absent` names
    targets that have none for this commit, `gone` those that are not there any more. `suggestions` is the most that are
    put beside lines.
    """

    id: str = ""
    author: str = ""
    number: int | None = None
    when: When = "findings"
    on_clean: OnClean = "update"
    expected: int = 0
    absent: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    suggestions: int = 20


class RunLocation(msgspec.Struct, frozen=True):
    """Where tfcheck runs: the variables of the environment, the address of GitHub's pages, the top of the checkout."""

    variables: Mapping[str, str]
    server: str
    top: Path


class Published(msgspec.Struct, frozen=True):
    """What was done with the comment, what did not go well beside it, and the targets without a result."""

    outcome: Outcome
    warnings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def page(place: RunLocation, wishes: CommentOptions, manuals: tuple[Manual, ...], sha: str = "") -> Page:
    """Explain what a page about these reports is to be: of the commit `sha`, else of the one that the event names."""
    head = sha or ci.event(place.variables).sha
    return _page_at(Links(place.server, ci.repository(place.variables), head, ci.run(place.variables)), wishes, manuals)


def _page_at(links: Links, wishes: CommentOptions, manuals: tuple[Manual, ...]) -> Page:
    return Page(id=wishes.id, links=links, manuals=manuals, expected=wishes.expected, absent=wishes.absent)


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
    about = msgspec.structs.replace(page(place, wishes, manuals, pull.sha), added=_added_lines(client, pull, reports))
    draft = ReportComment(reports, about, wishes)
    if draft.is_empty:
        return Published(Outcome(CommentAction.NOTHING, "no report is about the newest commit of the pull request"))
    us = author(client, place.variables, wishes.author)
    thread = Thread(PullConversation(client, pull), us, draft.draft(), wishes.on_clean)
    outcome = thread.publish()
    done = Published(outcome, (*draft.warnings(outcome), *_foreign(thread, wishes)), draft.absent)
    if outcome.late or not wishes.suggestions:
        return done
    review = Review(client, pull, thread.author, thread.marker.key, complete=draft.complete)
    findings: list[Finding] = [each.finding for each in draft.told.findings if each.finding.change != "existing"]
    try:
        review.publish(findings, place.top, wishes.suggestions)
    except RefusalError as refusal:
        return msgspec.structs.replace(done, warnings=(*done.warnings, f"no suggestions beside lines: {refusal}"))
    return done


def publish_plainly(
    conversation: PlainConversation,
    reports: Sequence[Report],
    wishes: CommentOptions,
    manuals: tuple[Manual, ...] = (),
) -> Published:
    """Bring the comment up to date on a host that has no suggestions beside lines and folds no comment away.

    Raises:
        RefusalError: the host does not let us write the comment.
    """
    if why := conversation.moved_on():
        return Published(Outcome(CommentAction.NOTHING, why))
    added = conversation.added() if any(report.waived_findings for report in reports) else {}
    about = msgspec.structs.replace(_page_at(conversation.links, wishes, manuals), added=added)
    draft = ReportComment(reports, about, wishes, conversation.form)
    if draft.is_empty:
        return Published(Outcome(CommentAction.NOTHING, "no report is about the newest commit of the pull request"))
    us = conversation.author(wishes.author)
    thread = Thread(conversation, us, draft.draft(), noted(wishes))
    outcome = thread.publish()
    return Published(outcome, (*draft.warnings(outcome), *_foreign(thread, wishes)), draft.absent)


def _foreign(thread: Thread, wishes: CommentOptions) -> tuple[str, ...]:
    """Warn about a comment of this id by another account than the one that the user names: it stays as it is."""
    if not (wishes.author and thread.foreign):
        return ()
    names = ", ".join(map(visible, thread.foreign))
    return (
        f"a comment with this id by {names} stays as it is, because `comment-author` is `{visible(wishes.author)}`",
    )


def _added_lines(client: Client, pull: OpenPull, reports: Sequence[Report]) -> dict[str, frozenset[int] | None] | None:
    """Return the lines that a pull request adds, by file, if that matters; None where nobody says."""
    if not any(report.waived_findings for report in reports):
        return {}
    try:
        files = list(client.pages(f"{pull.path}/files", ChangedFile))
    except RefusalError:
        return None
    if len(files) >= _MOST_FILES:
        return None
    return {each.filename: None if each.patch is None else added_lines(each.patch) for each in files}


def noted(wishes: CommentOptions) -> OnClean:
    """Return what to do with a clean comment on a host where none can be minimized."""
    return "update" if wishes.on_clean == "minimize" else wishes.on_clean


class ReportComment:
    """A comment on reports, whose words depend on what was said before.

    `absent`, `replaced` and `complete` are those of the words that were chosen last: the targets without a result,
    those of them that another job of the same run had written, and whether what the findings lack is fixed rather than
    not checked.
    """

    def __init__(
        self, reports: Sequence[Report], about: Page, wishes: CommentOptions, form: CommentForm | None = None
    ) -> None:
        """Build from the reports, the page to be, and the form that the host needs: GitHub's unless given.

        NOTE: only GitHub Actions numbers a job that runs again anew; elsewhere it looks like another job of the run.
        """
        self._form = form or CommentForm()
        self._reports = reports
        self._wishes = wishes
        self.told = content(reports, about)
        self.marker = mark(self.told, about)
        self._tells_jobs_apart = form is None and self.marker.run[1] > 0
        self._about = msgspec.structs.replace(about, id=name(self.told, about))
        self.absent = about.absent
        self.replaced: tuple[str, ...] = ()
        self.complete = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say about the newest commit, not even that something is missing."""
        return not (self.told.reports or self._about.expected or self._about.absent)

    def draft(self) -> Draft:
        """Return the comment as the thread needs it."""
        return Draft(self.marker, self._form.size, self.after, self._succeeds)

    def _succeeds(self, listed: ListedTargets, marker: Marker) -> bool:
        """Whether this comment takes the place of one with another id: neither of them was named."""
        return not self._wishes.id and self._here().include((*listed.present, *listed.absent), marker.key)

    def _here(self) -> ListedResults:
        """Return the results that are here, and those that are known to be absent or gone."""
        told = self.told
        also = ListedResults.of((*self._wishes.gone, *self._wishes.absent), {})
        return ListedResults(told.listed.names | also.names, told.listed.plans)

    def after(self, earlier: Earlier) -> Wording:
        """Choose the words after `earlier`: what had a result and has none of this commit is never resolved."""
        told = self.told
        here = self._here()
        beside = earlier.beside if self._tells_jobs_apart else ()
        rivals = [f"{each} (another job)" for each in beside if each in here.names]
        lost = list(dict.fromkeys((*here.lost(earlier.targets), *rivals)))
        self.replaced = tuple(each for each in lost if each in earlier.beside or each in rivals)
        page = msgspec.structs.replace(
            self._about, absent=(*self._about.absent, *lost), replaced=self.replaced, resolved=earlier.told
        )
        self.absent = told.absent(page)
        absent = missing(told, page)
        known = target_list(told.targets, self.absent, self._form.size)
        self.complete = not (absent or any(report.skipped or report.unread for report in told.reports))
        return Wording(
            write=lambda size: f"{self._page(page, size - len(known) - 2)}\n{known}\n",
            clean=self._is_clean(told, page),
            wanted=bool(told.reports or self._about.expected) and self._is_wanted(told, absent),
        )

    def _page(self, page: Page, size: int) -> str:
        """Render the page, shorter again where rewriting it for the host has made it too long."""
        room = size
        while True:
            written = self._form.rewritten(markdown(self._reports, page, size=room))
            over = len(written.encode()) - size
            if over <= 0:
                return written
            room -= over

    def warnings(self, outcome: Outcome) -> tuple[str, ...]:
        """Return what is wrong with the job although the comment was written."""
        if outcome.late or not self.replaced:
            return ()
        names = ", ".join(map(visible, self.replaced))
        return (f"the comment had the result of {names} from another job of this run; {SHARED_ID_HINT}",)

    def _is_clean(self, told: Content, page: Page) -> bool:
        """Whether nothing is open, so that a comment may disappear: what was waived before the change is not."""
        not_selected = any(report.unselected for report in told.reports)
        left = told.findings or told.known or told.waiting or not_selected or new_waivers(told, page)
        return self.complete and not left

    def _is_wanted(self, told: Content, absent: int) -> bool:
        when = self._wishes.when
        changed = when == "changes" and any(map(_changes, told.reports))
        return bool(told.findings or absent or new_waivers(told, self._about)) or when == "always" or changed


def _changes(report: Report) -> bool:
    """Whether any answer is another one than before, or was not asked before, or any access is another."""
    access = report.access_changes or report.access_possible or report.access_unknown or report.role_switches
    return bool(access) or any(answer.before is not answer.verdict for answer in report.answers)
