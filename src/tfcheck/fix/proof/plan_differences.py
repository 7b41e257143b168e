"""Find where the sources differ from the plan: changed values, and instances that it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix, PlanFixes
from tfcheck.fix.text.policy_text import DOCUMENT
from tfcheck.hcl.evaluate.elements import is_referent
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.resolve import Resolver
from tfcheck.resolve.blocks import nested_names
from tfcheck.resolve.declarations import Doubted
from tfcheck.symbolic.value import Set, Value
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath
from tfcheck.vocabulary.finding import Finding, Remedy


def outdated_objects(
    touched: Iterable[ChangedAttribute], beside: Iterable[Address], resolver: Resolver
) -> frozenset[Address]:
    """Return the objects whose block gives another value than the plan.

    `touched` are the attributes that a fix edits, `beside` the objects after whose blocks it inserts.
    """
    written = [*touched, *(ChangedAttribute(each, name) for each in beside for name in _arguments(each, resolver))]
    wanted = list(dict.fromkeys(written))
    if not wanted:
        return frozenset()
    now = Trial(resolver, resolver.sources, wanted).world.resolver
    found, is_doubted = set[Address](), resolver.declarations.is_doubted
    for address in dict.fromkeys(each.address for each in wanted):
        block = resolver.block(address)
        names = (*block.attributes(), *nested_names(block)) if block is not None else ()
        if any(is_doubted("argument", address.module.config, address.resource, name) for name in names):
            found.add(address)
    for each in wanted:
        name = "json" if each.address.type == DOCUMENT else each.attribute
        planned = _known_value(resolver.attribute(each.address, name)) if name else None
        # NOTE: most edited attributes are unknown before apply, and then the sources need not be evaluated again.
        if planned is not None and _known_value(now.attribute(each.address, name)) not in (None, planned):
            found.add(each.address)
    return frozenset(found)


def without_outdated(found: PlanFixes, findings: Iterable[Finding], resolver: Resolver) -> PlanFixes:
    """Return the fixes that edit no block, and no local value, of which the plan shows another value."""
    parts = [part for each in resolver.declarations.doubts for part in _written_parts(each, resolver)]
    old: dict[int, tuple[DraftFix, str]] = {}
    for draft in found.found if parts else ():
        inside = (name for one in draft.insertions for name, part in parts if _is_inside(one, part))
        old |= {id(draft): (draft, name) for name in inside}
    remedies = [
        (finding, Remedy(f"run `terraform plan` again: the sources of {name} differ from what the plan shows"))
        for finding in (findings if old else ())
        for draft, name in old.values()
        if draft.finding is finding or not set(finding.answers).isdisjoint(draft.answers)
    ]
    kept = tuple(each for each in found.found if id(each) not in old)
    return msgspec.structs.replace(found, found=kept, remedies=(*remedies, *found.remedies)) if old else found


def _written_parts(doubted: Doubted, resolver: Resolver) -> Iterator[tuple[str, Block | Argument]]:
    """Yield where the sources write what is in doubt, with its name."""
    path = doubted.module[:-1] if doubted.kind in ("var", "repetition") else doubted.module
    module = resolver.sources.module(path) if resolver.sources else None
    if module is None:
        return
    match doubted.kind:
        case "argument":
            *mode, kind, name = doubted.name.split(".")
            found: Block | Argument | None = module.resource("data" if mode else "managed", kind, name)
        case "var" | "repetition":
            found = module.call(doubted.module[-1])
        case "local":
            found = module.local_argument(doubted.name)
        case _:
            found = None
    yield from [(str(doubted).removesuffix(f".{doubted.argument}"), found)] if found is not None else []


def _is_inside(edit: Insertion, part: Block | Argument) -> bool:
    end = part.end if isinstance(part, Block) else part.value_end
    return edit.source is part.source and part.start < edit.offset < end


def _arguments(address: Address, resolver: Resolver) -> list[str]:
    block = resolver.block(address)
    names = block.attributes() if block is not None else ()
    ignored = block.ignored_changes() if block is not None else ()
    return [] if "all" in ignored else [each for each in names if each not in ignored and each not in _META]


_META = ("count", "for_each", "provider", "depends_on", "lifecycle")


def _known_value(value: Value) -> Any:
    """Normalise a known text, since numbers and the like can be written in several ways."""
    if not isinstance(value, str):
        return None
    with suppress(ValueError, RecursionError):
        found = json.loads(value)
        if isinstance(found, (dict, list)):
            return _plain(found)
    return value


def _plain(value: Any) -> Any:
    """Normalise a document so that equivalent ones are equal: single-element lists, and the order of lists."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        items = sorted((_plain(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value


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
_LOOKED_UP = frozenset({DOCUMENT})


def unplanned_instances(module: ModulePath, resolver: Resolver) -> list[Address]:
    """Return the instances that fixes may add and that the sources have but not the plan, because a `count` was 0."""
    sources = resolver.module_sources(module)
    return [
        address
        for mode, kind, name in (sorted(sources.resource_keys) if sources else ())
        if kind in (_LOOKED_UP if mode == "data" else ADDED)
        for key in _keys(Address(module, mode, kind, name), resolver)
        if (address := Address(module, mode, kind, name, key))
        and ((planned := resolver.plan.instance(str(address))) is None or planned.after is None)
        and resolver.plan.data(str(address)) is None
    ]


def unplanned_around(modules: Iterable[ModulePath], resolver: Resolver) -> list[Address]:
    """Return such instances in modules and in all that call them."""
    around = dict.fromkeys(ModulePath(path.steps[:end]) for path in modules for end in range(len(path.steps), -1, -1))
    return [each for path in around for each in unplanned_instances(path, resolver)]


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
