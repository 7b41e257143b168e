"""Distinguish the results of several plans with the same target, and recognise those of an earlier page.

Plans of one directory, such as those of two variable files, have one target. Each is a result of its own all the same:
if one is lost, the other must not be taken for both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from tfcheck.report.markdown.marker import clipped_target, hashed_target, marker
from tfcheck.report.origin import context_text, plan_path, target
from tfcheck.vocabulary.finding import Report

#: The id of a page about several targets.
SEVERAL = "tfcheck"


class ListedResults(msgspec.Struct, frozen=True):
    """The names under which an earlier page may list this one's results, and the number of plans per target."""

    names: frozenset[str] = frozenset()
    plans: Mapping[str, int] = {}

    @classmethod
    def of(cls, targets: Iterable[str], plans: Mapping[str, int]) -> ListedResults:
        """Build from the targets, written in full and as a hash."""
        return cls(frozenset(name for each in targets for name in (clipped_target(each), hashed_target(each))), plans)

    def lost(self, earlier: Collection[str]) -> list[str]:
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
    """Name a target with several plans."""
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
