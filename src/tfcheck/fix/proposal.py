"""What roles lack, the ways to grant it, and the fixes found, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import msgspec

from tfcheck.fix.edits.insertion import Change, Insertion, merge_changes
from tfcheck.fix.title import Title
from tfcheck.inventory.world import WorldObject
from tfcheck.symbolic.limits import is_exceeded
from tfcheck.vocabulary.address import Address, OtherStackAddress
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Reason, Remedy, Requirement
from tfcheck.vocabulary.grouping import group_by_key

#: What an Allow on the role fixes.
GRANTABLE = frozenset({Reason.IMPLICIT_DENY, Reason.GRANTED_TO_TASK_ROLE, Reason.GRANTED_TO_EXECUTION_ROLE})


class Proposal(Change, frozen=True, kw_only=True):
    """One way to fix something, not proven yet.

    `beside` are the objects after whose blocks something is inserted, `reported` the parts of changed lines that the
    title shows. `adds_output`: the module of a role gets an output with its name.
    """

    title: Title
    safety: str = "review"
    hcl: str
    beside: tuple[Address, ...] = ()
    reported: tuple[str, ...] = ()
    adds_output: bool = False


def join_proposals(proposals: Sequence[Proposal]) -> Proposal:
    """Join several changes into one."""
    return Proposal(
        **msgspec.structs.asdict(merge_changes(proposals)),
        title=Title.join([each.title for each in proposals]),
        safety="safe" if all(each.safety == "safe" for each in proposals) else "review",
        hcl="\n\n".join(each.hcl for each in proposals),
        beside=tuple(one for each in proposals for one in each.beside),
        adds_output=any(each.adds_output for each in proposals),
    )


def extend_proposal(found: Proposal, title: Title, *changes: Change) -> Proposal:
    """Return a proposal, for review, that also makes other changes."""
    whole = msgspec.structs.asdict(merge_changes([found, *changes]))
    return msgspec.structs.replace(found, title=title, safety="review", **whole)


class RoleNeed(msgspec.Struct, frozen=True):
    """The missing permissions of one role, or of several from one block that lack the same.

    Without `roles` it is for an unmanaged role, called `elsewhere`. The roles of different `parts` lack different ones.
    """

    roles: tuple[WorldObject, ...]
    answers: tuple[Answer, ...]
    elsewhere: str = ""
    parts: tuple[RoleNeed, ...] = ()

    def names(self) -> frozenset[str]:
        """Return the names of the roles: addresses for those of the plan, otherwise a description."""
        return frozenset(str(each.address) for each in self.roles) or frozenset({outside_role_words(self.elsewhere)})

    def places(self) -> dict[str, Address]:
        """Return the addresses of the roles by their text."""
        return {str(each.address): each.address for each in self.roles}

    def rules(self) -> frozenset[str]:
        """Return the rules of the missing permissions."""
        return frozenset(each.requirement.rule for each in self.answers)

    def answers_by_role(self) -> dict[str, tuple[Answer, ...]]:
        """Group the missing permissions by role."""
        found: dict[str, list[Answer]] = {str(role.address): [] for role in self.roles}
        for each in self.answers:
            if each.role in found:
                found[each.role].append(each)
        return {name: tuple(answers) for name, answers in found.items()}

    def restrict_to(self, answers: Sequence[Answer]) -> RoleNeed:
        """Return the need reduced to some answers, with the roles that they are about."""
        lacking = {each.role for each in answers}
        roles = tuple(each for each in self.roles if str(each.address) in lacking)
        parts = (each.restrict_to([one for one in each.answers if one in answers]) for each in self.parts)
        return RoleNeed(roles, tuple(answers), self.elsewhere, tuple(each for each in parts if each.answers))


def outside_role_words(role: str) -> str:
    """Return a description of a role that the plan does not manage."""
    return f"the role {role}"


#: Decides whether a requirement is allowed after a change.
Allows: TypeAlias = Callable[[Answer], bool]


class Case:
    """Something to fix, and the proposals that remain to be tried."""

    def __init__(self, answers: Sequence[Answer], proposals: Iterator[Proposal]) -> None:
        self.answers = tuple(answers)
        self.proposals = proposals
        self.current: Proposal | None = None
        self.doubts: tuple[str, ...] = ()  # about the current proposal

    def advance(self) -> bool:
        """Move to the next proposal, and return whether there is one; none is looked for beyond the limit of steps."""
        self.current = None if is_exceeded() else next(self.proposals, None)
        return self.current is not None

    def split_by(self, fixed: Sequence[Answer]) -> list[Case]:
        """Split into a case that the current proposal fixes and one for the rest; itself if it is one change."""
        return [self]


class RoleCase(Case):
    """A case of missing permissions of roles."""

    def __init__(self, need: RoleNeed, ways: Callable[[RoleNeed], Iterator[Proposal]]) -> None:
        super().__init__(need.answers, ways(need))
        self.need = need
        self._ways = ways

    def split_by(self, fixed: Sequence[Answer]) -> list[Case]:
        """Split into a case that the current proposal fixes and one for the rest."""
        rest = [each for each in self.answers if each not in fixed]
        return [RoleCase(self.need.restrict_to(each), self._ways) for each in (fixed, rest)]


class FixChoice(msgspec.Struct, frozen=True):
    """The preferences between fixes.

    With `prefixes` files in one directory are granted by directory, with `corrects` a wrong literal is corrected
    instead of adding a statement, with `moves` a grant of the task role is moved instead of copied.
    """

    prefixes: bool = False
    corrects: bool = True
    moves: bool = False


class DraftFix(Change, frozen=True):
    """A fix, the requirements that it fixes, and its change; without insertions it is only text.

    `home` is the role's stack if it is another one, `finding` what it fixes if that is not a requirement.
    """

    fix: Fix
    answers: tuple[Answer, ...]
    home: OtherStackAddress | None = None
    finding: Finding | None = None


def draft_fix(fix: Fix, answers: tuple[Answer, ...], *changes: Change) -> DraftFix:
    """Return the fix that makes changes."""
    return DraftFix(fix, answers, **msgspec.structs.asdict(merge_changes(changes)))


def replace_drafts(
    parts: Sequence[DraftFix], fix: Fix, change: Change, findings: Sequence[Finding] = ()
) -> Iterator[DraftFix]:
    """Yield a fix in place of others, for their requirements, and once for each of their and the other findings."""
    draft = draft_fix(fix, tuple(dict.fromkeys(one for each in parts for one in each.answers)), change)
    yield from [draft] if draft.answers else []
    fixed = [*(each.finding for each in parts if each.finding is not None), *findings]
    yield from (msgspec.structs.replace(draft, answers=(), finding=each) for each in fixed)


def draft_for_review(title: str, hcl: str, edits: Sequence[Insertion], **others: Any) -> DraftFix:
    """Return a change of files as a fix for review, without its diff; `others` are further fields of the draft."""
    return DraftFix(Fix(title=title, safety="review", proven=True, hcl=hcl), (), insertions=tuple(edits), **others)


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
        others = self.fixes_of(finding)[1:]
        rest = next((each for each in others if not each.diff), None) or next(iter(others), None)
        return self._remedies.get(id(finding), Remedy(rest.title, rest.hcl) if rest else finding.remedy)

    @cached_property
    def _corrections_by_finding(self) -> dict[int, Fix]:
        return {id(each.finding): each.fix for each in self.found if each.finding is not None}

    @cached_property
    def _remedies(self) -> dict[int, Remedy]:
        return {id(finding): remedy for finding, remedy in reversed(self.remedies)}

    @cached_property
    def _fixing(self) -> dict[Requirement, list[int]]:
        fixed = ((place, {one.requirement for one in each.answers}) for place, each in enumerate(self.found))
        return group_by_key((own, place) for place, several in fixed for own in several)

    def of(self, finding: Finding) -> Fix | None:
        """Return the fix for a finding, or for the largest part of it."""
        return next(iter(self.fixes_of(finding)), None)

    def fixes_of(self, finding: Finding) -> list[Fix]:
        """Return the fixes for parts of a finding: changes first, and those of larger parts first."""
        if id(finding) in self._corrections_by_finding:
            return [self._corrections_by_finding[id(finding)]]
        wanted = {each.requirement for each in finding.answers}
        shares = Counter(place for each in wanted for place in self._fixing.get(each, ()))
        places = sorted(shares, key=lambda each: (not self.found[each].fix.diff, -shares[each], each))
        return [self.found[each].fix for each in places]
