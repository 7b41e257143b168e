"""Choose the fix for a denied requirement: the first one that was applied to the model and proven to allow it."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import zip_longest
from typing import TypeAlias

from msgspec.structs import replace

from tfcheck.fix.callers.call_inputs import propose_new_inputs
from tfcheck.fix.callers.module_inputs import changed_inputs
from tfcheck.fix.corrections.condition_values import ConditionValues
from tfcheck.fix.corrections.policy_literals import LiteralCorrections
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import ChangedAttribute, merge_changes
from tfcheck.fix.policies.added_policy import exclusive_lists
from tfcheck.fix.policies.existing_policy import propose_existing
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.other_policies import DemandedTags, OtherPolicies
from tfcheck.fix.policies.policies_at_calls import PoliciesAtCalls
from tfcheck.fix.policies.shared_needs import (
    group_connected,
    join_by_block,
    join_by_shared_policy,
    join_overlapping,
    needs_of_outside_roles,
    needs_of_roles,
)
from tfcheck.fix.proof.plan_differences import outdated_objects, unplanned_around, without_outdated
from tfcheck.fix.proof.task_proof import are_sound, exceeds_size, size_doubts, unsound_parts
from tfcheck.fix.proof.trial import Trial, change_sources, repeats_the_check
from tfcheck.fix.proposal import GRANTABLE, Allows, Case, DraftFix, FixChoice, PlanFixes, Proposal, RoleCase, RoleNeed
from tfcheck.fix.ranking import rank
from tfcheck.fix.revealed import CheckAgain, add_revealed
from tfcheck.fix.without_grants import without_grants
from tfcheck.fix.words.as_text import InDoubt, draft_of, grants_as_text, grants_elsewhere
from tfcheck.fix.words.remedies import Remedies, remedy_for_stale_plan
from tfcheck.inventory.plan_world import After
from tfcheck.symbolic.limits import is_exceeded
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer, Finding, Reason, Remedy, Requirement, Verdict

#: The number of ways to fix that are tried before only text is offered.
_MOST_ROUNDS = 6


def find_fixes(
    findings: Iterable[Finding],
    world: After,
    *,
    choice: FixChoice | None = None,
    conceals: Callable[[str], bool] = lambda _: False,
    answers: Sequence[Answer] = (),
    check_again: CheckAgain | None = None,
) -> PlanFixes:
    """Find a proven fix for each denied requirement of the findings, where there is one.

    `world` is the world after the change. `conceals` tests whether a text contains a secret. `answers` are all of the
    plan: no replacement removes what they allow. With `check_again`, what a correction reveals is fixed with it.
    """
    findings, choice = list(findings), choice or FixChoice()

    def find(wanted: Sequence[Finding], world: After) -> PlanFixes:
        finder = FixFinder(world, choice, conceals, answers)
        denied = [answer for finding in wanted for answer in finding.answers if answer.verdict is Verdict.DENIED]
        granted = finder.fixes(denied)
        drafts, remedies = without_grants(wanted if choice.corrects else (), finder.places, granted.found)
        found = replace(granted, found=tuple(drafts))
        found = replace(found, remedies=(*remedies, *finder.remedies(wanted, found)))
        return without_outdated(found, wanted, finder.places.world.resolver)

    found = find(findings, world)
    if check_again is None or not choice.corrects:
        return found
    return add_revealed(found, world, Files(world.resolver.sources, conceals), find, check_again)


#: The proposals to replace something for a role, and what it shares with roles that are tried separately.
_Replacing: TypeAlias = tuple[Callable[[RoleNeed], Iterator[Proposal]], Callable[[RoleNeed], Iterable[Hashable]]]


class _OpenAnswers:
    """What is still denied: neither fixed so far, nor allowed by the current sources (`settled`), nor `outdated`."""

    def __init__(self, settled: Sequence[Answer], outdated: Container[Requirement]) -> None:
        self._settled, self._outdated = set(settled), outdated
        self._done: set[Requirement] = set()

    def close(self, fixed: Iterable[Case | DraftFix]) -> None:
        """Leave out what was fixed."""
        self._done |= {answer.requirement for each in fixed for answer in each.answers}

    def of(self, answers: Sequence[Answer]) -> tuple[Answer, ...]:
        """Return what is left of answers."""
        left = (each for each in answers if each.requirement not in self._done and each not in self._settled)
        return tuple(each for each in left if each.requirement not in self._outdated)

    def of_needs(self, needs: Sequence[RoleNeed]) -> list[RoleNeed]:
        """Return what is left of needs."""
        left = (each.restrict_to(self.of(each.answers)) for each in needs)
        return [each for each in left if each.answers]


class FixFinder:
    """Finds the fixes for one plan."""

    def __init__(
        self, world: After, choice: FixChoice, conceals: Callable[[str], bool], answers: Sequence[Answer] = ()
    ) -> None:
        self._resolver = world.resolver
        self._sources = world.resolver.sources
        self._world = world
        self._outdated: dict[Requirement, Address] = {}
        self._is_older = False
        self.places = FixPlaces(world, Files(self._sources, conceals), answers, prefixes=choice.prefixes)
        self._added = PoliciesAtCalls(self.places)
        self._rank = partial(rank, places=self.places, added=self._added)
        self._remedies = Remedies(self.places)
        self._elsewhere = OtherPolicies(self.places)
        self._kept = [each for each in answers if each.verdict is not Verdict.DENIED]
        self._open_then: dict[Requirement, str] = {}
        self._trial = lru_cache(maxsize=1)(partial(Trial.after, world))
        corrections = LiteralCorrections(self.places, answers)
        self._replacing: list[_Replacing] = []
        if choice.corrects:
            self._replacing.append((corrections.proposals, self._policies_of))
        if choice.moves:
            from tfcheck.fix.policies.attachments import MovedGrants

            # NOTE: a move may give to a role what another one takes.
            self._replacing.append((MovedGrants(self.places, self._rank).proposals, lambda _: ("all",)))

    def fixes(self, answers: Sequence[Answer]) -> PlanFixes:
        """Find the fixes for denied requirements: changes of files, otherwise text."""
        created, by_role = self._create_roles(answers)
        relieved = {each.requirement for each in (*by_role, *(one for draft in created for one in draft.answers))}
        needed = (each for each in answers if each.role and each.requirement not in relieved)
        grantable = [each for each in needed if each.reason in GRANTABLE]
        conditional = [each for each in grantable if self._remedies.conditions(each)]
        grantable = [each for each in grantable if each not in conditional]
        needs = list(needs_of_roles(grantable, self.places, self._can_share))
        elsewhere = list(needs_of_outside_roles(grantable, self._world))
        groups = [(each, list(self._elsewhere.proposals(each))) for each in self._elsewhere.groups(answers)]
        for ways in (DemandedTags, ConditionValues) if self._sources is not None else ():
            groups += ways(self.places).groups(conditional)
        every = [*needs, *elsewhere]
        settled = self._granted_by_sources(every, groups)
        open_ = _OpenAnswers(settled, self._outdated)
        replaced = self._fix_by_replacing(every, open_)
        self.places.replacing = tuple(one for each in replaced if each.current for one in each.current.insertions)
        shared = self._fix_in_shared_policies(open_.of_needs(every))
        open_.close(shared)
        cases: list[Case] = [RoleCase(need, self._rank) for need in open_.of_needs(every)]
        cases += [Case(each, iter(proposals)) for each, proposals in groups if not set(each) <= set(settled)]
        alone = list(self._current([*replaced, *shared, *self._join_policies(self._proven(cases))]))
        open_.close(alone)
        passed = list(self._current(self._proven(self._pass_together(open_.of_needs(needs)))))
        open_.close(passed)
        alone += passed
        beside = self._grants_beside_others(open_.of_needs(needs), alone)
        joined_with = {each for case in beside for each in case.answers}
        alone = [each for each in alone if not joined_with.issuperset(each.answers)]
        found = list(filter(None, (draft_of(each, self.places) for each in (*alone, *beside))))
        open_.close(found)
        found += self._more_drafts_in_doubt(needs, found, open_)
        found += [DraftFix(*each) for each in grants_as_text(open_.of_needs(needs), self.places)]
        found += created
        left = open_.of(grantable) if self._world.context else ()
        found += [DraftFix(fix, fixed, home=home) for fix, fixed, home in grants_elsewhere(left, self._world)]
        return PlanFixes(tuple(found), (*settled, *by_role), skipped=self.places.files.skipped_files())

    def _more_drafts_in_doubt(
        self, needs: Sequence[RoleNeed], found: Sequence[DraftFix], open_: _OpenAnswers
    ) -> list[DraftFix]:
        """Return drafts for what `found` leaves open; what one of `found` writes anyway is not drafted again."""
        doubtful = self._drafts_in_doubt(open_.of_needs(needs))
        known = {each.fix.hcl for each in found}
        again = [each for each in doubtful if each.fix.hcl in known]
        self._open_then |= {one.requirement: each.fix.title for each in again for one in each.answers}
        open_.close(again)
        added = [one for each in found for one in each.added]
        if added and len(again) < len(doubtful):  # the text must not have the name of what is written
            self._added.keep(added)
            doubtful = self._drafts_in_doubt(open_.of_needs(needs))
        open_.close(doubtful)
        return [each for each in doubtful if each not in again]

    def remedies(self, findings: Iterable[Finding], found: PlanFixes) -> Iterator[tuple[Finding, Remedy]]:
        """Yield what to do about findings that the fixes do not, or only partly, fix."""
        done = {each.requirement for one in found.found for each in one.answers}
        done |= {each.requirement for each in found.settled}
        for finding in findings:
            left = [each for each in finding.answers if each.requirement not in done]
            old = next((self._outdated[each.requirement] for each in left if each.requirement in self._outdated), None)
            if old is not None:
                words = f"run `terraform plan` again: the sources of {old} differ from what the plan shows"
                yield finding, Remedy(words)
            elif left and (then := self._open_then.get(left[0].requirement)):
                yield finding, Remedy(then)
            elif left:
                yield finding, self._remedies.of(left)
            elif found.of(finding) is None and finding.answers:
                yield finding, remedy_for_stale_plan(older=self._is_older)

    def _can_share(self, need: RoleNeed) -> bool:
        return not is_exceeded() and (self.places.can_share(need) or self._added.share_at_call(need) is not None)

    def _create_roles(self, answers: Sequence[Answer]) -> tuple[list[DraftFix], list[Answer]]:
        """Create the execution roles that are missing; also return what those of newer sources grant."""
        if all(each.reason is not Reason.NO_EXECUTION_ROLE for each in answers):
            return [], []
        from tfcheck.fix.corrections.missing_role import MissingRoles

        missing = MissingRoles(self.places, self._rank)
        self._open_then = missing.open_then
        return list(missing.fixes(answers)), missing.granted_by_sources(answers)

    def _join_policies(self, cases: Sequence[Case]) -> list[Case]:
        """Join new policies into one with conditions if one role would get several of them.

        If modules would get new outputs for them, all calls pass what the roles lack instead, where that is possible.
        """
        adding = [each for each in cases if isinstance(each, RoleCase) and each.current and each.current.added]
        overlapping = join_overlapping([each.need for each in adding])
        joined = [RoleCase(each, self._added.propose_after_role) for each in overlapping]
        joined += self._pass_together([each.need for each in adding if each.current and each.current.adds_output])
        proven = [each for each in self._proven(joined) if each in joined]
        done = {answer for each in proven for answer in each.answers}
        return [*(each for each in cases if not done.issuperset(each.answers)), *proven]

    def _pass_together(self, needs: Sequence[RoleNeed]) -> list[RoleCase]:
        """Return the cases that pass what roles of one block lack by new inputs, which all calls of its module fill."""
        ways = partial(propose_new_inputs, places=self.places)
        return [RoleCase(each, ways) for each in join_by_block(needs, self._resolver)]

    def _grants_beside_others(self, needs: Sequence[RoleNeed], alone: Sequence[Case]) -> list[Case]:
        """Return grants that suffice only together with a boundary or a resource policy.

        What a new policy would grant `alone` is joined with them, so that a role does not get two, and so is what else
        the same boundary or resource policy lacks.
        """
        lacking = [each for each in needs if each.roles and self._sources is not None]
        adding = [each for each in alone if isinstance(each, RoleCase) and each.current and each.current.added]
        for place, need in enumerate(lacking):
            same = [each for case in adding if case.need.names() & need.names() for each in case.answers]
            lacking[place] = RoleNeed(need.roles, (*same, *need.answers))
        joined, proven = self._elsewhere.join_guarded(lacking, alone), list[Case]()
        for several in (joined, [each for each in lacking if each not in joined]):
            done = {answer for case in proven for answer in case.answers}
            left = [each for each in several if not done.issuperset(each.answers)]
            ways = partial(self._elsewhere.propose_beside_grants, ways=self._rank)
            proven += self._proven([RoleCase(each, ways) for each in left])
        return list(self._current(proven))

    def _drafts_in_doubt(self, needs: Sequence[RoleNeed]) -> list[DraftFix]:
        """Return as text the needed changes whose effect also depends on something unknown."""
        doubts = InDoubt(needs if self._sources is not None and not is_exceeded() else [], self._world)
        cases = self._proven([RoleCase(each, self._rank) for each in doubts.needs], enough=doubts.after)
        return [
            DraftFix(doubts.fix(each.current, each.answers), each.answers) for each in cases if each.current is not None
        ]

    # Proofs

    def _granted_by_sources(
        self, needs: Sequence[RoleNeed], groups: Sequence[tuple[Sequence[Answer], Sequence[Proposal]]]
    ) -> list[Answer]:
        """Find what the sources already grant although the older plan does not."""
        if self._sources is None or not (needs or groups):
            return []
        touched = [each for _, proposals in groups for proposal in proposals for each in proposal.touched]
        for need in needs:
            for policy in self.places.policies.of_need(need):
                touched.append(ChangedAttribute(policy.resource.address, policy.attribute))
                touched += self.places.policies.changed_documents(policy)
            touched += self._elsewhere.changed_attributes(need)
            touched += (one for kind in (False, True) for one in exclusive_lists(need, self._world, managed=kind))
            if self._resolver.declarations.doubts:
                touched += [
                    ChangedAttribute(role.address, name) for role in need.roles for name in ("tags", "tags_all")
                ]
        trusts = {each[0].role for each, _ in groups if each[0].reason is Reason.TRUST_POLICY}
        roles = [role for need in needs for role in need.roles]
        roles += [each for each in self._world.resources("aws_iam_role") if str(each.address) in trusts]
        modules = dict.fromkeys(each.address.module for each in roles)
        added, context = unplanned_around(modules, self._resolver), self._world.context
        self._is_older = bool(added or self._resolver.declarations.doubts)
        if not added and repeats_the_check(self._resolver, touched):
            return []
        allows = self._decides(Trial(self._resolver, self._sources, dict.fromkeys(touched), added, context=context))
        answers = [*(each.answers for each in needs), *(each for each, _ in groups)]
        return [answer for several in answers for answer in several if allows(answer)]

    def _proven(
        self,
        cases: Sequence[Case],
        kept: Sequence[Answer] | None = None,
        enough: Callable[[Trial], Allows] | None = None,
    ) -> list[Case]:
        """Try the proposals of all cases together, then the next ones of those that did not suffice.

        If a proposal fixes only a part of a case, both parts are continued separately. A proposal that worsens one of
        the answers `kept` is rejected. With `enough` something else than an allowed verdict may suffice.
        """
        proven: list[Case] = []
        waiting = [case for case in cases if case.advance()] if self._sources is not None else []
        for _ in range(_MOST_ROUNDS):
            if not waiting:
                break
            separates = self._makes_circles if kept is None else lambda _: True
            unsound = unsound_parts(waiting, partial(self._are_sound, kept=kept), separates)
            sane = [case for case in waiting if case not in unsound]
            trial = self._trial(*(case.current for case in sane if case.current))
            allows = enough(trial) if enough else self._decides(trial)
            failed: list[Case] = list(unsound)
            for case in sane:
                fixed = tuple(each for each in case.answers if allows(each))
                is_invalid = case.current is not None and trial.is_invalid(case.current)
                is_long = not is_invalid and fixed and exceeds_size(case.answers, self._world, trial)
                self.places.too_long |= {each.requirement for each in fixed if is_long}
                fixed = () if is_invalid or is_long else fixed
                if fixed == case.answers:
                    case.doubts = size_doubts(fixed, self._world, trial)
                    proven.append(case)
                else:
                    failed += case.split_by(fixed) if fixed else [case]
            waiting = [case for case in failed if case.advance()]
        return proven

    def _fix_by_replacing(self, needs: Sequence[RoleNeed], open_: _OpenAnswers) -> list[Case]:
        """Fix what a replacement can fix, keeping everything allowed that is."""
        proven: list[Case] = []
        for ways, keys in self._replacing if self._sources is not None else ():
            for several in zip_longest(*group_connected(open_.of_needs(needs), keys)):
                proven += self._proven([RoleCase(need, ways) for need in several if need], kept=self._kept)
            open_.close(proven)
        return proven

    def _policies_of(self, need: RoleNeed) -> list[Hashable]:
        return [each.argument.place for each in self.places.policies.of_need(need)]

    def _fix_in_shared_policies(self, needs: Sequence[RoleNeed]) -> list[Case]:
        """Fix what roles of several blocks lack in a policy that they share."""
        joined = join_by_shared_policy(needs, self.places) if self._sources is not None else ()
        ways = partial(propose_existing, places=self.places, wide=False)
        return self._proven([RoleCase(each, ways) for each in joined])

    def _current(self, cases: Sequence[Case]) -> Iterator[Case]:
        """Yield the cases whose fix edits only what agrees with the plan; record the others."""
        proposals = [case.current for case in cases if case.current is not None]
        touched = [each for one in proposals for each in one.touched]
        old = outdated_objects(touched, (each for one in proposals for each in one.beside), self._resolver)
        for case in cases:
            places = (*(each.address for each in case.current.touched), *case.current.beside) if case.current else ()
            roles = [each.address for each in case.need.roles] if isinstance(case, RoleCase) else []
            passed = [each for each in roles if changed_inputs(each.module, self._resolver)]
            differing = [*(each for each in places if each in old), *passed]
            if not differing:
                yield case
            for answer in case.answers if differing else ():
                # NOTE: for a module with several calls, the call with the problem is named, if it differs.
                role = next((each for each in roles if str(each) == answer.role), differing[0])
                is_passed = changed_inputs(role.module, self._resolver, lambda _: True)
                found = next((each for each in differing if each.module == role.module), None)
                self._outdated[answer.requirement] = found or (role if is_passed else differing[0])

    def _are_sound(self, cases: Sequence[Case], kept: Sequence[Answer] | None) -> bool:
        """Whether no file breaks or shows a secret, no circle is made, and none of the answers `kept` gets worse."""
        if is_exceeded():
            return False
        proposals = [case.current for case in cases if case.current]
        if any(self.places.files.reveals(each.insertions, each.reported) for each in proposals):
            return False
        is_readable = are_sound(merge_changes(proposals)) and not self._makes_circles(cases)
        return is_readable and not self._worsens(cases, kept)

    def _worsens(self, cases: Sequence[Case], kept: Sequence[Answer] | None) -> bool:
        if not kept:
            return False
        trial = self._trial(*(case.current for case in cases if case.current))
        return any(trial.verdict(each) not in (each.verdict, Verdict.ALLOWED) for each in kept)

    def _makes_circles(self, cases: Sequence[Case]) -> bool:
        assert self._sources is not None  # otherwise there are no proposals
        whole = merge_changes([case.current for case in cases if case.current])
        return self.places.dependencies.makes_circles(change_sources(self._sources, whole.insertions))

    def _decides(self, trial: Trial) -> Allows:
        return trial.allows
