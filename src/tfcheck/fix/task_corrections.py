"""Correct a malformed reference in a task definition: no permission can fix it.

The literal is looked for in the block of the task definition first, then in the rest of its module. Each correction is
tried: the changed text is evaluated, and the same checks must find less wrong with the task definition than before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

import msgspec

from tfcheck.checks import CHECKS
from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Replacement
from tfcheck.fix.literal import OtherParts
from tfcheck.fix.plan_fixes import DraftFix, draft_for_review
from tfcheck.fix.policy_statements import WrittenText, flat, written_text
from tfcheck.fix.task_proof import blocks_of, is_readable, mistakes, partition_of, world_after
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.inventory.ecs import TASK_TYPES, TaskDefinition, tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address, address_in
from tfcheck.vocabulary.finding import Finding

#: The number of literals that are tried for one finding.
_MOST = 6


class _WrongValue(msgspec.Struct, frozen=True):
    """The value that a finding is about, and the argument of the resource that holds it."""

    value: str
    address: Address
    argument: str


class TaskCorrections:
    """Finds malformed references in the sources of one plan."""

    def __init__(self, world: After, files: Files) -> None:
        self._world = world
        self._resolver = world.resolver
        self._files = files

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the corrections that are proven."""
        for finding in findings:
            wrong = self._wrong_value(finding) if self._resolver.sources and finding.rule in CORRECTIONS else None
            if wrong is not None:
                proposed = (self._proven(finding, wrong, *each) for each in self._propose(finding.rule, wrong))
                fix = next(filter(None, (each for each, _ in zip(proposed, range(_MOST), strict=False))), None)
                if fix is not None:
                    yield fix

    def _wrong_value(self, finding: Finding) -> _WrongValue | None:
        task = tasks_by_address(self._world).get(finding.task_definition)
        check = next((each for each in CHECKS if each.id == finding.rule), None)
        if task is None or check is None or task.sensitive:
            return None
        found = next((each for each in check.search(task, self._world) if each.message == finding.message), None)
        if found is None:
            return None
        address = address_in(found.address) or task.address
        own = self._resolver.attribute(address, found.argument) if found.address else found.about
        value = flat(own) if found.argument == "platform_version" else flat(found.about)
        return _WrongValue(value, address, found.argument) if value else None

    # The place

    def _propose(self, rule: str, wrong: _WrongValue) -> Iterator[tuple[WrittenText, str]]:
        partition = partition_of(wrong.address, self._resolver)
        for block, scope in blocks_of(wrong.address, self._resolver):
            for literal in literals_in(block, scope, self._resolver, self._files):
                if literal.value == wrong.value:
                    yield from ((literal, each) for each in CORRECTIONS[rule](literal, partition))

    # The proof

    def _proven(self, finding: Finding, wrong: _WrongValue, literal: WrittenText, new: str) -> DraftFix | None:
        """Correct a literal if the checks then find one problem less and no new one in any task definition."""
        source = literal.source
        edit = Replacement(source.name, literal.start, new, source.text[literal.start : literal.end])
        texts = {source.name: source}
        if not is_readable([edit], texts, self._files):
            return None
        touched = [ChangedAttribute(each, wrong.argument) for each in self._touched_addresses(wrong.address)]
        tasks = self._tasks(wrong, finding)
        wrong_now = mistakes(tasks, self._world)
        left = mistakes(tasks, world_after(self._world, [edit], texts, touched))
        if finding.message not in wrong_now - left or not left <= wrong_now:
            return None
        title = f"correct `{literal.text}` to `{new[1:-1]}` in {source.name}"
        return draft_for_review(title, new, [edit], texts, self._files, finding=finding)

    def _touched_addresses(self, address: Address) -> list[Address]:
        block = self._resolver.block(address)
        resources = self._world.resources(address.type)
        return [each.address for each in resources if self._resolver.block(each.address) is block]

    def _tasks(self, wrong: _WrongValue, finding: Finding) -> list[TaskDefinition]:
        own = wrong.address.type in TASK_TYPES
        names = map(str, self._touched_addresses(wrong.address)) if own else [finding.task_definition]
        known = tasks_by_address(self._world)
        return [known[each] for each in names if each in known]


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
Correct: TypeAlias = Callable[[WrittenText, str], Iterator[str]]
_SECRET = regex(r"(?:arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|\0[^\0]*\0)(?P<rest>:[^:\s]+(?::[^:\s]*)?)")
_BUCKET = regex(r'"s3://\$\{\s*(?P<bucket>aws_s3_bucket\.[\w-]+(?:\[[^\[\]]*\])?)\.(?:bucket|id)\s*\}(?P<rest>/[^"]*)"')
_PARAMETER = regex(r"(?:^|:)parameter//")
_TYPE = regex(r'(?:^|[{,\s])"?type"?\s*[=:]\s*$')
_COLONS = 3


def _reference(literal: WrittenText, _: str) -> Iterator[str]:
    found = _SECRET.fullmatch(literal.value)
    if found is not None:
        yield from _with_replacement(literal, len(literal.value), ":" * (_COLONS - found["rest"].count(":")))
    twice = _PARAMETER.search(literal.value)
    if twice is not None:
        new = literal.replace(twice.end() - 1, twice.end(), "")
        yield from [new] if new else []


def _object(literal: WrittenText, partition: str) -> Iterator[str]:
    written = literal.source.text[literal.start : literal.end]
    found = _BUCKET.fullmatch(written)
    if found is not None:
        yield f'"${{{found["bucket"]}.arn}}{found["rest"]}"'
    elif literal.value.startswith("s3://"):
        new = literal.replace(0, len("s3://"), f"arn:{partition}:s3:::")
        yield from [new] if new else []
    at = 0
    for before, part in zip(literal.parts, literal.parts[1:], strict=False):
        at += len(before.value)
        if not before.is_literal and part.is_literal and not part.value.startswith("/"):
            yield from _with_replacement(literal, at, "/")


def _type(literal: WrittenText, _: str) -> Iterator[str]:
    if _TYPE.search(literal.source.text[max(literal.start - len('{ "type" : ') * 2, 0) : literal.start]):
        yield '"s3"'


def _latest(literal: WrittenText, _: str) -> Iterator[str]:
    yield '"LATEST"'


def _with_replacement(literal: WrittenText, at: int, new: str) -> Iterator[str]:
    found = literal.replace(at, at, new)
    yield from [found] if found else []


#: By rule. Attempts are proven, so that a wrong guess is never shown.
CORRECTIONS: dict[str, Correct] = {
    "secret-reference": _reference,
    "env-file-arn": _object,
    "env-file-type": _type,
    "platform-version": _latest,
}
