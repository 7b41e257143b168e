"""A plan's own resources before the change, and after it.

Both have the same interface, so that the same code decides "before" and "after".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tfcheck.inventory.plan_objects import (
    ExistingObject,
    LeftBehind,
    ObjectRead,
    PlannedObject,
    PossibleObject,
    without_adopted,
)
from tfcheck.inventory.world import CachingWorld, World, WorldObject
from tfcheck.plan import Instance, references
from tfcheck.resolve import Resolver
from tfcheck.resolve.left_out import LeftOut
from tfcheck.resolve.order import FinishedBefore, Order
from tfcheck.symbolic.value import Truth, strings
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.grouping import group_by_key


def _documents(world: World) -> dict[tuple[ModulePath, str], list[WorldObject]]:
    """Index the policy documents of a world by how their module refers to them."""
    documents = world.looked_up("aws_iam_policy_document")
    return group_by_key(((each.address.module, each.address.resource), each) for each in documents)


class _PlanWorld(CachingWorld):
    """A world of a plan's own resources."""

    def __init__(
        self, resolver: Resolver, context: Sequence[World] = (), shared: dict[tuple[object, ...], Any] | None = None
    ) -> None:
        """Build from the plan's resolver, the other stacks, and the cache shared with the world at the other time."""
        super().__init__({} if shared is None else shared)
        self.resolver = resolver
        self.planned_at = resolver.plan.planned_at
        self.context = context
        self._resources: dict[tuple[str, ...], Sequence[WorldObject]] = {}
        self._texts_read: frozenset[str] | None = None

    def resources(self, *types: str) -> Sequence[WorldObject]:
        """Return the managed resources of these types; lists of several types have the same objects."""
        if types not in self._resources:
            several = [each for kind in types for each in self.resources(kind)] if len(types) != 1 else None
            self._resources[types] = self._of_type(*types) if several is None else several
        return self._resources[types]

    def _of_type(self, kind: str) -> Sequence[WorldObject]:
        raise NotImplementedError

    def _left_behind(self, kind: str) -> Sequence[Instance]:
        """Return the instances of a type whose old object may stay beside the new one."""
        # NOTE: what runs a task definition that is left behind is found by its revision.
        plan = self.resolver.plan
        left = () if kind.startswith("aws_ecs_") else (*plan.instances(kind), *plan.deposed_objects(kind))
        outlasts = self.resolver.survival.outlasts_replacement
        return [each for each in left if each.left_behind is not None and outlasts(each) is not Truth.FALSE]

    def module_from_elsewhere(self, module: ModulePath) -> str:
        """Return the name of the module, or enclosing one, from outside the configuration; empty if none is."""
        while module.steps:
            call = self.resolver.declarations.config_call(module)
            if call is not None and call.source and not call.source.startswith(("./", "../")):
                break
            module = module.parent
        return str(module)

    def named_documents(self, resource: WorldObject, argument: str) -> Sequence[WorldObject]:
        """Return the policy documents that an argument names in the plan's configuration."""
        config = self.resolver.declarations.config_resource(resource.address)
        named = references(config.expressions.get(argument)) if config else ()
        listed = self.once(_documents) if named else {}
        return [one for name in named for one in listed.get((resource.address.module, name), ())]

    def texts_read(self) -> frozenset[str]:
        """Return the strings that data sources read while planning."""
        if self._texts_read is None:
            self._texts_read = frozenset(strings([each.values for each in self.resolver.plan.all_data_sources()]))
        return self._texts_read


class After(_PlanWorld):
    """The world after the change."""

    def __init__(
        self,
        resolver: Resolver,
        context: Sequence[World] = (),
        former: Sequence[World] | None = None,
        *,
        is_certain: bool = False,
    ) -> None:
        """Build from the plan's resolver and the other stacks; `former` are these before the change.

        If it `is_certain`, the world is without what the plan may leave out.
        """
        super().__init__(resolver, context)
        self._former = former
        self._is_certain = is_certain
        self._asked_for: dict[Address, None] = {}
        self._before = Before(resolver, context if former is None else former, self._shared)
        self._order = Order(resolver)

    def _of_type(self, kind: str) -> Sequence[WorldObject]:
        instances = [each for each in self.resolver.plan.instances(kind) if each.exists_after]
        if not kind.startswith("aws_iam_"):  # whether what is on a role remains there is decided for each role
            remains = self.resolver.survival.remains
            instances = [each for each in instances if remains(each) is not Truth.FALSE]
        planned = [PlannedObject(self.resolver, each) for each in without_adopted(instances)]
        return [
            *planned,
            *self._possible_objects("managed", kind),
            *(LeftBehind(self.resolver, each) for each in self._left_behind(kind)),
        ]

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        """Return the data sources of these types, including deferred ones."""
        deferred = self.resolver.plan.instances(*types, mode="data")
        read = self.resolver.plan.data_sources(*types)
        later = {str(each.address) for each in deferred}
        found: list[WorldObject] = [PlannedObject(self.resolver, each) for each in deferred if each.exists_after]
        found.extend(ObjectRead(self.resolver, each) for each in read if str(each.address) not in later)
        return [*found, *self._possible_objects("data", *types)]

    @property
    def _possible(self) -> Sequence[LeftOut]:
        # NOTE: not when it is built: a trial gives values to variables before anything is evaluated.
        return () if self._is_certain else self.resolver.possibly_left_out

    def _possible_objects(self, mode: str, *types: str) -> list[WorldObject]:
        """Return what the plan may leave out of these types."""
        listed = (each for each in self._possible if each.mode == mode and each.type in types)
        found: list[WorldObject] = [PossibleObject(self.resolver, each) for each in listed]
        self._asked_for.update(dict.fromkeys(each.address for each in found))
        return found

    @cached_property
    def certain(self) -> After:
        """The world without what the plan, or that of another stack, may leave out."""
        context = [each.certain for each in self.context]
        if not self._possible and all(one is other for one, other in zip(context, self.context, strict=True)):
            return self
        former = None if self._former is None else [each.certain for each in self._former]
        return After(self.resolver, context, former, is_certain=True)

    @property
    def left_out(self) -> Sequence[Address]:
        """The addresses of what the plan may leave out, of the types that were asked for."""
        return list(self._asked_for)

    def before(self) -> World:
        """Return the world before the change."""
        return self._before

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is definitely finished before a resource is created, according to the plan's configuration."""
        return self._order.earlier(address)


class Before(_PlanWorld):
    """The refreshed world before the change: everything in it is known."""

    def _of_type(self, kind: str) -> Sequence[WorldObject]:
        instances = [each for each in self.resolver.plan.instances(kind) if each.exists_before]
        # NOTE: a deposed task definition or service has already started all its tasks.
        deposed = [] if kind.startswith("aws_ecs_") else self.resolver.plan.deposed_objects(kind)
        left = self._left_behind(kind)
        known = [*without_adopted(instances), *deposed]
        return [(LeftBehind if each in left else ExistingObject)(self.resolver, each) for each in known]

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        """Return the data sources of these types that were read while planning."""
        return [ObjectRead(self.resolver, each) for each in self.resolver.plan.data_sources(*types)]

    @property
    def certain(self) -> Before:
        """The world itself."""
        return self

    @property
    def left_out(self) -> Sequence[Address]:
        """Nothing: the plan shows what was there."""
        return ()

    def before(self) -> World:
        """Return itself."""
        return self

    def earlier(self, address: Address) -> FinishedBefore:
        """Return nothing: existing objects are not created."""
        return FinishedBefore(frozenset(), True)
