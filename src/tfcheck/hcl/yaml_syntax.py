"""Which mappings, lists and scalars does a YAML text hold?

A subset of YAML 1.1 (https://yaml.org/spec/1.1/) as Terraform's parser reads it: block and flow collections, plain and
quoted scalars of one line, literal and folded blocks. Anchors, tags, directives, several documents and scalars over
several lines are refused: few configurations have them, and no text can grow when it is read.
"""

from __future__ import annotations

import re
from typing import TypeAlias, Union

import msgspec

from tfcheck.hcl.json_text import decode
from tfcheck.hcl.numbers import parsed
from tfcheck.hcl.scope import EvaluationError
from tfcheck.value import Value

_DEEPEST = 60
_LONGEST = 1 << 20


class UnsupportedError(Exception):
    """The text is not YAML, or holds what is not read here; the argument names it."""


class Scalar(msgspec.Struct, frozen=True):
    """The text of a scalar; a plain one may be a number or a bool. `inside` a flow list."""

    text: str
    plain: bool
    inside: bool = False


Node: TypeAlias = Union[Scalar, list["Node"], dict[str, "Node"]]  # noqa: UP007 (nodes hold nodes)


class Line(msgspec.Struct, frozen=True):
    """A line that is neither blank nor a comment: where it stands, its indentation and what follows it."""

    number: int
    indent: int
    content: str


_QUOTED_KEY = r"""(?:"(?P<double>[^"\\\n]*)"|'(?P<single>[^'\n]*)') *:"""
_PLAIN_KEY = r"""(?P<plain>[^\s"'\[\]{},&*!|>%@`#?:-][^\s:#"'\[\]{},]*) *:(?=[ \n]|$)"""
_KEY = re.compile(f"{_QUOTED_KEY}(?= |$)|{_PLAIN_KEY}")
_FLOW_KEY = re.compile(f"{_QUOTED_KEY}|{_PLAIN_KEY}")
_BLOCK = re.compile(r"[|>][+-]?")
_QUOTED = re.compile(r"""'(?:[^'\n]|'')*'|"(?:[^"\\\n]|\\.)*\"""")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_ODD_NUMBER = re.compile(r"\d{4}-\d{1,2}-\d{1,2}.*|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)", re.ASCII)
_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {spelling for word in ("y", "yes", "on", "true") for spelling in (word, word.capitalize(), word.upper())}
_FALSE = {spelling for word in ("n", "no", "off", "false") for spelling in (word, word.capitalize(), word.upper())}


def read(written: str) -> Node:
    """Read one document.

    Raises:
        UnsupportedError: it is not YAML, or not of the subset.
    """
    if len(written) > _LONGEST or "\t" in written or "\r" in written:
        raise UnsupportedError("a long text, a tab or a carriage return")
    reader = _Reader(written.split("\n"))
    if reader.peek() is None:
        raise UnsupportedError("no document")
    node = reader.node(-1, 0)
    if reader.peek() is not None:
        raise UnsupportedError("a line that does not fit")
    return node


def resolved(scalar: Scalar) -> Value:
    """Tell what a scalar means.

    Raises:
        UnsupportedError: a date, or a number that is none.
    """
    written = scalar.text
    if not scalar.plain:
        return written
    if written in _NULL:
        return None
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    if _ODD_NUMBER.fullmatch(written):
        raise UnsupportedError("a date")
    if re.fullmatch("0x[0-9a-fA-F]{1,30}|0o[0-7]{1,30}", written):
        return int(written, 0)
    return parsed(written) if _NUMBER.fullmatch(written) else written


def is_surely_text(beginning: str) -> bool:
    """Tell whether a plain scalar that begins like this is a string, whatever comes behind it."""
    if not re.match("[A-Za-z]", beginning):
        return False
    return not any(word.startswith(beginning) for word in {*_TRUE, *_FALSE, *_NULL})


class _Reader:
    """A cursor over the lines of a document."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        if any(line.startswith(("---", "...", "%")) for line in lines[1:]):
            raise UnsupportedError("a second document")
        if lines[0].startswith("---"):
            if lines[0].rstrip() != "---":
                raise UnsupportedError("a document that begins in the line of its marker")
            self.at = 1

    def peek(self) -> Line | None:
        """Give the next line with content, and stand before it."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            content = line.lstrip(" ")
            if content and not content.startswith("#"):
                return Line(self.at, len(line) - len(content), content)
            self.at += 1
        return None

    def node(self, parent: int, depth: int, least: int | None = None) -> Node:
        """Read what is indented deeper than `parent`, at least by `least`; nothing is a null."""
        line = self.peek()
        if depth > _DEEPEST:
            raise UnsupportedError("a structure nested so deeply")
        if line is None or line.indent < (parent + 1 if least is None else least):
            return Scalar("", plain=True)
        if _is_item(line.content):
            return self.items(line.indent, depth)
        if _KEY.match(line.content):
            return self.members(line.indent, depth)
        self.at += 1
        return self.value(line, line.indent, parent, depth)

    def items(self, indent: int, depth: int) -> Node:
        items: list[Node] = []
        while (line := self.peek()) is not None and line.indent == indent and _is_item(line.content):
            rest = line.content[1:].lstrip(" ")
            start = indent + len(line.content) - len(rest)
            if rest == "" or rest.startswith("#"):
                self.at += 1
                items.append(self.node(indent, depth + 1))
            elif _is_item(rest) or _KEY.match(rest):
                self.lines[self.at] = " " * start + rest
                items.append(self.node(indent, depth + 1))
            else:
                self.at += 1
                items.append(self.value(line, start, indent, depth + 1))
        self.ended(indent)
        return items

    def members(self, indent: int, depth: int) -> Node:
        members: dict[str, Node] = {}
        while (line := self.peek()) is not None and line.indent == indent and not _is_item(line.content):
            found = _KEY.match(line.content)
            if found is None:
                raise UnsupportedError("a line that is no key")
            key = _key(found)
            rest = line.content[found.end() :].lstrip(" ")
            self.at += 1
            if rest == "" or rest.startswith("#"):
                below = self.peek()
                # A list may stand at the indentation of its key.
                same = below is not None and below.indent == indent and _is_item(below.content)
                members[key] = self.node(indent, depth + 1, indent if same else None)
            else:
                members[key] = self.value(line, indent + len(line.content) - len(rest), indent, depth + 1)
        self.ended(indent)
        return members

    def ended(self, indent: int) -> None:
        line = self.peek()
        if line is not None and line.indent > indent:
            raise UnsupportedError("a line that is indented too far")

    def value(self, line: Line, start: int, parent: int, depth: int) -> Node:
        """Read what stands in `line` from column `start`; the cursor is behind that line already."""
        written = self.lines[line.number][start:]
        if written[0] in "|>":
            return self.block(written, parent)
        if written[0] in "\"'[{":
            return self.flow(line.number, start, depth)
        found = re.match(r"(.*?)(?: +#.*)? *$", written)
        assert found is not None
        plain = found[1]
        following = self.peek()
        if following is not None and following.indent > parent:
            raise UnsupportedError("a scalar over several lines")
        return _plain(plain, ())

    def block(self, header: str, parent: int) -> Node:
        """Read a literal block (`|`), or one whose lines are joined (`>`)."""
        found = _BLOCK.fullmatch(header.rstrip())
        if found is None:
            raise UnsupportedError("a block with an unusual header")
        lines: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip(" ") and len(line) - len(line.lstrip(" ")) <= parent:
                break
            lines.append(line)
            self.at += 1
        filled = [line for line in lines if line.strip(" ")]
        if not filled:
            raise UnsupportedError("an empty block")
        indent = len(filled[0]) - len(filled[0].lstrip(" "))
        if any(len(line) - len(line.lstrip(" ")) < indent for line in filled):
            raise UnsupportedError("a block with lines that are indented less")
        at_end = self.at == len(self.lines)
        return Scalar(_chomped([line[indent:] for line in lines], header.rstrip(), at_end), plain=False)

    def flow(self, number: int, column: int, depth: int) -> Node:
        reader = _Flow("\n".join(self.lines[number:]), column)
        node = reader.node(depth, ())
        end = reader.written.find("\n", reader.position)
        rest = reader.written[reader.position : end if end >= 0 else len(reader.written)]
        if rest.strip(" ") and not re.match(r" +#", rest):
            raise UnsupportedError("something behind a value")
        self.at = number + reader.written.count("\n", 0, reader.position) + 1
        return node


class _Flow:
    """A cursor over the text of a flow collection."""

    def __init__(self, written: str, position: int) -> None:
        self.written = written
        self.position = position

    def skip(self) -> str:
        """Skip blanks and line ends; give the next character, none at the end."""
        while self.written[self.position : self.position + 1] in (" ", "\n"):
            self.position += 1
        return self.written[self.position : self.position + 1]

    def node(self, depth: int, inside: tuple[str, ...]) -> Node:
        if depth > _DEEPEST:
            raise UnsupportedError("a structure nested so deeply")
        mark = self.skip()
        if mark == "[":
            return self.items(depth)
        if mark == "{":
            return self.members(depth)
        if mark in ('"', "'"):
            return self.quoted()
        found = re.compile(r"[^,\[\]{}\n#]*").match(self.written, self.position)
        assert found is not None
        self.position = found.end()
        return _plain(found[0].strip(" "), inside)

    def items(self, depth: int) -> Node:
        items: list[Node] = []
        self.position += 1
        while self.skip() != "]":
            items.append(self.node(depth + 1, ("list",)))
            if self.skip() == ":":
                raise UnsupportedError("a key in a list")
            self.separated("]")
        self.position += 1
        return items

    def members(self, depth: int) -> Node:
        members: dict[str, Node] = {}
        self.position += 1
        while self.skip() != "}":
            found = _FLOW_KEY.match(self.written, self.position)
            if found is None:
                raise UnsupportedError("a key in braces")
            key = _key(found)
            self.position = found.end()
            members[key] = self.node(depth + 1, ("object",))
            self.separated("}")
        self.position += 1
        return members

    def separated(self, end: str) -> None:
        mark = self.skip()
        if mark == ",":
            self.position += 1
        elif mark != end:
            raise UnsupportedError("a collection without its end")

    def quoted(self) -> Node:
        found = _QUOTED.match(self.written, self.position)
        if found is None:
            raise UnsupportedError("a quoted scalar over several lines")
        self.position = found.end()
        if found[0].startswith("'"):
            return Scalar(found[0][1:-1].replace("''", "'"), plain=False)
        return Scalar(_unescaped(found[0]), plain=False)


def _unescaped(quoted: str) -> str:
    """Read a double-quoted scalar, as far as its escapes are those of JSON."""
    try:
        value = decode(quoted)
    except EvaluationError as error:
        raise UnsupportedError("an unusual escape") from error
    assert isinstance(value, str)
    return value


def _is_item(content: str) -> bool:
    return content == "-" or content.startswith("- ")


def _key(found: re.Match[str]) -> str:
    plain = found["plain"]
    if plain is None:
        return str(found["single"] if found["double"] is None else found["double"])
    value = resolved(Scalar(plain, plain=True))
    if plain == "<<" or not isinstance(value, str):
        raise UnsupportedError("a key that is no string")
    return value


def _plain(written: str, inside: tuple[str, ...]) -> Scalar:
    if written and (written[0] in "[]{},&*!|>'\"%@`" or _is_item(written) or re.match("[?:](?: |$)", written)):
        raise UnsupportedError("a scalar with an unusual beginning")
    if ": " in written or written.endswith(":") or " #" in written:
        raise UnsupportedError("a key within a line")
    return Scalar(written, plain=True, inside="list" in inside)


def _chomped(lines: list[str], header: str, at_end: bool) -> str:
    """Join the lines of a block; at its end stands one newline, with `-` none, with `+` as many as there are."""
    if header.endswith("+"):
        raise UnsupportedError("a block that keeps its last blank lines")
    while lines and not lines[-1].strip(" "):
        lines.pop()
        at_end = False
    if header.startswith(">"):
        if any(line.startswith(" ") or not line.strip(" ") for line in lines):
            raise UnsupportedError("a folded block of several paragraphs")
        joined = " ".join(lines)
    else:
        joined = "\n".join(line if line.strip(" ") else "" for line in lines)
    if header.endswith("-"):
        return joined
    # NOTE: a block that ends with the text, without a newline, has none.
    return joined if at_end else joined + "\n"
