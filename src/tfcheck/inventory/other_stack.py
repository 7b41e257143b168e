"""Another stack, as the checked plan sees it.

A stack is a world of its own. Its addresses, and the owners of its unknown values, have the name of its file in front,
so that nothing in it is confused with something of the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from tfcheck.inventory.plan_world import After, Before
from tfcheck.inventory.world import CachingWorld, World, WorldObject
from tfcheck.plan import Plan
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import FinishedBefore
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.marks import Leaf, map_leaves
from tfcheck.symbolic.symbol import OfOtherStack, Owner, ProviderConfiguration, Symbol
from tfcheck.symbolic.value import Text, TextLike, Truth, Unknown, Value, is_known
from tfcheck.vocabulary.address import Address, other_stack_address

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.inventory.state_location import StateLocations

#: Attributes that may become a need and so are shown: encryption keys.
_KEYS = ("kms_key_id", "key_id", "target_key_id", "rule", "server_side_encryption_configuration")


class Stack(CachingWorld):
    """The world of another stack; for a plan, after its change.

    `is_checked`: its plan is checked too, so that its changes are a part of the change.
    """

    def __init__(
        self,
        name: str,
        inner: After | Before,
        around: StateLocations | None,
        gone: Collection[Address] = (),
        *,
        changes: bool = False,
    ) -> None:
        """Build from its name in addresses, its world, the place of its state, and the objects to leave out."""
        super().__init__({})
        self.name = name
        self.planned_at = inner.planned_at
        self._inner = inner
        self.module_from_elsewhere, self.texts_read = inner.module_from_elsewhere, inner.texts_read
        self._around = around
        self._gone = frozenset(gone)
        self.is_checked = changes
        self._siblings: Sequence[Stack] = ()
        self._later: Stack | None = None
        self._certain: Stack | None = None
        self._seen: dict[str, list[WorldObject]] = {}

    @property
    def plan(self) -> Plan:
        """The plan, or the state read as one, that the stack comes from."""
        return self._inner.resolver.plan

    @property
    def context(self) -> Sequence[World]:
        """The other known stacks at the same time."""
        return self._siblings if self._later is None else formerly(self._later._siblings)

    def link(self, stacks: Sequence[Stack]) -> None:
        """Set the other known stacks."""
        self._siblings = [each for each in stacks if each is not self]

    def without(self, gone: Collection[Address]) -> Stack:
        """Return the stack without the resources that others decide, and without other stacks."""
        return Stack(self.name, self._inner, self._around, gone, changes=self.is_checked)

    def with_world(self, world: After) -> Stack:
        """Return the stack as if its plan led to another world, without other stacks."""
        return Stack(self.name, world, self._around, self._gone, changes=self.is_checked)

    def resources(self, *types: str) -> Sequence[WorldObject]:
        """Return the managed resources of these types."""
        return [each for kind in types for each in self._kind(kind, self._inner.resources)]

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        """Return the data sources of these types."""
        return [each for kind in types for each in self._kind(f"data.{kind}", self._inner.looked_up)]

    def named_documents(self, resource: WorldObject, argument: str) -> Sequence[WorldObject]:
        """Return the policy documents that an argument names in the stack's configuration."""
        own = resource.inner if isinstance(resource, _OtherStackResource) else resource
        found = self._inner.named_documents(own, argument)
        return [_OtherStackResource(each, self.name, self._around) for each in found]

    def _kind(self, kind: str, find: Callable[[str], Sequence[WorldObject]]) -> list[WorldObject]:
        if kind not in self._seen:
            found = (each for each in find(kind.removeprefix("data.")) if each.address not in self._gone)
            self._seen[kind] = [_OtherStackResource(each, self.name, self._around) for each in found]
        return self._seen[kind]

    @property
    def certain(self) -> Stack:
        """The stack without what its plan, or that of another stack, may leave out; itself if that is nothing."""
        if self._certain is None:
            inner, self._certain = self._inner.certain, self
            if inner is not self._inner or any(each._inner.certain is not each._inner for each in self._siblings):
                self._certain = Stack(self.name, inner, self._around, self._gone, changes=self.is_checked)
                self._certain._siblings = [each.certain for each in self._siblings]
        return self._certain

    @property
    def left_out(self) -> Sequence[Address]:
        """The addresses of what its plan may leave out, of the types that were asked for."""
        return [other_stack_address(each, self.name) for each in self._inner.left_out]

    def before(self) -> World:
        """Return the stack before the change of its own plan."""
        return self._earlier

    @property
    def formerly(self) -> Stack:
        """The stack as it counts before the change: its later state, unless its plan is a part of the change."""
        return self._earlier if self.is_checked else self

    @cached_property
    def _earlier(self) -> Stack:
        before = self._inner.before()
        if not isinstance(before, Before) or self._later is not None:
            return self
        found = Stack(self.name, before, self._around, self._gone)
        found._later = self
        return found

    def earlier(self, address: Address) -> FinishedBefore:
        """Return nothing: resources do not wait for other stacks."""
        return FinishedBefore(frozenset(), True)


def formerly(stacks: Sequence[Stack]) -> list[Stack]:
    """Return stacks as they count before the change."""
    return [each.formerly for each in stacks]


def stack_of(resolver: Resolver, name: str, *, changes: bool = False) -> Stack:
    """Return the stack after a plan's change; with `changes` the plan is a part of the change."""
    return Stack(name, After(resolver), None, changes=changes)


def stack_of_state(resolver: Resolver, name: str, sources: Sources | None) -> Stack:
    """Return the stack of a state that was read as a plan; its sources help to locate it."""
    from tfcheck.inventory.state_location import StateLocations

    return Stack(name, After(resolver), StateLocations(resolver.plan, sources))


class _OtherStackResource:
    """A resource, or data source, of another stack."""

    def __init__(self, resource: WorldObject, stack: str, around: StateLocations | None) -> None:
        self.address = other_stack_address(resource.address, stack)
        self.inner = resource
        self._stack = stack
        self._around = around

    def attribute(self, name: str) -> Value:
        if name in _KEYS and self.sensitive(name):
            return Unknown(reason=f"a sensitive value of {self.address}")
        return _own_by_stack(self.inner.attribute(name), self._stack)

    def sensitive(self, name: str) -> bool:
        return self.inner.sensitive(name)

    def is_configured(self, name: str) -> bool | None:
        return self.inner.is_configured(name)

    @property
    def is_abandoned(self) -> bool:
        return self.inner.is_abandoned

    @property
    def is_forgotten(self) -> bool:
        """Whether its stack no longer manages it after the change."""
        return self.inner.is_forgotten

    @property
    def is_left_out(self) -> bool:
        return self.inner.is_left_out

    def remains_on(self, named: Value) -> Truth:
        return self.inner.remains_on(named)

    @cached_property
    def surroundings(self) -> Surroundings:
        if self._around is not None:
            return self._around.of(self.inner)
        own = self.inner.surroundings
        owned = [_own_by_stack(each, self._stack) for each in (own.partition, own.region, own.account)]
        partition, region, account = (each for each in owned if isinstance(each, TextLike))
        symbol = own.account.symbol if isinstance(own.account, Unknown) else None
        if isinstance(own.account, Unknown) and symbol is not None and symbol.owner != ProviderConfiguration("aws"):
            from tfcheck.inventory.state_location import SeveralAccounts

            # The plan uses several credentials, and the object names no provider.
            account = SeveralAccounts()
        return Surroundings(partition, region, account)


def _in_stack(owner: Owner, stack: str) -> Owner:
    return other_stack_address(owner, stack) if type(owner) is Address else OfOtherStack(stack, owner)


def _own_by_stack(value: Value, stack: str) -> Value:
    """Return a value whose unknown symbols belong to the stack."""

    def assign(leaf: Leaf) -> Value:
        if not isinstance(leaf, Unknown):
            return leaf
        theirs = None if leaf.symbol is None else Symbol(_in_stack(leaf.symbol.owner, stack), leaf.symbol.path)
        shape = _own_by_stack(leaf.shape, stack)
        shape = shape if isinstance(shape, (str, Text)) else None
        # NOTE: the stack may have been applied before the checked plan was made, which then knows the assigned ids.
        return msgspec.structs.replace(leaf, symbol=theirs, shape=shape, fresh=False)

    return value if is_known(value) else map_leaves(value, assign)
