"""Choose the words of the comment, depending on what earlier ones said, and name what was done with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias

import msgspec

from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.earlier import ANOTHER_JOB, EarlierComments
from tfcheck.report.markdown import markdown
from tfcheck.report.markdown.marker import ListedTargets, Marker, target_list
from tfcheck.report.markdown.page import ListedResults, OtherRun, Page, PageContent, content
from tfcheck.report.markdown.rest import edited_choices, new_waivers
from tfcheck.report.markdown.top import SHARED_ID_HINT, mark, missing, name
from tfcheck.report.safe_text import visible
from tfcheck.vocabulary.finding import Report

OnClean: TypeAlias = Literal["update", "delete", "minimize"]
When: TypeAlias = Literal["findings", "changes", "always"]


class CommentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The user's options for the comment.

    `id` distinguishes several comments on one pull request. `author` is the account that writes, `number` the pull
    request; by default both are found. `expected` is the number of reports, `absent` are targets without a result for
    this commit, `gone` those that no longer exist, `untouched` those that the pull request does not change any more,
    `replan_failed` those whose result is older than their last plan.
    `suggestions` is the maximum number on lines. `artifact` is the one with the page for a browser.
    """

    id: str = ""
    author: str = ""
    number: int | None = None
    when: When = "findings"
    on_clean: OnClean = "update"
    expected: int = 0
    absent: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    replan_failed: tuple[str, ...] = ()
    suggestions: int = 20
    artifact: str = ""


class CommentWording(msgspec.Struct, frozen=True):
    """The text of the comment, depending on earlier ones.

    `write` takes the maximum size in bytes, and a newer run if there is one. `clean`: there is nothing to report.
    `wanted`: a missing comment should be created.
    """

    write: Callable[[int, OtherRun | None], str]
    clean: bool
    wanted: bool


class ReportComment:
    """A comment on reports whose words depend on earlier ones.

    `absent`, `replaced` and `complete` are those of the words that were chosen last: the targets without a result,
    those of them that another job had written for this commit, and whether what the findings lack is fixed rather than
    not checked. `numbers_attempts`: a job that runs again has another run than before. `size` is the
    most bytes that it may have.
    """

    def __init__(
        self, reports: Sequence[Report], about: Page, comment_options: CommentOptions, conversation: Conversation[Any]
    ) -> None:
        """Build from the reports, the page, and its host."""
        self.size = conversation.size
        self._rewritten = conversation.rewritten
        self._reports = reports
        self._wishes = comment_options
        self.content = content(reports, about)
        self.marker = mark(self.content, about)
        self.numbers_attempts = conversation.numbers_attempts and self.marker.run[1] > 0
        self._about = msgspec.structs.replace(about, id=name(self.content, about))
        self.absent = about.absent
        self.replaced: tuple[str, ...] = ()
        self.complete = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report about the newest commit, not even a missing result."""
        about = self._about
        return not (self.content.reports or about.expected or about.absent or about.untouched)

    def succeeds(self, listed: ListedTargets, marker: Marker) -> bool:
        """Whether this comment replaces one with another id, neither of which the user has named."""
        return not self._wishes.id and self._results_here().include((*listed.present, *listed.absent), marker.key)

    def covers(self, listed: ListedTargets) -> bool:
        """Whether this comment names all targets of another one."""
        return self._results_here().names.issuperset((*listed.present, *listed.absent))

    def is_in(self, listed: Collection[str]) -> bool:
        """Whether another comment names all of these targets."""
        return self.content.listed.are_in(listed, self.content.targets)

    def _results_here(self) -> ListedResults:
        """Return the results in this run, and those known to be missing or gone."""
        found = self.content
        wishes = self._wishes
        also = ListedResults.of((*wishes.gone, *wishes.untouched, *wishes.absent), {})
        return ListedResults(found.listed.names | also.names, found.listed.plans)

    def render_outdated(self, size: int) -> str:
        """Render the comment for a newer commit: these targets have no result for it."""
        links = self._about.links and msgspec.structs.replace(self._about.links, sha="")
        absent = tuple(dict.fromkeys((*self.absent, *self.content.targets)))
        page = msgspec.structs.replace(self._about, links=links, artifact="", absent=absent, expected=0)
        return self._render((), page, target_list((), absent, size), size)

    def choose_wording(self, earlier: EarlierComments) -> CommentWording:
        """Return the words after `earlier`: a target without a result for this commit is never resolved."""
        found = self.content
        here = self._results_here()
        rivals = [f"{each}{ANOTHER_JOB}" for each in earlier.rivals if each in here.names]
        lost = list(dict.fromkeys((*here.missing_targets(earlier.targets), *rivals)))
        self.replaced = tuple(each for each in lost if each in earlier.beside or each in rivals)
        page = msgspec.structs.replace(
            self._about, absent=(*self._about.absent, *lost), replaced=self.replaced, resolved=earlier.had_findings
        )
        self.absent = found.absent(page)
        absent = missing(found, page)
        known = target_list(found.targets, self.absent, self.size)
        self.complete = not (absent or any(report.skipped or report.unread for report in found.reports))
        return CommentWording(
            write=lambda size, newer: self._render(
                self._reports, msgspec.structs.replace(page, newer=newer), known, size
            ),
            clean=self._is_clean(found, page),
            wanted=bool(found.reports or self._about.expected) and self._is_wanted(found, absent),
        )

    def _render(self, reports: Sequence[Report], page: Page, known: str, size: int) -> str:
        """Render the page, shorter again if its conversion for the host is too long."""
        room = size = size - len(known) - 2
        while True:
            written = self._rewritten(markdown(reports, page, size=room))
            over = len(written.encode()) - size
            if over <= 0:
                return f"{written}\n{known}\n"
            room -= over

    def warnings(self, outcome: Outcome) -> tuple[str, ...]:
        """Return warnings about the job although the comment was written."""
        if outcome.late or not self.replaced:
            return ()
        names = ", ".join(map(visible, self.replaced))
        return (f"the comment had the result of {names} from another job; {SHARED_ID_HINT}",)

    def _is_clean(self, found: PageContent, page: Page) -> bool:
        """Whether nothing is open, so that a comment may disappear; only new waivers count as open."""
        not_selected = any(report.unselected for report in found.reports)
        left = found.findings or found.known or found.waiting or not_selected or _own_choices(found, page)
        return self.complete and not left

    def _is_wanted(self, found: PageContent, absent: int) -> bool:
        when = self._wishes.when
        changed = when == "changes" and any(map(_changes, found.reports))
        return bool(found.findings or absent or _own_choices(found, self._about)) or when == "always" or changed


def _own_choices(found: PageContent, page: Page) -> bool:
    """Whether the pull request itself waives something, or edits what decides on the result."""
    return bool(new_waivers(found, page) or edited_choices(found, page))


def _changes(report: Report) -> bool:
    """Whether any answer or access differs from before the change."""
    access = report.access_changes or report.access_possible or report.access_unknown or report.role_switches
    return bool(access) or any(answer.before is not answer.verdict for answer in report.answers)


class CommentAction(Enum):
    """What was done with the comment; the value is the word in the log."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    MINIMIZED = "minimized"
    NOTHING = "nothing"


class Outcome(msgspec.Struct, frozen=True):
    """What was done with which comment, or why nothing was done.

    `late`: nothing was done because a newer run, commit or reader came first.
    """

    did: CommentAction
    why: str = ""
    id: int | None = None
    url: str = ""
    late: bool = False

    def __str__(self) -> str:
        if self.did is CommentAction.NOTHING:
            return f"no comment: {self.why}"
        where = f": {self.url}" if self.url and self.did is not CommentAction.DELETED else ""
        return f"comment {self.did.value}{f', {self.why}' if self.why else ''}{where}"
