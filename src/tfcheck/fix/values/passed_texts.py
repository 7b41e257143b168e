"""Follow a text to where it is written: what callers pass for an input, or a part of a map or list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from tfcheck.fix.text.policy_text import ListParts, ObjectParts, Parts, read_parts
from tfcheck.fix.values.definitions import source_of
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath

#: An input, a local value or the element of an instance, and a part of it.
_NAMED = regex(
    r'((?:local|var)\.[\w-]+|each\.value)((?:\.[A-Za-z_][\w-]*|\["[^"\\$%]*"\]|\[(?:\d+|each\.key|count\.index)\])*)'
)
_STEP = regex(r'\.([\w-]+)|\["([^"]*)"\]|\[([^"\]]+)\]')
_MEMBER = regex(r"\.[\w-]+")
#: The number of references and parts that are followed.
_MOST = 30

#: An argument, and the block instance that has it.
_Place: TypeAlias = tuple[Argument, Address]


class PassedTexts:
    """Finds the texts that references of one plan's sources lead to."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._parts: dict[tuple[str, int], Argument] = {}
        self._known: dict[tuple[int, str], list[str]] = {}

    def follow(self, argument: Argument, address: Address) -> _Place:
        """Follow an argument of a block instance as long as nothing else uses what it refers to.

        What several instances share is in their block without a key.
        """
        reached, place, steps = (argument, address), (argument, address), tuple[InstanceKey, ...]()
        for _ in range(_MOST):
            named = _NAMED.fullmatch(place[0].text)
            found: _Place | None = None
            if named is not None:
                name, part = named.groups()
                steps = (*(_key(each, place[1]) for each in _STEP.finditer(part)), *steps)
                steps = (place[1].key, *steps) if name == "each.value" else steps
                is_local = name.startswith("local.") and not steps  # then the text itself is found there
                found = self._source(name, part, place[1]) if not is_local else None
            elif steps:
                item = self._item(place[0], steps[0])
                found, steps = (item, place[1]) if item is not None else None, steps[1:]
            if found is None:
                break
            place = found
            reached = reached if steps else place
        return reached

    def _source(self, name: str, part: str, address: Address) -> _Place | None:
        """Return the argument that a reference to a part in a block instance is to; None if others are to the same."""
        path, block = address.module, self._resolver.block(address)
        if name == "each.value":
            found = block.arguments.get("for_each") if block is not None else None
            is_alone = block is not None and _is_alone(_parts_used(name, [block.text]), part)
            return (found, replace(address, key=None)) if found is not None and is_alone else None
        source = source_of(name, path, self._resolver)
        if source is None or not _is_alone(self._uses(name, path), part):
            return None
        return source[0], replace(address, key=None) if source[1] == path else path.call

    def _uses(self, name: str, path: ModulePath) -> list[str]:
        """Return the members that a module names of an input or local value, empty for other uses of it."""
        module = self._resolver.module_sources(path)
        key = id(module), name
        if key not in self._known:
            self._known[key] = _parts_used(name, [each.source.text for each in module.files] if module else [])
        return self._known[key]

    def _item(self, argument: Argument, key: InstanceKey) -> Argument | None:
        """Return the part of a map or list that a key is for, if the argument is one."""
        source = argument.source
        try:
            whole = read_parts(source.text, argument.value_start) if not source.name.endswith(".json") else None
        except MalformedError:
            return None
        part: Parts | None = None
        if isinstance(whole, ObjectParts):
            item = whole.item(str(key))
            part = item.value if item is not None else None
        elif isinstance(whole, ListParts) and str(key).isdigit():
            part = next(iter(whole.items[int(str(key)) :]), None)
        if part is None:
            return None
        written = Argument(argument.name, source, part.start, part.start, part.end)
        return self._parts.setdefault((source.name, part.start), written)


def _key(step: re.Match[str], address: Address) -> InstanceKey:
    """Return the key or name that a step of a reference in a block instance leads to."""
    return address.key if step[3] in ("each.key", "count.index") else step[1] or step[2] or step[3]


def _parts_used(name: str, texts: Iterable[str]) -> list[str]:
    """Return the member in each use of a value in texts, empty for uses of other parts or of all; not of its length."""
    uses = re.compile(rf"(?<![\w.-])(?<!length\(){re.escape(name)}(?![\w-])(\.[\w-]+)?")
    return [each for text in texts for each in uses.findall(text)]


def _is_alone(used: Sequence[str], part: str) -> bool:
    """Whether one of the uses of a value is of a part, or may be."""
    member = _MEMBER.match(part)
    return sum(member is None or each in ("", member[0]) for each in used) == 1
