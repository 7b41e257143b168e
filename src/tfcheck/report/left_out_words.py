"""Explain which findings are waived or not selected, so that nobody takes a report without them for an all-clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import msgspec

from tfcheck.report.instance_names import blocks
from tfcheck.vocabulary.clipping import clip, few
from tfcheck.vocabulary.finding import Answer, Finding, Report, RunConfiguration, Severity, Verdict
from tfcheck.vocabulary.waiver import Waived, WaiverUse

_SHOWN_TASKS = 3
_SHOWN_WAIVERS = 10


class WaivedGroup(msgspec.Struct, frozen=True):
    """Findings of one rule that one waiver accepts."""

    rule: str
    waived: Waived
    findings: tuple[Finding, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The blocks of the affected task definitions."""
        return tuple(blocks(dict.fromkeys(each.task_definition for each in self.findings)))


def waived_groups(reports: Iterable[Report]) -> list[WaivedGroup]:
    """Group waived findings by waiver and rule."""
    found: dict[tuple[str, Waived], dict[Finding, None]] = {}
    for report in reports:
        for each in report.waived_findings:
            if each.waived is not None:
                found.setdefault((each.rule, each.waived), {})[each] = None
    return [WaivedGroup(rule, waived, tuple(members)) for (rule, waived), members in found.items()]


def waived_words(group: WaivedGroup) -> str:
    """Return in one line what a waiver accepts, why, until when, and where it is."""
    return f"{group.rule} of {few(group.tasks, _SHOWN_TASKS)}: {reason_and_place(group.waived)}"


def reason_and_place(waived: Waived) -> str:
    """Return the reason of a waiver, its last day, and its place."""
    until = f", until {waived.until}" if waived.until else ""
    return f"{waived.reason} ({waived.where}{until})"


def waiver_sentences(reports: Collection[Report], *, verbose: bool = False) -> Iterator[str]:
    """Yield sentences about waivers that have no effect: expired, invalid, or unused.

    Those for other plans are listed for several plans, or with `verbose`, since some may be for none.
    """
    uses: dict[WaiverUse, set[str]] = {}
    for report in reports:
        for each in report.waivers:
            uses.setdefault(msgspec.structs.replace(each, state="", problem=""), set()).add(each.state)
    problems = {each.where: each.problem for report in reports for each in report.waivers if each.problem}
    elsewhere = [use.where for use, states in uses.items() if states == {"elsewhere"}]
    for use, states in uses.items():
        if "expired" in states:
            yield f"the waiver at {use.where} expired on {use.until}: what it accepted counts again"
        elif "invalid" in states:
            yield f"the waiver at {use.where} waives nothing: {problems.get(use.where, '')}"
        elif "used" not in states and "unused" in states:
            yield f"the waiver at {use.where} is not used: `{use.rule}` finds nothing there"
    if elsewhere and (verbose or len(reports) > 1):
        plans = "this plan" if len(reports) == 1 else f"any of these {len(reports):,} plans"
        many = "is 1 waiver" if len(elsewhere) == 1 else f"are {len(elsewhere):,} waivers"
        yield f"there {many} for what is not in {plans}: {few(elsewhere, _SHOWN_WAIVERS)}"


def is_in_sources(waived: Waived) -> bool:
    """Whether a waiver is a comment in the sources."""
    return not waived.where.rpartition(":")[0].endswith(".toml")


_NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
_MOST_RULES = 5


def severity_counts(severities: Iterable[Severity], kind: str = "") -> list[str]:
    """Return the numbers of findings by severity: `1 error`, `2 warnings`, or with their kind `2 other warnings`."""
    found = Counter(severities)
    counts = ((found[each], name) for each, name in _NAMES.items())
    return [f"{number:,} {kind}{name}{'' if number == 1 else 's'}" for number, name in counts if number]


def unselected_words(report: Report) -> str:
    """Return the findings of rules that are not selected; empty if there are none."""
    if not report.unselected:
        return ""
    counts = ", ".join(severity_counts(each.severity for each in report.unselected))
    return f"{counts} of rules that are not selected: {unselected_rules(report)}"


def unselected_rules(report: Report) -> str:
    """Return the names of the rules that are not selected but have findings, at most the first few."""
    return few(list(dict.fromkeys(each.rule for each in report.unselected)), _MOST_RULES)


def excused_words(reports: Iterable[Report]) -> str:
    """Return the numbers of what does not count, as in `1 waived, 2 not selected`; empty if there is nothing."""
    reports = list(reports)
    waived = sum(len(each.waived_findings) for each in reports)
    return _excused_counts(waived, sum(len(each.unselected) + len(_unselected_unknown(each)) for each in reports))


def excused_counts(report: Report) -> dict[str, str]:
    """Return the numbers of what does not count for each affected task definition."""
    tasks = [each.task_definition for each in report.unselected]
    tasks += [each.requirement.task_definition for each in _unselected_unknown(report)]
    waived, unselected = Counter(each.task_definition for each in report.waived_findings), Counter(tasks)
    return {task: _excused_counts(waived[task], unselected[task]) for task in (*waived, *unselected)}


def _excused_counts(waived: int, unselected: int) -> str:
    parts = (f"{waived:,} waived" if waived else "", f"{unselected:,} not selected" if unselected else "")
    return ", ".join(filter(None, parts))


def _unselected_unknown(report: Report) -> list[Answer]:
    off = report.rules_off
    return [each for each in report.answers if each.verdict is Verdict.UNKNOWN and each.requirement.rule in off]


def configuration_words(configuration: RunConfiguration | None) -> str:
    """Return the configuration file and its effective values; empty without one."""
    if configuration is None or not configuration.settings:
        return ""
    settings = ", ".join(f"{key} = {clip(value)}" for key, value in configuration.settings.items())
    return f"{configuration.file or 'the configuration'} sets {settings}"


def selection_sentence(report: Report) -> str:
    """Return in one line what is left out, and why; empty if nothing is."""
    left_out = unselected_words(report)
    return "; ".join(
        filter(None, (left_out and f"not reported: {left_out}", configuration_words(report.configuration)))
    )
