"""Correct the names of environment files that do not end in `.env`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from tfcheck.checks.env_file_name import CHECK
from tfcheck.checks.named_objects import files
from tfcheck.fix.corrections.attempts import Attempt, first_proven
from tfcheck.fix.corrections.task_corrections import literals_in
from tfcheck.fix.edits.insertion import ChangedAttribute, line_start
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.task_proof import blocks_of, wrong_tasks
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import WrittenText, flat
from tfcheck.inventory.catalogue import OBJECT, catalogue
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.symbolic.value import PlainText, TextLike, Value
from tfcheck.symbolic.value import text as text_of
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding
from tfcheck.vocabulary.grouping import group_by_key

_ENDING, _KEY, _CONTAINERS = ".env", "key", "container_definitions"
#: The number of places of a name that are tried.
_MOST_NAMES = 4


class EnvFileNames(Finder):
    """Finds the names of environment files in the sources of one plan."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._texts: dict[Address, dict[str, list[WrittenText]]] = {}

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes."""
        wrong = wrong_tasks(findings, [CHECK], self._world)
        attempts = (self._attempts(each, task, found.about) for each, task, found in wrong)
        yield from filter(None, first_proven(attempts, self._places))

    def _attempts(self, finding: Finding, task: TaskDefinition, value: Value) -> Iterator[Attempt]:
        for each in self._ways(task, value) if isinstance(value, PlainText) else ():
            yield self._attempt(finding, flat(value), *each)

    def _ways(self, task: TaskDefinition, value: TextLike) -> Iterator[tuple[str, tuple[WrittenText, ...], Address]]:
        objects = catalogue(self._world, OBJECT)
        in_task = self._final_parts(task.address, flat(value))
        target = objects.find_by_arn(text_of([value, _ENDING]))
        if target is not None and target.address.mode == "managed":
            for each in in_task:
                yield f"name {target.address} in {task.address.resource}", (each,), target.address
            return
        named = objects.find_by_arn(value)
        if named is None or named.address.mode != "managed":
            return
        key = flat(named.attribute(_KEY))
        for own in self._final_parts(named.address, key) if key else ():
            title = f"let the key of {named.address.resource} end in `{_ENDING}`"
            yield title, (own,), named.address
            for each in in_task:
                yield f"{title}, as {task.address.resource} names it", (own, each), named.address

    def _final_parts(self, address: Address, value: str) -> list[WrittenText]:
        editable = (
            each for each in self._texts_by_value(address).get(value, ()) if self._places.files.editable(each.source)
        )
        return [each for each in editable if _with_ending(each)][:_MOST_NAMES]

    def _texts_by_value(self, address: Address) -> dict[str, list[WrittenText]]:
        if address not in self._texts:
            blocks = blocks_of(address, self._resolver)
            texts = (each for block in blocks for each in literals_in(*block, self._resolver))
            self._texts[address] = group_by_key((each.value, each) for each in texts)
        return self._texts[address]

    def _attempt(
        self, finding: Finding, value: str, title: str, names: Sequence[WrittenText], object_: Address
    ) -> Attempt:
        edits = [each.edit(_with_ending(each)) for each in names]
        named = (one for known in (value, value + _ENDING) for one in self._tasks_by_file.get(known, ()))
        tasks = list({each.address: each for each in named}.values())
        touched = ChangedAttribute(object_, _KEY), *(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        hcl = "\n".join(each.text for each in edits)
        draft = draft_for_review(title, hcl, edits, finding=finding, touched=touched)
        return Attempt(draft=draft, tasks=tasks, reported=[_line_of(each) for each in names])

    @cached_property
    def _tasks_by_file(self) -> dict[str, list[TaskDefinition]]:
        tasks = tasks_by_address(self._world).values()
        return group_by_key((value, each) for each in tasks for value in {flat(one.value) for one in files(each)})


def _line_of(name: WrittenText) -> str:
    text = name.source.text
    line = text[line_start(text, name.start) : name.end]
    return line.strip() if line.split("=")[0].strip() == _KEY else ""


def _with_ending(name: WrittenText) -> str:
    return name.replace(len(name.value), len(name.value), _ENDING) or ""
