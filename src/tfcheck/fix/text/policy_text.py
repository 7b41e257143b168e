"""Locate the text of a policy in the sources, and the members of literal objects and lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import TypeAlias, Union

import msgspec

from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax import json_document as json
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import (
    DEEPEST,
    MalformedError,
    Token,
    bracket_end,
    comment_end,
    heredoc_at,
    quoted_end,
    template_tokens,
)
from tfcheck.symbolic.regex import regex

#: The type of a policy document, and its lists of others.
DOCUMENT = "aws_iam_policy_document"
#: The elements of a plain statement: in a policy, and as arguments in such a document.
ELEMENTS, DOCUMENT_ELEMENTS = ("Sid", "Effect", "Action", "Resource"), ("sid", "effect", "actions", "resources")
_MERGING = ("source_policy_documents", "override_policy_documents")
_DOCUMENT = regex(
    r'(?:"\$\{|join\("",\s*|one\()?data\.aws_iam_policy_document\.([\w-]+)(?:\[[^\[\]]*\])?\.(?:minified_)?json(?:\}"|\))?'
)
_MERGED = regex(r"data\.aws_iam_policy_document\.([\w-]+)(?:\[[^\[\]]*\])?\.json")
_FILE = regex(
    r'(?:jsonencode\(\s*)?(?:yamldecode\(\s*)?(?:templatefile|file)\(\s*"(?:\$\{path\.(?:module|root)\}/|\./)?([\w./-]+)"'
)
_IN_LOCAL = regex(r"jsonencode\(\s*local\.([\w-]+)(?:\.[\w-]+)*\s*\)")
_ENCODE = regex(r"(jsonencode\s*\(\s*)?(?=\{)")
_QUOTE = regex(r'(?<!\\)(?:\\\\)*"')


class Syntax(Enum):
    """The kind of code that a text with references is in."""

    HCL = "an expression"
    JSON = "JSON in a heredoc"
    TF_JSON = "a string of a .tf.json file"


class FileText(Argument, frozen=True, eq=False, dict=True, kw_only=True):
    """The text of a file as a policy; `read_by` is the argument that reads it."""

    read_by: Argument
    is_template: bool


def document_of(argument: Argument) -> str | None:
    """Return the name of the `aws_iam_policy_document` that an argument takes its text from."""
    found = _DOCUMENT.fullmatch(argument.text)
    return found[1] if found else None


def documents_of(argument: Argument, module: Module) -> list[Block]:
    """Return the policy document that an argument takes its text from, and those merged into it and used only there."""
    name = document_of(argument)
    document = module.resource("data", DOCUMENT, name) if name else None
    texts = [document.attribute_text(each) for each in _MERGING] if document is not None else []
    merged = [each for one in texts for each in _MERGED.findall(one) if _is_named_once(each, module)]
    return [found for each in (name, *merged) if each and (found := module.resource("data", DOCUMENT, each))]


def file_of(argument: Argument, module: Module | None = None) -> str:
    """Return the path of the file that an argument takes its text from, relative to its module, or empty.

    The file may be YAML, also one that a local value of the module is read from.
    """
    local = _IN_LOCAL.fullmatch(argument.text) if module is not None else None
    defined = module.local_argument(local[1]) if module is not None and local else None
    found = _FILE.match((defined or argument).text)
    return found[1] if found else ""


def is_json(argument: Argument) -> bool:
    """Whether a policy is written as JSON: in a heredoc, or in a file."""
    return argument.text.startswith("<<") or bool(file_of(argument))


def is_own(argument: Argument, module: Module) -> bool:
    """Whether a policy's text is not shared: written in place, or in a document used only there."""
    name = document_of(argument)
    return name is None or _is_named_once(name, module)


def _is_named_once(name: str, module: Module) -> bool:
    """Whether a module names a policy document only once: a shared one is not changed for one user."""
    return module.count_uses(f"data.aws_iam_policy_document.{name}") == 1


@lru_cache(maxsize=1024)
def find_policy_text(argument: Argument) -> tuple[Parts, Syntax] | None:
    """Find the members of a literal policy: an object, also in `jsonencode`, or a heredoc; None for any other text.

    All instances of a block share one argument, in which several look for a place.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    source = argument.source
    if isinstance(argument, FileText):
        return parse_file(source.text), Syntax.JSON
    encode = _ENCODE.match(source.text, argument.value_start)
    if encode:
        policy = read_parts(source.text, encode.end())
        end = ")" if encode[1] else ""
        return (policy, Syntax.HCL) if source.text[policy.end : argument.value_end].strip() == end else None
    heredoc = heredoc_at(source.text, argument.value_start)
    if heredoc is None or heredoc.end != argument.value_end:
        return None
    return (_parse_json(source.text, heredoc.pieces), Syntax.JSON) if heredoc.pieces else None


def parse_file(text: str) -> Parts:
    """Parse a file with JSON, or a template of it.

    Raises:
        MalformedError: it is neither.
    """
    found = template_tokens(text)
    return _parse_json(text, tuple(map(found.stretch, found.indices_inside(0))))


def _parse_json(text: str, pieces: Sequence[Token]) -> Parts:
    """Parse JSON of a template, with interpolations masked so that every offset stays the same."""
    if not pieces or {pieces[0].kind, pieces[-1].kind} != {"text"} or any(each.kind == "%{" for each in pieces):
        raise MalformedError("it is not JSON", 0)
    start = pieces[0].start
    return read_json_parts(text[:start] + "".join(_mask(text, pieces)), start, pieces[-1].end)


def _mask(text: str, pieces: Sequence[Token]) -> Iterator[str]:
    """Yield the text with each interpolation replaced by a word or number of the same length."""
    inside = False
    for piece in pieces:
        written = text[piece.start : piece.end]
        if piece.kind == "text":
            inside ^= len(_QUOTE.findall(written)) % 2 == 1
            yield written
        else:
            yield ("x" if inside else "1") * len(written)


_BLANK = regex(r"[ \t\r]*")
#: Text that neither opens anything nor ends a value.
_PLAIN = regex(r'[^",)\]}\n#(\[{</]*')
_BLANK_LINES = regex(r"[ \t\r\n]*")
_FOR = regex(r"[\[{](?:\s|#[^\n]*|//[^\n]*|/\*(?:[^*]++|\*(?!/))*+\*/)*+for\s")
_KEY = regex(r'"?([\w-]+)"?')


class OtherParts(msgspec.Struct, frozen=True):
    """Anything other than an object or a list."""

    start: int
    end: int


class ListParts(msgspec.Struct, frozen=True):
    """A list; `comma` is the offset of the comma after its last item, if there is one."""

    start: int
    end: int
    items: tuple[Parts, ...]
    comma: int | None = None


class ItemParts(msgspec.Struct, frozen=True):
    """`name = value` in an object; `between` is the text between the two, `quoted` is about the name."""

    name: str
    start: int
    between: str
    quoted: bool
    value: Parts


class ObjectParts(msgspec.Struct, frozen=True):
    """An object."""

    start: int
    end: int
    items: tuple[ItemParts, ...]

    def item(self, name: str) -> ItemParts | None:
        """Return an item by its name."""
        return next((each for each in self.items if each.name == name), None)

    def text_of(self, name: str, text: str) -> str:
        """Return the value of an item as it is written in the file's text; empty if there is none."""
        found = self.item(name)
        return text[found.value.start : found.value.end] if found is not None else ""


Parts: TypeAlias = Union[OtherParts, ListParts, ObjectParts]  # noqa: UP007 (the parts refer to each other)


def items(parts: Parts) -> tuple[Parts, ...]:
    """Return the items of a list, or a single value."""
    return parts.items if isinstance(parts, ListParts) else (parts,)


def read_parts(text: str, start: int) -> Parts:
    """Parse the expression that begins at `start`; one that is not literal is an `Other`.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    return _ItemReader(text).value(start, 0)


def read_arguments(text: str, start: int, end: int) -> ListParts:
    """Parse the arguments of a call between its brackets, as if they were a list.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    return _ItemReader(text).list(start, end, 0)


def object_at(text: str, start: int) -> ObjectParts | None:
    """Return the literal object that begins at `start`; None if there is anything else."""
    try:
        found = read_parts(text, start)
    except MalformedError:
        return None
    return found if isinstance(found, ObjectParts) else None


def read_json_parts(text: str, start: int, end: int) -> Parts:
    """Parse JSON between two offsets of `text`.

    Raises:
        MalformedError: it is not JSON.
    """
    return _shift(json.read_document(text[start:end]), text[start:end], start)


def _shift(value: json.JsonValue, text: str, by: int) -> Parts:
    match value:
        case json.Array(items=items):
            return ListParts(value.start + by, value.end + by, tuple(_shift(each, text, by) for each in items))
        case json.Object(members=members):
            return ObjectParts(value.start + by, value.end + by, tuple(_member(each, text, by) for each in members))
        case _:
            return OtherParts(value.start + by, value.end + by)


def _member(member: json.Member, text: str, by: int) -> ItemParts:
    name_end = quoted_end(text, member.start)
    between = text[name_end : member.value.start]
    return ItemParts(member.name, member.start + by, between, True, _shift(member.value, text, by))


class _ItemReader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._ends: dict[int, int] = {}

    def value(self, start: int, depth: int) -> Parts:
        """Parse the value at `start`, up to a comma, a closing bracket or, in an object, the end of the line."""
        if depth > DEEPEST:
            raise MalformedError("nested too deeply", start)
        end = self.end_of(start)
        closed = self.bracket_end(start) if self.text[start : start + 1] in ("[", "{") else start
        if closed != end or _FOR.match(self.text, start):
            return OtherParts(start, end)
        return self.list(start, end, depth) if self.text[start] == "[" else self.object(start, end, depth)

    def list(self, start: int, end: int, depth: int) -> ListParts:
        items: list[Parts] = []
        comma: int | None = None
        position = self.skip(start + 1)
        while position < end - 1:
            items.append(self.value(position, depth + 1))
            position = self.skip(items[-1].end)
            comma = position if self.text[position] == "," else None
            position = self.skip(position + 1) if comma is not None else position
            if comma is None and position != end - 1:
                raise MalformedError("a comma was expected", position)
        return ListParts(start, end, tuple(items), comma)

    def object(self, start: int, end: int, depth: int) -> ObjectParts:
        items: list[ItemParts] = []
        position = self.skip(start + 1)
        while position < end - 1:
            mark = self.mark(position)
            value_start = _BLANK.match(self.text, mark + 1).end()  # type: ignore[union-attr]  # matches ""
            value = self.value(value_start, depth + 1)
            written = self.text[position:mark].rstrip()
            key = _KEY.fullmatch(written)
            between = self.text[position + len(written) : value_start]
            items.append(ItemParts(key[1] if key else "", position, between, written.startswith('"'), value))
            position = self.skip(value.end)
            position = self.skip(position + 1) if self.text[position] == "," else position
        return ObjectParts(start, end, tuple(items))

    def mark(self, position: int) -> int:
        """Find the `=` or `:` after the name of an item."""
        while position < len(self.text):
            if self.text[position] in "=:":
                return position
            position = self.step(position)
        raise MalformedError("an item of an object has no value", position)

    def end_of(self, start: int) -> int:
        """Find the end of a value: before a comma, a closing bracket, a comment or a line break."""
        text = self.text
        position = end = start
        while True:
            plain = _PLAIN.match(text, position)
            assert plain  # it matches the empty string
            position = plain.end()
            end = plain.start() + len(plain[0].rstrip(" \t\r")) if plain[0].strip(" \t\r") else end
            if position >= len(text) or text[position] in ",)]}\n#" or text.startswith(("//", "/*"), position):
                return end
            end = position = self.step(position)

    def step(self, position: int) -> int:
        """Return the offset after the string, brackets, heredoc or character at a position."""
        char = self.text[position]
        if char == '"':
            return quoted_end(self.text, position)
        if char in "([{":
            return self.bracket_end(position)
        heredoc = heredoc_at(self.text, position) if char == "<" else None
        return heredoc.end if heredoc else position + 1

    def bracket_end(self, start: int) -> int:
        """Return the offset after the bracket that matches the one at `start`; remembered."""
        if start not in self._ends:
            self._ends[start] = bracket_end(self.text, start)
        return self._ends[start]

    def skip(self, position: int) -> int:
        """Skip blanks, line breaks and comments."""
        while True:
            position = _BLANK_LINES.match(self.text, position).end()  # type: ignore[union-attr]  # matches ""
            comment = comment_end(self.text, position)
            if comment is None:
                return position
            position = comment
