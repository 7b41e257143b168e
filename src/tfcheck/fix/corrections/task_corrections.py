"""Correct malformed references of task definitions, and the names of environment files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeAlias

import msgspec

from tfcheck.checks import CHECKS
from tfcheck.checks.env_file_name import CHECK
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import ChangedAttribute, line_start
from tfcheck.fix.layout.render import text
from tfcheck.fix.needed_statements import Reference
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.task_proof import blocks_of, partition_of, proven_draft, wrong_tasks
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import WrittenText, flat, written_text
from tfcheck.fix.text.policy_text import OtherParts
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.inventory.catalogue import OBJECT, catalogue
from tfcheck.inventory.ecs import TASK_TYPES, TaskDefinition, tasks_by_address
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, TextLike
from tfcheck.symbolic.value import text as text_of
from tfcheck.vocabulary.address import Address, address_in
from tfcheck.vocabulary.finding import Finding

#: The number of literals that are tried for one finding.
_MOST = 6


class _WrongValue(msgspec.Struct, frozen=True):
    """The value that a finding is about, and the argument of the resource that holds it."""

    value: str
    address: Address
    argument: str


class TaskCorrections(Finder):
    """Finds malformed references in the sources of one plan."""

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the corrections that are proven."""
        checks = [each for each in CHECKS if each.id in CORRECTIONS]
        for finding, task, found in wrong_tasks(findings, checks, self._world):
            address = address_in(found.address) or task.address
            own = self._resolver.attribute(address, found.argument) if found.address else found.about
            value = flat(own) if found.argument == "platform_version" else flat(found.about)
            wrong = _WrongValue(value, address, found.argument)
            proposed = (self._proven(finding, wrong, *each) for each in self._propose(finding.rule, wrong) if value)
            fix = next(filter(None, islice(proposed, _MOST)), None)
            yield from [fix] if fix is not None else []

    # The place

    def _propose(self, rule: str, wrong: _WrongValue) -> Iterator[tuple[WrittenText, str]]:
        partition = partition_of(wrong.address, self._resolver)
        for block, scope in blocks_of(wrong.address, self._resolver):
            for literal in literals_in(block, scope, self._resolver, self._places.files):
                if literal.value == wrong.value:
                    named = self._reference(literal, wrong, partition) if rule == "env-file-arn" else ()
                    yield from ((literal, each) for each in (*named, *CORRECTIONS[rule](literal, partition)) if each)

    def _reference(self, literal: WrittenText, wrong: _WrongValue, partition: str) -> Iterator[str]:
        """Write the address of a file by the bucket of its module, if a block of that has it."""
        module, address = self._resolver.module_sources(wrong.address.module), literal.value.removeprefix(_ADDRESS)
        is_own = module is not None and any(literal.source is file.source for file in module.files)
        if is_own and address != literal.value and "\0" not in address:
            spelling = self._places.spelling(wrong.address.module, wrong.address.resource)
            spelled = spelling.spell(f"arn:{partition}:s3:::{address}")
            has_reference = spelled is not None and any(isinstance(each, Reference) for each in spelled)
            yield from [text(spelled)] if spelled is not None and has_reference else []

    # The proof

    def _proven(self, finding: Finding, wrong: _WrongValue, literal: WrittenText, new: str) -> DraftFix | None:
        """Correct a literal if the checks then find one problem less and no new one in any task definition."""
        block = self._resolver.block(wrong.address)
        resources = (each.address for each in self._world.resources(wrong.address.type))
        same = [each for each in resources if self._resolver.block(each) is block]
        own, known = wrong.address.type in TASK_TYPES, tasks_by_address(self._world)
        title = f"correct `{literal.text}` to `{new.strip(_QUOTE)}` in {literal.source.name}"
        touched = tuple(ChangedAttribute(each, wrong.argument) for each in same)
        draft = draft_for_review(title, new, [literal.edit(new)], finding=finding, touched=touched)
        tasks = [known[each] for each in (map(str, same) if own else [finding.task_definition]) if each in known]
        reveals = (CHECK.id,) if finding.rule == "env-file-arn" else ()
        return proven_draft(draft, self._world, self._places.files, tasks, denies=True, reveals=reveals)


def literals_in(block: Block, scope: Scope, resolver: Resolver, files: Files) -> Iterator[WrittenText]:
    """Yield the quoted texts of a block that may be changed, as one instance evaluates them."""
    evaluate = partial(resolver.evaluation.evaluate, scope=scope)
    if files.editable(block.source) and not block.source.name.endswith(".json"):
        for argument in block.all_arguments():
            for place in _quoted_texts(argument):
                found = written_text(argument.source, place, evaluate)
                yield from [found] if found is not None and found.parts else []


def _quoted_texts(argument: Argument) -> Iterator[OtherParts]:
    try:
        found = tokens(argument.source.text, argument.value_start, argument.value_end)
    except MalformedError:
        return
    for index, token in enumerate(found.listed):
        if token.kind == '"':
            whole = found.stretch(index)
            yield OtherParts(whole.start, whole.end)
        elif token.kind == "<<":
            yield from _texts_in_heredoc(argument.source.text, found, index)


def _texts_in_heredoc(text: str, found: Tokens, opening: int) -> Iterator[OtherParts]:
    begun = -1
    for token in map(found.stretch, found.indices_inside(opening)):
        for position in range(token.start, token.end) if token.kind == "text" else ():
            if text[position] == "\n":
                begun = -1
            elif text[position] == '"' and text[position - 1] != "\\":
                if begun >= 0:
                    yield OtherParts(begun, position + 1)
                begun = position if begun < 0 else -1


#: The possible corrections of a literal, likeliest first; the second argument is the task's partition.
Correct: TypeAlias = Callable[[WrittenText, str], Iterator[str | None]]
_SECRET = regex(r"(?:arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|\0[^\0]*\0)(?P<rest>:[^:\s]+(?::[^:\s]*)?)")
_BUCKET = regex(r'"s3://\$\{\s*(?P<bucket>aws_s3_bucket\.[\w-]+(?:\[[^\[\]]*\])?)\.(?:bucket|id)\s*\}(?P<rest>/[^"]*)"')
_ADDRESS, _QUOTE = "s3://", '"'
_PARAMETER = regex(r"(?:^|:)parameter//")
_TYPE = regex(r'(?:^|[{,\s])"?type"?\s*[=:]\s*$')
_COLONS = 3


def _reference(literal: WrittenText, _: str) -> Iterator[str | None]:
    found, end = _SECRET.fullmatch(literal.value), len(literal.value)
    if found is not None:
        yield literal.replace(end, end, ":" * (_COLONS - found["rest"].count(":")))
    twice = _PARAMETER.search(literal.value)
    if twice is not None:
        yield literal.replace(twice.end() - 1, twice.end(), "")


def _object(literal: WrittenText, partition: str) -> Iterator[str | None]:
    written = literal.source.text[literal.start : literal.end]
    found = _BUCKET.fullmatch(written)
    if found is not None:
        yield f'"${{{found["bucket"]}.arn}}{found["rest"]}"'
    elif literal.value.startswith(_ADDRESS):
        yield literal.replace(0, len(_ADDRESS), f"arn:{partition}:s3:::")
    at = 0
    for before, part in zip(literal.parts, literal.parts[1:], strict=False):
        at += len(before.value)
        if not before.is_literal and part.is_literal and not part.value.startswith("/"):
            yield literal.replace(at, at, "/")


def _type(literal: WrittenText, _: str) -> Iterator[str]:
    if _TYPE.search(literal.source.text[max(literal.start - len('{ "type" : ') * 2, 0) : literal.start]):
        yield '"s3"'


#: By rule. Attempts are proven, so that a wrong guess is never shown.
CORRECTIONS: dict[str, Correct] = {
    "secret-reference": _reference,
    "env-file-arn": _object,
    "env-file-type": _type,
    "platform-version": lambda *_: iter(('"LATEST"',)),
}


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
        return [each for each in self._texts_by_value(address).get(value, ()) if _with_ending(each)][:_MOST_NAMES]

    def _texts_by_value(self, address: Address) -> dict[str, list[WrittenText]]:
        if address not in self._texts:
            found = self._texts[address] = {}
            for block in blocks_of(address, self._resolver):
                for each in literals_in(*block, self._resolver, self._places.files):
                    found.setdefault(each.value, []).append(each)
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
