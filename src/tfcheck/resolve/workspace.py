"""Drop the workspace that the sources' directory has selected where the plan was made in another one.

A plan does not show its workspace. The one that `.terraform/environment` or an option names is believed only as long as
no value that depends on it is another one in the plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from tfcheck.plan import Instance, Plan
from tfcheck.resolve.resolver import Resolver
from tfcheck.symbolic.value import Value

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources

#: How many resource instances are compared at most.
_MOST = 500


def resolver_of(plan: Plan, sources: Sources | None, workspace: str | None, account: str | None = None) -> Resolver:
    """Return what answers for a plan, without the workspace where the plan contradicts it.

    `workspace` and `account` are those of the options; without a workspace the one that the sources' directory has
    selected counts.
    """
    chosen = workspace or (sources.workspace if sources else None)
    resolver = Resolver(plan, sources, chosen, account)
    if sources is None or chosen is None or not any(".workspace" in each for each in resolver.source_texts()):
        return resolver
    without = Resolver(plan, sources, None, account)
    wrong = next((each for each in _differing(resolver) if each not in set(_differing(without))), None)
    if wrong is None:
        return resolver
    without.assumptions.append(
        f"the plan was not made in the workspace `{chosen}`: {wrong} has another value in it. What depends on the "
        "workspace is unknown; name the right one with --workspace"
    )
    return without


def _differing(resolver: Resolver) -> Iterator[str]:
    """Yield the arguments whose expressions in the sources give another value than the plan has."""
    plan = resolver.plan
    for instance in islice(plan.instances(*plan.types()), _MOST):
        block = resolver.block(instance.address) if instance.after is not None else None
        ignored = set(block.ignored_changes()) if block else set()
        for name in block.attributes() if block and "all" not in ignored else ():
            if name not in ignored and _differs(resolver, instance, name):
                yield f"{instance.address}.{name}"


def _differs(resolver: Resolver, instance: Instance, name: str) -> bool:
    planned = (instance.after or {}).get(name)
    if not isinstance(planned, str | dict) or not planned:
        return False
    return not set(_texts(resolver.evaluated(instance.address, name))) <= set(_texts(planned))


def _texts(value: Value) -> Iterator[str]:
    """Yield the known texts in a value, and in the JSON of a text: providers sort these, and add what is left out."""
    match value:
        case str():
            document = _document(value)
            yield from [value.lower()] if document is None else _texts(document)
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
        case _:
            pass


def _document(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
