"""Make a service wait for what its tasks need, by its `depends_on` or that of its module call, proven on the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tfcheck.checks.deploy_order import CHECK, waiting_places
from tfcheck.checks.deploy_order_graph import late_resources
from tfcheck.checks.named_objects import starting_services
from tfcheck.fix.edits.insertion import (
    Change,
    Insertion,
    apply_insertions,
    fits,
    group_by_file,
    indentation,
    merge_changes,
    unit_of,
)
from tfcheck.fix.layout.items import extend_value, new_value, plain_items
from tfcheck.fix.layout.new_block import insert_last_argument
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.shared_needs import group_connected
from tfcheck.fix.proof.task_proof import is_readable
from tfcheck.fix.proof.trial import Trial, reread
from tfcheck.fix.proposal import DraftFix, replace_drafts
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import ListOf
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.inventory.ecs import SERVICE_TYPES, TaskDefinition, tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import WorldObject, WorldView
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import FinishedBefore, Order, block_references
from tfcheck.symbolic.limits import take
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Finding, Fix

_ARGUMENT = "depends_on"
#: Steps for looking at what a service may precede.
_STEPS = 1_000
#: More names than this are written one per line.
_WIDEST = 100


class _Wait(Change, frozen=True):
    """What the services of one block, or their module call, should wait for, and where that is written.

    `findings` are those that it fixes, `owners` the places of the fixes that make it necessary.
    """

    services: tuple[tuple[WorldObject, TaskDefinition], ...]
    findings: tuple[Finding, ...]
    owners: frozenset[int]
    block: Block
    depth: int
    late: tuple[Address, ...]
    names: tuple[str, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        """The waiting resources or calls, without instance keys; a module may be called several times."""
        kind = "module" if self.block.type == "module" else self.block.labels[0]
        paths = dict.fromkeys(service.address.module.config[: self.depth] for service, _ in self.services)
        return tuple("".join(f"module.{one}." for one in path) + f"{kind}.{self.block.labels[-1]}" for path in paths)

    @property
    def description(self) -> str:
        """The name of what to wait for."""
        call = "the call of " if self.block.type == "module" else ""
        return f"{call}{join_names(self.waiting)}"

    @property
    def hcl(self) -> str:
        """The argument as HCL."""
        return f"{_ARGUMENT} = [{', '.join(self.names)}]"


class ServiceWaits(Finder):
    """Finds what the services of one plan should wait for."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        #: Waits that the sources already have although the older plan does not.
        self.settled: list[Finding] = []

    def add_waits(self, drafts: Sequence[DraftFix], findings: Iterable[Finding]) -> list[DraftFix]:
        """Return fixes with the `depends_on` that they need for what they create or change."""
        late = [each for each in findings if each.rule == CHECK.id]
        editing = list({each.insertions: each for each in drafts if each.insertions}.values())
        if self._resolver.sources is None or not self._world.resources(*SERVICE_TYPES) or not (late or editing):
            return list(drafts)
        proven = self._proven(late, editing)
        left = [each for each in late if not any(each in one.findings for one in proven)]
        own = self._proven([each for each in left if each not in self.settled], ()) if editing else []
        alone = [each for _, several in _connected_groups(own) for each in self._drafts((), several)]
        return [*self._join(drafts, editing, proven), *alone]

    def _proven(self, findings: Sequence[Finding], drafts: Sequence[DraftFix]) -> list[_Wait]:
        """Return the waits proven to be in time and free of cycles after the fixes."""
        after = after_fixes(drafts, self._world)
        if after is None:
            return []
        wanted = self._waits(findings, drafts, after)
        written = (
            msgspec.structs.replace(each, insertions=insert_depends_on(each.block, each.names)) for each in wanted
        )
        waits = [each for each in written if each.insertions and is_readable(each, self._places.files)]
        later = after.with_references({name: _names_after(each) for each in waits for name in each.waiting})
        proven = [each for each in waits if all(_is_in_time(service, each, later) for service in each.services)]
        return _proven_whole(proven, [each for each in waits if each not in proven])

    def _join(
        self, drafts: Sequence[DraftFix], editing: Sequence[DraftFix], waits: Sequence[_Wait]
    ) -> Iterator[DraftFix]:
        groups = list(_connected_groups(waits))
        by_owner = {number: (owners, several) for owners, several in groups for number in owners}
        number_of = {each.insertions: number for number, each in enumerate(editing)}
        done: set[frozenset[int]] = set()
        for draft in drafts:
            owners, several = by_owner.get(number_of.get(draft.insertions, -1), (frozenset(), ()))
            if not several:
                yield draft
            elif owners not in done:
                done.add(owners)
                parts = [each for each in drafts if number_of.get(each.insertions, -1) in owners]
                yield from self._drafts(parts, several)
        yield from (each for owners, several in groups if not owners for each in self._drafts((), several))

    def _drafts(self, parts: Sequence[DraftFix], waits: Sequence[_Wait]) -> Iterator[DraftFix]:
        distinct = list({each.insertions: each for each in parts}.values())
        change = merge_changes([*distinct, *waits])
        is_own = all(each.block.type == "resource" and not each.findings for each in waits)
        fix = Fix(
            title=_title(distinct, waits),
            # NOTE: safe if only services wait, no whole module, and nothing was late before.
            safety="safe" if parts and is_own and all(each.fix.safety == "safe" for each in distinct) else "review",
            proven=True,
            hcl="\n\n".join([*(each.fix.hcl for each in distinct), *(each.hcl for each in waits)]),
            diff=self._places.files.diff(change.insertions),
        )
        yield from replace_drafts(parts, fix, change, [one for each in waits for one in each.findings])

    # The place

    def _waits(self, findings: Sequence[Finding], drafts: Sequence[DraftFix], after: OrderedWorld) -> list[_Wait]:
        by_service = {each.address: each for each in findings}
        changing = {each.config: place for place, draft in enumerate(drafts) for each in changes(draft)}
        tasks = {each.requirement.task_definition for draft in drafts for each in draft.answers}
        tasks |= {each.finding.task_definition for each in drafts if each.finding}
        tasks |= {each.task_definition for each in findings}
        found: dict[int, _Wait] = {}
        known = tasks_by_address(after)
        for task in (known[each] for each in sorted(tasks) if each in known):
            for service in starting_services(task, after) if take(_STEPS) else ():
                finding = by_service.get(str(service.address))
                late = [each.address for each in late_resources(service, task, after)]
                late = [each for each in late if finding is not None or each.config in changing]
                owners = frozenset(changing[each.config] for each in late if each.config in changing)
                self._add(found, (service, task), finding, late, owners)
        return list(found.values())

    def _add(
        self,
        found: dict[int, _Wait],
        started: tuple[WorldObject, TaskDefinition],
        finding: Finding | None,
        late: Sequence[Address],
        owners: frozenset[int],
    ) -> None:
        """Add what a service should wait for to its block's list, all of it or nothing."""
        service = started[0].address
        wanted = waiting_places(service, tuple(late)) if late else []
        places = [(each, self._block(service, each.depth)) for each in wanted]
        editable = [(place, block) for place, block in places if block and self._places.files.editable(block.source)]
        if not places or len(editable) < len(places):
            return
        findings = (finding,) if finding is not None else ()
        waits: list[_Wait] = []
        for place, block in editable:
            names = _sort_names(each for each in place.names if each not in _listed_names(block))
            waits.append(_Wait((started,), findings, owners, block, place.depth, place.late, names))
        missing = [each for each in waits if each.names]
        if not missing:
            self.settled += findings
        for each in missing:
            known = found.get(id(each.block))
            found[id(each.block)] = _merge(known, each) if known is not None else each

    def _block(self, service: Address, depth: int) -> Block | None:
        """Return the waiting block: the service, or a module call without data sources, which would wait too."""
        path = service.module.config
        if depth == len(path):
            return self._resolver.block(service)
        assert self._resolver.sources is not None  # otherwise nothing is needed
        around = self._resolver.sources.module(path[:depth])
        inside = self._resolver.sources.module(path[: depth + 1])
        quiet = (
            inside is not None and not inside.calls() and not any(mode == "data" for mode, _, _ in inside.resource_keys)
        )
        return around.call(path[depth]) if around is not None and quiet else None


def _names_after(wait: _Wait) -> tuple[str, ...]:
    source = wait.block.source
    (several,) = group_by_file(wait.insertions).values()
    blocks = reread(source, apply_insertions(source.text, several)).blocks
    return _listed_names(
        next(each for each in blocks if each.labels == wait.block.labels and each.type == wait.block.type)
    )


def changes(change: Change) -> tuple[Address, ...]:
    """Return the resources that a change creates or alters."""
    return (*(each.address for each in change.touched), *change.added)


def _merge(one: _Wait, other: _Wait) -> _Wait:
    return msgspec.structs.replace(
        one,
        services=(*one.services, *other.services),
        findings=tuple(dict.fromkeys((*one.findings, *other.findings))),
        owners=one.owners | other.owners,
        late=tuple(dict.fromkeys((*one.late, *other.late))),
        names=_sort_names((*one.names, *other.names)),
    )


def _proven_whole(proven: list[_Wait], failed: Sequence[_Wait]) -> list[_Wait]:
    """Return the proven waits without partial ones: all places of a service, or none."""
    while failed:
        lost = {service.address for each in failed for service, _ in each.services}
        failed = [each for each in proven if any(service.address in lost for service, _ in each.services)]
        proven = [each for each in proven if each not in failed]
    return proven


def _sort_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(names), key=lambda each: not each.startswith("aws_iam_")))


def _connected_groups(waits: Sequence[_Wait]) -> Iterator[tuple[frozenset[int], list[_Wait]]]:
    """Group the waits for the same fixes, directly or indirectly, and those of one service."""
    for several in group_connected(waits, lambda each: (*each.owners, *(("finding", one) for one in each.findings))):
        yield frozenset[int]().union(*(each.owners for each in several)), several


def _title(parts: Sequence[DraftFix], waits: Sequence[_Wait]) -> str:
    if not parts:
        return "; ".join(f"let {each.description} wait for {join_names(each.names)}" for each in waits)
    listed = join_names(each.description for each in waits)
    verb = "waits" if sum(len(each.waiting) for each in waits) == 1 else "wait"
    what = "it" if len(parts) == 1 else "them"
    return "; ".join([*(each.fix.title for each in parts), f"{listed} {verb} for {what}"])


def _is_in_time(started: tuple[WorldObject, TaskDefinition], wait: _Wait, world: OrderedWorld) -> bool:
    """Whether everything that a service should wait for is in time, and nothing waits for itself.

    What a module call waits for may itself wait for an output of that module.
    """
    service, task = started
    # NOTE: what may be finished before the service is not late.
    waited, ends = world.earlier(service.address), (service.address, *wait.late)
    if not all(waited.may_include(each.config) for each in wait.late):
        late = {each.address for each in late_resources(service, task, world)}
        if not late.isdisjoint(wait.late):
            return False
    return all(each.config not in world.earlier(each).resources for each in ends)


def _listed_names(block: Block) -> tuple[str, ...]:
    listed = block.attribute(_ARGUMENT)
    return tuple(reference_text(each) for each in listed.items) if isinstance(listed, ListOf) else ()


def insert_depends_on(block: Block, names: Sequence[str]) -> tuple[Insertion, ...]:
    """Write names into the `depends_on` of a block; nothing if its layout has no room."""
    argument = block.arguments.get(_ARGUMENT)
    if argument is not None and not isinstance(argument.expression, ListOf):
        return ()
    if argument is not None:
        return extend_value(argument.source, argument.value_start, argument.value_end, plain_items(names))
    unit = unit_of(block)
    base = block.source.newline + indentation(block.source.text, block.start) + unit
    found = insert_last_argument(block, _ARGUMENT, new_value(plain_items(names), base, unit, _WIDEST))
    return (found,) if found is not None else ()


#: Additional references, by resource or module call without instance keys.
References = Mapping[str, tuple[str, ...]]


def after_fixes(drafts: Sequence[DraftFix], world: After) -> OrderedWorld | None:
    """Return the world after fixes that are applied together; None if that is impossible."""
    resolver = world.resolver
    whole = merge_changes(drafts)
    files = group_by_file(whole.insertions)
    if resolver.sources is None or not all(fits(source.text, each) for source, each in files.items()):
        return None
    after = Trial.after(world, whole).world if drafts else world
    return OrderedWorld(after, _references(changes(whole), after.resolver))


def _references(addresses: Iterable[Address], resolver: Resolver) -> References:
    """Return the references in changed or added blocks, which the plan's configuration lacks."""
    found: dict[str, tuple[str, ...]] = {}
    for each in addresses:
        block = resolver.block(each) if each.config not in found else None
        if block is not None:
            found[each.config] = tuple(dict.fromkeys(block_references(block)))
    return found


class OrderedWorld(WorldView):
    """A world whose resources are created in another order than in the plan's configuration."""

    def __init__(self, world: After, more: References) -> None:
        """Build from the world, and the references that the configuration lacks."""
        super().__init__(world)
        if not more:
            self.found = world.found
        self._after = world
        self._more = more
        self._order = Order(world.resolver, more)

    def with_references(self, more: References) -> OrderedWorld:
        """Return the world with further references."""
        names = {*self._more, *more}
        both = {each: tuple(dict.fromkeys((*self._more.get(each, ()), *more.get(each, ())))) for each in names}
        return OrderedWorld(self._after, both)

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is finished before a resource is created."""
        return self._order.earlier(address)
