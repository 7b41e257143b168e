"""Find the resources that a plan leaves out although its configuration declares them.

`resource_changes` lists every managed object, so a block without `count`, `for_each` and `enabled` that has no row was
excluded by `-target` or `-exclude`, which OpenTofu and Terraform before 1.8 do not say in `complete`, or by a filter.
The configuration alone does not prove it: it does not contain `enabled`, nor a `for_each` such as `toset([])`. The
instances of other blocks are compared with those that the sources create.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from tfcheck.plan import KEEP, UNFILTERED, ConfigModule, ConfigResource, ModuleCall, Plan
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath, parse
from tfcheck.vocabulary.errors import InputError, input_words
from tfcheck.vocabulary.grouping import group_by_key

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.resolve.attributes import Attributes


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
#: The instances of one module call that are looked at.
_MOST = 2000


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
    if plan.changed_configs <= declared.keys():
        return
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
        # Of repeated blocks, one listed instance is enough if the plan lacks none.
        written = frozenset(plan.listed_addresses()) if may_lack_instances(plan) else plan.changed_configs
        rows = list(_declared_resources(plan.configuration, (), sources, True, False, written))
    else:
        rows = list(_data_sources(plan, sources)) if not plan.shows_configuration else []
    if rows:  # NOTE: plans of Terraform 0.12 write addresses without the module.
        listed = plan.changed_configs.union(each.address.config for each in plan.all_data_sources())
        rows = [each for each in rows if (may_lack_instances(plan) if each.repeated else each.address not in listed)]
    # NOTE: a plan of `destroy` does not list what has never been created.
    if rows and any(each.after is not None for each in plan.each_instance(*plan.types())):
        yield from rows


def may_lack_instances(plan: Plan) -> bool:
    """Whether a plan may lack instances of repeated blocks.

    `planned_values` have what a filter removes from the rows. Without `complete`, `-target` may have been used.
    """
    return not plan.shows_planned_values or plan.states_no_completeness


def with_lacking_instances(found: Iterable[LeftOut], attributes: Attributes) -> Iterator[LeftOut]:
    """Yield what a plan may leave out, of repeated blocks only those of which it may lack an instance."""
    called = (each for each in attributes.plan.module_instances() if each.steps)
    listed = group_by_key(((each.parent, each.steps[-1].name), each.steps[-1].key) for each in called)
    for each in found:
        if not each.repeated or _lacks_in_some_module(parse(each.address), listed, attributes):
            yield each


def _lacks_in_some_module(
    address: Address, listed: Mapping[tuple[ModulePath, str], Collection[InstanceKey]], attributes: Attributes
) -> bool:
    """Whether the plan may lack an instance of a block in any instance of its module; `listed` are those listed."""
    modules = [ModulePath()]
    for step in address.module.steps:
        called: list[ModulePath] = []
        for module in modules:
            child = module.child(step.name)
            block = attributes.declarations.call_block(child)
            is_doubted = attributes.declarations.is_doubted("repetition", child.config)
            keys = listed.get((module, step.name), ())
            created = None if is_doubted else _created_keys(block, module, keys, attributes)
            if created is None:
                return True
            called += [module.child(step.name, key) for key in islice(created, _MOST)]
        modules = called
    return any(lacks_instances(msgspec.structs.replace(address, module=each), attributes) for each in modules)


def lacks_instances(address: Address, attributes: Attributes) -> bool:
    """Whether the plan may lack an instance of a block in one module instance."""
    plan, module, block = attributes.plan, address.module, attributes.block(address)
    is_doubted = attributes.declarations.is_doubted("argument", module.config, address.resource, "for_each")
    listed = {each.address.key for each in plan.siblings(module, address.mode, address.type, address.name)}
    if address.mode == "data":
        listed.update(each.address.key for each in plan.data_siblings(module, address.type, address.name))
    created = None if is_doubted else _created_keys(block, module, listed, attributes)
    return created is None or not all(key in listed for key in created)


def _created_keys(
    block: Block | None, module: ModulePath, listed: Collection[InstanceKey], attributes: Attributes
) -> Iterable[InstanceKey] | None:
    """Return the keys of the instances that a block creates: those of the sources or else those that are listed.

    None if the sources do not show them, and the plan may lack some.
    """
    written = None if block is None else _keys(block, module, attributes)
    return listed if written is None and listed and attributes.plan.shows_planned_values else written


def _keys(block: Block, module: ModulePath, attributes: Attributes) -> Iterable[InstanceKey] | None:
    """Return the keys of the instances that a block in a module instance creates; None if they are not known."""
    from tfcheck.resolve.module_values import collection_keys

    scope, switch = attributes.module_scope(module), block.switch()
    enabled = True if switch is None else attributes.evaluation.see_safely(switch, scope)
    name, _ = block.repetition or ("", "")
    expression = block.attribute(name) if name else None
    if enabled is not True or expression is None:
        return {True: (None,), False: ()}.get(enabled) if isinstance(enabled, bool) else None
    seen = attributes.evaluation.see_safely(expression, scope)
    if name == "for_each":
        return collection_keys(seen)
    return range(seen) if isinstance(seen, int) and not isinstance(seen, bool) else None


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


def _declared_resources(
    module: ConfigModule,
    path: tuple[str, ...],
    sources: Sources | None,
    definite: bool,
    repeated: bool,
    listed: Collection[str],
) -> Iterator[LeftOut]:
    """Yield what a module, and those that it calls, declare and do not list under the address of the block itself."""
    written = sources.module(path) if sources else None
    prefix = "".join(f"module.{each}." for each in path)
    for address, resource in module.resources.items():
        if prefix + address not in listed and resource.mode in ("managed", "data"):
            block = written.resource(resource.mode, resource.type, resource.name) if written else None
            is_repeated = repeated or _is_repeated(resource, block)
            is_definite = definite and not is_repeated and block is not None and resource.mode == "managed"
            yield LeftOut(prefix + address, resource.mode, resource.type, is_definite, is_repeated)
    for name, call in module.calls.items():
        block = written.call(name) if written else None
        is_repeated = repeated or _is_repeated(call, block)
        yield from _declared_resources(
            call.module, (*path, name), sources, definite and block is not None, is_repeated, listed
        )


def _is_repeated(planned: ConfigResource | ModuleCall, block: Block | None) -> bool:
    """Whether a block may have another number of instances than one."""
    is_written = block is not None and (block.repetition is not None or block.switch() is not None)
    return planned.is_repeated or is_written
