"""List the policies and roles that the sources declare and the older plan lacks."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.hcl.evaluate.elements import is_referent
from tfcheck.resolve import Resolver
from tfcheck.symbolic.value import Set
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath

#: Types that a fix may add to a module.
ADDED = frozenset(
    {
        "aws_iam_role_policy",
        "aws_iam_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_role",
        "aws_cloudwatch_log_group",
    }
)
#: A written number may exceed any plan's number of instances.
_MOST = 10_000
_LOOKED_UP = frozenset({"aws_iam_policy_document"})


def unplanned_instances(module: ModulePath, resolver: Resolver) -> list[Address]:
    """List the instances that fixes may add and that the sources have but not the plan, because a `count` was 0."""
    sources = resolver.module_sources(module)
    known = {str(each.address) for each in resolver.plan.all_data_sources()}
    return [
        address
        for mode, kind, name in (sorted(sources.resource_keys()) if sources else ())
        if kind in (_LOOKED_UP if mode == "data" else ADDED)
        for key in _keys(Address(module, mode, kind, name), resolver)
        if (address := Address(module, mode, kind, name, key))
        and resolver.plan.instance(str(address)) is None
        and str(address) not in known
    ]


def _keys(address: Address, resolver: Resolver) -> Sequence[InstanceKey]:
    block = resolver.block(address)
    count = block.attribute("count") if block else None
    for_each = block.attribute("for_each") if block else None
    switch = block.switch() if block else None
    scope = resolver.module_scope(address.module)
    if switch is not None and resolver.evaluation.evaluate(switch, scope) is not True:
        return ()
    if count is not None:
        number = resolver.evaluation.evaluate(count, scope)
        return range(number) if isinstance(number, int) and number <= _MOST else ()
    if for_each is None:
        return (None,)
    seen = resolver.evaluation.see_safely(for_each, scope)
    items = seen.items if isinstance(seen, Set) else seen if isinstance(seen, list) else ()
    keys = seen.keys() if isinstance(seen, dict) or is_referent(seen) else items
    return [each for each in keys or () if isinstance(each, str)] if not isinstance(keys, int) else ()
