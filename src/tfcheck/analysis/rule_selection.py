"""Remove the findings of rules that are not selected, and set the severities of the others."""

from __future__ import annotations

import msgspec

from tfcheck.analysis.findings import worst_first
from tfcheck.analysis.rulebook import known_rules
from tfcheck.config.rules import RuleSelection
from tfcheck.config.settings import Choice
from tfcheck.vocabulary.finding import Finding, Report, RunConfiguration, Severity, Unselected


def select(report: Report, choice: Choice) -> Report:
    """Return a report with only the findings of selected rules, the number of others, and what excluded them.

    INVARIANT: the answers stay unchanged: what is denied is denied, whoever reads it.
    """
    if not choice.is_reported:
        return report
    selected = [_with_severity(each, choice.rules) for each in report.findings if choice.rules.selects(each.rule)]
    rest = [each for each in report.findings if not choice.rules.selects(each.rule)]
    unselected = tuple(Unselected(each.rule, each.severity, each.task_definition) for each in rest)
    before = report.configuration or RunConfiguration()
    rules = dict.fromkeys((*known_rules(), *(each.rule for each in report.findings)))
    off = (each for each in rules if not choice.rules.selects(each))
    return msgspec.structs.replace(
        report,
        findings=tuple(worst_first(selected)),
        unselected=(*report.unselected, *unselected),
        configuration=RunConfiguration(
            before.file or choice.file,
            {**before.settings, **choice.settings},
            tuple(dict.fromkeys((*before.rules_off, *off))),
        ),
    )


def _with_severity(finding: Finding, rules: RuleSelection) -> Finding:
    severity = rules.severity_of(finding.rule)
    return msgspec.structs.replace(finding, severity=Severity(severity)) if severity else finding
