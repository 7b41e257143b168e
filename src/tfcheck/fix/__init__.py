"""Suggested HCL for missing permissions: where to add it, how to write it, and the proof that it works."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tfcheck.fix.fix_finder import find_fixes
from tfcheck.fix.proposal import FixChoice, PlanFixes
from tfcheck.fix.revealed import CheckAgain
from tfcheck.inventory.plan_world import After
from tfcheck.vocabulary.finding import Answer, Finding

__all__ = ["FixChoice", "PlanFixes", "find_fixes", "suggest"]


def suggest(
    findings: Sequence[Finding],
    world: After,
    conceals: Callable[[str], bool] = lambda _: False,
    answers: Sequence[Answer] = (),
    check_again: CheckAgain | None = None,
) -> tuple[Finding, ...]:
    """Return the findings, each with a proven fix or, otherwise, a remedy.

    `world` is the world after the change. `conceals` tests whether a text contains a secret. `answers` are all of the
    plan: no fix removes what they allow. `check_again` finds what the corrections reveal.
    """
    known = find_fixes(findings, world, conceals=conceals, answers=answers, check_again=check_again)
    return tuple(
        msgspec.structs.replace(finding, fix=known.of(finding), remedy=known.remedy(finding)) for finding in findings
    )
