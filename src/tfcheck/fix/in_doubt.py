"""Offer as text what a role needs, where that may not be enough: what the plan does not show decides as well.

A secret of another account has a policy of its own, for example. The text is the change that would be made: it is
written for the place where it belongs, and was tried there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tfcheck.fix.as_text import exactly, fix_of
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.trial import Trial
from tfcheck.inventory.world import After
from tfcheck.vocabulary.finding import Answer, Fix, Reason, Verdict

#: What a call waits for.
_Doubt: TypeAlias = tuple[Reason | None, str]


class InDoubt:
    """What stays unknown although a role has exactly what it needs, and the changes that leave just that unknown."""

    def __init__(self, needs: Sequence[RoleNeed], world: After) -> None:
        """Build from what roles lack, and the world after the change."""
        self._doubts: dict[int, _Doubt] = {}
        if needs:
            trial = exactly(needs, world)
            found = ((each, trial.judgement(each)) for need in needs for each in need.answers)
            self._doubts = {
                id(each): (judged.reason, judged.waits_for)
                for each, judged in found
                if judged.verdict is Verdict.UNKNOWN
            }
        left = (need.only([each for each in need.answers if id(each) in self._doubts]) for need in needs)
        self.needs = [each for each in left if each.answers]

    def after(self, trial: Trial) -> _SameDoubt:
        """Return what says whether a change leaves just the same unknown."""
        return _SameDoubt(trial, self._doubts)

    def fix(self, proposal: Proposal) -> Fix:
        """Write a change as text."""
        return fix_of(proposal.title, proposal.hcl, [Verdict.UNKNOWN])


class _SameDoubt:
    def __init__(self, trial: Trial, doubts: dict[int, _Doubt]) -> None:
        self._trial = trial
        self._doubts = doubts

    def allows(self, answer: Answer) -> bool:
        """Whether the change does for a call what exactly the policy that it needs would do."""
        found = self._trial.judgement(answer)
        return found.verdict is Verdict.UNKNOWN and self._doubts[id(answer)] == (found.reason, found.waits_for)
