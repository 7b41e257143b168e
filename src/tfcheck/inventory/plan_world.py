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
    PossiblyExisting,
    without_adopted,
)
from tfcheck.inventory.world import NOT_LISTED, CachingWorld, World, WorldObject, found_once
from tfcheck.plan import Instance, references
from tfcheck.resolve import Resolver
from tfcheck.resolve.left_out import LeftOut
from tfcheck.resolve.order import FinishedBefore, Order
from tfcheck.symbolic.value import Truth, Unknown, Value, strings
from tfcheck.vocabulary.address import Address, ModulePath, owner_of
from tfcheck.vocabulary.grouping import group_by_key

#: The attributes that identify an object.
_IDENTITY = ("arn", "bucket", "id", "key_id", "name")


def _documents(world: World) -> dict[tuple[ModulePath, str], list[WorldObject]]:
    """Index the policy documents of a world by how their module refers to them."""
    documents = world.looked_up("aws_iam_policy_document")
    return group_by_key(((each.address.module, each.address.resource), each) for each in documents)


class _PlanWorld(CachingWorld):
    """A world of a plan's own resources."""

    def __init__(
        self,
        resolver: Resolver,
        context: Sequence[World] = (),
        shared: dict[tuple[object, ...], Any] | None = None,
        *,
        is_certain: bool = False,
    ) -> None:
        """Build from the plan's resolver, the other stacks, and the cache shared with the world at the other time.

        If it `is_certain`, the world is without what the plan may leave out.
        """
        super().__init__({} if shared is None else shared)
        self.resolver = resolver
        self.planned_at = resolver.plan.planned_at
        self.context = context
        self._is_certain = is_certain
        self._asked_for: dict[Address, None] = {}
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

    @property
    def _possible(self) -> Sequence[LeftOut]:
        # NOTE: not when it is built: a trial gives values to variables before anything is evaluated.
        return () if self._is_certain else self.resolver.possibly_left_out

    def _possible_objects(self, mode: str, *types: str) -> list[WorldObject]:
        """Return what the plan may leave out of these types."""
        listed = (each for each in self._possible if each.mode == mode and each.type in types)
        found = [self._possible_object(each) for each in listed]
        self._asked_for.update(dict.fromkeys(each.address for each in found))
        return found

    def _possible_object(self, found: LeftOut) -> WorldObject:
        raise NotImplementedError

    @property
    def left_out(self) -> Sequence[Address]:
        """The addresses of what the plan may leave out, of the types that were asked for."""
        return list(self._asked_for)

    def _certain_context(self) -> Sequence[World] | None:
        """Return the other stacks without what their plans may leave out; None if nothing here may be left out."""
        context = [each.certain for each in self.context]
        is_same = all(one is other for one, other in zip(context, self.context, strict=True))
        return None if is_same and not self._possible else context

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
        certain_before: Before | None = None,
    ) -> None:
        """Build from the plan's resolver and the other stacks; `former` are these before the change.

        With `certain_before`, both are without what the plan may leave out.
        """
        shared = None if certain_before is None else certain_before._shared
        super().__init__(resolver, context, shared, is_certain=certain_before is not None)
        self._before = certain_before or Before(resolver, context if former is None else former, self._shared)
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

    def _possible_object(self, found: LeftOut) -> WorldObject:
        return PossibleObject(self.resolver, found)

    @cached_property
    def certain(self) -> After:
        """The world without what the plan, or that of another stack, may leave out."""
        context = self._certain_context()
        return self if context is None else After(self.resolver, context, certain_before=self._before.certain)

    def before(self) -> World:
        """Return the world before the change."""
        return self._before

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is definitely finished before a resource is created, according to the plan's configuration."""
        return self._order.earlier(address)


class Before(_PlanWorld):
    """The refreshed world before the change: everything in it is known, except what the plan may leave out."""

    def _of_type(self, kind: str) -> Sequence[WorldObject]:
        instances = [each for each in self.resolver.plan.instances(kind) if each.exists_before]
        # NOTE: a deposed task definition or service has already started all its tasks.
        deposed = [] if kind.startswith("aws_ecs_") else self.resolver.plan.deposed_objects(kind)
        left = self._left_behind(kind)
        known = [*without_adopted(instances), *deposed]
        existing = [(LeftBehind if each in left else ExistingObject)(self.resolver, each) for each in known]
        return [*existing, *self._possible_objects("managed", kind)]

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        """Return the data sources of these types that were read while planning."""
        read = [ObjectRead(self.resolver, each) for each in self.resolver.plan.data_sources(*types)]
        return [*read, *self._possible_objects("data", *types)]

    def _possible_object(self, found: LeftOut) -> WorldObject:
        return PossiblyExisting(self.resolver, found, self._former)

    def _former(self, kind: str, now: Value) -> Value:
        """Return the value before the change of an attribute that identifies an object of a type, by its value now."""
        if isinstance(now, str):
            return found_once(self, (self._former_names, kind), lambda: self._former_names(kind)).get(now, now)
        owner = owner_of(now)
        instance = None if owner is None else self.resolver.plan.instance(str(owner))
        if not isinstance(now, Unknown) or now.symbol is None or instance is None:
            return Unknown(reason=NOT_LISTED)
        return now if instance.before is None else instance.before.get(str(now.symbol.path[0]))

    def _former_names(self, kind: str) -> dict[Value, Value]:
        """Index the changed names, ids and ARNs of the objects of a type by their values now."""
        kept = [each for each in self.resolver.plan.instances(kind) if each.before and each.after]
        pairs = ((each.after or {}, each.before or {}, name) for each in kept for name in _IDENTITY)
        named = ((after.get(name), before.get(name)) for after, before, name in pairs)
        return {now: then for now, then in named if isinstance(now, str) and now != then}

    @cached_property
    def certain(self) -> Before:
        """The world without what the plan, or that of another stack, may leave out."""
        context = self._certain_context()
        return self if context is None else Before(self.resolver, context, is_certain=True)

    def before(self) -> World:
        """Return itself."""
        return self

    def earlier(self, address: Address) -> FinishedBefore:
        """Return nothing: existing objects are not created."""
        return FinishedBefore(frozenset(), True)
