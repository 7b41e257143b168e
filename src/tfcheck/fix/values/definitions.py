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


def source_of(name: str, path: ModulePath, resolver: Resolver) -> tuple[Argument, ModulePath] | None:
    """Return the argument of a local value, or that passes an input, with its module; None where there is none."""
    kind, _, label = name.partition(".")
    module, call = resolver.module_sources(path), resolver.declarations.call_block(path) if path.steps else None
    if kind == "local":
        argument = module.local_argument(label) if module is not None else None
        return (argument, path) if argument is not None else None
    passed = call.arguments.get(label) if call is not None else None
    return (passed, path.parent) if passed is not None else None


def definition(name: str, path: ModulePath, resolver: Resolver) -> Defined | None:
    """Follow a local value or an input to what defines it, up to calls, as long as nothing else uses it there."""
    found, module = source_of(name, path, resolver), resolver.module_sources(path)
    if found is not None and found[1] == path:
        return _read_definition(name, *found)
    if found is not None and path.steps[-1].key is None:
        (argument, caller), above = found, resolver.module_sources(path.parent)
        if NAMED.fullmatch(argument.text):
            is_alone = above is not None and above.count_uses(argument.text) == 1
            return definition(argument.text, caller, resolver) if is_alone else None
        return _read_definition(f"`{argument.name}` of module.{path.steps[-1].name}", argument, caller)
    variable = module.variable(name.partition(".")[2]) if module is not None else None
    return _read_definition(name, variable.arguments.get("default") if variable is not None else None, path)


def own_element(
    block: Block | None, key: InstanceKey, path: ModulePath, resolver: Resolver, name: str = ""
) -> Defined | None:
    """Find the element of an instance in the map that its block is repeated for, or in another one that is named."""
    own = block.arguments.get("for_each") if block is not None else None
    named = NAMED.fullmatch(name or (own.text if own is not None else ""))
    if named is not None:
        whole = definition(named[0], path, resolver)
    else:
        kind = () if block is None or block.type == "resource" else (block.type,)
        place = ".".join((*kind, *block.labels)) if block is not None else ""
        whole = _read_definition(f"`for_each` of {place}", own, path)
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
