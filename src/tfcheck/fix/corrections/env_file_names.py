"""Correct the names of environment files that do not end in `.env`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tfcheck.checks.env_file_name import CHECK
from tfcheck.fix.corrections.task_corrections import literals_in
from tfcheck.fix.edits.insertion import ChangedAttribute, line_start
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.task_proof import blocks_of, proven_draft, wrong_tasks
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import WrittenText, flat
from tfcheck.inventory.catalogue import OBJECT, catalogue
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.symbolic.value import PlainText, TextLike
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
        for finding, task, found in wrong_tasks(findings, [CHECK], self._world):
            if isinstance(found.about, PlainText):
                proven = (self._proven(finding, *each) for each in self._ways(task, found.about))
                yield from islice(filter(None, proven), 1)

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

    def _proven(self, finding: Finding, title: str, names: Sequence[WrittenText], object_: Address) -> DraftFix | None:
        edits = [each.edit(_with_ending(each)) for each in names]
        tasks = list(tasks_by_address(self._world).values())
        touched = ChangedAttribute(object_, _KEY), *(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)
        hcl = "\n".join(each.text for each in edits)
        draft = draft_for_review(title, hcl, edits, finding=finding, touched=touched)
        return proven_draft(draft, self._world, self._places.files, tasks, map(_line_of, names))


def _line_of(name: WrittenText) -> str:
    text = name.source.text
    line = text[line_start(text, name.start) : name.end]
    return line.strip() if line.split("=")[0].strip() == _KEY else ""


def _with_ending(name: WrittenText) -> str:
    return name.replace(len(name.value), len(name.value), _ENDING) or ""
