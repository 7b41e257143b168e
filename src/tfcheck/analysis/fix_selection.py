"""Which findings are to be fixed."""

from __future__ import annotations

import msgspec

from tfcheck.vocabulary.finding import Finding


class FixSelection(msgspec.Struct, frozen=True):
    """Which fixes are wanted: those of rules or addresses, only safe ones.

    `prefixes` grants directories of files, `moves` takes from a task role what only start-up needs.
    """

    only: tuple[str, ...] = ()
    safe_only: bool = False
    prefixes: bool = False
    moves: bool = False

    def wants(self, finding: Finding) -> bool:
        """Whether a fix of a finding is wanted."""
        return not self.only or not {finding.rule, finding.task_definition, finding.address}.isdisjoint(self.only)
