"""Add the missing options of a container's `awslogs` driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, islice, product

import msgspec
from msgspec.structs import replace

from tfcheck.checks import log_options, log_region
from tfcheck.fix.corrections.attempts import Attempt, first_proven
from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion, Replacement
from tfcheck.fix.layout.items import NewItem, extend
from tfcheck.fix.layout.new_block import instance_index
from tfcheck.fix.layout.render import quote
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.task_proof import blocks_of, wrong_tasks
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_text import ObjectParts, object_at
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.startup.awslogs_options import AwsLogs, awslogs
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Finding
from tfcheck.vocabulary.grouping import group_by_key

_GROUP, _TASK, _CONTAINERS = "aws_cloudwatch_log_group", "aws_ecs_task_definition", "container_definitions"
_NAME, _REGION, _PREFIX = "awslogs-group", "awslogs-region", "awslogs-stream-prefix"
_RULES = (log_options.CHECK, log_region.CHECK)
_OPTIONS = regex(r'(?<![\w-])"?options"?\s*[=:]\s*(?=\{)')
#: Options with another value, or none, in another block.
_OF_INSTANCE = regex(r"(?<![\w.])(?:each|count|self)\.")
_BRACE = regex(r"\{")
_ARN = regex(r"(?P<before>aws_cloudwatch_log_group\.[\w-]+(?:\[[^\[\]]*\])?)\.arn")
#: The prefix that the console of ECS proposes, for options of several containers.
_SHARED_PREFIX = '"ecs"'
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
        return self.parts.text_of(name, self.source.text)

    @property
    def place(self) -> str:
        """The block of the options."""
        kind = "a local value" if self.block.type == "locals" else "module" if self.block.type == "module" else ""
        return ".".join([kind, *self.block.labels]) if kind == "module" else kind or ".".join(self.block.labels)

    @property
    def name_expression(self) -> str:
        """The expression for the container's name; empty if there is none."""
        return self.container.text_of("name", self.source.text) if self.container is not None else ""


class _Lacking(msgspec.Struct, frozen=True):
    """A finding about the options of a container."""

    finding: Finding
    task: TaskDefinition
    container: str


class LogOptions(Finder):
    """Finds missing options in the sources of one plan."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._elsewhere = lru_cache(maxsize=None)(_options_elsewhere)

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes, first those that set all that one container lacks; each once for each finding."""
        wrong = wrong_tasks(findings, _RULES, self._world)
        every = [_Lacking(each, task, found.container) for each, task, found in wrong if found.container is not None]
        lacking = group_by_key(((each.task.address, each.container), each) for each in every)
        together = list(self._proven([each for each in lacking.values() if len(each) > 1]))
        fixed = {id(each.finding) for each in together}
        yield from (*together, *self._proven([[each] for each in every if id(each.finding) not in fixed]))

    def _proven(self, lacking: Sequence[Sequence[_Lacking]]) -> Iterator[DraftFix]:
        """Yield a change for each group of findings about one container, once for each finding."""
        drafts = first_proven(map(self._attempts, lacking), self._places)
        for draft, several in zip(drafts, lacking, strict=True):
            yield from (replace(draft, finding=each.finding) for each in several if draft is not None)

    def _attempts(self, lacking: Sequence[_Lacking]) -> Iterator[Attempt]:
        task, container = lacking[0].task, lacking[0].container
        log = next((each for each in awslogs(task, self._world) if each.container == container), None)
        if log is not None:
            ways = list(islice(self._ways(task, log, len(lacking)), _MOST))
            yield from (self._attempt(lacking, *each, denies) for denies in (False, True) for each in ways)

    # The ways

    def _ways(
        self, task: TaskDefinition, log: AwsLogs, number: int
    ) -> Iterator[tuple[str, _Options, tuple[Insertion, ...]]]:
        """Yield the ways to set a number of options."""
        blocks = [each for each, _ in blocks_of(task.address, self._resolver) if not each.source.name.endswith(".json")]
        editable = (each for each in blocks if self._places.files.editable(each.source))
        for options in (one for each in editable for one in written_options(each)):
            group = options.parts.item(_NAME)
            arn = _ARN.fullmatch(options.text(_NAME))
            if group is not None and arn is not None and number == 1:
                new = f"{arn['before']}.name"
                named = Replacement(options.source, group.value.start, new, options.text(_NAME))
                yield f"name the log group by `{new}` in {options.place}", options, (named,)
            missing = [
                [(name, value) for value in dict.fromkeys(self._values(name, task, log, options))]
                for name in (_NAME, _REGION, _PREFIX)
                if options.parts.item(name) is None and name not in log.options
            ]
            for pairs in (one for each in combinations(missing, number) for one in product(*each)):
                edits = extend(options.source, options.parts, [NewItem(value, value, name) for name, value in pairs])
                what = " and ".join(f"`{name}` to `{value}`" for name, value in pairs)
                yield from [(f"set {what} in {options.place}", options, edits)] if edits else []

    def _values(self, name: str, task: TaskDefinition, log: AwsLogs, options: _Options) -> Iterator[str]:
        """Yield possible values of an option, likeliest first: as elsewhere in the module, then new ones."""
        module = self._module_of(options.block, task)
        if module is None:
            return
        match name:
            case "awslogs-group":
                yield from _groups_beside(module, options.block)
            case "awslogs-region":
                yield from self._elsewhere(name, module)
                yield from _regions(module)
                region = task.resource.surroundings.region
                yield from [quote(region)] if isinstance(region, str) else []
            case _:
                texts = self._elsewhere(name, module)
                yield from texts if len(texts) == 1 and options.name_expression not in texts else []
                yield from [options.name_expression] if options.name_expression else []
                yield quote(str(log.container)) if options.block.labels[:1] == (_TASK,) else _SHARED_PREFIX

    def _module_of(self, block: Block, task: TaskDefinition) -> Module | None:
        """Return the module of a block, which limits its references: the task's, or a calling one."""
        path = task.address.module
        while (module := self._resolver.module_sources(path)) is not None:
            if any(each is block for each in module.blocks):
                return module
            if not path.steps:
                return None
            path = path.parent
        return None

    # The proof

    def _attempt(
        self, lacking: Sequence[_Lacking], title: str, options: _Options, edits: tuple[Insertion, ...], denies: bool
    ) -> Attempt:
        """Set options; if that `denies`, the role is not allowed to write to the group that they name."""
        task, hcl = lacking[0].task, edits[-1].text.strip(" ,\n\t")
        block, every = self._resolver.block(task.address), tasks_by_address(self._world).values()
        tasks = [each for each in every if self._resolver.block(each.address) is block]
        touched = tuple(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        draft = draft_for_review(title, hcl, edits, touched=touched)
        return Attempt(
            draft=draft, tasks=tasks, denies=denies, solved=frozenset(each.finding.message for each in lacking)
        )


def written_options(block: Block) -> Iterator[_Options]:
    """Yield the literal options of `awslogs` drivers in a block."""
    for argument in block.arguments.values():
        text = argument.source.text
        for found in _OPTIONS.finditer(text, argument.value_start, argument.value_end):
            parts = object_at(text, found.end())
            if parts is not None and any(each.name.startswith("awslogs-") for each in parts.items):
                around = _options_around(text, argument.value_start, parts)
                yield _Options(block, argument.source, parts, around)


def _options_around(text: str, start: int, options: ObjectParts) -> ObjectParts | None:
    found: ObjectParts | None = None
    for each in islice(_BRACE.finditer(text, start, options.start), _MOST_AROUND):
        parts = object_at(text, each.start())
        if parts is not None and parts.end >= options.end and parts.item("name") and parts.item("logConfiguration"):
            found = parts
    return found


def _options_elsewhere(name: str, module: Module) -> list[str]:
    """Return how a module writes an option: not what is the name of the same container."""
    every = [each for block in module.blocks for each in written_options(block)]
    texts = (each.text(name) for each in every if each.text(name) != each.name_expression)
    return list(dict.fromkeys(each for each in texts if each and "\n" not in each and not _OF_INSTANCE.search(each)))


def _regions(module: Module) -> Iterator[str]:
    declared = sorted(name for mode, kind, name in module.resource_keys if (mode, kind) == ("data", "aws_region"))
    for each in declared:
        block = module.resource("data", "aws_region", each)
        if block is not None and block.repetition is None:
            yield f"data.aws_region.{each}.name"


def _groups_beside(module: Module, block: Block) -> Iterator[str]:
    groups = [each for each in module.blocks if each.type == "resource" and each.labels[:1] == (_GROUP,)]
    if len(groups) == 1 and block.labels[:1] == (_TASK,):
        (group,) = groups
        if group.repetition is None or group.repetition[0] in block.arguments:
            yield f"{_GROUP}.{group.labels[1]}{instance_index(group.repetition)}.name"
