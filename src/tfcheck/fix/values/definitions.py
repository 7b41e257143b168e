"""Find where the sources write a value: in a local value, a call, an element of a map, or the default of a variable."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from tfcheck.fix.text.policy_text import ObjectParts, Parts, read_json_parts, read_parts
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import InstanceKey, ModulePath

NAMED = regex(r"(?<![\w.])(?:local|var)\.[\w-]+")


class Defined(msgspec.Struct, frozen=True):
    """A value where it is written: its file and text, in the module `path`, and what has it."""

    name: str
    source: SourceText
    parts: Parts
    path: ModulePath

    @property
    def text(self) -> str:
        """The text of the value."""
        return self.source.text[self.parts.start : self.parts.end]


def definition(name: str, path: ModulePath, resolver: Resolver) -> Defined | None:
    """Follow a local value or an input to what defines it, up to calls, as long as nothing else uses it there."""
    kind, _, label = name.partition(".")
    module, call = resolver.module_sources(path), resolver.declarations.call_block(path) if path.steps else None
    if module is None:
        return None
    variable, passed = module.variable(label), call.arguments.get(label) if call is not None else None
    if kind == "var" and passed is not None and path.steps[-1].key is None:
        above = resolver.module_sources(path.parent)
        if NAMED.fullmatch(passed.text):
            is_alone = above is not None and above.count_uses(passed.text) == 1
            return definition(passed.text, path.parent, resolver) if is_alone else None
        return _read_definition(f"`{label}` of module.{path.steps[-1].name}", passed, path.parent)
    default = variable.arguments.get("default") if variable is not None else None
    return _read_definition(name, module.local_argument(label) if kind == "local" else default, path)


def own_element(
    block: Block | None, key: InstanceKey, path: ModulePath, resolver: Resolver, name: str = ""
) -> Defined | None:
    """Find the element of an instance in the map that its block is repeated for, or in another one that is named."""
    own = block.arguments.get("for_each") if block is not None else None
    named = NAMED.fullmatch(name or (own.text if own is not None else ""))
    if named is not None:
        whole = definition(named[0], path, resolver)
    else:
        whole = _read_definition(".".join([block.type, *block.labels]), own, path) if block is not None else None
    item = whole.parts.item(str(key)) if whole is not None and isinstance(whole.parts, ObjectParts) else None
    return msgspec.structs.replace(whole, parts=item.value) if whole is not None and item is not None else None


@lru_cache(maxsize=64)
def _read_definition(name: str, argument: Argument | None, path: ModulePath) -> Defined | None:
    if argument is None:
        return None
    source = argument.source
    try:
        if source.name.endswith(".json"):
            parts = read_json_parts(source.text, argument.value_start, argument.value_end)
        else:
            parts = read_parts(source.text, argument.value_start)
    except MalformedError:
        return None
    return Defined(name, source, parts, path)
