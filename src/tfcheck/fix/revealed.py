"""Fix also what only shows once other fixes are made, such as a grant for a reference that a fix corrects."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterator, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tfcheck.checks import deploy_order
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import (
    Change,
    Insertion,
    Replacement,
    apply_insertions,
    group_by_file,
    merge_changes,
    spans_after,
)
from tfcheck.fix.proof.task_proof import are_sound
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix, PlanFixes, replace_drafts
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.plan_world import After
from tfcheck.vocabulary.finding import Answer, Finding, Fix
from tfcheck.vocabulary.grouping import group_by_key

#: Finds what is reported about some task definitions in a changed world.
CheckAgain: TypeAlias = Callable[[After, Container[str]], Sequence[Finding]]
#: Finds the fixes of findings in a world.
Find: TypeAlias = Callable[[Sequence[Finding], After], PlanFixes]
#: The number of times that what is corrected is checked again.
_MOST_ROUNDS = 2


def add_revealed(found: PlanFixes, world: After, files: Files, find: Find, check_again: CheckAgain) -> PlanFixes:
    """Return the fixes with those of findings that only show once the fixes are made.

    Each becomes a part of the fixes that reveal it, and is proven with them.
    """
    # NOTE: waiting reveals nothing.
    corrected = (each.finding for each in found.found if each.finding is not None and each.insertions)
    tasks = {each.task_definition for each in corrected if each.rule != deploy_order.CHECK.id}
    known = {each for finding in check_again(world, tasks) for each in _keys(finding)} if tasks else set()
    known -= _fixed_keys(found.found)
    for _ in range(_MOST_ROUNDS if tasks else 0):
        after = Trial.after(world, *found.found, editable=True).world
        new = [one for each in check_again(after, tasks) if (one := _new_part(each, known)) is not None]
        later = [each for each in find(new, after).found if each.insertions] if new else []
        if not later:
            break
        known |= {each for finding in new for each in _keys(finding)} - _fixed_keys(later)
        found = replace(found, found=tuple(_Composition(found.found, later, world, files, check_again).drafts()))
    return found


def _fixed_keys(drafts: Sequence[DraftFix]) -> set[tuple[object, ...]]:
    return {key for each in drafts for key in (*map(_answer_key, each.answers), *_keys(each.finding))}


def _keys(finding: Finding | None) -> Iterator[tuple[object, ...]]:
    """Yield a key for each requirement of a finding, or one for the finding; the first item is the task definition."""
    if finding is not None:
        yield from map(_answer_key, finding.answers)
        yield from (
            [] if finding.answers else [(finding.task_definition, finding.rule, finding.address, finding.message)]
        )


def _answer_key(answer: Answer) -> tuple[object, ...]:
    need = answer.requirement
    return need.task_definition, need.rule, need.container, need.pointer, need.action


def _new_part(finding: Finding, known: Container[tuple[object, ...]]) -> Finding | None:
    """Return a finding with the answers that are new; None if it is not new, or about the order of creation.

    NOTE: the graph of the plan lacks what the fixes change, so that everything new would be late.
    """
    if not finding.answers:
        is_new = finding.rule != deploy_order.CHECK.id and next(_keys(finding)) not in known
        return finding if is_new else None
    answers = tuple(each for each in finding.answers if _answer_key(each) not in known)
    return replace(finding, answers=answers) if answers else None


class _Composition:
    """Fixes of a plan's sources, and `later` ones of the sources after them, as fixes of the plan's sources."""

    def __init__(
        self, drafts: Sequence[DraftFix], later: Sequence[DraftFix], world: After, files: Files, check_again: CheckAgain
    ) -> None:
        self._drafts, self._later = drafts, later
        self._world, self._files, self._check_again = world, files, check_again
        self._composed: dict[Insertion, Composed] = {}
        for each in self._compose():
            self._composed |= {one: each for one in (*each.first, *each.second) if one not in self._composed}
        self._later_ids = set(map(id, later))
        self._number = {id(each): number for number, each in enumerate((*drafts, *later))}
        self._by_key = group_by_key((key, each) for each in (*drafts, *later) for key in self._keys(each))

    def drafts(self) -> Iterator[DraftFix]:
        """Yield the fixes, each joined with the later ones that need it."""
        done: set[int] = set()
        for later in self._later:
            if id(later) in done:
                continue
            earlier, several = self._connected_with(later)
            done.update(map(id, several))
            joined = self._join(earlier, several)
            yield from joined
            done.update(map(id, earlier if joined else ()))
        yield from (each for each in self._drafts if id(each) not in done)

    def _compose(self) -> Iterator[Composed]:
        first = {each.name: (each, edits) for each, edits in _edits(self._drafts).items()}
        for source, second in _edits(self._later).items():
            yield from compose(*first.get(source.name, (source, ())), second)

    def _connected_with(self, start: DraftFix) -> tuple[list[DraftFix], list[DraftFix]]:
        """Return the fixes, and the later ones, that are about the same task definitions or the same text."""
        found, waiting = dict[int, DraftFix](), [start]
        while waiting:
            each = waiting.pop()
            if id(each) not in found:
                found[id(each)] = each
                near = (one for key in self._keys(each, sought=True) for one in self._by_key.get(key, ()))
                waiting += sorted({id(one): one for one in near}.values(), key=lambda one: self._number[id(one)])
        earlier = [each for each in found.values() if id(each) not in self._later_ids]
        return earlier, [each for each in found.values() if id(each) in self._later_ids]

    def _keys(self, draft: DraftFix, *, sought: bool = False) -> Iterator[Hashable]:
        """Yield keys for the task definitions and texts that a fix has, or that it is `sought` for in the others."""
        is_later = id(draft) in self._later_ids
        tasks = {each.requirement.task_definition for each in draft.answers if is_later}
        tasks |= {draft.finding.task_definition} if draft.finding is not None else set()
        texts = (id(self._composed[each]) for each in draft.insertions if each in self._composed)
        yield from ((is_later is not sought, each) for each in (*tasks, *texts))
        yield from [] if is_later else [(False, draft.insertions)]

    def _join(self, earlier: Sequence[DraftFix], later: Sequence[DraftFix]) -> list[DraftFix]:
        """Return the fixes as one, for each finding; nothing if that is not proven."""
        parts = list({each.insertions: each for each in (*earlier, *later)}.values())
        written = (one for each in parts for one in each.insertions)
        edits = dict.fromkeys(self._composed[one].edit if one in self._composed else one for one in written)
        change = replace(merge_changes(parts), insertions=tuple(edits))
        if not are_sound(change) or not self._is_proven(change, later):
            return []
        fix = Fix(
            title="; and ".join(dict.fromkeys(each.fix.title for each in parts)),
            safety="review",
            proven=True,
            hcl="\n\n".join(each.fix.hcl for each in parts),
            diff=self._files.diff(change.insertions),
        )
        return list(replace_drafts([*earlier, *later], fix, change))

    def _is_proven(self, change: Change, later: Sequence[DraftFix]) -> bool:
        """Whether nothing is reported any more that the later fixes are for."""
        fixed = _fixed_keys(later)
        left = self._check_again(Trial.after(self._world, change).world, {str(each[0]) for each in fixed})
        return fixed.isdisjoint(key for each in left for key in _keys(each))


def _edits(drafts: Sequence[DraftFix]) -> dict[SourceText, tuple[Insertion, ...]]:
    return group_by_file(one for each in drafts for one in each.insertions)


class Composed(msgspec.Struct, frozen=True):
    """Edits of the first and the second change that touch each other, and the one edit that they amount to.

    An edit that touches none of the other change is alone.
    """

    first: tuple[Insertion, ...]
    second: tuple[Insertion, ...]
    edit: Insertion


class _Span(msgspec.Struct, frozen=True):
    """The place of an edit in the text between the two changes."""

    start: int
    end: int
    edit: Insertion
    is_first: bool


def compose(source: SourceText, first: Sequence[Insertion], second: Sequence[Insertion]) -> Iterator[Composed]:
    """Yield the edits of `source` that equal both changes; the edits of each are sorted by offset."""
    between = apply_insertions(source.text, first)
    grown = 0
    earlier = (_Span(start, end, each, True) for each, start, end in spans_after(first))
    for spans in _touching_groups([*earlier, *(_Span(each.offset, each.end, each, False) for each in second)]):
        start, end = spans[0].start, max(each.end for each in spans)
        own = tuple(each.edit for each in spans if each.is_first)
        other = tuple(each.edit for each in spans if not each.is_first)
        at = start - grown
        grown += sum(len(each.text) - (each.end - each.offset) for each in own)
        shifted = [msgspec.structs.replace(each, offset=each.offset - start) for each in other]
        new, old = apply_insertions(between[start:end], shifted), source.text[at : end - grown]
        edit = Replacement(source, at, new, old) if old else Insertion(source, at, new)
        yield Composed(own, other, own[0] if not other and len(own) == 1 else edit)


def _touching_groups(spans: Sequence[_Span]) -> list[list[_Span]]:
    found: list[list[_Span]] = []
    end = -1
    for each in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and each.start <= end:
            found[-1].append(each)
        else:
            found.append([each])
        end = max(end, each.end)
    return found
