"""Find the resources that a plan leaves out although its configuration declares one instance of each.

`resource_changes` lists every managed object, so a block without `count`, `for_each` and `enabled` that has no row was
excluded by `-target` or `-exclude`, which OpenTofu and Terraform before 1.8 do not say in `complete`, or by a filter.
The configuration alone does not prove it: it does not contain `enabled`, nor a `for_each` such as `toset([])`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import msgspec

from tfcheck.plan import ConfigModule, ConfigResource, ModuleCall, Plan
from tfcheck.vocabulary.errors import InputError, input_words

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Block


class LeftOut(msgspec.Struct, frozen=True):
    """A resource without a row, or a data source without what it read.

    `definite`: it is managed, and the sources show that it is not repeated or switched off.
    """

    address: str
    mode: str
    type: str
    definite: bool


def refuse_left_out(plan: Plan, sources: Sources | None) -> None:
    """Raise an InputError if a plan definitely leaves out a resource that its configuration declares."""
    missing = next((each.address for each in left_out(plan, sources) if each.definite), None)
    if missing is not None:
        named = input_words(plan.label)
        raise InputError(
            f"{named} is not a complete plan: it leaves out `{missing}`, which its configuration declares",
            hint="plan without `-target` and `-exclude`, then `show -json`; filters must keep what does not change",
        )


def left_out(plan: Plan, sources: Sources | None) -> Iterator[LeftOut]:
    """Yield the resources and data sources that a plan may leave out; none if it only deletes."""
    if not plan.has_changes or plan.configuration is None:
        return
    rows = list(_single_resources(plan.configuration, (), sources, True, plan.listed_addresses))
    if rows:  # NOTE: plans of Terraform 0.12 write addresses without the module.
        listed = {each.address.config for each in plan.each_instance(*plan.types())}
        listed.update(each.address.config for each in plan.instances(*plan.types("data"), mode="data"))
        listed.update(each.address.config for each in plan.all_data_sources())
        rows = [each for each in rows if each.address not in listed]
    # NOTE: a plan of `destroy` does not list what has never been created.
    if rows and any(each.after is not None for each in plan.each_instance(*plan.types())):
        yield from rows


def _single_resources(
    module: ConfigModule, path: tuple[str, ...], sources: Sources | None, definite: bool, listed: Collection[str]
) -> Iterator[LeftOut]:
    """Yield what a module, and those that it calls, declare, may have exactly one instance, and is not listed."""
    written = sources.module(path) if sources else None
    prefix = "".join(f"module.{each}." for each in path)
    for address, resource in module.resources.items():
        # NOTE: filtered plans list resources without their expressions.
        if prefix + address not in listed and resource.mode in ("managed", "data") and resource.expressions:
            block = written.resource(resource.mode, resource.type, resource.name) if written else None
            if not _is_repeated(resource, block):
                is_definite = definite and block is not None and resource.mode == "managed"
                yield LeftOut(prefix + address, resource.mode, resource.type, is_definite)
    for name, call in module.calls.items():
        block = written.call(name) if written else None
        if not _is_repeated(call, block):
            yield from _single_resources(call.module, (*path, name), sources, definite and block is not None, listed)


def _is_repeated(planned: ConfigResource | ModuleCall, block: Block | None) -> bool:
    """Whether a block may have another number of instances than one."""
    if planned.count_expression is not None or planned.for_each_expression is not None:
        return True
    return block is not None and (block.repetition is not None or block.switch() is not None)
