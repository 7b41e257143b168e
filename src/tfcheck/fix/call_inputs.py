"""Propose to pass what a role lacks to its module, by inputs that end up in the role's policies.

Inputs for statements are tried (`{ actions = [...], resources = [...] }`, in a list or a map), and inputs for ARNs
whose name says of what. Their effect in the module is evaluated, like any other change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.freshness import unplanned_instances
from tfcheck.fix.module_inputs import ModuleInput, inputs_for
from tfcheck.fix.passed_value import CallNeeds, pass_value
from tfcheck.fix.place import FixPlaces
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.trial import ChangedAttribute, change_sources
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.world import After
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import InstanceKey, ModulePath
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer

_POLICIES = ("aws_iam_role_policy", "aws_iam_policy")
_DOCUMENT = "aws_iam_policy_document"
#: The number of ways to divide needs among inputs that are tried.
_MOST = 3


class _Change(msgspec.Struct, frozen=True):
    """The inputs that pass something, and the edits that do so."""

    names: tuple[str, ...]
    insertions: tuple[Insertion, ...]
    texts: dict[str, SourceText]
    doubts: str = ""


def propose_call_inputs(need: RoleNeed, places: FixPlaces, world: After) -> Iterator[Proposal]:
    """Propose to pass what roles lack where their modules are called, by the same inputs in each call."""
    calls = passings(need, places, world)
    sources = world.resolver.sources
    assert sources is not None  # otherwise nothing is proposed
    done: set[tuple[Insertion, ...]] = set()
    for choice in range(_MOST) if calls else ():
        change = _change(choice, calls, world)
        if change is None or change.insertions in done:
            continue
        done.add(change.insertions)
        again = Resolver(world.resolver.plan, change_sources(sources, change.insertions, change.texts))
        names = sorted(need.names())
        who = f"{names[0]} lacks" if len(names) == 1 else f"{len(names)} roles lack"
        modules = [role.address.module for role in need.roles]
        touched = [each for path in dict.fromkeys(modules) for each in _policies_of(path, world)]
        yield Proposal(
            title=f"pass what {who} by {' and '.join(f'`{each}`' for each in change.names)}"
            f"{_remark_about_others(need, touched, places, world.resolver, again)}{change.doubts}",
            safety="review",
            insertions=change.insertions,
            texts=change.texts,
            touched=tuple(touched),
            added=tuple(each for path in dict.fromkeys(modules) for each in unplanned_instances(path, again)),
            hcl="\n".join(each.text.strip() for each in change.insertions),
        )


def passings(need: RoleNeed, places: FixPlaces, world: After) -> list[CallNeeds]:
    """Return the calls of the roles' modules with the needs of each instance; none if one cannot be changed."""
    found: dict[tuple[ModulePath, tuple[str, ...], str], dict[ModulePath, dict[InstanceKey, list[Answer]]]] = {}
    lacking = need.answers_by_role()
    for role in need.roles:
        path = role.address.module
        if not path.steps or any(step.key is not None for step in path.parent.steps[:-1]):
            return []
        group = (path.parent.parent, path.config[:-1], path.steps[-1].name)
        own = found.setdefault(group, {}).setdefault(path.parent, {})
        own.setdefault(path.steps[-1].key, []).extend(lacking[str(role.address)])
    return [
        CallNeeds(
            world,
            places,
            next(iter(by_caller)),
            name,
            {path.steps[-1].key if path.steps else None: each for path, each in by_caller.items()},
        )
        for (_, _, name), by_caller in found.items()
    ]


def _change(choice: int, calls: Sequence[CallNeeds], world: After) -> _Change | None:
    called = world.resolver.module_sources(calls[0].paths[0])
    if called is None:
        return None
    insertions: list[Insertion] = []
    texts: dict[str, SourceText] = {}
    names: dict[str, None] = {}
    doubts = ""
    for each in calls:
        chosen: dict[ModuleInput, list[str]] = {}
        for action in each.actions():
            ways = [one for one in inputs_for(action, called, each.value_of) if pass_value(each, one, [action])]
            if ways:
                chosen.setdefault(ways[min(choice, len(ways) - 1)], []).append(action)
        for one, actions in chosen.items():
            done = pass_value(each, one, actions)
            assert done is not None  # otherwise it would not be a way
            for source, edits in done.edits:
                insertions += edits
                texts[source.name] = source
            names[done.name] = None
            doubts = doubts or done.by.doubts(actions, one.shape)
    return _Change(tuple(names), tuple(dict.fromkeys(insertions)), texts, doubts) if insertions else None


def _policies_of(path: ModulePath, world: After) -> Iterator[ChangedAttribute]:
    for each in world.resources(*_POLICIES):
        if each.address.module == path:
            yield ChangedAttribute(each.address, "policy")
    for each in world.looked_up(_DOCUMENT):
        if each.address.module == path:
            yield ChangedAttribute(each.address)


def _remark_about_others(
    need: RoleNeed, touched: Sequence[ChangedAttribute], places: FixPlaces, before: Resolver, after: Resolver
) -> str:
    reached: set[str] = set()
    for each in touched:
        policy = before.plan.instance(str(each.address)) if each.attribute else None
        if policy is not None and before.evaluate(each.address, "policy") != after.evaluate(each.address, "policy"):
            reached |= places.holders.roles_of(each.address)
    others = sorted(reached - need.names())
    return f"; also for {few(others)}" if others else ""
