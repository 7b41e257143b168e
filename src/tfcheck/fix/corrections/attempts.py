"""Prove corrections of task definitions; those that do not affect each other are tried in one world."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache, partial
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tfcheck.fix.edits.insertion import Change, Insertion, merge_changes
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.shared_needs import group_connected
from tfcheck.fix.proof.task_proof import are_sound, denied_keys, mistakes, unsound_parts
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.plan_world import After
from tfcheck.vocabulary.grouping import group_by_key

#: What edits change, and what depends on it; None if that is unknown.
_Affected: TypeAlias = Callable[[tuple[Insertion, ...]], Set[Hashable] | None]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that is right if its finding, or what is `solved`, is not found any more in the world after it.

    Nothing else may be wrong with the tasks, except by the rules that it `reveals`, or, unless it `denies` what nobody
    asked for before, denied to them. `reported` are the parts of changed lines that the report shows anyway. Attempts
    about the same `subject` are tried separately.
    """

    draft: DraftFix
    tasks: Sequence[TaskDefinition]
    reported: Iterable[str] = ()
    solved: frozenset[str] = frozenset()
    reveals: Container[str] = ()
    denies: bool = False
    subject: Hashable = None
    is_right: Callable[[After], bool] = lambda _: True

    def is_proven(self, before: After, after: After) -> bool:
        """Whether the change does what it is for, and nothing else."""
        solved = self.solved or ({self.draft.finding.message} if self.draft.finding is not None else set())
        wrong, left = mistakes(self.tasks, before), mistakes(self.tasks, after, self.reveals)
        if not (solved <= wrong and not solved & left and left <= wrong and self.is_right(after)):
            return False
        return self.denies or denied_keys(self.tasks, after) <= denied_keys(self.tasks, before)

    def change(self) -> Change:
        """Return the change without what it is for."""
        return merge_changes([self.draft])

    def objects(self) -> Iterator[Hashable]:
        """Yield what it must not share with others in one world: its tasks, as dependencies name them, and subject."""
        yield from ((each.address.module.config, f"{each.address.type}.{each.address.name}") for each in self.tasks)
        yield from [self.subject] if self.subject is not None else []


def first_proven(attempts: Iterable[Iterator[Attempt]], places: FixPlaces) -> list[DraftFix | None]:
    """Return the first proven draft, with its diff, of each series of attempts; None if there is none."""
    world, reveals = places.world, places.files.reveals
    series = [(each for each in one if not reveals(each.draft.insertions, each.reported)) for one in attempts]
    proven: list[DraftFix | None] = [None] * len(series)
    affected: _Affected = lru_cache(maxsize=None)(lambda edits: places.dependencies.of_edits(edits))
    current: dict[int, Attempt] = {}
    waiting = list(range(len(series)))
    while True:
        current |= {place: each for place in waiting if (each := next(series[place], None)) is not None}
        if not current:
            return proven
        waiting = _independent(current, affected)
        drafts = {place: current[place].draft for place in waiting}
        unsound = unsound_parts(waiting, partial(_are_sound, drafts))
        sound = {place: draft for place, draft in drafts.items() if place not in unsound}
        after = Trial.after(world, *sound.values()).world if sound else world
        for place in waiting:
            attempt = current.pop(place)
            if place in sound and attempt.is_proven(world, after):
                diff = places.files.diff(attempt.draft.insertions)
                proven[place] = replace(attempt.draft, fix=replace(attempt.draft.fix, diff=diff))
        waiting = [each for each in waiting if proven[each] is None]


def _independent(current: dict[int, Attempt], affected: _Affected) -> list[int]:
    """Return the numbers of attempts that do not affect each other, and of those with the same changes."""
    alike = group_by_key((attempt.change(), place) for place, attempt in current.items())
    known = [
        (several, objects) for each, several in alike.items() if (objects := affected(each.insertions)) is not None
    ]

    def keys(part: tuple[list[int], Set[Hashable]]) -> Set[Hashable]:
        return {*part[1], *(key for each in part[0] for key in current[each].objects())}

    groups = group_connected(known, keys)
    return [place for group in groups for place in group[0][0]] or next(iter(alike.values()))


def _are_sound(drafts: Mapping[int, DraftFix], places: Sequence[int]) -> bool:
    return are_sound(merge_changes([drafts[each] for each in places]))
