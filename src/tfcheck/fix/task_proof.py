"""Prove that a change of the sources removes a mistake in task definitions and adds none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tfcheck import startup
from tfcheck.checks import CHECKS
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.soundness import are_sound
from tfcheck.fix.trial import ChangedAttribute, Trial, change_sources
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.world import After, World
from tfcheck.resolve import Resolver
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Verdict


def is_readable(
    insertions: Sequence[Insertion], texts: dict[str, SourceText], files: Files, reported: Iterable[str] = ()
) -> bool:
    """Whether the changed files parse, and the diff shows nothing secret, unless it is `reported` already."""
    return not files.reveals(insertions, texts, reported) and are_sound(insertions, texts)


def world_after(
    world: After,
    insertions: Sequence[Insertion],
    texts: dict[str, SourceText],
    touched: Iterable[ChangedAttribute],
    added: Iterable[Address] = (),
) -> After:
    """Return the world after a change of the sources."""
    sources = world.resolver.sources
    assert sources is not None  # otherwise there is nothing to change
    return Trial(
        world.resolver, change_sources(sources, insertions, texts), touched, added, context=world.context
    ).world


def is_better(tasks: Sequence[TaskDefinition], gone: set[str], before: World, after: World) -> bool:
    """Whether a mistake is gone from all tasks, nothing new appears, and no further call is denied."""
    wrong, left = mistakes(tasks, before), mistakes(tasks, after)
    return (
        gone <= wrong
        and not gone & left
        and left <= wrong
        and _denied_keys(tasks, after) <= _denied_keys(tasks, before)
    )


def mistakes(tasks: Iterable[TaskDefinition], world: World) -> set[str]:
    """Return the mistakes, except those of order, since the plan's graph lacks the change."""
    return {
        each.message
        for task in _tasks_in(tasks, world)
        for check in CHECKS
        if check.id != "deploy-order"
        for each in check.search(task, world)
    }


def _denied_keys(tasks: Iterable[TaskDefinition], world: World) -> set[tuple[str, str | None, str, str]]:
    judge = world.once(Judge)
    return {
        (str(task.address), each.container, each.pointer, each.action)
        for task in _tasks_in(tasks, world)
        for each in startup.requirements(task, world)
        if judge.verdict(each, task) is not Verdict.ALLOWED
    }


def _tasks_in(tasks: Iterable[TaskDefinition], world: World) -> Iterator[TaskDefinition]:
    known = tasks_by_address(world)
    yield from (known[str(each.address)] for each in tasks if str(each.address) in known)


def partition_of(address: Address, resolver: Resolver) -> str:
    """Return the partition of a resource as literal ARNs have it; an open one is `aws`."""
    found = resolver.surroundings(address).partition
    return found if isinstance(found, str) else "aws"


def blocks_of(address: Address, resolver: Resolver) -> Iterator[tuple[Block, Scope]]:
    """Yield the blocks that a resource gets its values from, nearest first: its own, locals, module calls."""
    block = resolver.block(address)
    if block is None:
        return
    yield block, resolver.scope_of(address)
    path = address.module
    while (module := resolver.module_sources(path)) is not None:
        scope = resolver.module_scope(path)
        for each in (one for file in module.files for one in file.blocks):
            if each is not block and each.type in ("locals", "module"):
                yield each, scope
        if not path.steps:
            return
        path = path.parent
