"""Find the resources that a plan leaves out although its configuration declares one instance of each.

`resource_changes` lists every managed object, so a block without `count`, `for_each` and `enabled` that has no row was
excluded by `-target` or `-exclude`, which OpenTofu and Terraform before 1.8 do not say in `complete`, or by a filter.
The configuration alone does not prove it: it does not contain `enabled`, nor a `for_each` such as `toset([])`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import msgspec

from tfcheck.plan import KEEP, UNFILTERED, ConfigModule, ConfigResource, ModuleCall, Plan
from tfcheck.vocabulary.errors import InputError, input_words

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Block


#: Types with arguments that have to be written.
_WITH_ARGUMENTS = frozenset(
    (
        "aws_ecs_task_definition",
        "aws_ecs_service",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_policy",
        "aws_iam_role_policy_attachment",
    )
)
#: Data sources that decide about what they look up, even if nothing refers to them.
_DECIDING_LOOK_UPS = ("aws_s3_bucket_policy", "aws_cloudwatch_log_group")


class LeftOut(msgspec.Struct, frozen=True):
    """A resource without a row, or a data source without what it read.

    `definite`: it is managed, and the sources show that it is not repeated or switched off. `repeated`: it may be one
    of several instances, of which others may be listed.
    """

    address: str
    mode: str
    type: str
    definite: bool = False
    repeated: bool = False


def refuse_shortened(plan: Plan, sources: Sources | None) -> None:
    """Raise an InputError if a plan definitely lacks a resource, or a part of its configuration."""
    stripped = next(_missing_declarations(plan), "")
    if stripped:
        named = input_words(plan.label)
        raise InputError(f"{named} is not a complete plan: its `configuration` lacks {stripped}", hint=UNFILTERED)
    missing = next((each.address for each in left_out(plan, sources) if each.definite), None)
    if missing is not None:
        named = input_words(plan.label)
        raise InputError(
            f"{named} is not a complete plan: it leaves out `{missing}`, which its configuration declares", hint=KEEP
        )


def _missing_declarations(plan: Plan) -> Iterator[str]:
    """Yield what the configuration of a plan lacks, although Terraform writes it."""
    if plan.configuration is None:
        return
    declared = dict(_declarations(plan.configuration, ""))
    for address, resource in declared.items():
        if resource.type in _WITH_ARGUMENTS and not resource.shows_arguments:
            yield f"the arguments of `{address}`"
    for each in (*plan.each_instance(*plan.types()), *plan.instances(*plan.types("data"), mode="data")):
        is_declared = each.address.config in declared
        # NOTE: `plan -generate-config-out` imports objects that nothing declares yet.
        if not is_declared and not each.is_imported and each.actions not in (("delete",), ("forget",)):
            yield f"`{each.address}`, which its `resource_changes` have"


def _declarations(module: ConfigModule, prefix: str) -> Iterator[tuple[str, ConfigResource]]:
    """Yield the resources of a module and of those that it calls, with their addresses."""
    for address, resource in module.resources.items():
        yield prefix + address, resource
    for name, call in module.calls.items():
        yield from _declarations(call.module, f"{prefix}module.{name}.")


def left_out(plan: Plan, sources: Sources | None) -> Iterator[LeftOut]:
    """Yield the resources and data sources that a plan may leave out; none if it only deletes."""
    if not plan.has_changes:
        return
    if plan.configuration is not None:
        rows = list(_single_resources(plan.configuration, (), sources, True, plan.listed_addresses))
        if sources is None and not plan.shows_planned_values:
            rows += _repeated_resources(plan.configuration, "", is_repeated=False)
    else:
        rows = list(_data_sources(plan, sources)) if not plan.shows_configuration else []
    if rows:  # NOTE: plans of Terraform 0.12 write addresses without the module.
        listed = {each.address.config for each in plan.each_instance(*plan.types())}
        listed.update(each.address.config for each in plan.instances(*plan.types("data"), mode="data"))
        listed.update(each.address.config for each in plan.all_data_sources())
        rows = [each for each in rows if each.repeated or each.address not in listed]
    # NOTE: a plan of `destroy` does not list what has never been created.
    if rows and any(each.after is not None for each in plan.each_instance(*plan.types())):
        yield from rows


def _data_sources(plan: Plan, sources: Sources | None) -> Iterator[LeftOut]:
    """Yield the data sources of a plan that does not show what was read while planning, or without sources any."""
    if sources is None:
        yield from (LeftOut(f"data.{kind}.any", "data", kind) for kind in _DECIDING_LOOK_UPS)
        return
    for path in {each.config for each in plan.module_instances()}:
        module, prefix = sources.module(path), "".join(f"module.{each}." for each in path)
        for mode, kind, name in module.resource_keys if module else ():
            if mode == "data":
                yield LeftOut(f"{prefix}data.{kind}.{name}", mode, kind)


def _single_resources(
    module: ConfigModule, path: tuple[str, ...], sources: Sources | None, definite: bool, listed: Collection[str]
) -> Iterator[LeftOut]:
    """Yield what a module, and those that it calls, declare, may have exactly one instance, and is not listed."""
    written = sources.module(path) if sources else None
    prefix = "".join(f"module.{each}." for each in path)
    for address, resource in module.resources.items():
        if prefix + address not in listed and resource.mode in ("managed", "data"):
            block = written.resource(resource.mode, resource.type, resource.name) if written else None
            if not _is_repeated(resource, block):
                is_definite = definite and block is not None and resource.mode == "managed"
                yield LeftOut(prefix + address, resource.mode, resource.type, is_definite)
    for name, call in module.calls.items():
        block = written.call(name) if written else None
        if not _is_repeated(call, block):
            yield from _single_resources(call.module, (*path, name), sources, definite and block is not None, listed)


def _repeated_resources(module: ConfigModule, prefix: str, *, is_repeated: bool) -> Iterator[LeftOut]:
    """Yield what a module, and those that it calls, may have several instances of."""
    for address, resource in module.resources.items():
        if (is_repeated or _is_repeated(resource, None)) and resource.mode in ("managed", "data"):
            yield LeftOut(prefix + address, resource.mode, resource.type, repeated=True)
    for name, call in module.calls.items():
        inside = is_repeated or _is_repeated(call, None)
        yield from _repeated_resources(call.module, f"{prefix}module.{name}.", is_repeated=inside)


def _is_repeated(planned: ConfigResource | ModuleCall, block: Block | None) -> bool:
    """Whether a block may have another number of instances than one."""
    if planned.count_expression is not None or planned.for_each_expression is not None:
        return True
    return block is not None and (block.repetition is not None or block.switch() is not None)
