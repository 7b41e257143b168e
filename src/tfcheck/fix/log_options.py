"""Add the missing options of a container's `awslogs` driver, written as elsewhere in the module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from tfcheck.checks import log_options, log_region
from tfcheck.fix.edits.insertion import Insertion, Replacement
from tfcheck.fix.into_list import items_into_object
from tfcheck.fix.new_block import INDEX
from tfcheck.fix.place import FixPlaces
from tfcheck.fix.policy_text import ObjectParts, read_parts
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.render import quote
from tfcheck.fix.task_proof import blocks_of, proven_draft, wrong_tasks
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.startup.awslogs_options import AwsLogs, awslogs
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Finding

_TASK, _GROUP, _CONTAINERS = "aws_ecs_task_definition", "aws_cloudwatch_log_group", "container_definitions"
_NAME, _REGION, _PREFIX = "awslogs-group", "awslogs-region", "awslogs-stream-prefix"
_RULES = (log_options.CHECK, log_region.CHECK)
_OPTIONS = regex(r'(?<![\w-])"?options"?\s*[=:]\s*(?=\{)')
#: Options with another value, or none, in another block.
_OF_INSTANCE = regex(r"(?<![\w.])(?:each|count|self)\.")
_BRACE = regex(r"\{")
_ARN = regex(r"(?P<before>aws_cloudwatch_log_group\.[\w-]+(?:\[[^\[\]]*\])?)\.arn")
#: The number of objects around options that are searched, and of ways to write a missing one.
_MOST_AROUND, _MOST = 300, 8


class _Options(msgspec.Struct, frozen=True):
    """The literal options of a log driver, and the container around them."""

    block: Block
    source: SourceText
    parts: ObjectParts
    container: ObjectParts | None

    def text(self, name: str) -> str:
        """Return the value of an option as written; empty if it is not set."""
        found = self.parts.item(name)
        return self.source.text[found.value.start : found.value.end] if found is not None else ""

    @property
    def place(self) -> str:
        """The block of the options."""
        kind = "a local value" if self.block.type == "locals" else "module" if self.block.type == "module" else ""
        return ".".join([kind, *self.block.labels]) if kind == "module" else kind or ".".join(self.block.labels)

    @property
    def name_expression(self) -> str:
        """The expression for the container's name; empty if there is none."""
        found = self.container.item("name") if self.container is not None else None
        return self.source.text[found.value.start : found.value.end] if found is not None else ""


class LogOptions:
    """Finds missing options in the sources of one plan."""

    def __init__(self, world: After, places: FixPlaces) -> None:
        self._world = world
        self._resolver = world.resolver
        self._places = places

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes."""
        for finding, task, found in wrong_tasks(findings, _RULES, self._world):
            log = next((each for each in awslogs(task, self._world) if each.container == found.container), None)
            if found.container is not None and log is not None:
                ways = islice(self._ways(task, log), _MOST)
                yield from islice(filter(None, (self._proven(finding, task, *each) for each in ways)), 1)

    # The ways

    def _ways(self, task: TaskDefinition, log: AwsLogs) -> Iterator[tuple[str, _Options, tuple[Insertion, ...]]]:
        for options in self._editable_options(task):
            group = options.parts.item(_NAME)
            arn = _ARN.fullmatch(options.text(_NAME))
            if group is not None and arn is not None:
                new = f"{arn['before']}.name"
                named = Replacement(options.source.name, group.value.start, new, options.text(_NAME))
                yield f"name the log group by `{new}` in {options.place}", options, (named,)
            for name in (_NAME, _REGION, _PREFIX):
                if options.parts.item(name) is None and name not in log.options:
                    for value in dict.fromkeys(self._values(name, task, log, options)):
                        edits = items_into_object(options.source, options.parts, [(name, value)])
                        title = f"set `{name}` to `{value}` in {options.place}"
                        yield from [(title, options, edits)] if edits else []

    def _editable_options(self, task: TaskDefinition) -> Iterator[_Options]:
        for block, _ in blocks_of(task.address, self._resolver):
            if self._places.files.editable(block.source) and not block.source.name.endswith(".json"):
                yield from written_options(block)

    def _values(self, name: str, task: TaskDefinition, log: AwsLogs, options: _Options) -> Iterator[str]:
        """Yield possible values of an option, likeliest first: as elsewhere in the module, then new ones."""
        module = self._module_of(options.block, task)
        if module is None:
            return
        match name:
            case "awslogs-group":
                yield from _groups(module, options.block)
            case "awslogs-region":
                yield from _options_elsewhere(name, module)
                yield from _regions(module)
                region = task.resource.surroundings.region
                yield from [quote(region)] if isinstance(region, str) else []
            case _:
                texts = list(_options_elsewhere(name, module))
                yield from texts if len(texts) == 1 and options.name_expression not in texts else []
                yield from [options.name_expression] if options.name_expression else []
                yield from [quote(str(log.container))] if options.block.labels[:1] == (_TASK,) else []

    def _module_of(self, block: Block, task: TaskDefinition) -> Module | None:
        """Return the module of a block, which limits its references: the task's, or a calling one."""
        path = task.address.module
        while (module := self._resolver.module_sources(path)) is not None:
            if any(each is block for file in module.files for each in file.blocks):
                return module
            if not path.steps:
                return None
            path = path.parent
        return None

    # The proof

    def _proven(
        self, finding: Finding, task: TaskDefinition, title: str, options: _Options, edits: tuple[Insertion, ...]
    ) -> DraftFix | None:
        texts, hcl = {options.source.name: options.source}, edits[-1].text.strip(" ,\n\t")
        block, every = self._resolver.block(task.address), tasks_by_address(self._world).values()
        tasks = [each for each in every if self._resolver.block(each.address) is block]
        touched = tuple(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        draft = draft_for_review(title, hcl, edits, texts, finding=finding, touched=touched)
        return proven_draft(draft, self._world, self._places.files, tasks)


def written_options(block: Block) -> Iterator[_Options]:
    """Yield the literal options of `awslogs` drivers in a block."""
    for argument in block.arguments.values():
        text = argument.source.text
        for found in _OPTIONS.finditer(text, argument.value_start, argument.value_end):
            parts = _object(text, found.end())
            if parts is not None and any(each.name.startswith("awslogs-") for each in parts.items):
                around = _options_around(text, argument.value_start, parts)
                yield _Options(block, argument.source, parts, around)


def _options_around(text: str, start: int, options: ObjectParts) -> ObjectParts | None:
    found: ObjectParts | None = None
    for each in islice(_BRACE.finditer(text, start, options.start), _MOST_AROUND):
        parts = _object(text, each.start())
        if parts is not None and parts.end >= options.end and parts.item("name") and parts.item("logConfiguration"):
            found = parts
    return found


def _object(text: str, start: int) -> ObjectParts | None:
    try:
        found = read_parts(text, start)
    except MalformedError:
        return None
    return found if isinstance(found, ObjectParts) else None


def _options_elsewhere(name: str, module: Module) -> Iterator[str]:
    blocks = (one for file in module.files for one in file.blocks)
    texts = (each.text(name) for block in blocks for each in written_options(block))
    yield from dict.fromkeys(each for each in texts if each and "\n" not in each and not _OF_INSTANCE.search(each))


def _regions(module: Module) -> Iterator[str]:
    declared = sorted(name for mode, kind, name in module.resource_keys() if (mode, kind) == ("data", "aws_region"))
    for each in declared:
        block = module.resource("data", "aws_region", each)
        if block is not None and not {"count", "for_each"} & set(block.arguments):
            yield f"data.aws_region.{each}.name"


def _groups(module: Module, block: Block) -> Iterator[str]:
    blocks = (one for file in module.files for one in file.blocks)
    groups = [each for each in blocks if each.type == "resource" and each.labels[:1] == (_GROUP,)]
    if len(groups) == 1 and block.labels[:1] == (_TASK,):
        (group,) = groups
        repeated = [each for each in ("count", "for_each") if each in group.arguments]
        index = INDEX[repeated[0]] if repeated else ""
        if all(each in block.arguments for each in repeated):
            yield f"{_GROUP}.{group.labels[1]}{index}.name"
