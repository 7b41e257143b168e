"""Compare the keys of the planned instances of resources and modules with those that the sources create."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from tfcheck.resolve.evaluation import Key
from tfcheck.resolve.module_values import collection_keys, instance_keys
from tfcheck.resolve.resolver import Resolver
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath
from tfcheck.vocabulary.grouping import group_by_key

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block

#: The number of compared resources, and of compared module calls.
_MOST = 2000


class Comparison(msgspec.Struct, frozen=True):
    """An argument, whether the plan has the same value, and what the evaluated value depends on."""

    address: Address | ModulePath
    name: str
    differs: bool
    planned: Value
    evaluated: Value
    direct: set[Key]
    is_left_out: bool = False  # the plan lacks instances of the sources, as one with `-target` does

    def __str__(self) -> str:
        return f"{self.address}.{self.name}"


def compare_keys(resolver: Resolver, planned: Sequence[Address]) -> Iterator[Comparison]:
    """Compare the keys of planned instances, and those of the module instances that they are in."""
    resources = group_by_key((each.instance(None), each.key) for each in planned)
    for address, keys in islice(resources.items(), _MOST):
        own: Key = ("argument", address, "for_each")
        yield from _compare(resolver, address, resolver.block(address), address.module, keys, own)
    modules = group_by_key((each.parent.child(each.steps[-1].name), each.steps[-1].key) for each in _enclosing(planned))
    for module, keys in islice(modules.items(), _MOST):
        block = resolver.declarations.call_block(module)
        for found in _compare(resolver, module, block, module.parent, keys, ("repetition", module)):
            # NOTE: an instance of a module without resources leaves no trace in the plan.
            if not found.is_left_out or _always_has_resources(resolver, module):
                yield found


def _enclosing(planned: Sequence[Address]) -> Iterator[ModulePath]:
    """Yield the module instances that contain something, once each."""
    found: set[ModulePath] = set()
    for module in dict.fromkeys(each.module for each in planned):
        while module.steps and module not in found:
            found.add(module)
            yield module
            module = module.parent


def _compare(
    resolver: Resolver,
    address: Address | ModulePath,
    block: Block | None,
    module: ModulePath,
    planned: list[InstanceKey],
    own: Key,
) -> Iterator[Comparison]:
    """Compare the planned keys with those that `for_each` or `count` of a block creates, if they are known."""
    name = next((each for each in ("for_each", "count") if block and block.attribute(each)), None)
    expression = block.attribute(name) if block and name else None
    if expression is None or name is None or None in planned:
        return
    scope = resolver.module_scope(module)
    seen, direct = resolver.evaluation.with_dependencies(partial(resolver.evaluation.see_safely, expression, scope))
    written = seen if name == "count" and isinstance(seen, int) else collection_keys(seen)
    if written is not None:
        keys = instance_keys(planned)
        yield Comparison(address, name, written != keys, None, None, direct | {own}, _lacks_only(keys, written))


def _lacks_only(planned: list[str] | int | None, written: list[str] | int) -> bool:
    """Whether the plan has some of the written keys and no others."""
    if isinstance(planned, int) and isinstance(written, int):
        return planned < written
    return isinstance(planned, list) and isinstance(written, list) and set(planned) < set(written)


def _always_has_resources(resolver: Resolver, module: ModulePath) -> bool:
    """Whether each instance of a module definitely has a managed resource, which the plan lists."""
    config, sources = resolver.declarations.config_module(module), resolver.declarations.module_sources(module)
    for each in config.resources.values() if config and sources else ():
        block = sources.resource(each.mode, each.type, each.name) if each.mode == "managed" and sources else None
        if block is not None and block.repetition is None and block.switch() is None:
            return True
    return False
