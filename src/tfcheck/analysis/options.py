"""The options of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tfcheck.config.settings import NO_CHOICE, Choice
from tfcheck.vocabulary.finding import Finding, Report


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The assumptions about plans, the findings to report, and what reports contain besides.

    `workspace` and `account` are those of plans that do not show them. `choice` has the waivers and the selected
    rules. With `fixes` findings get a proven fix where there is one: those of `to_fix`, by default all
    that are not waived. With `excerpts` reports have the source lines at the places of findings that may be shown.
    """

    workspace: str | None = None
    account: str | None = None
    choice: Choice = NO_CHOICE
    fixes: bool = False
    to_fix: Callable[[Report], Sequence[Finding]] | None = None
    excerpts: bool = False

    def wanted_fixes(self, report: Report) -> Sequence[Finding]:
        """Return the findings to fix: by default, those that are reported."""
        if not self.fixes:
            return ()
        if self.to_fix is not None:
            return self.to_fix(report)
        return [each for each in report.findings if self.reports(each)]

    def reports(self, finding: Finding) -> bool:
        """Whether a finding is reported, and so may be fixed."""
        return finding.waived is None and self.choice.rules.selects(finding.rule)


DEFAULTS = RunOptions()


class FixSelection(msgspec.Struct, frozen=True):
    """The requested fixes: of some rules or addresses, or only safe ones.

    `prefixes` grants directories of files, `moves` removes from a task role what only start-up needs.
    """

    only: tuple[str, ...] = ()
    safe_only: bool = False
    prefixes: bool = False
    moves: bool = False

    def wants(self, finding: Finding) -> bool:
        """Whether a fix of a finding is requested."""
        return not self.only or not {finding.rule, finding.task_definition, finding.address}.isdisjoint(self.only)
