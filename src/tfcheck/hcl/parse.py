"""Which expression is written here?

The grammar is python-hcl2's; it sees an expression without its texts (`tfcheck.hcl.skeleton`), which are read by
`tfcheck.hcl.template`. What needs no grammar, texts and references and collections of them, is read without loading the
library.
"""

from __future__ import annotations

import re
from functools import partial

from tfcheck.hcl.collection import read_collection
from tfcheck.hcl.expression import (
    Attribute,
    Expression,
    Index,
    Literal,
    Place,
    Template,
    Unreadable,
    Variable,
)
from tfcheck.hcl.lexer import DEEPEST_NODES, MalformedError, heredoc_at, quoted_end, quoted_pieces, template_pieces
from tfcheck.hcl.numeral import number
from tfcheck.hcl.reference import read_reference
from tfcheck.hcl.source import SourceText
from tfcheck.hcl.template import parts
from tfcheck.hcl.tree import read

#: What one level of templates counts for: reading it takes more of the stack than a bracket does.
_TEMPLATE_LEVEL = 5

_PLAIN = re.compile(r'[^\W\d][\w-]*+(?:\.(?:[^\W\d][\w-]*+|\d++)|\[\d++\]|\["[^"\\$%\n]*+"\])*+|\d++(?:\.\d++)?')
_STEP = re.compile(r'\.([^\W\d][\w-]*+)|[.\[](\d++)\]?|\["([^"]*+)"\]')
_FIRST = re.compile(r"[\w-]+")
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(text: str, place: Place) -> Expression:
    """Parse the text of an expression that begins at `place`; what cannot be parsed is an `Unreadable`."""
    return parse_range(SourceText(place.file, text, place.line), 0, len(text))


def parse_template(text: str, place: Place) -> Template | Unreadable:
    """Parse the text of a template file that begins at `place`; what cannot be parsed is an `Unreadable`."""
    return template_of(SourceText(place.file, text, place.line))


def template_of(source: SourceText) -> Template | Unreadable:
    """Parse a text that is a template as a whole; what cannot be parsed is an `Unreadable`."""

    def expression(start: int, end: int) -> Expression:
        return parse_range(source, start, end, _TEMPLATE_LEVEL)

    try:
        return Template(parts(source, template_pieces(source.text), expression), source.place(0))
    except MalformedError as fault:
        return Unreadable(fault.message, source.place(fault.offset))


def parse_range(source: SourceText, start: int, end: int, depth: int = 0) -> Expression:
    """Parse the expression between two offsets of a file; what cannot be parsed is an `Unreadable`.

    `depth` says how deep inside another expression it stands.
    """
    text = source.text
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    try:
        if depth > DEEPEST_NODES:
            raise MalformedError("nested too deeply", start)
        return (
            _plain(source, start, end)
            or _whole_template(source, start, end, depth)
            or _in_parts(source, start, end, depth)
            or read(source, start, end, depth, partial(template_at, source))
        )
    except MalformedError as fault:
        return Unreadable(fault.message, source.place(fault.offset))


def _plain(source: SourceText, start: int, end: int) -> Expression | None:
    """Read a constant or a reference without brackets that need evaluating."""
    if not _PLAIN.fullmatch(source.text, start, end):
        return None
    written, place = source.text[start:end], source.place(start)
    if written in _CONSTANTS:
        return Literal(_CONSTANTS[written], place)
    if written[0].isdecimal():
        return Literal(number(written, start), place)
    first = _FIRST.match(written)
    assert first  # `_PLAIN` begins with a name
    found: Expression = Variable(first[0], place)
    steps = list(_STEP.finditer(written, first.end()))
    if len(steps) > DEEPEST_NODES:
        raise MalformedError("nested too deeply", start)
    for step in steps:
        if step[1]:
            found = Attribute(found, step[1], place)
        elif step[2]:
            found = Index(found, Literal(int(number(step[2], start)), place), place)
        else:
            found = Index(found, Template((Literal(step[3], place),) if step[3] else (), place), place)
    return found


def _in_parts(source: SourceText, start: int, end: int, depth: int) -> Expression | None:
    """Read a collection, a call or a chain whose parts are read one by one."""
    ranges = partial(parse_range, source)
    collection = read_collection(source, start, end, depth, ranges, partial(template_at, source))
    return collection or read_reference(source, start, end, depth, ranges)


def _whole_template(source: SourceText, start: int, end: int, depth: int) -> Expression | None:
    """Read an expression that is one quoted string or one heredoc."""
    text = source.text
    if text.startswith('"', start):
        return template_at(source, start, depth) if quoted_end(text, start) == end else None
    heredoc = heredoc_at(text, start) if text.startswith("<<", start) else None
    return template_at(source, start, depth) if heredoc and heredoc.end == end else None


def template_at(source: SourceText, start: int, depth: int) -> Template:
    """Read the quoted string or heredoc that begins at `start`.

    Raises:
        MalformedError: it is not closed, or a directive in it is not.
    """
    inside = depth + _TEMPLATE_LEVEL

    def expression(first: int, last: int) -> Expression:
        return parse_range(source, first, last, inside)

    heredoc = heredoc_at(source.text, start)
    if heredoc:
        found = parts(source, heredoc.pieces, expression, indented=heredoc.indented)
    else:
        found = parts(source, quoted_pieces(source.text, start)[0], expression, quoted=True)
    return Template(found, source.place(start))


def reference_text(expression: Expression) -> str:
    """Write a reference as the sources do (`tags["x"]`); the empty string where it is none."""
    match expression:
        case Variable(name=name) | Template(parts=(Literal(value=str(name)),)):
            return name
        case Attribute(source=source, name=name):
            return f"{reference_text(source)}.{name}"
        case Index(source=source, key=Template(parts=(Literal(value=str(key)),))):
            return f'{reference_text(source)}["{key}"]'
        case Index(source=source, key=Literal(value=key)):
            return f"{reference_text(source)}[{key}]"
        case _:
            return ""
