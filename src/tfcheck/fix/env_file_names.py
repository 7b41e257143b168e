"""Add `.env` to the name of an environment file whose object is in the plan.

If the plan has one that is named so, the container names that. Otherwise the object gets the name, in its block and
where the container writes it. Tried like all changes: every call stays as allowed as it was, in all task definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tfcheck.checks.env_file_name import CHECK
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Replacement, line_start
from tfcheck.fix.plan_fixes import DraftFix, draft_for_review
from tfcheck.fix.policy_statements import WrittenText, flat
from tfcheck.fix.task_corrections import literals_in
from tfcheck.fix.task_proof import blocks_of, is_better, is_readable, world_after
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.inventory.catalogue import OBJECT, catalogue
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.symbolic.value import PlainText, TextLike, text
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding

_ENDING, _KEY, _CONTAINERS = ".env", "key", "container_definitions"
#: The number of places of a name that are tried.
_MOST = 4


class EnvFileNames:
    """Finds the names of environment files in the sources of one plan."""

    def __init__(self, world: After, files: Files) -> None:
        self._world = world
        self._resolver = world.resolver
        self._files = files
        self._texts: dict[Address, dict[str, list[WrittenText]]] = {}

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven changes."""
        for finding in findings if self._resolver.sources is not None else ():
            task = tasks_by_address(self._world).get(finding.task_definition) if finding.rule == CHECK.id else None
            if task is None or task.sensitive:
                continue
            found = (each.about for each in CHECK.search(task, self._world) if each.message == finding.message)
            value = next(found, None)
            if isinstance(value, PlainText):
                proven = (self._proven(finding, *each) for each in self._ways(task, value))
                yield from [draft for draft in proven if draft is not None][:1]

    def _ways(self, task: TaskDefinition, value: TextLike) -> Iterator[tuple[str, tuple[WrittenText, ...], Address]]:
        objects = catalogue(self._world, OBJECT)
        in_task = self._final_parts(task.address, flat(value))
        target = objects.find_by_arn(text([value, _ENDING]))
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
        return [each for each in self._texts_by_value(address).get(value, ()) if _with_ending(each)][:_MOST]

    def _texts_by_value(self, address: Address) -> dict[str, list[WrittenText]]:
        if address not in self._texts:
            found = self._texts[address] = {}
            for block in blocks_of(address, self._resolver):
                for each in literals_in(*block, self._resolver, self._files):
                    found.setdefault(each.value, []).append(each)
        return self._texts[address]

    def _proven(self, finding: Finding, title: str, names: Sequence[WrittenText], object_: Address) -> DraftFix | None:
        edits = [
            Replacement(each.source.name, each.start, _with_ending(each), each.source.text[each.start : each.end])
            for each in names
        ]
        texts = {each.source.name: each.source for each in names}
        if not is_readable(edits, texts, self._files, map(_line_of, names)):
            return None
        tasks = list(tasks_by_address(self._world).values())
        touched = [ChangedAttribute(object_, _KEY), *(ChangedAttribute(each.address, _CONTAINERS) for each in tasks)]
        if not is_better(tasks, {finding.message}, self._world, world_after(self._world, edits, texts, touched)):
            return None
        hcl = "\n".join(each.text for each in edits)
        return draft_for_review(title, hcl, edits, texts, self._files, finding=finding, touched=tuple(touched))


def _line_of(name: WrittenText) -> str:
    text = name.source.text
    line = text[line_start(text, name.start) : name.end]
    return line.strip() if line.split("=")[0].strip() == _KEY else ""


def _with_ending(name: WrittenText) -> str:
    return name.replace(len(name.value), len(name.value), _ENDING) or ""
