"""Read YAML into nodes as Terraform's `yamldecode` does, from the events of PyYAML.

See https://developer.hashicorp.com/terraform/language/functions/yamldecode: YAML 1.1 without what Terraform refuses
(several documents, tags of its own, lists of merged mappings). Scalars follow Terraform's rules, not PyYAML's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, TypeAlias, Union

import msgspec

from tfcheck.symbolic.numbers import as_text, parse_number
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value

_DEEPEST = 60
#: The maximum number of characters; PyYAML is slow without its C parser.
_LONGEST, _LONGEST_IN_PYTHON = 1 << 20, 1 << 16
#: The maximum number of characters and nodes with all aliases resolved.
_LARGEST = 1 << 21
#: Line separators, marks and escapes that Terraform and PyYAML read differently.
_DISPUTED = regex(r"[\x85\u2028\u2029\ufeff]|\\/|\\u[dD][89a-fA-F]")
#: A key without a value for PyYAML without its C parser.
_DISPUTED_IN_PYTHON = regex(r":[,\]}]")


class UnsupportedError(Exception):
    """The text is not YAML that Terraform reads, or uses an unsupported feature; the argument names it."""


class ScalarStyle(Enum):
    """The style of a scalar, which decides whether it can be a number or a bool."""

    PLAIN = "plain"
    QUOTED = "quoted"
    #: Literal and folded blocks. NOTE: Terraform resolves them like plain scalars and converts the result to a string.
    BLOCK = "block"


class YamlScalar(msgspec.Struct, frozen=True):
    """The text of a scalar; `inside` a flow list, an unknown text may be several elements."""

    text: str
    style: ScalarStyle = ScalarStyle.PLAIN
    inside: bool = False


Node: TypeAlias = Union[YamlScalar, list["Node"], dict[str, "Node"]]  # noqa: UP007 (nodes hold nodes)


class BuiltNode(msgspec.Struct, frozen=True):
    """A node, its size and nesting depth, with every alias resolved."""

    node: Node
    size: int
    height: int = 0


_PREFIX = "tag:yaml.org,2002:"
_NUMBER = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INTEGER = regex("0x[0-9a-fA-F]+|0o[0-7]+", re.ASCII)
_INFINITE = regex(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = regex(r"(\d{4})-(\d{1,2})-(\d{1,2})(.*)", re.ASCII | re.DOTALL)
_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {spelling for word in ("y", "yes", "on", "true") for spelling in (word, word.capitalize(), word.upper())}
_FALSE = {spelling for word in ("n", "no", "off", "false") for spelling in (word, word.capitalize(), word.upper())}
_WORDS = {*_NULL, *_TRUE, *_FALSE}
#: The types of the scalars that a tag is for; a bool is not a number in YAML.
_TAGGED: dict[str, type] = {f"{_PREFIX}bool": bool, f"{_PREFIX}null": type(None)}
#: No number, bool, null or time has a character outside these.
_IN_VALUES = frozenset("".join(_WORDS) + "0123456789abcdefABCDEFxoeE+-.:TtZz \tinfIFNaA")


def read_document(written: str) -> Node:
    """Return the only document of a text."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", None)
    if len(written) > (_LONGEST if loader else _LONGEST_IN_PYTHON):
        raise UnsupportedError("a long text")
    if _DISPUTED.search(written) or (loader is None and _DISPUTED_IN_PYTHON.search(written)):
        raise UnsupportedError("an unusual character")
    plain = str.__str__(written)  # the C parser refuses a marked text
    try:
        return _NodeReader(yaml.parse(plain, Loader=loader or yaml.SafeLoader)).document()
    except (yaml.YAMLError, UnicodeEncodeError, ValueError, RecursionError, StopIteration) as error:
        raise UnsupportedError("a line that does not fit") from error


def resolve_scalar(scalar: YamlScalar) -> Value:
    """Return the value of a scalar."""
    if scalar.style is ScalarStyle.QUOTED:
        return scalar.text
    value = _scalar_value(scalar.text)
    return value if scalar.style is ScalarStyle.PLAIN or value is None else as_text(value)


def _scalar_value(written: str) -> Value:
    if written in _NULL:
        return None
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    if _INFINITE.fullmatch(written):
        raise UnsupportedError("an infinite number")
    if _INTEGER.fullmatch(written):
        number = int(written, 0)
        if number >= 1 << 63:
            raise UnsupportedError("a large number")
        return number
    if _NUMBER.fullmatch(written):
        return parse_number(written)
    date = _DATE.fullmatch(written)
    return written if date is None else _time(date)


def _time(found: re.Match[str]) -> str:
    """Return a date in Terraform's notation; what only looks like a date stays unchanged."""
    import datetime

    year, month, day, rest = found.groups()
    if rest[:1] in ("T", "t", " ", "\t"):
        raise UnsupportedError("a time")
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return found[0]
    return found[0] if rest else f"{date.isoformat()}T00:00:00Z"


def may_be_value(literal: str) -> bool:
    """Whether a scalar that contains `literal` may be a number, a bool, null or a time."""
    return all(char in _IN_VALUES for char in literal)


def is_definitely_text(beginning: str) -> bool:
    """Whether a plain scalar with this beginning is a string, however it ends."""
    return bool(re.match("[A-Za-z]", beginning)) and not any(word.startswith(beginning) for word in _WORDS)


class _NodeReader:
    """Builds nodes from events, and records anchors."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, BuiltNode | None] = {}

    def document(self) -> Node:
        self._expect("StreamStartEvent")
        start = next(self.events)
        if type(start).__name__ != "DocumentStartEvent" or start.version not in (None, (1, 1)):
            raise UnsupportedError("no document of YAML 1.1")
        found = self._node(next(self.events), 0)
        self._expect("DocumentEndEvent")
        self._expect("StreamEndEvent")
        return found.node

    def _expect(self, kind: str) -> None:
        if type(next(self.events)).__name__ != kind:
            raise UnsupportedError("a second document")

    def _node(self, event: Any, depth: int, inside: str = "") -> BuiltNode:
        """Return the node of an event; `inside` is the enclosing `list` or `object` in flow style, if any."""
        if depth > _DEEPEST:
            raise UnsupportedError("a structure nested so deeply")
        kind = type(event).__name__
        if kind == "AliasEvent":
            aliased = self.anchors.get(event.anchor)
            if aliased is None:
                raise UnsupportedError("an alias of nothing, or of what it is in")
            return aliased
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if kind == "ScalarEvent":
            scalar = _scalar(event, inside)
            found = BuiltNode(scalar, len(scalar.text) + 1)
        else:
            found = self._items(event, depth) if kind == "SequenceStartEvent" else self._members(event, depth)
        if found.size > _LARGEST or found.height > _DEEPEST:
            raise UnsupportedError("aliases that make the text grow so much")
        if event.anchor is not None:
            self.anchors[event.anchor] = found
        return found

    def _items(self, start: Any, depth: int) -> BuiltNode:
        _refuse_tag(start, "seq")
        items: list[Node] = []
        size = height = 1
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            found = self._node(event, depth + 1, "list" if start.flow_style else "")
            items.append(found.node)
            size, height = size + found.size, max(height, found.height + 1)
        return BuiltNode(items, size, height)

    def _members(self, start: Any, depth: int) -> BuiltNode:
        _refuse_tag(start, "map")
        members: dict[str, Node] = {}
        size = height = 1
        inside = "object" if start.flow_style else ""
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            if getattr(event, "anchor", None) is not None:
                raise UnsupportedError("an anchor or alias at a key")
            key = self._node(event, depth + 1, inside)
            found = self._node(next(self.events), depth + 1, inside)
            size, height = size + key.size + found.size, max(height, found.height + 1)
            if size > _LARGEST:
                raise UnsupportedError("aliases that make the text grow so much")
            merges = isinstance(key.node, YamlScalar) and key.node.text == "<<" and getattr(event, "tag", None) is None
            if merges and isinstance(found.node, dict):
                members.update(found.node)  # also above the text before it
                continue
            if merges:
                raise UnsupportedError("a merge of what is not one mapping")
            name = as_text(resolve_scalar(key.node)) if isinstance(key.node, YamlScalar) else None
            if not isinstance(name, str):
                raise UnsupportedError("a key that is not a string")
            members[name] = found.node
        return BuiltNode(members, size, height)


def _scalar(event: Any, inside: str) -> YamlScalar:
    if event.tag == f"{_PREFIX}str":
        return YamlScalar(event.value, ScalarStyle.QUOTED)
    if event.tag is not None and not _is_needless(event):
        raise UnsupportedError("a tag")
    if event.style in ("'", '"'):
        return YamlScalar(event.value, ScalarStyle.QUOTED)
    if inside and "?" in event.value:
        raise UnsupportedError("a question mark in a flow collection")
    return YamlScalar(
        event.value, ScalarStyle.BLOCK if event.style in ("|", ">") else ScalarStyle.PLAIN, inside == "list"
    )


def _is_needless(event: Any) -> bool:
    """Whether a scalar has the tag of the value that it is without it; a quoted one is a text in spite of it."""
    kinds = _TAGGED.get(event.tag)
    if kinds is None or event.style in ("|", ">"):
        return False
    return event.style in ("'", '"') or isinstance(_scalar_value(event.value), kinds)


def _refuse_tag(event: Any, kind: str) -> None:
    if event.tag not in (None, _PREFIX + kind):
        raise UnsupportedError("a tag")
