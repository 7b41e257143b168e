"""The outputs of the GitHub Action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tfcheck.report.words import counted
from tfcheck.vocabulary.errors import UsageError
from tfcheck.vocabulary.finding import Report, Severity


def outputs(reports: Sequence[Report]) -> dict[str, str]:
    """Count what reports hold, and say it in one line."""
    severities = [finding.severity for report in reports for finding in report.open_findings]
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    unknown = sum(len(report.undecided()) + len(report.skipped) for report in reports)
    tasks = sum(len(report.task_definitions) for report in reports)
    counts = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}, {unknown} unknown"
    if known := sum(len(report.known) for report in reports):
        counts += f", {known} in the baseline"
    return {
        "findings": str(len(severities)),
        "errors": str(errors),
        "warnings": str(warnings),
        "unknown": str(unknown),
        "waived": str(sum(len(report.waived_findings) for report in reports)),
        "summary": f"{counts} in {counted(tasks, 'task definition')}",
    }


def step_outputs(values: Mapping[str, str], variables: Mapping[str, str]) -> None:
    """Hand values on to later steps, where there is somebody to hand them to; what is reported later counts.

    Follows https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter.

    Raises:
        UsageError: they cannot be written.
    """
    file = variables.get("GITHUB_OUTPUT")
    if not file:
        return
    from tfcheck.repository.writing import append

    try:
        append(Path(file), "".join(_output(name, value) for name, value in values.items()))
    except OSError as error:
        raise UsageError(f"GITHUB_OUTPUT cannot be written: {error.strerror}") from None


def _output(name: str, value: str) -> str:
    """Write one output; a delimiter that nobody can guess keeps a value with line breaks from setting others."""
    from secrets import token_hex

    if "\n" not in value and "\r" not in value:
        return f"{name}={value}\n"
    end = f"end-{token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"
