"""Which findings are to be fixed."""

from __future__ import annotations

import msgspec

from tfcheck.config.choice import NO_CHOICE, Choice
from tfcheck.vocabulary.finding import Finding


class FixSelection(msgspec.Struct, frozen=True):
    """Which fixes are wanted: those of rules or addresses, only safe ones.

    `prefixes` grants directories of files, `moves` takes from a task role what only start-up needs. What is waived, or
    found by a rule that is not selected, is not fixed.
    """

    only: tuple[str, ...] = ()
    safe_only: bool = False
    prefixes: bool = False
    moves: bool = False
    choice: Choice = NO_CHOICE

    def wants(self, finding: Finding) -> bool:
        """Whether a fix of a finding is wanted."""
        counts = finding.waived is None and self.choice.rules.selects(finding.rule)
        named = {finding.rule, finding.task_definition, finding.address}
        return counts and not (self.only and named.isdisjoint(self.only))
