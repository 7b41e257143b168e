"""Explain which findings are waived, for which reason, and what became of the waivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.report.causes import blocks
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Finding, Report
from tfcheck.vocabulary.waiver import Waived, WaiverUse

_SHOWN_TASKS = 3


class WaivedGroup(msgspec.Struct, frozen=True):
    """Findings of one rule that one waiver accepts."""

    rule: str
    waived: Waived
    findings: tuple[Finding, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The blocks of the task definitions that they are of."""
        return tuple(blocks(dict.fromkeys(each.task_definition for each in self.findings)))


def waived_groups(reports: Iterable[Report]) -> list[WaivedGroup]:
    """Gather waived findings by waiver and rule."""
    found: dict[tuple[str, Waived], dict[Finding, None]] = {}
    for report in reports:
        for each in report.waived_findings:
            if each.waived is not None:
                found.setdefault((each.rule, each.waived), {})[each] = None
    return [WaivedGroup(rule, waived, tuple(members)) for (rule, waived), members in found.items()]


def waived_words(group: WaivedGroup) -> str:
    """Return in one line what a waiver accepts, why, until when, and where it is written."""
    shown = ", ".join(group.tasks[:_SHOWN_TASKS])
    more = and_more(len(group.tasks), _SHOWN_TASKS)
    return f"{group.rule} of {shown}{more}: {reason_and_place(group.waived)}"


def reason_and_place(waived: Waived) -> str:
    """Return why something is accepted, until when, and where that is written."""
    until = f", until {waived.until}" if waived.until else ""
    return f"{waived.reason} ({waived.where}{until})"


def waiver_sentences(reports: Iterable[Report]) -> Iterator[str]:
    """Yield what there is to say about waivers that do not hold: expired, wrong, or not used by any of the reports."""
    uses: dict[WaiverUse, set[str]] = {}
    for report in reports:
        for each in report.waivers:
            uses.setdefault(msgspec.structs.replace(each, state="", problem=""), set()).add(each.state)
    problems = {each.where: each.problem for report in reports for each in report.waivers if each.problem}
    for use, states in uses.items():
        if "expired" in states:
            yield f"the waiver at {use.where} expired on {use.until}: what it accepted counts again"
        elif "invalid" in states:
            yield f"the waiver at {use.where} waives nothing: {problems.get(use.where, '')}"
        elif "used" not in states and "unused" in states:
            yield f"the waiver at {use.where} is not used: `{use.rule}` finds nothing there"


def is_in_sources(waived: Waived) -> bool:
    """Whether a waiver is a comment in the sources."""
    return not waived.where.rpartition(":")[0].endswith(".toml")
