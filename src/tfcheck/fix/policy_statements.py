"""Locate the statements of a literal policy in the sources, and their literals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.literal import ListParts, ObjectParts, Parts, read_json_parts, read_parts
from tfcheck.fix.policy_text import document_of, find_policy_text, merged_documents
from tfcheck.fix.render import Syntax
from tfcheck.fix.written_text import Evaluate, WrittenText, elements, written_text
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.wildcards import glob_known

_LOCAL = regex(r"\blocal\.([\w-]+)")
#: One local value, or several joined.
_JOINED = regex(r"local\.[\w-]+|concat\(\s*local\.[\w-]+(?:\s*,\s*local\.[\w-]+)*\s*,?\s*\)")
_POLICY = ("Sid", "Effect", "Action", "Resource")
_DOCUMENT = ("sid", "effect", "actions", "resources")


class WrittenStatement(msgspec.Struct, frozen=True):
    """An Allow statement with the places of its actions and resources.

    `is_plain`: neither a condition nor a principal limits it. `among` is its list, None for a block; `of` is the number
    of statements in the policy.
    """

    source: SourceText
    syntax: Syntax
    start: int
    end: int
    actions: Parts
    resources: Parts
    is_plain: bool
    among: Parts | None
    of: int


def statements_of(argument: Argument, module: Module) -> tuple[WrittenStatement, ...]:
    """Find the Allow statements of the policy in an argument; none if its text cannot be located."""
    name = document_of(argument)
    try:
        if name is None:
            policy, syntax = find_policy_text(argument) or (None, Syntax.HCL)
            item = policy.item("Statement") if isinstance(policy, ObjectParts) else None
            lists = (
                [(argument.source, item.value), *_statements_in_locals(argument.source, item.value, module)]
                if item
                else []
            )
            return tuple(each for source, one in lists for each in _readable_statements(source, one, syntax, _POLICY))
        named = (
            module.resource("data", "aws_iam_policy_document", each) for each in (name, *merged_documents(name, module))
        )
        return tuple(each for block in named if block is not None for each in _statements_in_document(block))
    except MalformedError:
        return ()


class ReadableStatement(msgspec.Struct, frozen=True):
    """A statement with all of its actions, and those of its resources that can be read."""

    place: WrittenStatement
    actions: tuple[WrittenText, ...]
    resources: tuple[WrittenText, ...]

    def matches_action(self, action: str) -> bool:
        """Whether one of its actions matches."""
        return any(glob_known(each.value.lower(), action.lower()) for each in self.actions)

    def covers(self, resource: str) -> bool:
        """Whether one of its resources matches."""
        return any(glob_known(each.value, resource) for each in self.resources)


def readable(argument: Argument, module: Module, evaluate: Evaluate) -> tuple[ReadableStatement, ...]:
    """Read the Allow statements of a policy whose actions are all literals."""
    return tuple(
        each for one in statements_of(argument, module) if (each := _read_statement(one, evaluate)) is not None
    )


def _read_statement(statement: WrittenStatement, evaluate: Evaluate) -> ReadableStatement | None:
    actions = [written_text(statement.source, each, evaluate) for each in items(statement.actions)]
    if any(each is None for each in actions):
        return None
    resources: list[WrittenText] = []
    for each in items(statement.resources):
        one = written_text(statement.source, each, evaluate)
        resources += [one] if one else elements(statement.source, each, evaluate)
    return ReadableStatement(statement, tuple(filter(None, actions)), tuple(resources))


def items(parts: Parts) -> tuple[Parts, ...]:
    """Return the items of a list, or a single value."""
    return parts.items if isinstance(parts, ListParts) else (parts,)


def _statements_in_locals(source: SourceText, statements: Parts, module: Module) -> Iterator[tuple[SourceText, Parts]]:
    """Yield the lists of statements that a policy concatenates, if they are locals used only there."""
    written = source.text[statements.start : statements.end]
    for name in _LOCAL.findall(written) if _JOINED.fullmatch(written) else ():
        local = module.local_argument(name)
        uses = re.compile(rf"\blocal\.{re.escape(name)}(?![\w-])")
        if local is not None and sum(len(uses.findall(file.source.text)) for file in module.files) == 1:
            yield local.source, read_parts(local.source.text, local.value_start)


def _readable_statements(
    source: SourceText, statements: Parts, syntax: Syntax, names: Sequence[str]
) -> Iterator[WrittenStatement]:
    listed = items(statements)
    for each in listed:
        if isinstance(each, ObjectParts):
            found = _object(source, each, syntax, names, statements)
            if found is not None:
                yield found


def _object(
    source: SourceText, one: ObjectParts, syntax: Syntax, names: Sequence[str], among: Parts
) -> WrittenStatement | None:
    _, effect, action, resource = (one.item(name) for name in names)
    if action is None or resource is None or not _allows(source, effect.value if effect else None, names):
        return None
    is_plain = {each.name for each in one.items} <= set(names)
    place = (source, syntax, one.start, one.end)
    return WrittenStatement(*place, action.value, resource.value, is_plain, among, len(items(among)))


def _allows(source: SourceText, effect: Parts | None, names: Sequence[str]) -> bool:
    if effect is None:
        return names is _DOCUMENT
    return source.text[effect.start : effect.end] == '"Allow"'


def _statements_in_document(block: Block) -> Iterator[WrittenStatement]:
    if isinstance(block, JsonBlock):
        found = next((each for each in block.value.members if each.name == "statement"), None)
        if found is not None:
            parts = read_json_parts(block.source.text, found.value.start, found.value.end)
            yield from _readable_statements(block.source, parts, Syntax.TF_JSON, _DOCUMENT)
        return
    nested = block.blocks("statement")
    for each in nested:
        statement = _block(each, len(nested)) if each.type == "statement" else None
        if statement is not None:
            yield statement


def _block(block: Block, of: int) -> WrittenStatement | None:
    written = block.attribute_text("effect") or '"Allow"'
    actions, resources = _value(block, "actions"), _value(block, "resources")
    if actions is None or resources is None or written != '"Allow"':
        return None
    is_plain = set(block.arguments) <= set(_DOCUMENT) and not block.nested
    place = (block.source, Syntax.HCL, block.start, block.end)
    return WrittenStatement(*place, actions, resources, is_plain, None, of)


def _value(block: Block, name: str) -> Parts | None:
    argument = block.arguments.get(name)
    if argument is None or argument.source is not block.source:
        return None
    found = read_parts(argument.source.text, argument.value_start)
    return found if found.end == argument.value_end else None
