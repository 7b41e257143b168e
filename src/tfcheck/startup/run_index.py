"""Find what runs a task definition, by the names under which services and others refer to it.

A family may have thousands of revisions, and as many schedules that each name one. What several task definitions or
runs have in common is found once, so that no work grows with both numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.surroundings import Surroundings, is_in_same_region
from tfcheck.startup.runs import all_runs
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.symbol import Named, Owner, Result, Symbol
from tfcheck.symbolic.value import ANYTHING, PlainText, TextLike, Truth, Unknown, pieces, spelled_out, text, unknowns
from tfcheck.vocabulary.address import owner_of

_TYPE = "aws_ecs_task_definition"
T = TypeVar("T")
#: The mark for unknown text, which no name contains.
_OPEN = "\0"
#: Steps for comparing a reference with one task definition.
_PAIR = 2


class RunList:
    """Services and other runs, in parts that the lists of several task definitions share.

    What is asked of all of them is asked once for each part.
    """

    def __init__(self, own: Iterable[WorldObject] = (), parts: Iterable[RunList] = ()) -> None:
        self._own = tuple(own)
        self._parts = tuple(each for each in parts if each)
        self._answers: dict[object, Any] = {}

    def __iter__(self) -> Iterator[WorldObject]:
        """Iterate over the runs."""
        yield from self._own
        for part in self._parts:
            yield from part

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._own or self._parts)

    def where(self, holds: Callable[[WorldObject, World], object], world: World) -> tuple[WorldObject, ...]:
        """Return the runs for which `holds`, a function of a module, is true."""
        if holds not in self._answers:
            own = (each for each in self._own if holds(each, world))
            self._answers[holds] = (*own, *(run for part in self._parts for run in part.where(holds, world)))
        found: tuple[WorldObject, ...] = self._answers[holds]
        return found

    def distinct(self, ask: Callable[[WorldObject, World], T], world: World) -> tuple[T, ...]:
        """Return the different answers of `ask`, a function of a module, in the order of the runs."""
        if ask not in self._answers:
            answers = [ask(each, world) for each in self._own]
            answers += [each for part in self._parts for each in part.distinct(ask, world)]
            self._answers[ask] = tuple(dict.fromkeys(answers))
        found: tuple[T, ...] = self._answers[ask]
        return found


class Runs(msgspec.Struct, frozen=True):
    """What definitely, or possibly, runs a task definition: services and others."""

    definite: RunList
    possible: RunList


_NOTHING = Runs(RunList(), RunList())


class _Reference(msgspec.Struct, frozen=True, eq=False):
    """A text that names a task definition, and the runs in one region of one account that have it.

    `position` is that of the first of them among all runs.
    """

    called: TextLike
    position: int
    runs: list[WorldObject]


class RunIndex:
    """What runs tasks in one world, indexed by the text that names a task definition."""

    def __init__(self, world: World) -> None:
        self._definitions: dict[Owner, WorldObject] = {each.address: each for each in world.resources(_TYPE)}
        self._names: dict[Owner, _Names] = {}
        self._everything = RunList(all_runs(world))
        self._by_owner: dict[Owner, list[WorldObject]] = {}
        self._by_text = {str(each): each for each in self._definitions}
        #: References by family and revision, None where that is unknown; by family those to other attributes.
        self._references: dict[str | None, dict[str | None, list[_Reference]]] = {}
        self._special: dict[str | None, list[_Reference]] = {}
        self._lists: dict[_Reference, RunList] = {}
        self._found: dict[Owner, Runs] = {}
        self._alike: dict[Hashable, Runs] = {}
        unidentified: list[WorldObject] = []
        texts: dict[tuple[TextLike, ...], _Reference] = {}
        newest = _NewestRevisions(self._definitions)
        for position, run in enumerate(self._everything):
            value = run.attribute("task_definition")
            owner = owner_of(value)
            if owner and owner.type == _TYPE and owner.mode == "managed":
                self._by_owner.setdefault(owner, []).append(run)
            elif isinstance(value, PlainText):
                called = spelled_out(newest.in_place_of(value))
                if isinstance(called, Unknown) and called.symbol is None and called.hole == ANYTHING:
                    unidentified.append(run)
                    continue
                called = self._without_other_symbols(called)
                key = (called, run.surroundings.region, run.surroundings.account)
                texts.setdefault(key, _Reference(called, position, [])).runs.append(run)
        self._unidentified = RunList(unidentified)
        for each in texts.values():
            self._add(each)

    @cached_property
    def _symbols(self) -> frozenset[Symbol]:
        """The symbols in the names of task definitions."""
        return frozenset(symbol for address in self._definitions for symbol in self._names_of(address).symbols)

    def _names_of(self, address: Owner) -> _Names:
        if address not in self._names:
            self._names[address] = _Names(self._definitions[address])
        return self._names[address]

    def _without_other_symbols(self, called: TextLike) -> TextLike:
        """Return a reference without the symbols that no name of a task definition has: they decide nothing."""
        parts: list[TextLike] = []
        for piece in pieces(called):
            if isinstance(piece, Unknown):
                symbol = piece.symbol
                is_own = symbol is not None and symbol.owner in self._definitions
                is_needed = symbol is None or is_own or piece.family or symbol in self._symbols
                piece = _bare(piece, symbol if is_needed else None)
            parts.append(piece)
        return text(parts)

    def _add(self, reference: _Reference) -> None:
        self._lists[reference] = RunList(reference.runs)
        around = reference.runs[0].surroundings
        symbols = [each.symbol for each in unknowns(reference.called) if each.symbol is not None]
        own = [each for each in symbols if each.owner in self._definitions]
        for each in own:
            # NOTE: a new revision of one task definition is never that of another one, though its number is unknown.
            if (
                each.path == ("revision",)
                and self._names_of(each.owner).named_by(reference.called, around) is Truth.TRUE
            ):
                self._by_owner.setdefault(each.owner, []).extend(reference.runs)
                return
        family, revision = _family_and_revision(reference.called)
        if own:
            self._special.setdefault(family, []).append(reference)
        elif isinstance(reference.called, str) and reference.called in self._by_text:
            self._by_owner.setdefault(self._by_text[reference.called], []).extend(reference.runs)
        else:
            self._references.setdefault(family, {}).setdefault(revision, []).append(reference)

    def of(self, task: TaskDefinition) -> Runs:
        """Return everything that runs, or may run, a task definition."""
        key = task.address
        if key not in self._found:
            is_run = bool(self._everything) and not task.is_of_service
            self._found[key] = self._runs_of(key, task) if is_run else _NOTHING
        return self._found[key]

    def _runs_of(self, address: Owner, task: TaskDefinition) -> Runs:
        names = self._names_of(address) if address in self._definitions else _Names(task.resource)
        if names.kind not in self._alike:
            self._alike[names.kind] = self._compare(names, self._candidates(names), self._unidentified)
        alike = self._alike[names.kind]
        own, special = self._by_owner.get(address, ()), self._at(self._special, names)
        if not own and not special:
            return alike
        found = self._compare(names, [each for listed in special for each in listed], alike.possible)
        return Runs(RunList(own, (found.definite, alike.definite)), found.possible)

    def _candidates(self, names: _Names) -> list[_Reference]:
        """Return the references that are compared with names, in the order of the runs."""
        found: list[_Reference] = []
        for by_revision in self._at(self._references, names):
            keys = by_revision.keys() if None in names.revisions else (*names.revisions, None)
            found += [each for key in keys for each in by_revision.get(key, ())]
        return sorted(found, key=lambda each: each.position)

    @staticmethod
    def _at(by_family: Mapping[str | None, T], names: _Names) -> list[T]:
        families = (names.family, None) if isinstance(names.family, str) else tuple(by_family)
        return [by_family[each] for each in families if each in by_family]

    def _compare(self, names: _Names, references: Iterable[_Reference], others: RunList) -> Runs:
        """Return the runs whose references name, or may name, what has these names; `others` possibly do too."""
        definite: list[RunList] = []
        possible: list[RunList] = []
        for each in references:
            if not take(_PAIR):
                return Runs(RunList(), self._everything)
            truth = names.named_by(each.called, each.runs[0].surroundings)
            if truth is not Truth.FALSE:
                (definite if truth is Truth.TRUE else possible).append(self._lists[each])
        if not possible:
            return Runs(RunList((), definite), others)
        return Runs(RunList((), definite), RunList((), (*possible, others)))


class _Names:
    """All names that a reference can use for a task definition; `here` only in the same region and account.

    `kind` is the same for task definitions whose names differ only in what the plan does not know of them, and
    `revisions` are those in the names.
    """

    def __init__(self, resource: WorldObject) -> None:
        self._surroundings = resource.surroundings
        self.family, revision = resource.attribute("family"), resource.attribute("revision")
        arns = [resource.attribute("arn"), resource.attribute("arn_without_revision")]
        self._everywhere = [spelled_out(each) for each in arns if isinstance(each, PlainText)]
        self._here: list[TextLike] = []
        if isinstance(self.family, PlainText):
            number = as_text(revision)
            self._here.append(spelled_out(self.family))
            if isinstance(number, (str, Unknown)):
                own = [arns[1], self.family]
                both = [spelled_out(text([each, ":", number])) for each in own if isinstance(each, PlainText)]
                self._here.extend(both)
        names = (*self._everywhere, *self._here)
        self.symbols = {each.symbol for name in names for each in unknowns(name) if each.symbol is not None}
        self.revisions = {_family_and_revision(each)[1] for each in names}
        address, around = resource.address, (self._surroundings.region, self._surroundings.account)
        self.kind = (len(self._here), around, *(_without_owner(each, address) for each in names))

    def named_by(self, called: TextLike, around: Surroundings) -> Truth:
        """Whether a reference in a region of an account names this task definition."""
        anywhere = Truth.some(equal(called, each) for each in self._everywhere)
        if anywhere is Truth.TRUE:
            return anywhere
        within = anywhere | Truth.some(equal(called, each) for each in self._here)
        return within if within is Truth.FALSE else within & is_in_same_region(around, self._surroundings)


def _without_owner(name: TextLike, address: Owner) -> TextLike:
    """Return a name without what says whose unknown parts they are, if these are the task definition's own."""
    parts: list[TextLike] = []
    for piece in pieces(name):
        if isinstance(piece, Unknown) and piece.symbol is not None:
            is_own = piece.symbol.owner == address
            piece = _bare(piece, Symbol(Named(""), piece.symbol.path) if is_own else piece.symbol)
        parts.append(piece)
    return text(parts)


def _bare(value: Unknown, symbol: Symbol | None) -> Unknown:
    """Return an unknown value with another symbol, and with nothing that only explains it."""
    return Unknown(symbol=symbol, hole=value.hole, family=value.family, fresh=value.fresh)


class _NewestRevisions:
    """Knows the definitely newest revision of a family: the one that this plan creates.

    Modules name `max(RESOURCE.revision, data.SOURCE.revision)`, so as not to go back behind what others registered.
    """

    def __init__(self, resources: Mapping[Owner, WorldObject]) -> None:
        self._revisions: dict[Hashable, WorldObject] = {
            Symbol(address, ("revision",)): each for address, each in resources.items()
        }

    def in_place_of(self, reference: TextLike) -> TextLike:
        """Replace the greatest of several revisions by the task definition's, if that is one of them."""
        found: list[TextLike] = []
        for piece in pieces(reference):
            symbol = piece.symbol if isinstance(piece, Unknown) else None
            of = symbol.owner if symbol is not None and isinstance(symbol.owner, Result) else None
            candidates = of.arguments if of is not None and of.function == "max" else ()
            own = [self._revisions[each] for each in candidates if each in self._revisions]
            revision = own[0].attribute("revision") if len(own) == 1 else None
            found.append(revision if isinstance(revision, Unknown) else piece)
        return text(found)


def _family_and_revision(called: TextLike) -> tuple[str | None, str | None]:
    """Return the family and the revision in the name or ARN of a task definition: empty if absent, None if unknown."""
    written = "".join(each if isinstance(each, str) else _OPEN for each in pieces(called))
    if written.startswith("arn:"):
        _, found, written = written.partition(":task-definition/")
        if not found:
            return None, None
    family, colon, revision = written.partition(":")
    if _OPEN in family or not (colon or isinstance(called, str)):
        return None, None
    return family, None if _OPEN in revision else revision
