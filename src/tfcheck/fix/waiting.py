"""Let a service wait for what its tasks need, by its `depends_on` or that of the call of its module.

All such changes of a plan are tried together: with them, Terraform's graph must have no circle, and everything that a
service needs must be finished before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, cast

import msgspec

from tfcheck.checks.deploy_order import CHECK, waiting_place
from tfcheck.checks.deploy_order_graph import late_resources
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Insertion, by_file, indentation, spliced
from tfcheck.fix.literal import ListParts, read_parts
from tfcheck.fix.new_argument import items_into, last_argument, unit_of
from tfcheck.fix.plan_fixes import DraftFix
from tfcheck.fix.soundness import sound
from tfcheck.fix.trial import reread
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.expression import ListOf
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.resolve.order import Earlier, Order
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding, Fix
from tfcheck.world.world import After, World, WorldObject

T = TypeVar("T")
_ARGUMENT = "depends_on"
#: More on one line than this are written one below the other.
_WIDEST = 100


class _Wait(msgspec.Struct, frozen=True):
    """What a service, or the module call that it is in, is to wait for, and where that is written."""

    finding: Finding
    task: TaskDefinition
    service: WorldObject
    block: Block
    path: tuple[str, ...]
    names: tuple[str, ...]
    insertions: tuple[Insertion, ...]

    @property
    def texts(self) -> dict[str, SourceText]:
        """The text that is changed, by the name of its file."""
        return {self.block.source.name: self.block.source}

    @property
    def waiting(self) -> str:
        """The resource or call that waits, without instance keys."""
        kind = "module" if self.block.type == "module" else self.block.labels[0]
        return "".join(f"module.{each}." for each in self.path) + f"{kind}.{self.block.labels[-1]}"


class Waiting:
    """Finds what the services of one plan are to wait for."""

    def __init__(self, world: After, files: Files) -> None:
        """Build from the world after the change, and the files that may be changed."""
        self._world = world
        self._resolver = world.resolver
        self._files = files
        #: What the sources let wait already, although the plan, which is older, does not.
        self.settled: list[Finding] = []

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the changes that are proven."""
        found = [each for one in findings if one.rule == CHECK.id for each in self._waits(one)]
        waits = [each for each in found if self._is_sound(each)]
        if not waits:
            return
        more: dict[str, tuple[str, ...]] = {}
        for each in waits:
            more[each.waiting] = tuple(dict.fromkeys((*more.get(each.waiting, ()), *self._read(each))))
        later = _Ordered(self._world, Order(self._resolver, more))
        for each in waits:
            if not late_resources(each.service, each.task, later) and not _is_circular(each, later):
                yield self._draft(each)

    def _draft(self, wait: _Wait) -> DraftFix:
        listed = ", ".join(wait.names)
        what = "the call of " if wait.block.type == "module" else ""
        fix = Fix(
            title=f"let {what}{wait.waiting} wait for {' and '.join(wait.names)}",
            safety="review",
            proven=True,
            hcl=f"{_ARGUMENT} = [{listed}]",
            diff=self._files.diff(wait.insertions, wait.texts),
        )
        return DraftFix(fix, (), wait.insertions, wait.texts, finding=wait.finding)

    # Where it is written

    def _waits(self, finding: Finding) -> Iterator[_Wait]:
        task = tasks_by_address(self._world).get(finding.task_definition)
        services = self._world.resources("aws_ecs_service")
        service = next((each for each in services if str(each.address) == finding.address), None)
        if task is None or service is None or self._resolver.sources is None:
            return
        late = [each.address for each in late_resources(service, task, self._world)]
        depth, names = waiting_place(service.address, late) if late else (0, ())
        block = self._block(service.address, depth)
        if block is None or not names or not self._files.editable(block.source):
            return
        names = tuple(each for each in names if each not in _listed(block))
        if not names:
            self.settled.append(finding)
            return
        insertions = _into(block, names)
        if insertions:
            yield _Wait(finding, task, service, block, service.address.module.config[:depth], names, insertions)

    def _block(self, service: Address, depth: int) -> Block | None:
        """Return the block that waits: the service, or the call of a module without look-ups, which would wait too."""
        path = service.module.config
        if depth == len(path):
            return self._resolver.block(service)
        assert self._resolver.sources is not None  # or nothing is asked for
        around = self._resolver.sources.module(path[:depth])
        inside = self._resolver.sources.module(path[: depth + 1])
        quiet = inside is not None and not inside.calls() and not _looks_up(inside)
        return around.call(path[depth]) if around is not None and quiet else None

    # The proof

    def _is_sound(self, wait: _Wait) -> bool:
        changes = by_file(wait.insertions)
        if self._files.reveals(wait.insertions, wait.texts):
            return False
        return all(sound(reread(wait.texts[name], wait.texts[name].text), each) for name, each in changes.items())

    def _read(self, wait: _Wait) -> tuple[str, ...]:
        """Return what `depends_on` lists in the changed text."""
        source = wait.block.source
        (several,) = by_file(wait.insertions).values()
        blocks = reread(source, spliced(source.text, several)).blocks
        changed = next(each for each in blocks if (each.type, each.labels) == (wait.block.type, wait.block.labels))
        return _listed(changed)


def _is_circular(wait: _Wait, world: World) -> bool:
    """Whether the service would wait for itself, or what it is to wait for would."""
    return wait.service.address.config in world.earlier(wait.service.address).resources


def _listed(block: Block) -> tuple[str, ...]:
    listed = block.attribute(_ARGUMENT)
    return tuple(reference_text(each) for each in listed.items) if isinstance(listed, ListOf) else ()


def _looks_up(module: Module) -> bool:
    return any(mode == "data" for mode, _, _ in module.declared())


def _into(block: Block, names: Sequence[str]) -> tuple[Insertion, ...]:
    """Write `depends_on`, or put what it lacks behind what it lists."""
    argument = block.arguments.get(_ARGUMENT)
    if argument is not None:
        return _into_list(argument, names)
    text, unit = f"[{', '.join(names)}]", unit_of(block)
    if len(text) > _WIDEST:
        gap = block.source.newline + indentation(block.source.text, block.start) + unit
        text = "".join(["[", *(f"{gap}{unit}{each}," for each in names), f"{gap}]"])
    found = last_argument(block, _ARGUMENT, text)
    return (found,) if found is not None else ()


def _into_list(argument: Argument, names: Sequence[str]) -> tuple[Insertion, ...]:
    try:
        listed = read_parts(argument.source.text, argument.value_start)
    except MalformedError:
        return ()
    return items_into(argument.source, listed, names) if isinstance(listed, ListParts) else ()


class _Ordered:
    """A world whose resources are created in another order."""

    def __init__(self, world: After, order: Order) -> None:
        self._world = world
        self._order = order
        self._built: dict[object, object] = {}

    def resources(self, *types: str) -> Sequence[WorldObject]:
        return self._world.resources(*types)

    @property
    def context(self) -> Sequence[World]:
        return self._world.context

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        return self._world.looked_up(*types)

    def texts_read(self) -> frozenset[str]:
        return self._world.texts_read()

    def before(self) -> World:
        return self._world.before()

    def earlier(self, address: Address) -> Earlier:
        return self._order.earlier(address)

    def alike(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        return self._world.alike(key, make)

    def once(self, make: Callable[[World], T]) -> T:
        if make not in self._built:
            self._built[make] = make(self)
        return cast(T, self._built[make])
