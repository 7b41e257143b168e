"""The findings of all targets of a page, grouped, and the results that it is made of.

Plans of one directory, such as those of two variable files, have one target, but are separate results: if one is lost,
the other is not taken for both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter

import msgspec

from tfcheck.report.causes import Cause, causes, fixes
from tfcheck.report.manual import Manual
from tfcheck.report.markdown.marker import clipped_target, hashed_target, marker
from tfcheck.report.origin import Links, context_text, plan_path, target
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Report
from tfcheck.vocabulary.grouping import group_by_key

#: The id of a page about several targets.
SEVERAL = "tfcheck"


class OtherRun(msgspec.Struct, frozen=True):
    """Another run for the same commit, whose result the page may lack.

    `id` is that of a newer one. `hidden`: the token cannot see whether there is one. Otherwise, the page may have
    replaced its result.
    """

    id: str = ""
    hidden: bool = False


class ListedResults(msgspec.Struct, frozen=True):
    """The names under which an earlier page may list this one's results, and the number of plans per target."""

    names: frozenset[str] = frozenset()
    plans: Mapping[str, int] = {}

    @classmethod
    def of(cls, targets: Iterable[str], plans: Mapping[str, int]) -> ListedResults:
        """Build from the targets, written in full and as a hash."""
        return cls(frozenset(name for each in targets for name in (clipped_target(each), hashed_target(each))), plans)

    def missing_targets(self, earlier: Collection[str]) -> list[str]:
        """Return those of an earlier page that this page lacks.

        A plan with a renamed file is not lost while its target has as many plans as before.
        """
        before = {base: sum(_is_of(each, base) for each in earlier) for base in self.plans}
        complete = [base for base, number in before.items() if number <= self.plans[base]]
        return [each for each in earlier if each not in self.names and not any(_is_of(each, base) for base in complete)]

    def are_in(self, listed: Collection[str], targets: Iterable[str]) -> bool:
        """Whether another page lists these results in `targets`, or as many plans of each."""
        plans = all(sum(_is_of(each, base) for each in listed) >= number for base, number in self.plans.items())
        return plans or {hashed_target(each) for each in targets} <= set(listed)

    def include(self, listed: Collection[str], key: str) -> bool:
        """Whether an unnamed page with a list of targets is about one of these."""
        keys = {marker(each).key for each in (SEVERAL, *listed)}
        return key in keys and not self.names.isdisjoint(listed)


def _is_of(name: str, target: str) -> bool:
    return name == target or name.startswith(f"{target} (")


def name_with_plan(target: str, plan: str) -> str:
    """Return the name of a target with several plans."""
    return f"{target} ({plan})"


def distinguish_targets(reports: Iterable[Report]) -> list[tuple[Report, Report]]:
    """Pair each report with one whose target also names the plan if it has several.

    Duplicate reports are one.
    """
    by_target: dict[str, dict[str, dict[str, list[Report]]]] = {}
    for report in reports:
        plans = by_target.setdefault(target(report), {})
        alike = plans.setdefault(plan_path(report), {}).setdefault(context_text(report, "head_sha"), [])
        if report not in alike:
            alike.append(report)
    return [
        (report, _rename_target(report, name_with_plan(name, plan) if len(plans) > 1 else name, number))
        for name, plans in by_target.items()
        for plan, by_commit in plans.items()
        for alike in by_commit.values()
        for number, report in enumerate(alike, 1)
    ]


def _rename_target(report: Report, name: str, number: int) -> Report:
    """Return a report with this target, numbered if that is the only difference."""
    name = name if number == 1 else f"{name} ({number})"
    if name == target(report):
        return report
    return msgspec.structs.replace(report, context={**(report.context or {}), "target": name})


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The options for a page. Nothing here comes from a report.

    `id` is the comment's, by default from its targets. `links` lead to the commit and the run, `artifact` is the
    one of that run with the page for a browser, `job` is the writing job, `order` sorts its results if the run of
    `links` does not. `manuals` are those of the rules.
    `expected` is the number of reports, `absent` the targets that had a result before and have none here,
    `replaced` those of them whose result another job has written for this commit, `untouched` the targets that the pull
    request does not change any more, `replan_failed` those whose result is older than their last plan. `resolved`: an
    earlier page had findings. `newer` is a run whose result may differ. `added` are the lines that the pull request
    adds or changes, by file, None for a file without a diff; itself None if that is not known. `assumed`: the commit of
    `links` is only the newest one.
    """

    id: str = ""
    links: Links | None = None
    artifact: str = ""
    job: str = ""
    order: str = ""
    manuals: tuple[Manual, ...] = ()
    expected: int = 0
    absent: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    replan_failed: tuple[str, ...] = ()
    resolved: bool = False
    newer: OtherRun | None = None
    added: Mapping[str, frozenset[int] | None] | None = None
    assumed: bool = False

    def manual(self, rule: str) -> Manual | None:
        """Return the manual of a rule."""
        return next((each for each in self.manuals if each.id == rule), None)


class TargetedFinding(msgspec.Struct, frozen=True):
    """A finding, the first report with it, and all targets with it."""

    finding: Finding
    report: Report
    targets: tuple[str, ...]


class TargetedCause(msgspec.Struct, frozen=True):
    """Findings with one cause, the first report with them, and all targets with them."""

    cause: Cause
    report: Report
    targets: tuple[str, ...]


class TargetedUnknown(msgspec.Struct, frozen=True):
    """An undecided requirement, the first report with it, and all targets with it."""

    answer: Answer
    report: Report
    targets: tuple[str, ...]


class PageContent(msgspec.Struct, frozen=True):
    """The combined content of the reports of one page.

    `stale` are those about another commit, `known` the findings in the baseline, `waived` those that a waiver accepts.
    `several`: there is more than one task definition to distinguish. `listed` are the names that earlier pages may list
    these results by.
    """

    reports: tuple[Report, ...]
    stale: tuple[Report, ...]
    findings: tuple[TargetedFinding, ...]
    waiting: tuple[TargetedUnknown, ...]
    known: tuple[TargetedFinding, ...]
    waived: tuple[TargetedFinding, ...]
    several: bool
    listed: ListedResults = ListedResults()

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of all targets, each once."""
        return tuple(dict.fromkeys(target(report) for report in self.reports))

    def absent(self, page: Page) -> tuple[str, ...]:
        """Return the names of the targets without a result for this commit."""
        stale = (name for name in map(target, self.stale) if name not in self.targets)
        return tuple(dict.fromkeys((*page.absent, *stale)))


def content(reports: Iterable[Report], page: Page) -> PageContent:
    """Combine several reports without duplicates, errors first."""
    fresh: list[Report] = []
    stale: list[Report] = []
    plain: list[Report] = []
    for report, renamed in distinguish_targets(reports):
        (stale if _is_stale(report, page) else fresh).append(renamed)
        plain += () if _is_stale(report, page) else (report,)
    fresh.sort(key=target)
    several = len({task for report in fresh for task in report.task_definitions}) > 1
    bases = Counter(target(each) for each in plain)
    whole = (name_with_plan(target(each), plan_path(each)) for each in plain)
    return PageContent(
        tuple(fresh),
        tuple(stale),
        findings=_findings((report, report.open_findings) for report in fresh),
        waiting=tuple(_unknown_by_cause(fresh)),
        known=_findings((report, report.known_findings) for report in fresh),
        waived=_findings((report, report.waived_findings) for report in fresh),
        several=several,
        listed=ListedResults.of((*bases, *whole, *map(target, fresh)), bases),
    )


def _is_stale(report: Report, page: Page) -> bool:
    """Whether a report is about another commit than the page; Bitbucket abbreviates commits."""
    made_of, sha = context_text(report, "head_sha"), page.links.sha if page.links else ""
    return not (sha.startswith(made_of) or made_of.startswith(sha))


def _findings(reports: Iterable[tuple[Report, Iterable[Finding]]]) -> tuple[TargetedFinding, ...]:
    fields = attrgetter("rule", "severity", "task_definition", "address", "message", "change")

    def key(finding: Finding) -> tuple[object, ...]:
        rows = tuple((answer.requirement.id, answer.verdict, answer.reason) for answer in finding.answers)
        return *fields(finding), rows

    alike = group_by_key((key(each), (each, report)) for report, findings in reports for each in findings)
    found = [TargetedFinding(*members[0], _targets(members)) for members in alike.values()]
    return tuple(sorted(found, key=lambda each: (each.finding.change == "existing", each.finding.severity.rank)))


def _targets(members: Iterable[tuple[object, Report]]) -> tuple[str, ...]:
    """Return the targets of the reports that have the same, each once."""
    return tuple(dict.fromkeys(target(report) for _, report in members))


def group_by_cause(findings: Iterable[TargetedFinding]) -> list[TargetedCause]:
    """Group findings by cause and targets: errors first, and among these what the change breaks."""
    by_targets = group_by_key((each.targets, each) for each in findings)
    found = [
        TargetedCause(cause, members[0].report, targets)
        for targets, members in by_targets.items()
        for cause in causes(each.finding for each in members)
    ]
    return sorted(found, key=lambda each: (each.cause.severity.rank, not each.cause.breaks))


def fixes_in_order(causes: Iterable[TargetedCause]) -> tuple[Fix, ...]:
    """Return the suggested changes in the order of a page."""
    return fixes(finding for each in causes for group in each.cause.groups for finding in group.findings)


def _unknown_by_cause(reports: list[Report]) -> list[TargetedUnknown]:
    answers = ((each, report) for report in reports for each in report.undecided_answers())
    alike = group_by_key(
        ((each.requirement.id, each.role, each.reason, each.waits_for), (each, report)) for each, report in answers
    )
    return [TargetedUnknown(*members[0], _targets(members)) for members in alike.values()]
