"""Predict the plan of changed sources: the old plan without what they change, and with what they declare besides.

Nothing of this is taken from the fixes: what has changed is what evaluates to another value than before. A real plan of
the same sources is made by `tests/fix/replan.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.fix.edits.insertion import ChangedAttribute
from tfcheck.fix.policies.written_policies import is_frozen
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.trial import Trial
from tfcheck.hcl.modules import Sources
from tfcheck.inventory.plan_world import After
from tfcheck.plan import Plan
from tfcheck.resolve import Resolver
from tfcheck.resolve.blocks import nested_names
from tfcheck.vocabulary.address import Address, ModulePath

_DOCUMENT = "aws_iam_policy_document"
_META = ("count", "for_each", "provider", "depends_on", "lifecycle")


def planned_again(old: Resolver, after: Sources) -> After:
    """Return the world that a plan of the sources `after` would show, if `old` has those that it was made from."""
    plan, new = old.plan, Resolver(old.plan, after)
    modules = sorted({ModulePath(), *plan.module_instances()}, key=str)
    added = [each for module in modules for each in unplanned_instances(module, new)]
    touched: frozenset[ChangedAttribute] = frozenset()
    while True:
        world = Trial(new, after, sorted(touched, key=str), added).world
        found = touched | frozenset(_changed(plan, old, world.resolver))
        if found == touched:
            return world
        touched = found


def _changed(plan: Plan, old: Resolver, new: Resolver) -> Iterator[ChangedAttribute]:
    """Yield what has another value by other sources."""
    for address in _addresses(plan):
        block = new.block(address)
        written = dict.fromkeys((*_arguments(old, address), *_arguments(new, address)))
        names = [each for each in written if block is None or not is_frozen(block, each)]
        changed = [each for each in names if old.evaluate(address, each) != new.evaluate(address, each)]
        changed += ["tags_all"] if "tags" in changed else []  # the provider adds the default tags
        yield from (ChangedAttribute(address, "" if address.type == _DOCUMENT else each) for each in changed)


def _addresses(plan: Plan) -> Iterator[Address]:
    for mode in ("managed", "data"):
        yield from (each.address for each in plan.instances(*plan.resource_types(), mode=mode) if each.after)
    yield from (each.address for each in plan.all_data_sources())


def _arguments(resolver: Resolver, address: Address) -> tuple[str, ...]:
    block = resolver.block(address)
    names = (*block.attributes(), *nested_names(block)) if block is not None else ()
    return tuple(each for each in names if each not in _META)
