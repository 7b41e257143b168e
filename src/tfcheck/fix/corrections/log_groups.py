"""Create the log group that nothing creates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from typing import TypeAlias

from msgspec.structs import replace

from tfcheck.checks.log_group_absent import CHECK
from tfcheck.fix.corrections.attempts import Attempt, first_proven
from tfcheck.fix.corrections.task_corrections import literals_in
from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion, added_instances, unit_of
from tfcheck.fix.layout.new_block import OF_INSTANCE, block_lines, insert_after, instance_index
from tfcheck.fix.layout.new_policy import common_arguments, module_words
from tfcheck.fix.layout.render import align
from tfcheck.fix.needed_statements import free
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.task_proof import mistakes, wrong_tasks
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import Evaluate, WrittenText, flat, written_text
from tfcheck.fix.text.policy_text import read_parts
from tfcheck.fix.values.written_lists import has_only_harmless_literals
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError, heredoc_at
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World, find_object
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Finding, Remedy
from tfcheck.vocabulary.grouping import group_by_key

_GROUP, _TASK, _CONTAINERS = "aws_cloudwatch_log_group", "aws_ecs_task_definition", "container_definitions"
#: Where the options of containers name one log group, each in its block.
_Named: TypeAlias = Sequence[tuple[Block, WrittenText]]
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
