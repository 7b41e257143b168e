"""Create the log group that a task definition names and nothing creates, and refer to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from tfcheck.checks.log_group_absent import CHECK
from tfcheck.fix.edits.insertion import Insertion, Replacement
from tfcheck.fix.new_block import INDEX, block_lines, insert_after, unit_of
from tfcheck.fix.new_policy import module_words
from tfcheck.fix.new_role import common_arguments
from tfcheck.fix.place import FixPlaces
from tfcheck.fix.policy_statements import flat, written_text
from tfcheck.fix.policy_text import OtherParts, read_parts
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.render import align
from tfcheck.fix.task_proof import mistakes, proven_draft, unplanned_instances, world_after, wrong_tasks
from tfcheck.fix.trial import ChangedAttribute, Trial
from tfcheck.fix.wanted import free
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError, heredoc_at
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding

_GROUP, _TASK, _CONTAINERS = "aws_cloudwatch_log_group", "aws_ecs_task_definition", "container_definitions"
_OPTION = regex(r'(?<![\w-])"?awslogs-group"?\s*[=:]\s*')
_REPEATED = regex(r"(?<![\w.])(?:each|count)\.")
#: Arguments that a new log group shares with the module's other ones.
_COMMON = ("retention_in_days", "kms_key_id", "tags")
_RETENTION = ("retention_in_days", "30")


class _GroupOption(msgspec.Struct, frozen=True):
    """Where the sources name the group: the value of `awslogs-group`, and its block."""

    block: Block
    source: SourceText
    start: int
    end: int
    in_json: bool

    @property
    def text(self) -> str:
        """The value as written."""
        return self.source.text[self.start : self.end]


class LogGroups:
    """Finds the log groups that the sources of one plan should create."""

    def __init__(self, world: After, places: FixPlaces) -> None:
        self._world = world
        self._resolver = world.resolver
        self._places = places
        #: Log groups that the sources already create although the older plan does not.
        self.settled: list[Finding] = []

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes, one that is for several findings once for each."""
        for (address, name), several in self._group_by_name(findings).items():
            module = self._resolver.module_sources(address.module)
            options = self._options(address, name, module) if module is not None else []
            draft = self._proven(address, options, several, module) if module is not None and options else None
            if draft is not None:
                yield from (msgspec.structs.replace(draft, finding=each) for each in several)
            elif not options and self._is_settled(address, several):
                self.settled += several

    def _group_by_name(self, findings: Iterable[Finding]) -> dict[tuple[Address, str], list[Finding]]:
        found: dict[tuple[int, str], tuple[Address, list[Finding]]] = {}
        for each, task, mistake in wrong_tasks(findings, [CHECK], self._world):
            if name := flat(mistake.about):
                module = self._resolver.module_sources(task.address.module)
                found.setdefault((id(module), name), (task.address, []))[1].append(each)
        return {(address, name): several for (_, name), (address, several) in found.items()}

    # Where the name is written

    def _options(self, task: Address, name: str, module: Module) -> list[_GroupOption]:
        found: list[_GroupOption] = []
        for block in (one for file in module.files for one in file.blocks):
            is_task = block.type == "resource" and block.labels[:1] == (_TASK,)
            if isinstance(block, JsonBlock) or not (is_task or block.type == "locals"):
                continue
            instances = self._instances(block, task) if is_task else []
            scopes = [self._resolver.scope_of(each) for each in instances] or [self._resolver.module_scope(task.module)]
            if self._places.files.editable(block.source):
                found += [each for scope in scopes[:1] for each in self._options_in_block(block, name, scope)]
        return found

    def _instances(self, block: Block, near: Address) -> list[Address]:
        resources = [each.address for each in self._world.resources(_TASK)]
        own = [each for each in resources if self._resolver.block(each) is block]
        return sorted(own, key=lambda each: each != near)

    def _options_in_block(self, block: Block, name: str, scope: Scope) -> Iterator[_GroupOption]:
        evaluate = partial(self._resolver.evaluation.evaluate, scope=scope)
        for argument in block.arguments.values():
            for option in _values(block, argument):
                place = OtherParts(option.start, option.end)
                text = written_text(option.source, place, evaluate)
                if text is not None and text.value == name:
                    yield option

    # The change

    def _proven(
        self, task: Address, options: Sequence[_GroupOption], findings: Sequence[Finding], module: Module
    ) -> DraftFix | None:
        block = options[0].block
        repetition = _repetition(options)
        if repetition is None or len({each.text for each in options}) > 1:
            return None
        label = free(task.name, self._places.labels_of(task.module, _GROUP), "_")
        place = self._place(module, block)
        lines = _hcl(label, options[0].text, repetition, module, block)
        index = INDEX.get(repetition[0], "")
        reference = f"{_GROUP}.{label}{index}.name"
        insertions: list[Insertion] = [insert_after(place, lines)]
        insertions += [
            Replacement(each.source.name, each.start, f'"${{{reference}}}"' if each.in_json else reference, each.text)
            for each in options
        ]
        texts = {each.name: each for each in (place.source, *(one.source for one in options))}
        blocks = [each.block for each in options]
        tasks = self._tasks(module)
        if block.type != "locals":
            tasks = [each for each in tasks if self._resolver.block(each.address) in blocks]
        keys = {(each.address.module, each.address.key if index else None) for each in tasks}
        added = [Address(path, "managed", _GROUP, label, key) for path, key in sorted(keys, key=str)]
        if not all(any(True for _ in CHECK.search(each, self._world)) for each in tasks):
            return None  # another caller of the module has its own group
        title = f"create {_GROUP}.{label}{module_words(task.module)}, and let the containers that log to it refer to it"
        hcl = "\n".join([*lines, "", f"awslogs-group = {reference}"])
        touched = tuple(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        draft = draft_for_review(title, hcl, insertions, texts, touched=touched, added=tuple(added))
        found = proven_draft(draft, self._world, self._places.files, tasks, gone={each.message for each in findings})
        after = world_after(self._world, insertions, texts, touched, added) if found is not None else self._world
        names = [flat(each.attribute("name")) for each in after.resources(_GROUP)]
        return None if any(names.count(each) > 1 for each in names if each) else found

    def _place(self, module: Module, block: Block) -> Block:
        known = [each for each in _groups(module) if self._places.files.editable(each.source)]
        same = [each for each in known if each.source is block.source]
        return (same or known or [block])[-1]

    def _tasks(self, module: Module) -> list[TaskDefinition]:
        tasks = tasks_by_address(self._world).values()
        return [each for each in tasks if self._resolver.module_sources(each.address.module) is module]

    # The proof

    def _is_settled(self, task: Address, findings: Sequence[Finding]) -> bool:
        added = unplanned_instances(task.module, self._resolver)
        if not any(each.type == _GROUP for each in added):
            return False
        module = self._resolver.module_sources(task.module)
        tasks = self._tasks(module) if module is not None else []
        touched = [ChangedAttribute(each.address, _CONTAINERS) for each in tasks]
        trial = Trial(self._resolver, self._resolver.sources, touched, added, context=self._world.context)
        after = mistakes(tasks, trial.world)
        return not after & {each.message for each in findings}


def _values(block: Block, argument: Argument) -> Iterator[_GroupOption]:
    text = argument.source.text
    heredoc = heredoc_at(text, argument.value_start)
    for found in _OPTION.finditer(text, argument.value_start, argument.value_end):
        try:
            parts = read_parts(text, found.end())
        except MalformedError:
            continue
        if parts.end <= argument.value_end:
            yield _GroupOption(block, argument.source, parts.start, parts.end, heredoc is not None)


def _repetition(options: Sequence[_GroupOption]) -> tuple[str, str] | None:
    """Return the repetition of the group: that of its only block, if it has a count or names its instance."""
    block = options[0].block
    argument = "count" if "count" in block.arguments else "for_each"
    own = bool(_REPEATED.search(options[0].text))
    if any(each.block is not block for each in options):
        return None if own else ("", "")
    if argument not in block.arguments:
        return None if own else ("", "")
    return (argument, block.attribute_text(argument)) if own or argument == "count" else ("", "")


def _groups(module: Module) -> list[Block]:
    blocks = (one for file in module.files for one in file.blocks)
    return [each for each in blocks if each.labels[:1] == (_GROUP,) and not isinstance(each, JsonBlock)]


def _hcl(label: str, name: str, repetition: tuple[str, str], module: Module, block: Block) -> list[str]:
    known = _groups(module)
    pairs = [("name", name), *common_arguments(known, block, _COMMON)]
    if not known:
        pairs.insert(1, _RETENTION)
    provider = block.attribute_text("provider")
    repeated = repetition if repetition[0] else None
    return block_lines(
        f'resource "{_GROUP}" "{label}"',
        align(pairs, " = ", ""),
        unit_of(block),
        repeated=repeated,
        provider=provider,
    )
