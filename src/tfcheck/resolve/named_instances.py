"""Find the instances of a resource that an expression names."""

from __future__ import annotations

from typing import TypeAlias

from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.resolve.declarations import Declarations
from tfcheck.resolve.scope import InstanceReferent, PlanResources, ResourceReferent
from tfcheck.symbolic.value import Symbol, Unknown
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath

#: A resource in one module instance, without a key.
_Resource: TypeAlias = tuple[ModulePath, str, str, str]


class NamedInstances:
    """The instances of every resource, as expressions see them."""

    def __init__(self, declarations: Declarations, resources: PlanResources) -> None:
        self._plan = declarations.plan
        self._declarations = declarations
        self._resources = resources
        self._referents: dict[_Resource, Seen] = {}

    def referent(self, module: ModulePath, mode: str, resource_type: str, name: str) -> Seen:
        """Return the value of a resource's name: an instance, or the list or map of its instances."""
        # NOTE: each of its instances may need it; building it each time would take quadratic time.
        asked = module, mode, resource_type, name
        if asked not in self._referents:
            self._referents[asked] = self._referent(*asked)
        return self._referents[asked]

    def _referent(self, module: ModulePath, mode: str, resource_type: str, name: str) -> Seen:
        siblings = self._plan.siblings(module, mode, resource_type, name)
        found: dict[InstanceKey, Address] = {
            each.address.key: each.address for each in siblings if each.after is not None
        }
        for prior in self._plan.data_siblings(module, resource_type, name) if mode == "data" else ():
            found.setdefault(prior.address.key, prior.address)
        if not found:
            return self._absent(Address(module, mode, resource_type, name))
        if list(found) == [None]:
            return InstanceReferent(self._resources, found[None])
        numbers = sorted(key for key in found if isinstance(key, int))
        if len(numbers) == len(found):
            return ResourceReferent(self._resources, [found[key] for key in numbers])
        return ResourceReferent(self._resources, {str(key): address for key, address in found.items()})

    def _absent(self, address: Address) -> Seen:
        """Return the value of a resource without instances: none, or something that the plan does not show."""
        config = self._declarations.config_resource(address)
        block = self._declarations.block(address)
        counted = (config and config.count_expression is not None) or (block and block.attribute("count") is not None)
        mapped = (config and config.for_each_expression is not None) or (block and block.attribute("for_each"))
        if not self._plan.is_redacted:
            if block and block.switch() is not None:
                return None  # it is not enabled
            if counted or mapped:
                return ResourceReferent(self._resources, [] if counted else {})
        return Unknown(symbol=Symbol(str(address)), reason=f"{address} is not in the plan")
