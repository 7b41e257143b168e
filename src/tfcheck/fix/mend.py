"""Which fix is offered for what is denied? The first one that is proven to allow it.

Everything that is offered was applied to the model and decided again (`tfcheck.fix.trial`). What no place in the
sources can mend is written as text, proven the same way, or not offered at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.address import Address
from tfcheck.finding import Answer, Finding, Fix, Reason, Verdict
from tfcheck.fix.edit import Insertion
from tfcheck.fix.files import Files
from tfcheck.fix.place import Need, Places, Proposal
from tfcheck.fix.trial import Touched, Trial, changed
from tfcheck.hcl.source import SourceText
from tfcheck.role import Roles
from tfcheck.world import After, Thing

#: What an Allow on the role mends.
_GRANTABLE = frozenset({Reason.IMPLICIT_DENY, Reason.GRANTED_TO_TASK_ROLE})
#: So many ways to mend are tried before text is all that is offered.
_MOST_ROUNDS = 6


class Mend(msgspec.Struct, frozen=True):
    """A fix, the requirements that it mends, and the insertions that make it; none where it is only text."""

    fix: Fix
    answers: tuple[Answer, ...]
    insertions: tuple[Insertion, ...] = ()
    texts: dict[str, SourceText] = {}


class Mends(msgspec.Struct, frozen=True):
    """All fixes for one plan. `settled` are requirements that the sources as they are now allow: plan again."""

    found: tuple[Mend, ...] = ()
    settled: tuple[Answer, ...] = ()

    def of(self, finding: Finding) -> Mend | None:
        """Give the fix for a finding."""
        wanted = {each.requirement for each in finding.answers}
        return next((each for each in self.found if wanted <= {own.requirement for own in each.answers}), None)


class _Case:
    """One need on its way to a fix: the proposals that are still to be tried."""

    def __init__(self, need: Need, proposals: Iterator[Proposal]) -> None:
        self.need = need
        self.proposals = proposals
        self.current: Proposal | None = None
        self.proven = False

    def advance(self) -> bool:
        self.current = next(self.proposals, None)
        return self.current is not None


def mends(findings: Iterable[Finding], world: After, *, prefixes: bool = False) -> Mends:
    """Find a proven fix for each denied requirement of the findings where there is one.

    `world` is the world after the change; with `prefixes` files that share a directory are granted by it.
    """
    answers = [answer for finding in findings for answer in finding.answers if answer.verdict is Verdict.DENIED]
    return _Mending(world, prefixes=prefixes).mends(answers)


class _Mending:
    def __init__(self, world: After, *, prefixes: bool) -> None:
        self._resolver = world.resolver
        self._sources = world.resolver.sources
        self._world = world
        self._roles = Roles(world)
        self._files = Files(self._sources)
        self._places = Places(world, self._roles, self._files, prefixes=prefixes)

    def mends(self, answers: Sequence[Answer]) -> Mends:
        grantable = [each for each in answers if each.reason in _GRANTABLE and each.role]
        needs = list(self._needs(grantable))
        settled = self._settled(needs)
        needs = [each for each in needs if not set(each.answers) <= set(settled)]
        cases = [_Case(need, self._places.proposals(need)) for need in needs]
        self._prove(cases)
        found = [mend for case in cases if (mend := self._mend(case)) is not None]
        return Mends(tuple(found), tuple(settled))

    # Needs

    def _needs(self, answers: Sequence[Answer]) -> Iterator[Need]:
        """Join what roles lack that are made from one block, where all of them lack the same."""
        roles = {str(each.address): each for each in self._world.things("aws_iam_role")}
        by_role: dict[str, list[Answer]] = {}
        for answer in answers:
            if answer.role in roles:
                by_role.setdefault(answer.role, []).append(answer)
        done: set[str] = set()
        for name, own in by_role.items():
            if name in done:
                continue
            siblings = [str(each) for each in self._places.holders.instances(roles[name].address)] or [name]
            alike = len(siblings) > 1 and self._alike(siblings, by_role, roles)
            together = siblings if alike else [name]
            done |= set(together)
            lacking = tuple(answer for each in together for answer in by_role[each])
            yield Need(tuple(roles[each] for each in together), lacking if alike else tuple(own))

    def _alike(self, siblings: Sequence[str], lacking: dict[str, list[Answer]], roles: dict[str, Thing]) -> bool:
        """Tell whether all instances of a role lack what their module writes in the same words."""
        if not all(each in lacking for each in siblings):
            return False
        written = [self._places.wanted(lacking[each], roles[each].address.module) for each in siblings]
        return written[0] is not None and all(each == written[0] for each in written)

    # Proofs

    def _settled(self, needs: Sequence[Need]) -> list[Answer]:
        """Find what the sources grant already although the plan, which is older, does not."""
        if self._sources is None or not needs:
            return []
        touched: list[Touched] = []
        for need in needs:
            for role in need.roles:
                for holder in self._places.holders.of(role):
                    touched.append(Touched(holder.thing.address, holder.attribute))
                    touched += self._places.documents_of(holder)
        trial = Trial(self._resolver, self._sources, dict.fromkeys(touched), self._undeclared(needs))
        return [answer for need in needs for answer in need.answers if trial.allows([answer])]

    def _undeclared(self, needs: Sequence[Need]) -> list[Address]:
        """List policies for roles that the sources declare and the plan does not know yet."""
        found: list[Address] = []
        for module in dict.fromkeys(role.address.module for need in needs for role in need.roles):
            while True:
                found += self._places.unplanned(module)
                if not module.steps:
                    break
                module = module.parent
        return list(dict.fromkeys(found))

    def _prove(self, cases: Sequence[_Case]) -> None:
        """Try the proposals of all cases together, then the next ones of those that were not enough."""
        waiting = [case for case in cases if case.advance()]
        for _ in range(_MOST_ROUNDS):
            if not waiting or self._sources is None:
                return
            trial = self._trial([case.current for case in waiting if case.current])
            for case in waiting:
                case.proven = trial is not None and trial.allows(case.need.answers)
            waiting = [case for case in waiting if not case.proven and case.advance()]

    def _trial(self, proposals: Sequence[Proposal]) -> Trial | None:
        assert self._sources is not None  # or there are no proposals
        texts = {name: text for each in proposals for name, text in each.texts.items()}
        insertions = [insertion for each in proposals for insertion in each.insertions]
        return Trial(
            self._resolver,
            changed(self._sources, insertions, texts),
            dict.fromkeys(touched for each in proposals for touched in each.touched),
            dict.fromkeys(address for each in proposals for address in each.added),
        )

    def _mend(self, case: _Case) -> Mend | None:
        proposal = case.current
        if proposal is None or not case.proven:
            return None
        diff = self._files.diff(proposal.insertions, proposal.texts)
        moved = any(each.reason is Reason.GRANTED_TO_TASK_ROLE for each in case.need.answers)
        fix = Fix(
            title=proposal.title + (_MOVED if moved else ""),
            safety="review" if moved else proposal.safety,
            proven=True,
            hcl=proposal.hcl,
            diff=diff,
        )
        return Mend(fix, case.need.answers, proposal.insertions, proposal.texts)


_MOVED = "; the task role keeps its own grant: take it away if the code in the containers does not need it"

