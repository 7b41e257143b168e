"""The expressions that a block of one module instance can use, and their values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from itertools import takewhile
from typing import TypeAlias

from tfcheck.fix.layout.render import quote
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.values.module_texts import ModuleTexts, NamedParts
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.hcl.modules.module import Module
from tfcheck.inventory.catalogue import (
    ALIAS,
    BUCKET,
    FILE_SYSTEM,
    KEY,
    LOG_GROUP,
    OBJECT,
    PARAMETER,
    REPOSITORY,
    S3_FILE_SYSTEM,
    SECRET,
)
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.module_values import is_true
from tfcheck.resolve.scope import CallReferent, InstanceReferent, ModuleReferent, ResourceReferent
from tfcheck.symbolic.limits import is_exceeded
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import PlainText, Text, TextLike, Unknown, identity, pieces, spelled_out
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.grouping import group_by_key

#: Whether a block must not refer to an object, by the object's name in the module.
Refuse: TypeAlias = Callable[[str], bool]

_KINDS = (BUCKET, OBJECT, SECRET, PARAMETER, KEY, REPOSITORY, LOG_GROUP, FILE_SYSTEM, S3_FILE_SYSTEM)
_TYPES = tuple(kind for each in _KINDS for kind in each.types)
_HEAD = regex(r"[\w-]+")
#: Of an ephemeral resource only the first word counts.
_NAMES = regex(r"\b(?:(?:var|local)\.[\w-]+|ephemeral(?=\.))")
_NAME_OK = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class References:
    """Expressions by value, in order of preference."""

    def __init__(self, rows: Iterable[tuple[Hashable, str, str]]) -> None:
        """Build from rows of value, name of the object, and expression."""
        self._by_value = group_by_key((value, (subject, expression)) for value, subject, expression in rows)

    def ends_in(self, written: str) -> Iterator[int]:
        """Yield the offsets of separators in the last piece of a text where a value may end, last first."""
        return (each for each in self._lengths if each < len(written) and written[each] in "/:")

    @cached_property
    def _lengths(self) -> list[int]:
        """The lengths of the last pieces of values; a text may have many more separators."""
        last = (pieces(each)[-1] for each in self._by_value if isinstance(each, TextLike) and each != "")
        return sorted({len(each) for each in last if isinstance(each, str)}, reverse=True)

    def find(self, value: Hashable, refuse: Refuse) -> str | None:
        """Return the first usable expression with a value, or None."""
        found = self._by_value.get(value, ())
        return next((expression for subject, expression in found if not refuse(subject)), None)


class Referable:
    """Everything that a block of one module instance can name."""

    def __init__(self, world: After, module: ModulePath) -> None:
        self._world = world
        self._resolver = world.resolver
        self._module = module
        self.texts = ModuleTexts(world.resolver, module)

    @cached_property
    def arns(self) -> References:
        """The known ARNs of resources and data sources in this module."""
        return References(row for row in self._all_arns if isinstance(row[0], str) and row[0].startswith("arn:"))

    @cached_property
    def open_arns(self) -> References:
        """The partly known ARNs."""
        return References(row for row in self._all_arns if isinstance(row[0], Text))

    @cached_property
    def _all_arns(self) -> list[tuple[TextLike, str, str]]:
        named = (("arn", _TYPES), ("target_key_arn", ALIAS.types))
        return [row for attribute, types in named for row in self._arns_in(attribute, types)]

    def _arns_in(self, attribute: str, types: tuple[str, ...]) -> Iterator[tuple[TextLike, str, str]]:
        for resource in self._world.once(_by_module).get(self._module, ()):
            address = resource.address
            arn = resource.attribute(attribute) if address.type in types else None
            if isinstance(arn, PlainText) and self._resolver.block(address) is not None:
                yield spelled_out(arn), address.resource, f"{local_name(address)}.{attribute}"

    @cached_property
    def named_arns(self) -> References:
        """The inputs, outputs of called modules and locals that are known ARNs."""
        return References(row for row in self._names if isinstance(row[0], str))

    @cached_property
    def by_identity(self) -> References:
        """The inputs, outputs of called modules and locals that are ARNs or texts known only after apply.

        In a module that is called a local comes first: it may be another thing where the input is null.
        """
        rows = ((identity(value), subject, expression) for value, subject, expression in self._names)
        found = [row for row in rows if row[0] is not None]
        if self._module.steps:
            found.sort(key=lambda row: row[1] != row[2] or not row[1].startswith("local."))
        return References(found)

    def find_bucket_object(self, bucket: TextLike, refuse: Refuse) -> str | None:
        """Return the only input or local that is the ARN of an object in a bucket, by the bucket's ARN."""
        start = f"{flat(bucket)}/"
        if ":s3:::" not in start or start.count("/") > 1:
            return None
        rows = (row for row in self._names if row[1].startswith(("var.", "local.")) and not refuse(row[1]))
        found = [expression for value, _, expression in rows if flat(value).startswith(start)]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _names(self) -> list[tuple[TextLike, str, str]]:
        return [
            (value, subject, expression)
            for subject, each, seen in self._values
            for expression, value in _texts(each, seen)
        ]

    @cached_property
    def objects(self) -> References:
        """The addresses of whole resources that are passed to the module."""
        return References(
            (owner, subject, expression)
            for subject, each, seen in self._values
            for owner, expression in _resources(each, seen)
        )

    @cached_property
    def secrets(self) -> References:
        """The sensitive texts in inputs and locals."""
        return References(
            (str(seen), subject, each) for subject, each, seen in self._values if isinstance(seen, Sensitive)
        )

    def parts(self, refuse: Refuse) -> NamedParts:
        """Return the values of inputs, locals and data sources for a block that may use them."""
        usable = (each for each in self._values if not each[0].startswith("module.") and not refuse(each[0]))
        return NamedParts(self._resolver, self._module, usable, lambda text: self.texts.has_literally((text,)))

    @cached_property
    def _values(self) -> list[tuple[str, str, Seen]]:
        module = self._resolver.module_sources(self._module)
        if module is None:
            return []
        found = [(f"var.{each}", self._resolver.names.variable(self._module, each)) for each in module.variables()]
        for call in module.calls():
            found += self._outputs(f"module.{call}", self._resolver.names.call(self._module, call))
        named = takewhile(lambda _: not is_exceeded(), module.locals())
        found += [(f"local.{each}", self._resolver.names.local(self._module, each)) for each in named]
        ephemeral = _ephemeral_names(module)
        rows = ((".".join(_HEAD.findall(each)[:2]), each, seen) for each, seen in found)
        return [row for row in rows if row[0] not in ephemeral]

    def _outputs(self, expression: str, seen: Seen) -> Iterator[tuple[str, Seen]]:
        if isinstance(seen, CallReferent):
            keys = seen.keys()
            for key in range(keys) if isinstance(keys, int) else keys:
                yield from self._outputs(f"{expression}{_index(key)}", seen.member(key))
        elif isinstance(seen, ModuleReferent):
            for name in seen.keys() or ():
                with suppress(EvaluationError):
                    yield f"{expression}.{name}", seen.member(name)


def _by_module(world: World) -> dict[ModulePath, list[WorldObject]]:
    """Group the objects with an ARN by module: managed ones first, in the order of their types."""
    types = (*_TYPES, *ALIAS.types)
    return group_by_key((each.address.module, each) for each in (*world.resources(*types), *world.looked_up(*types)))


def _ephemeral_names(module: Module) -> set[str]:
    """Return the variables and locals of a module that no argument of a resource can use."""
    declared = ((each, module.variable(each)) for each in module.variables())
    found = {f"var.{name}" for name, block in declared if block and is_true(block.attribute("ephemeral"))}
    written = ((f"local.{each}", module.local_argument(each)) for each in module.locals())
    uses = {name: used for name, each in written if each and (used := set(_NAMES.findall(each.text)))}
    while more := {name for name, used in uses.items() if used & {*found, "ephemeral"}} - found:
        found |= more
    return found


def local_name(address: Address) -> str:
    """Write the address of an instance as its own module does."""
    return str(Address(ModulePath(), address.mode, address.type, address.name, address.key))


def _index(key: str | int) -> str:
    return f"[{key}]" if isinstance(key, int) else f"[{quote(key)}]"


def _texts(expression: str, seen: Seen) -> Iterator[tuple[str, TextLike]]:
    if isinstance(seen, str):
        if seen.startswith("arn:"):
            yield expression, seen
    elif isinstance(seen, Text) or (isinstance(seen, Unknown) and seen.symbol is not None):
        yield expression, seen
    elif isinstance(seen, dict):
        for name, member in seen.items():
            is_word = bool(name) and _NAME_OK.issuperset(name) and not name[0].isdigit()
            if not isinstance(member, dict):
                yield from _texts(f"{expression}.{name}" if is_word else f"{expression}{_index(name)}", member)


def _resources(expression: str, seen: Seen) -> Iterator[tuple[Address, str]]:
    """Yield the addresses of the resource instances in a value, and how each is written."""
    if isinstance(seen, InstanceReferent):
        yield seen.address, expression
    elif isinstance(seen, ResourceReferent):
        keys = seen.keys()
        for key in range(keys) if isinstance(keys, int) else keys:
            yield from _resources(f"{expression}{_index(key)}", seen.member(key))
