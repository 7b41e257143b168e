"""Add the missing options of a container's `awslogs` driver, and create the log group that nothing creates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from itertools import islice
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tfcheck.checks import log_options, log_region
from tfcheck.checks.log_group_absent import CHECK
from tfcheck.fix.corrections.attempts import Attempt, first_proven
from tfcheck.fix.corrections.task_corrections import literals_in
from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion, Replacement, added_instances, unit_of
from tfcheck.fix.layout.items import NewItem, extend
from tfcheck.fix.layout.new_block import OF_INSTANCE, block_lines, insert_after, instance_index
from tfcheck.fix.layout.new_policy import common_arguments, module_words
from tfcheck.fix.layout.render import align, quote
from tfcheck.fix.needed_statements import free
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.task_proof import blocks_of, mistakes, wrong_tasks
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import Evaluate, WrittenText, flat, written_text
from tfcheck.fix.text.policy_text import ObjectParts, object_at, read_parts
from tfcheck.fix.values.written_lists import has_only_harmless_literals
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError, heredoc_at
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World, find_object
from tfcheck.startup.awslogs_options import AwsLogs, awslogs
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Finding, Remedy
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
#: Where the options of containers name one log group, each in its block.
_Named: TypeAlias = Sequence[tuple[Block, WrittenText]]


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


class LogOptions(Finder):
    """Finds missing options in the sources of one plan."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._elsewhere = lru_cache(maxsize=None)(_options_elsewhere)

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes."""
        wrong = wrong_tasks(findings, _RULES, self._world)
        attempts = (self._attempts(each, task, found.container) for each, task, found in wrong)
        yield from filter(None, first_proven(attempts, self._places))

    def _attempts(self, finding: Finding, task: TaskDefinition, container: str | None) -> Iterator[Attempt]:
        log = next((each for each in awslogs(task, self._world) if each.container == container), None)
        if container is not None and log is not None:
            ways = list(islice(self._ways(task, log), _MOST))
            yield from (self._attempt(finding, task, *each, denies) for denies in (False, True) for each in ways)

    # The ways

    def _ways(self, task: TaskDefinition, log: AwsLogs) -> Iterator[tuple[str, _Options, tuple[Insertion, ...]]]:
        blocks = [each for each, _ in blocks_of(task.address, self._resolver) if not each.source.name.endswith(".json")]
        editable = (each for each in blocks if self._places.files.editable(each.source))
        for options in (one for each in editable for one in written_options(each)):
            group = options.parts.item(_NAME)
            arn = _ARN.fullmatch(options.text(_NAME))
            if group is not None and arn is not None:
                new = f"{arn['before']}.name"
                named = Replacement(options.source, group.value.start, new, options.text(_NAME))
                yield f"name the log group by `{new}` in {options.place}", options, (named,)
            for name in (_NAME, _REGION, _PREFIX):
                if options.parts.item(name) is None and name not in log.options:
                    for value in dict.fromkeys(self._values(name, task, log, options)):
                        edits = extend(options.source, options.parts, [NewItem(value, value, name)])
                        title = f"set `{name}` to `{value}` in {options.place}"
                        yield from [(title, options, edits)] if edits else []

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
        self,
        finding: Finding,
        task: TaskDefinition,
        title: str,
        options: _Options,
        edits: tuple[Insertion, ...],
        denies: bool,
    ) -> Attempt:
        """Set an option; if it `denies`, the role is not allowed to write to the group that it names."""
        hcl = edits[-1].text.strip(" ,\n\t")
        block, every = self._resolver.block(task.address), tasks_by_address(self._world).values()
        tasks = [each for each in every if self._resolver.block(each.address) is block]
        touched = tuple(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        draft = draft_for_review(title, hcl, edits, finding=finding, touched=touched)
        return Attempt(draft=draft, tasks=tasks, denies=denies)


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
    texts = (each.text(name) for block in module.blocks for each in written_options(block))
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


_OPTION = regex(r'(?<![\w-])"?awslogs-group"?\s*[=:]\s*')
_INPUT = regex(r"\b(?:var|local)\.[\w-]+")
#: Arguments that a new log group shares with the module's other ones.
_COMMON = ("retention_in_days", "kms_key_id", "tags")
_RETENTION = ("retention_in_days", "30")


class LogGroups(Finder):
    """Finds the log groups that the sources of one plan should create."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        #: Log groups that the sources already create although the older plan does not.
        self.settled: list[Finding] = []
        self._names: list[str] = []
        self._texts = lru_cache(maxsize=None)(self._texts_by_value)

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes, one that is for several findings once for each."""
        groups = self._group_by_name(findings)
        self._names = [name for _, name in groups]
        named = [(*each, self._options(*each), several) for each, several in groups.items()]
        drafts = first_proven((self._attempts(*each) for each in named), self._places)
        for draft, (*_, several) in zip(drafts, named, strict=True):
            yield from (replace(draft, finding=each) for each in several if draft is not None)
        for task, _, options, several in named:
            self.settled += several if not options and self._is_settled(task, several) else ()

    def _attempts(self, task: Address, name: str, ways: list[_Named], several: list[Finding]) -> Iterator[Attempt]:
        return filter(None, (self._attempt(task, name, each, several) for each in ways))

    def remedies(self, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Remedy]]:
        """Yield which group of the module has the name, if the module does not create it here."""
        for finding, task, mistake in wrong_tasks(findings, [CHECK], self._world):
            module = self._resolver.module_sources(task.address.module)
            counted = [each for each in _groups(module) if "count" in each.arguments] if module is not None else []
            evaluate = partial(
                self._resolver.evaluation.evaluate, scope=self._resolver.module_scope(task.address.module)
            )
            for each in (one for one in counted if "name" in one.arguments):
                if [evaluate(each.arguments[name].expression) for name in ("name", "count")] == [mistake.about, 0]:
                    address = Address(task.address.module, "managed", *each.labels).config
                    inputs = [f"`{one}`" for one in dict.fromkeys(_INPUT.findall(each.attribute_text("count")))]
                    by = f", by {join_names(inputs)}" if inputs else ""
                    words = f"create {address} for this task definition too: it has this name, but its `count` is 0{by}"
                    yield finding, Remedy(words)
                    break

    def _group_by_name(self, findings: Iterable[Finding]) -> dict[tuple[Address, str], list[Finding]]:
        found: dict[tuple[int, str], tuple[Address, list[Finding]]] = {}
        for each, task, mistake in wrong_tasks(findings, [CHECK], self._world):
            if name := flat(mistake.about):
                module = self._resolver.module_sources(task.address.module)
                found.setdefault((id(module), name), (task.address, []))[1].append(each)
        return {(address, name): several for (_, name), (address, several) in found.items()}

    # Where the name is written

    def _options(self, task: Address, name: str) -> list[_Named]:
        """Return where the sources name a group: as an option of containers, then anywhere."""
        named, others = list[tuple[Block, WrittenText]](), list[tuple[Block, WrittenText]]()
        module = self._resolver.module_sources(task.module)
        for block in module.blocks if module is not None else ():
            is_task = block.type == "resource" and block.labels[:1] == (_TASK,)
            is_usable = self._places.files.editable(block.source) and not isinstance(block, JsonBlock)
            if not is_usable or not (is_task or block.type == "locals"):
                continue
            instances = self._instances.get(id(block), ()) if is_task else ()
            place = task if task in instances else next(iter(instances), task.module)
            named += [(block, each) for each in self._texts(block, place, named=True).get(name, ())]
            same = self._texts(block, place, named=False).get(name, ()) if "/" in name else ()
            others += [(block, each) for each in same if self._places.files.editable(each.source)]
        return [each for each in (named, others) if each]

    @cached_property
    def _instances(self) -> dict[int, list[Address]]:
        """The instances of task definitions by the identity of their block."""
        return group_by_key(
            (id(self._resolver.block(each.address)), each.address) for each in self._world.resources(_TASK)
        )

    def _texts_by_value(
        self, block: Block, place: Address | ModulePath, *, named: bool
    ) -> dict[str, list[WrittenText]]:
        """Return the texts of a block as one instance or module evaluates them: names of log groups, or any."""
        resolver = self._resolver
        scope = resolver.scope_of(place) if isinstance(place, Address) else resolver.module_scope(place)
        evaluate = partial(resolver.evaluation.evaluate, scope=scope)
        names = (each for one in block.arguments.values() for each in _values(one, evaluate, self._names))
        texts = names if named else literals_in(block, scope, resolver)
        return group_by_key((each.value, each) for each in texts)

    # The change

    def _attempt(self, task: Address, name: str, options: _Named, findings: Sequence[Finding]) -> Attempt | None:
        module = self._resolver.module_sources(task.module)
        assert module is not None  # otherwise nothing names the group
        blocks, texts = [each for each, _ in options], [each.code for _, each in options]
        block, own = blocks[0], bool(OF_INSTANCE.search(texts[0]))
        is_in_one = all(each is block for each in blocks)
        repeated = block.repetition if is_in_one and (own or "count" in block.arguments) else None
        if (own and repeated is None) or len(set(texts)) > 1:
            return None
        label = free(task.name, self._places.labels_of(task.module, _GROUP), "_")
        known = [each for each in _groups(module) if self._places.files.editable(each.source)]
        place = ([each for each in known if each.source is block.source] or known or [block])[-1]
        lines = _hcl(label, texts[0], repeated, module, block)
        reference = f"{_GROUP}.{label}{instance_index(repeated)}.name"
        insertions: list[Insertion] = [insert_after(place, lines)]
        insertions += [
            each.edit(f'"${{{reference}}}"' if _is_in_heredoc(each, where) else reference) for where, each in options
        ]
        tasks = self._tasks_by_module[id(module)]
        if block.type != "locals":
            instances = {one for each in blocks for one in self._instances.get(id(each), ())}
            tasks = [each for each in tasks if each.address in instances]
        added = added_instances(label, [_GROUP], (each.address for each in tasks), repeated=repeated is not None)
        lacking = {each.task_definition for each in findings}
        if all(each.is_literal for _, one in options for each in one.parts):
            tasks = [each for each in tasks if str(each.address) in lacking]
        if not all(any(True for _ in CHECK.search(each, self._world)) for each in tasks):
            return None  # another caller of the module has its own group
        where = module_words(each.address.module for each in tasks)
        title = f"create {_GROUP}.{label}{where}, and let the containers that log to it refer to it"
        hcl = "\n".join([*lines, "", f"awslogs-group = {reference}"])
        touched = tuple(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        draft = draft_for_review(title, hcl, insertions, touched=touched, added=added)
        solved = frozenset(each.message for each in findings)
        shown = [one for _, each in options for one in each.shown_texts()]

        def is_alone(after: After) -> bool:
            names = [flat(each.attribute("name")) for one in added if (each := find_object(one, after)) is not None]
            return all(len(after.once(_addresses_by_name)[each]) == 1 for each in names if each)

        return Attempt(draft=draft, tasks=tasks, reported=shown, solved=solved, subject=name, is_right=is_alone)

    @cached_property
    def _tasks_by_module(self) -> dict[int, list[TaskDefinition]]:
        tasks = tasks_by_address(self._world).values()
        return group_by_key((id(self._resolver.module_sources(each.address.module)), each) for each in tasks)

    # The proof

    def _is_settled(self, task: Address, findings: Sequence[Finding]) -> bool:
        added = unplanned_instances(task.module, self._resolver)
        if not any(each.type == _GROUP for each in added):
            return False
        module = self._resolver.module_sources(task.module)
        tasks = self._tasks_by_module[id(module)] if module is not None else []
        touched = [ChangedAttribute(each.address, _CONTAINERS) for each in tasks]
        trial = Trial(self._resolver, self._resolver.sources, touched, added, context=self._world.context)
        return mistakes(tasks, trial.world).isdisjoint(each.message for each in findings)


def _addresses_by_name(world: World) -> dict[str, list[Address]]:
    return group_by_key((flat(each.attribute("name")), each.address) for each in world.resources(_GROUP))


def _values(argument: Argument, evaluate: Evaluate, names: Sequence[str]) -> Iterator[WrittenText]:
    """Read the names of groups in the options of containers, also computed ones of literals in known `names`."""
    text = argument.source.text
    for found in _OPTION.finditer(text, argument.value_start, argument.value_end):
        with suppress(MalformedError):
            parts = read_parts(text, found.end())
            is_harmless = has_only_harmless_literals(text[parts.start : parts.end], names)
            written = written_text(argument.source, parts, evaluate, computed=is_harmless)
            yield from [written] if written is not None and parts.end <= argument.value_end else []


def _is_in_heredoc(text: WrittenText, block: Block) -> bool:
    around = (each for each in block.arguments.values() if each.value_start <= text.start < each.value_end)
    return any(heredoc_at(each.source.text, each.value_start) is not None for each in around)


def _groups(module: Module) -> list[Block]:
    return [each for each in module.blocks if each.labels[:1] == (_GROUP,) and not isinstance(each, JsonBlock)]


def _hcl(label: str, name: str, repeated: tuple[str, str] | None, module: Module, block: Block) -> list[str]:
    known = _groups(module)
    pairs = [("name", name), *common_arguments(known, block, _COMMON)]
    if not known:
        pairs.insert(1, _RETENTION)
    head, inside, provider = f'resource "{_GROUP}" "{label}"', align(pairs), block.attribute_text("provider")
    return block_lines(head, inside, unit_of(block), repeated=repeated, provider=provider)
