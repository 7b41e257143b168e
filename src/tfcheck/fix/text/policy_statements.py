"""Locate the statements of a literal policy, and the parts of their texts with offsets and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeAlias

import msgspec

from tfcheck.fix.edits.insertion import Replacement, line_start
from tfcheck.fix.text.policy_text import (
    DOCUMENT_ELEMENTS,
    ELEMENTS,
    ListParts,
    ObjectParts,
    Parts,
    Syntax,
    document_of,
    documents_of,
    find_policy_text,
    items,
    read_arguments,
    read_json_parts,
    read_parts,
)
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.hcl.syntax.lexer import MalformedError, bracket_end, tokens
from tfcheck.hcl.syntax.parse import parse_range, reference_text
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import PlainText, Unknown, Value, display, pieces, spelled_out
from tfcheck.symbolic.wildcards import glob_known

_LOCAL = regex(r"local\.([\w-]+)")
_JOINING = "concat("


class WrittenStatement(msgspec.Struct, frozen=True):
    """An Allow statement with the places of its actions and resources, which are empty if it has none.

    `is_plain`: neither a condition nor a principal limits it. `principals` are the values of each kind, if nothing else
    limits it. `among` is its list, None for a block; `of` is the number of statements in the policy.
    """

    source: SourceText
    syntax: Syntax
    start: int
    end: int
    actions: Parts
    resources: Parts
    is_plain: bool
    principals: tuple[tuple[str, Parts], ...]
    among: Parts | None
    of: int


def statements_of(argument: Argument, module: Module) -> tuple[WrittenStatement, ...]:
    """Find the Allow statements of the policy in an argument; none if its text cannot be located."""
    try:
        if document_of(argument) is None:
            lists = lists_of_statements(argument, module)
            return tuple(each for one in lists for each in _readable_statements(*one, ELEMENTS))
        return tuple(each for block in documents_of(argument, module) for each in _statements_in_document(block))
    except MalformedError:
        return ()


def statements_in(source: SourceText, parts: Parts) -> tuple[WrittenStatement, ...]:
    """Find the Allow statements in a list or a map of objects with the names of a document."""
    if isinstance(parts, ObjectParts):
        parts = ListParts(parts.start, parts.end, tuple(each.value for each in parts.items))
    return tuple(_readable_statements(source, parts, Syntax.HCL, DOCUMENT_ELEMENTS))


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


def lists_of_statements(argument: Argument, module: Module) -> Iterator[tuple[SourceText, Parts, Syntax]]:
    """Yield the `Statement` of a literal policy, and the lists that it joins: literal ones, and locals used only there.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    policy, syntax = find_policy_text(argument) or (None, Syntax.HCL)
    item = policy.item("Statement") if isinstance(policy, ObjectParts) else None
    if item is None:
        return
    yield argument.source, item.value, syntax
    text, start, end = argument.source.text, item.value.start, item.value.end
    is_joined = text.startswith(_JOINING, start) and bracket_end(text, start + len(_JOINING) - 1) == end
    joined = read_arguments(text, start + len(_JOINING) - 1, end).items if is_joined else (item.value,)
    for each in joined:
        name = _LOCAL.fullmatch(text, each.start, each.end)
        local = module.local_argument(name[1]) if name else None
        if is_joined and isinstance(each, ListParts):
            yield argument.source, each, syntax
        elif name and local is not None and module.count_uses(f"local.{name[1]}") == 1:
            yield local.source, read_parts(local.source.text, local.value_start), syntax


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
    _, effect, *needed = names
    written = one.text_of(effect, source.text) or ('"Allow"' if names is DOCUMENT_ELEMENTS else "")
    action, resource = map(one.item, needed)
    others = {each.name.lower().rstrip("s") for each in one.items if each.name not in names}
    principals = _principals(source, one, names) if others == {"principal"} else ()
    if action is None or not (resource or principals) or written != '"Allow"':
        return None
    resources = resource.value if resource is not None else ListParts(one.end, one.end, ())
    place = (source, syntax, one.start, one.end)
    return WrittenStatement(*place, action.value, resources, not others, principals, among, len(items(among)))


def _principals(source: SourceText, one: ObjectParts, names: Sequence[str]) -> tuple[tuple[str, Parts], ...]:
    found = (each.value for each in one.items if each.name not in names)
    objects = [each for value in found for each in items(value) if isinstance(each, ObjectParts)]
    if names is ELEMENTS:
        return tuple((each.name, each.value) for value in objects for each in value.items)
    named = ((each.text_of("type", source.text).strip('"'), each.item("identifiers")) for each in objects)
    return tuple((kind, each.value) for kind, each in named if each is not None)


def _statements_in_document(block: Block) -> Iterator[WrittenStatement]:
    if isinstance(block, JsonBlock):
        found = next((each for each in block.value.members if each.name == "statement"), None)
        if found is not None:
            parts = read_json_parts(block.source.text, found.value.start, found.value.end)
            yield from _readable_statements(block.source, parts, Syntax.TF_JSON, DOCUMENT_ELEMENTS)
        return
    nested = block.blocks("statement")
    for each in nested:
        statement = _block(each, len(nested)) if each.type == "statement" else None
        if statement is not None:
            yield statement


def _block(block: Block, of: int) -> WrittenStatement | None:
    written = block.attribute_text("effect") or '"Allow"'
    actions, resources = _value(block, "actions"), _value(block, "resources")
    is_open = not set(block.arguments) <= set(DOCUMENT_ELEMENTS)
    kinds = [(each.attribute_text("type").strip('"'), _value(each, "identifiers")) for each in block.nested]
    known = tuple((kind, value) for kind, value in kinds if value is not None)
    principals = known if not is_open and len(known) == len(kinds) else ()
    if actions is None or not (resources or principals) or written != '"Allow"':
        return None
    place = (block.source, Syntax.HCL, block.start, block.end)
    resources = resources or ListParts(block.end, block.end, ())
    return WrittenStatement(*place, actions, resources, not is_open and not block.nested, principals, None, of)


def _value(block: Block, name: str) -> Parts | None:
    argument = block.arguments.get(name)
    if argument is None or argument.source is not block.source:
        return None
    found = read_parts(argument.source.text, argument.value_start)
    return found if found.end == argument.value_end else None


#: Evaluates an expression.
Evaluate: TypeAlias = Callable[[Expression], Value]
#: Escapes, which differ between the sources and their text.
_ESCAPES = ("\\", "$${", "%{", "%%{", "${~", "~}")
_LABEL = regex(r"(?<![\w-])([A-Za-z_][\w-]*)\s*=[\s\[]*$")
#: References to values that are written elsewhere and may differ in each instance or plan.
_GIVEN = regex(r"^(?:\$\{\s*)?(?:each|count|var|local)\.")


class WrittenPart(msgspec.Struct, frozen=True):
    """A part of a text: its offsets, its value, and whether it is literal."""

    start: int
    end: int
    value: str
    is_literal: bool


class WrittenText(msgspec.Struct, frozen=True):
    """A quoted text, or a reference: its offsets and its parts.

    With `is_element` it is an element of the list that an expression makes.
    """

    source: SourceText
    start: int
    end: int
    parts: tuple[WrittenPart, ...]
    is_quoted: bool
    is_element: bool = False

    @property
    def value(self) -> str:
        """The value of the text, with each unknown part as its name between control characters."""
        return "".join(each.value for each in self.parts)

    @property
    def code(self) -> str:
        """The text as written in the file."""
        return self.source.text[self.start : self.end]

    @property
    def text(self) -> str:
        """The text as written in the file, without quotes."""
        return self.code[1:-1] if self.is_quoted else self.code

    def shown_texts(self) -> Iterator[str]:
        """Yield the parts of its line that a title shows: the text, and the name that it is assigned to."""
        yield self.code
        label = _LABEL.search(self.source.text[line_start(self.source.text, self.start) : self.start])
        yield from [label[1]] if label else []

    def edit(self, new: str) -> Replacement:
        """Return the edit that replaces it in its file."""
        return Replacement(self.source, self.start, new, self.code)

    def replace(self, start: int, end: int, new: str) -> str | None:
        """Return the source text with a part of its value replaced; None if that part is not literal."""
        before = self.code
        end_part = self.source.text[self.parts[-1].start : self.parts[-1].end] if self.parts else ""
        is_behind = start == end == len(self.value)
        if self.is_element:
            return None
        if is_behind and self.parts and not self.parts[-1].is_literal and _GIVEN.search(end_part):
            return None
        if not self.is_quoted:
            return f'"${{{before}}}{new}"' if is_behind else None
        at, part = self.part_at(start, end)
        if part is not None and part.is_literal:
            first, last = part.start + start - at - self.start, part.start + end - at - self.start
            return before[:first] + new + before[last:]
        return f'{before[:-1]}{new}"' if is_behind else None

    def part_at(self, start: int, end: int) -> tuple[int, WrittenPart | None]:
        """Return the part that holds a range of the value, preferring literals, and the range's offset in it."""
        ends = list(accumulate((len(each.value) for each in self.parts), initial=0))
        around = [
            (at, each) for at, each in zip(ends, self.parts, strict=False) if at <= start <= end <= at + len(each.value)
        ]
        return min(around, key=lambda each: not each[1].is_literal, default=(0, None))


def written_text(source: SourceText, place: Parts, evaluate: Evaluate, *, computed: bool = False) -> WrittenText | None:
    """Read the text or reference at a place, or also `computed` ones; None for others, and what must not be shown."""
    text = source.text[place.start : place.end]
    try:
        if quoted := text.startswith('"'):
            parts = tuple(_quoted_parts(source, place, evaluate))
        else:
            expression = parse_range(source, place.start, place.end)
            value = flat(evaluate(expression)) if computed or reference_text(expression) else ""
            parts = (WrittenPart(place.start, place.end, value, False),)
    except MalformedError:
        return None
    if any(not each.value for each in parts) or any(mark in text for mark in _ESCAPES):
        return None
    return WrittenText(source, place.start, place.end, parts, quoted)


def elements(source: SourceText, place: Parts, evaluate: Evaluate) -> tuple[WrittenText, ...]:
    """Read the texts of a list that an expression makes, if they may be shown."""
    text = source.text[place.start : place.end]
    try:
        expression = parse_range(source, place.start, place.end)
    except MalformedError:
        return ()
    found = None if text.startswith('"') else evaluate(expression)
    values = filter(None, map(flat, found)) if isinstance(found, list) else ()
    parts = (WrittenPart(place.start, place.end, each, False) for each in values)
    return tuple(WrittenText(source, place.start, place.end, (each,), False, True) for each in parts)


def flat(value: Value) -> str:
    """Write a text with each unknown part as its name between control characters; empty if it must not be shown."""
    parts: list[str] = []
    for each in pieces(spelled_out(value)) if isinstance(value, PlainText) else ():
        if isinstance(each, Sensitive) or (isinstance(each, Unknown) and each.sensitive):
            return ""
        parts.append(each if isinstance(each, str) else f"\0{display(each)}\0")
    return "".join(parts)


def _quoted_parts(source: SourceText, place: Parts, evaluate: Evaluate) -> Iterator[WrittenPart]:
    found = tokens(source.text, place.start, place.end)
    for index in found.indices_inside(0):
        token = found.stretch(index)
        if token.kind == "text":
            yield WrittenPart(token.start, token.end, source.text[token.start : token.end], True)
        else:
            inner = parse_range(source, token.start + len("${"), token.end - len("}"))
            yield WrittenPart(token.start, token.end, flat(evaluate(inner)), False)
