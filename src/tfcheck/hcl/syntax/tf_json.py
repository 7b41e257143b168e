"""Find the blocks of a source file in either syntax, and parse those of a `.tf.json` file.

Follows https://developer.hashicorp.com/terraform/language/syntax/json. That syntax does not show whether a property is
an argument or nested blocks: the caller decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.hcl.syntax.block import Argument, Block, Problem, SourceFile, read_blocks
from tfcheck.hcl.syntax.expression import Expression, ListOf, Literal, ObjectOf, Place
from tfcheck.hcl.syntax.json_document import Array, JsonScalar, JsonValue, Member, Object, read_document
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.parse import parse, template_of
from tfcheck.hcl.syntax.source import CHARACTERS, TOO_LONG, SourceText
from tfcheck.symbolic.caching import cache_by_object

_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1, "check": 1}
#: Strings that are references or types, not templates: (type of block or any, name).
_BARE = frozenset({("dynamic", "iterator"), ("variable", "type"), ("", "provider"), ("", "depends_on")})


class JsonArgument(Argument, frozen=True, eq=False, kw_only=True):
    """A member. Its strings are templates, or bare expressions where Terraform accepts them."""

    value: JsonValue
    bare: bool

    def parse(self) -> Expression:
        """Convert the JSON value to an expression."""
        return _expression(self.source, self.value, self.bare)


class JsonBlock(Block, frozen=True, eq=False, kw_only=True):
    """An object that represents a block."""

    value: Object

    def blocks(self, name: str) -> list[Block]:
        """Return the member `name`, an object or a list of them, as blocks; also those in `dynamic`."""
        return list(_blocks_of_type(self.source, self.value, name))


def read_json(source: SourceText) -> SourceFile:
    """Find the blocks of a `.tf.json` file; a syntax error becomes the file's `problem`."""
    try:
        root = read_document(source.text)
        if isinstance(root, JsonScalar):
            raise MalformedError("an object was expected", root.start)
    except MalformedError as fault:
        return SourceFile(source, (), Problem(source.place(fault.offset), fault.message))
    blocks = (
        block
        for top in _objects(root)
        for member in top.members
        if member.name != "//"
        for block in _labelled_blocks(source, member.name, (), member)
    )
    return SourceFile(source, tuple(blocks))


def _labelled_blocks(source: SourceText, kind: str, labels: tuple[str, ...], member: Member) -> Iterator[Block]:
    """Iterate over the objects nested in as many levels of members as a block has labels."""
    for each in _objects(member.value):
        if len(labels) == _LABELS.get(kind, 0):
            yield _block(source, kind, labels, member.start, each)
            continue
        for inner in each.members:
            if inner.name != "//":
                yield from _labelled_blocks(source, kind, (*labels, inner.name), inner)


def _objects(value: JsonValue) -> Iterator[Object]:
    """Yield the objects of a block: itself, or the items of a list."""
    if isinstance(value, Object):
        yield value
    elif isinstance(value, Array):
        for item in value.items:
            yield from _objects(item)


def _block(source: SourceText, kind: str, labels: tuple[str, ...], start: int, value: Object) -> JsonBlock:
    repeated = _repeated_properties(value)
    arguments: dict[str, Argument] = {
        member.name: JsonArgument(
            name=member.name,
            source=source,
            start=member.start,
            value_start=member.value.start,
            value_end=member.value.end,
            value=member.value,
            bare=bool(_BARE & {(kind, member.name), ("", member.name)}),
        )
        for member in value.members
        if member.name not in ("//", "dynamic", *repeated)
    }
    return JsonBlock(
        type=kind,
        labels=labels,
        source=source,
        start=start,
        body_start=value.start + 1,
        body_end=value.end - 1,
        end=value.end,
        arguments=arguments,
        nested=tuple(each for name in repeated for each in _blocks_of_type(source, value, name)),
        value=value,
    )


def _blocks_of_type(source: SourceText, value: Object, name: str) -> Iterator[Block]:
    for member in value.members:
        if member.name == name:
            yield from (_block(source, name, (), member.start, each) for each in _objects(member.value))
        elif member.name == "dynamic":
            inside = (inner for labelled in _objects(member.value) for inner in labelled.members if inner.name == name)
            for inner in inside:
                for each in _objects(inner.value):
                    yield _block(source, "dynamic", (name,), inner.start, each)


def _repeated_properties(value: Object) -> list[str]:
    """Return the members that are certainly blocks: those in `dynamic`, and those that contain one."""
    found: dict[str, None] = {}
    for member in value.members:
        if member.name == "dynamic":
            found |= dict.fromkeys(inner.name for each in _objects(member.value) for inner in each.members)
        elif _contains_dynamic(member.value):
            found[member.name] = None
    return list(found)


def _contains_dynamic(value: JsonValue) -> bool:
    members = [member for each in _objects(value) for member in each.members]
    return any(_is_dynamic(each) or _contains_dynamic(each.value) for each in members)


def _is_dynamic(member: Member) -> bool:
    inside = [each for labelled in _objects(member.value) for each in labelled.members]
    repeated = (each for block in inside for each in _objects(block.value))
    return member.name == "dynamic" and any(each.name == "for_each" for one in repeated for each in one.members)


def _expression(source: SourceText, value: JsonValue, bare: bool = False) -> Expression:
    place = source.place(value.start)
    match value:
        case JsonScalar(value=str(written)):
            return parse(written, place) if bare else template_of(_source_within(source, value.start, written))
        case JsonScalar(value=known):
            return Literal(known, place)
        case Array(items=items):
            return ListOf(tuple(_expression(source, item, bare) for item in items), place)
        case Object(members=members):
            pairs = (
                (template_of(_source_within(source, m.start, m.name)), _expression(source, m.value)) for m in members
            )
            return ObjectOf(tuple(pairs), place)


def _source_within(source: SourceText, start: int, written: str) -> SourceText:
    return SourceText(source.name, written, source.line(start), one_line=True)


def read_source(source: SourceText) -> SourceFile:
    """Find the blocks of a `.tf` or `.tf.json` file; a syntax error becomes the file's `problem`."""
    if len(source.text) > CHARACTERS:  # its lines are not counted either
        return SourceFile(source, (), Problem(Place(source.name, source.first_line), TOO_LONG))
    return read_json(source) if source.name.endswith(".json") else read_blocks(source)


#: Reads a file of the original sources, whose expressions are then parsed once; changed texts are not to be kept.
read_original = cache_by_object(read_source)
