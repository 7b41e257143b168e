"""Explain which findings a report leaves out, and what decided that: it must not be read as an all-clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tfcheck.vocabulary.clipping import and_more, clip
from tfcheck.vocabulary.finding import Answer, Configuration, Report, Severity, Verdict

_NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
_MOST_RULES = 5


def unselected_counts(severities: Iterable[Severity]) -> str:
    """Count findings by severity, as in `1 error, 2 warnings`."""
    found = list(severities)
    counts = ((found.count(each), name) for each, name in _NAMES.items())
    return ", ".join(f"{number:,} {name}{'' if number == 1 else 's'}" for number, name in counts if number)


def unselected_words(report: Report) -> str:
    """Return what the rules that are not selected have found; empty where they have found nothing."""
    if not report.unselected:
        return ""
    counts = unselected_counts(each.severity for each in report.unselected)
    return f"{counts} of rules that are not selected: {unselected_rules(report)}"


def unselected_rules(report: Report) -> str:
    """Name the rules that are not selected and have found something; of many the first."""
    rules = list(dict.fromkeys(each.rule for each in report.unselected))
    more = and_more(len(rules), _MOST_RULES)
    return f"{', '.join(rules[:_MOST_RULES])}{more}"


def excused_words(reports: Iterable[Report]) -> str:
    """Count what does not count, as in `1 waived, 2 not selected`; empty where everything does."""
    reports = list(reports)
    waived = sum(len(each.waived_findings) for each in reports)
    return _counts(waived, sum(len(each.unselected) + len(_unselected_unknown(each)) for each in reports))


def excused_counts(report: Report) -> dict[str, str]:
    """Count what does not count for each task definition that has any of it."""
    tasks = [each.task_definition for each in report.unselected]
    tasks += [each.requirement.task_definition for each in _unselected_unknown(report)]
    waived, unselected = Counter(each.task_definition for each in report.waived_findings), Counter(tasks)
    return {task: _counts(waived[task], unselected[task]) for task in (*waived, *unselected)}


def _counts(waived: int, unselected: int) -> str:
    parts = (f"{waived:,} waived" if waived else "", f"{unselected:,} not selected" if unselected else "")
    return ", ".join(filter(None, parts))


def _unselected_unknown(report: Report) -> list[Answer]:
    off = report.rules_off
    return [each for each in report.answers if each.verdict is Verdict.UNKNOWN and each.requirement.rule in off]


def configuration_words(configuration: Configuration | None) -> str:
    """Name the configuration file and what it sets that counts; empty where there is none."""
    if configuration is None or not configuration.settings:
        return ""
    settings = ", ".join(f"{key} = {clip(value)}" for key, value in configuration.settings.items())
    return f"{configuration.file or 'the configuration'} sets {settings}"


def selection_sentence(report: Report) -> str:
    """Explain in one line what is left out and what decided it; empty where nothing is."""
    left_out = unselected_words(report)
    return "; ".join(
        filter(None, (left_out and f"not reported: {left_out}", configuration_words(report.configuration)))
    )
