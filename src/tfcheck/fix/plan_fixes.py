"""The fixes for one plan, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec

from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.proposal import Proposal
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.vocabulary.address import Address, ElsewhereAddress
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Remedy, Requirement


class FixChoice(msgspec.Struct, frozen=True):
    """The preferences between fixes.

    With `prefixes` files in one directory are granted by directory, with `corrects` a wrong literal is corrected
    instead of adding a statement, with `moves` a grant of the task role is moved instead of copied.
    """

    prefixes: bool = False
    corrects: bool = True
    moves: bool = False


class DraftFix(msgspec.Struct, frozen=True):
    """A fix, the requirements that it fixes, and its insertions; none if it is only text.

    `home` is the role's stack if it is another one, `finding` what it fixes if that is not a requirement. `touched` and
    `added` are the changes in the plan.
    """

    fix: Fix
    answers: tuple[Answer, ...]
    insertions: tuple[Insertion, ...] = ()
    texts: dict[str, SourceText] = {}
    home: ElsewhereAddress | None = None
    finding: Finding | None = None
    touched: tuple[ChangedAttribute, ...] = ()
    added: tuple[Address, ...] = ()


def draft_fix(fix: Fix, answers: tuple[Answer, ...], proposal: Proposal) -> DraftFix:
    """Return a proposal's fix."""
    return DraftFix(fix, answers, proposal.insertions, proposal.texts, touched=proposal.touched, added=proposal.added)


def draft_for_review(
    title: str, hcl: str, edits: Sequence[Insertion], texts: dict[str, SourceText], files: Files, **others: Any
) -> DraftFix:
    """Return a proven change of files as a fix for review; `others` are further fields of the draft."""
    fix = Fix(title=title, safety="review", proven=True, hcl=hcl, diff=files.diff(edits, texts))
    return DraftFix(fix, (), tuple(edits), texts, **others)


class PlanFixes(msgspec.Struct, frozen=True, dict=True):
    """All fixes for one plan. `settled` are requirements that the current sources allow: plan again.

    `remedies` explain what to do about findings without a fix, `skipped` lists the files that are not changed.
    """

    found: tuple[DraftFix, ...] = ()
    settled: tuple[Answer, ...] = ()
    remedies: tuple[tuple[Finding, Remedy], ...] = ()
    skipped: tuple[str, ...] = ()

    def remedy(self, finding: Finding) -> Remedy | None:
        """Return the remedy for a finding with no fix, or a partial one."""
        if id(finding) in self._corrections_by_finding:
            return None
        return self._remedies.get(id(finding), finding.remedy)

    @cached_property
    def _corrections_by_finding(self) -> dict[int, Fix]:
        return {id(each.finding): each.fix for each in self.found if each.finding is not None}

    @cached_property
    def _remedies(self) -> dict[int, Remedy]:
        return {id(finding): remedy for finding, remedy in reversed(self.remedies)}

    @cached_property
    def _fixing(self) -> dict[Requirement, list[int]]:
        places: dict[Requirement, list[int]] = {}
        for place, each in enumerate(self.found):
            for own in {answer.requirement for answer in each.answers}:
                places.setdefault(own, []).append(place)
        return places

    def of(self, finding: Finding) -> Fix | None:
        """Return the fix for a finding; the title of a partial one says so."""
        if id(finding) in self._corrections_by_finding:
            return self._corrections_by_finding[id(finding)]
        wanted = {each.requirement for each in finding.answers}
        shares = Counter(place for each in wanted for place in self._fixing.get(each, ()))
        place, most = max(shares.items(), key=lambda each: (each[1], -each[0]), default=(0, 0))
        fix = self.found[place].fix if most else None
        if fix is None or most == len(wanted):
            return fix
        return msgspec.structs.replace(fix, title=f"{fix.title} (fixes {most:,} of {len(wanted):,})")
