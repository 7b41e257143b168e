"""The options that choose what fails a run."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Answer, Report, Severity, Verdict, all_unread


class FailOptions(msgspec.Struct, frozen=True):
    """What fails a run: findings of `fail_on` or worse (`never`: none); with `strict` also undecided answers.

    With `new_only` what was already broken, or not decided, before the change does not count.
    """

    fail_on: str = "error"
    strict: bool = False
    new_only: bool = False

    @property
    def can_fail(self) -> bool:
        """Whether anything can fail a run."""
        return self.fail_on != "never" or self.strict

    def fails_on(self, severity: Severity, change: str | None) -> bool:
        """Whether a finding of this severity fails a run; `change` is whether it is new."""
        if self.fail_on == "never" or (self.new_only and change == "existing"):
            return False
        return severity.rank <= Severity(self.fail_on).rank

    def fails_on_unknown(self, answer: Answer) -> bool:
        """Whether an undecided answer fails a run."""
        return self.strict and not (self.new_only and answer.before is Verdict.UNKNOWN)

    def fail(self, reports: Iterable[Report]) -> bool:
        """Whether any of the reports fails a run."""
        return any(
            any(self.fails_on(each.severity, each.change) for each in report.open_findings)
            or any(map(self.fails_on_unknown, report.undecided_answers()))
            or (self.strict and bool(report.skipped))
            for report in reports
        )

    def exit_status(self, reports: Iterable[Report]) -> int:
        """Return the exit status for reports: 3 if a plan beside them was not read, 1 if any of them fails a run."""
        found = tuple(reports)
        return InputError.exit_status if all_unread(found) else int(self.fail(found))

    def __str__(self) -> str:
        """Format the options that can fail a run."""
        named = f"--fail-on {self.fail_on}" if self.fail_on != "never" else ""
        return " and ".join(filter(None, (named, "--strict" if self.strict else "")))
