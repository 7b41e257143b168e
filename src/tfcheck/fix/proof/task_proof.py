"""Prove that a change parses, fits the plan, removes a mistake in task definitions and adds none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from tfcheck import startup
from tfcheck.checks import CHECKS, policy_size
from tfcheck.checks.misconfiguration import Check, Misconfiguration, Search
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Change, Insertion, apply_insertions, fits, group_by_file
from tfcheck.fix.proof.trial import Trial, reread
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.syntax.block import Block, SourceFile
from tfcheck.hcl.syntax.expression import Unreadable
from tfcheck.hcl.syntax.json_document import read_document
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.inventory.ecs import TaskDefinition, tasks_at, tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World, found_once
from tfcheck.resolve import Resolver
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer, Finding, Requirement, RoleKind, Verdict

_T = TypeVar("_T")


def wrong_tasks(
    findings: Iterable[Finding], checks: Iterable[Check], world: After
) -> Iterator[tuple[Finding, TaskDefinition, Misconfiguration]]:
    """Yield the findings of checks with their task definition and what is wrong with it, unless that is sensitive."""
    by_rule = {each.id: each for each in checks}
    for finding in findings if world.resolver.sources is not None else ():
        task = tasks_by_address(world).get(finding.task_definition) if finding.rule in by_rule else None
        if task is not None and not task.sensitive:
            found = by_rule[finding.rule].search(task, world)
            mistake = next((each for each in found if each.message == finding.message), None)
            yield from [(finding, task, mistake)] if mistake is not None else []


def mistakes(tasks: Iterable[TaskDefinition], world: World, ignored: Container[str] = ()) -> set[str]:
    """Return the mistakes by other rules than `ignored`, and not those of order: the plan's graph lacks the change."""

    def find(address: Address) -> list[tuple[str, str]]:
        found = ((task, check) for task in tasks_at([address], world) for check in CHECKS if check.id != "deploy-order")
        return [(check.id, each.message) for task, check in found for each in check.search(task, world)]

    known = (found_once(world, (mistakes, each.address), partial(find, each.address)) for each in tasks)
    return {message for several in known for rule, message in several if rule not in ignored}


def exceeds_size(answers: Iterable[Answer], before: World, after: Trial) -> bool:
    """Whether a policy gets longer than AWS accepts, or longer still, or a role gets more managed ones."""
    long = _new_mistakes(policy_size.CHECK.search, answers, before, after)
    return bool(long or _new_mistakes(policy_size.roles_above_quota, answers, before, after))


def size_doubts(answers: Iterable[Answer], before: World, after: Trial) -> tuple[str, ...]:
    """Return the remark on the policies that a change may make longer than AWS accepts, if there are any."""
    names = {str(each.address) for each in _new_mistakes(policy_size.possibly_long, answers, before, after)}
    return (f"{few(sorted(names))} may get longer than IAM accepts",) if names else ()


def _new_mistakes(search: Search, answers: Iterable[Answer], before: World, after: Trial) -> set[Misconfiguration]:
    tasks = {each.requirement.task_definition for each in answers}

    def mistakes_in(known: Mapping[str, TaskDefinition], world: World) -> set[Misconfiguration]:
        return {one for each in tasks if each in known for one in search(known[each], world)}

    return mistakes_in(after.tasks, after.world) - mistakes_in(tasks_by_address(before), before)


def denied_keys(tasks: Iterable[TaskDefinition], world: World) -> set[tuple[Address, str | None, str, str]]:
    """Return what is denied to tasks: the container, what needs it, and the action."""

    def find(address: Address) -> list[tuple[Address, str | None, str, str]]:
        needed = ((each, task) for task in tasks_at([address], world) for each in startup.requirements(task, world))
        denied = (each for each, task in needed if world.once(Judge).verdict(each, task) is not Verdict.ALLOWED)
        return [(address, each.container, each.pointer, each.action) for each in denied]

    known = (found_once(world, (denied_keys, each.address), partial(find, each.address)) for each in tasks)
    return {each for several in known for each in several}


def partition_of(address: Address, resolver: Resolver) -> str:
    """Return the partition of a resource as literal ARNs have it; an open one is `aws`."""
    found = resolver.surroundings(address).partition
    return found if isinstance(found, str) else "aws"


def blocks_of(address: Address, resolver: Resolver) -> Iterator[tuple[Block, Scope]]:
    """Yield the blocks that a resource gets its values from, nearest first: its own, locals, calls, then defaults."""
    block = resolver.block(address)
    if block is None:
        return
    yield block, resolver.scope_of(address)
    defaults: list[tuple[Block, Scope]] = []
    path = address.module
    while (module := resolver.module_sources(path)) is not None:
        scope = resolver.module_scope(path)
        for each in module.blocks:
            if each is not block and each.type in ("locals", "module"):
                yield each, scope
            defaults += [(each, scope)] if each.type == "variable" else []
        if not path.steps:
            break
        path = path.parent
    yield from defaults


def needs_after(task: Address, trial: Trial) -> Iterator[Answer]:
    """Yield what a task definition definitely needs from its execution role after a change."""
    known = tasks_by_address(trial.world).get(str(task))
    for each in startup.requirements(known, trial.world) if known is not None else ():
        if each.role_kind is RoleKind.EXECUTION and not each.necessity.doubt:
            yield Answer(requirement=each, role=None, verdict=Verdict.DENIED)


def relieved_answers(answers: Iterable[Answer], tasks: Iterable[Address], trial: Trial) -> Iterator[Answer]:
    """Yield what other roles, such as those of instances, no longer need once there is an execution role."""
    known = tasks_by_address(trial.world)
    for task in (known[each] for each in map(str, tasks) if each in known):
        kinds: dict[tuple[object, ...], set[RoleKind]] = {}
        for each in startup.requirements(task, trial.world):
            kinds.setdefault(_permission_key(each), set()).add(each.role_kind)
        for one in (each for each in answers if each.requirement.task_definition == str(task.address)):
            need = one.requirement
            is_call = need.role_kind is not RoleKind.EXECUTION and need.action != startup.trust.ACTION
            if is_call and kinds.get(_permission_key(need)) == {RoleKind.EXECUTION}:
                yield one


def _permission_key(need: Requirement) -> tuple[object, ...]:
    """Return a key for a permission, regardless of who needs it."""
    return need.rule, need.container, need.pointer, need.action


def is_readable(change: Change, files: Files, reported: Iterable[str] = ()) -> bool:
    """Whether the changed files parse, and the diff shows nothing secret, unless it is `reported` already."""
    return not files.reveals(change.insertions, reported) and are_sound(change)


def are_sound(change: Change) -> bool:
    """Whether all changed files parse as intended."""
    changes = group_by_file(change.insertions)
    return all(is_sound(reread(source, source.text), several) for source, several in changes.items())


def unsound_parts(
    parts: Sequence[_T],
    hold: Callable[[Sequence[_T]], bool],
    separates: Callable[[Sequence[_T]], bool] = lambda _: True,
) -> list[_T]:
    """Return the parts of a change without which the others hold together, by bisection.

    Parts that fail only together are separated if `separates` returns True for them.
    """
    if not parts or hold(parts):
        return []
    half = len(parts) // 2
    found = list(parts)
    if half:
        found = [one for each in (parts[:half], parts[half:]) for one in unsound_parts(each, hold, separates)]
    if found:  # what is left was seen only in parts
        left = [each for each in parts if each not in found]
        return [*found, *unsound_parts(left, hold, separates)]
    return list(parts[half:]) if separates(parts) else []


def is_sound(before: SourceFile, insertions: Sequence[Insertion]) -> bool:
    """Whether an edited file parses as intended; the insertions are sorted by offset.

    The file has its old blocks and perhaps new ones at the insertions; no other block has changed, and every changed
    argument can be parsed.
    """
    source = before.source
    if not fits(source.text, insertions):
        return False
    after = reread(source, apply_insertions(source.text, insertions))
    if before.problem or after.problem:
        return False
    if source.name.endswith(".json") and source.is_configuration:
        try:
            read_document(after.source.text)
        except MalformedError:
            return False
        return True
    return _same_blocks(before, after, set(_changed_blocks(before, insertions)))


def _changed_blocks(before: SourceFile, insertions: Sequence[Insertion]) -> Iterator[int]:
    ends = [block.end for block in before.blocks]
    for each in insertions:
        index = bisect_right(ends, each.offset)
        if index < len(ends) and before.blocks[index].start < each.offset:
            yield index


def _same_blocks(before: SourceFile, after: SourceFile, changed: set[int]) -> bool:
    position = 0
    for block in after.blocks:
        old = before.blocks[position] if position < len(before.blocks) else None
        if old is not None and (old.type, old.labels) == (block.type, block.labels):
            if position not in changed and old.text != block.text:
                return False
            if position in changed and not _parses(block):
                return False
            position += 1
        elif not _parses(block):
            return False
    return position == len(before.blocks)


def _parses(block: Block) -> bool:
    return not any(isinstance(each.expression, Unreadable) for each in block.all_arguments())
