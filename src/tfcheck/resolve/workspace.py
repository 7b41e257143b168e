"""Build a plan's resolver without the workspace and sources that the plan contradicts.

A plan does not show its workspace, and sources may have changed after it. What `.terraform/environment` or an option
names, and what the sources say, is believed only as long as no value that depends on it is another one in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfcheck.plan import Plan
from tfcheck.resolve.changed_since import changed_since
from tfcheck.resolve.contradicted import Comparison, compare, contradictions
from tfcheck.resolve.doubts import Doubts
from tfcheck.resolve.resolver import Resolver
from tfcheck.symbolic.value import Text, Unknown, Value, pieces
from tfcheck.vocabulary.clipping import and_more

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources

#: The number of changes that are named.
_MOST_NAMED = 3


def resolver_of(plan: Plan, sources: Sources | None, workspace: str | None, account: str | None = None) -> Resolver:
    """Return a plan's resolver, without the workspace and the sources that the plan contradicts.

    `workspace` and `account` are those of the options; without a workspace the one that the sources' directory has
    selected counts, or otherwise the one that the plan's values show.
    """
    chosen = workspace or (sources.workspace if sources else None)
    changed = sorted(changed_since(sources, plan), key=str) if sources else []
    resolver = Resolver(plan, sources, chosen, account, Doubts(changed))
    if sources is None:
        return resolver
    rows = list(compare(resolver))
    differs = any(each.differs for each in rows)
    if (chosen is None or differs) and any(".workspace" in each for each in resolver.declarations.source_texts()):
        doubts = Doubts(changed)
        resolver, rows = (
            _with_shown_workspace(resolver, rows, doubts)
            if chosen is None
            else _without_workspace(resolver, rows, doubts, chosen)
        )
    wrong, doubted = contradictions(resolver, rows)
    if not changed and not wrong:
        return resolver
    doubts = Doubts([*changed, *doubted])
    selected = resolver.workspace if isinstance(resolver.workspace, str) else None
    believed = Resolver(plan, sources, selected, account, doubts)
    names = list(dict.fromkeys((*map(str, changed), *map(str, wrong))))
    shown = ", ".join(names[:_MOST_NAMED]) + and_more(len(names), _MOST_NAMED)
    verb = "differs" if len(names) == 1 else "differ"
    believed.contradictions += resolver.contradictions
    believed.contradictions.append(
        f"the sources in `{sources.label}` are not those that the plan was made from: {shown} {verb}. What "
        "depends on them is unknown; run `terraform plan` again"
    )
    return believed


def _with_shown_workspace(
    resolver: Resolver, rows: list[Comparison], doubts: Doubts
) -> tuple[Resolver, list[Comparison]]:
    """Choose the only workspace with which all arguments that contain its name have their planned values."""
    shown = {name for each in rows for name in _shown_names(each.evaluated, each.planned, resolver.workspace)}
    found = (
        Resolver(resolver.plan, resolver.sources, shown.pop(), resolver.account, doubts) if len(shown) == 1 else None
    )
    again = list(compare(found)) if found else []
    is_right = sum(each.differs for each in again) <= sum(each.differs for each in rows)
    return (found, again) if found and is_right else (resolver, rows)


def _shown_names(evaluated: Value, planned: Value, workspace: Value) -> Iterator[str]:
    """Yield the workspace's name that makes an evaluated text, or one in a collection, the planned one."""
    match evaluated, planned:
        case dict(), dict():
            for key, each in evaluated.items():
                yield from _shown_names(each, planned.get(key), workspace)
        case list(), list():
            for each, other in zip(evaluated, planned, strict=False):
                yield from _shown_names(each, other, workspace)
        case Text() | Unknown(), str():
            parts = pieces(evaluated)
            known = [each for each in parts if isinstance(each, str)]
            length, rest = divmod(len(planned) - sum(map(len, known)), (len(parts) - len(known)) or 1)
            start = len(known[0]) if parts[0] in known else 0
            name = planned[start : start + length]
            if rest == 0 < length and planned == "".join(name if each == workspace else str(each) for each in parts):
                yield name


def _without_workspace(
    resolver: Resolver, rows: list[Comparison], doubts: Doubts, chosen: str
) -> tuple[Resolver, list[Comparison]]:
    """Drop the workspace if a value differs only with it."""
    without = Resolver(resolver.plan, resolver.sources, None, resolver.account, doubts)
    again = list(compare(without))
    still = {str(each) for each in again if each.differs}
    wrong = next((str(each) for each in rows if each.differs and str(each) not in still), None)
    if wrong is None:
        return resolver, rows
    without.contradictions.append(
        f"the plan was not made in the workspace `{chosen}`: {wrong} has another value in it. What depends on the "
        "workspace is unknown; name the right one with --workspace"
    )
    return without, again
