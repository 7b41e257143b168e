"""The names that are in scope in one module instance, and the instances that they mean.

Values come from the plan if it knows them, otherwise from the sources or the plan's configuration. A value that cannot
be evaluated has a symbol of its own, so that it equals itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeAlias

from tfcheck.hcl.evaluate.alternatives import choose
from tfcheck.hcl.evaluate.scope import EvaluationError, Referent, Seen
from tfcheck.hcl.evaluate.types import Type
from tfcheck.resolve.declarations import DOCUMENT, Declarations
from tfcheck.resolve.evaluation import evaluate_all
from tfcheck.symbolic.marks import apply_mask
from tfcheck.symbolic.sensitive_text import shown_key
from tfcheck.symbolic.symbol import Owner, Symbol
from tfcheck.symbolic.value import OneOf, Set, TextLike, Unknown, Value
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath


class PlanResources(Protocol):
    """The resources of a plan, as expressions see them."""

    def resource(self, module: ModulePath, mode: str, resource_type: str, name: str) -> Seen:
        """Return the value of a resource's name: an instance, or the list or map of its instances."""

    def attribute(self, address: Address, name: str) -> Value:
        """Return the value of an attribute of a resource instance."""

    def attribute_names(self, address: Address) -> Sequence[str] | None:
        """Return the attributes of a resource instance; None if it is not in the plan."""

    def mask(self, address: Address, name: str) -> object:
        """Return the sensitivity mask of an attribute: true, or a mask of its elements."""


class Names(Protocol):
    """The named values in the modules of a plan."""

    resources: PlanResources
    workspace: Value

    def variable(self, module: ModulePath, name: str) -> Seen:
        """Return the value of an input variable in one module instance."""

    def variable_type(self, module: ModulePath, name: str) -> Type | None:
        """Return the declared type of an input variable, or None if it is not known."""

    def local(self, module: ModulePath, name: str) -> Seen:
        """Return a local value of one module instance."""

    def output(self, module: ModulePath, name: str) -> Seen:
        """Return an output of one module instance; an EvaluationError if the module definitely has no such output."""

    def output_names(self, module: ModulePath) -> Sequence[str] | None:
        """Return a module's outputs; None if neither sources nor configuration show them."""

    def call(self, module: ModulePath, name: str) -> Seen:
        """Return the value of `module.name`: one module instance, or the list or map of them."""

    def path(self, module: ModulePath, name: str) -> Seen:
        """Return `path.module`, `path.root` or `path.cwd`."""

    def read_file(self, path: str) -> bytes | None:
        """Read a source file; None if it is not available."""

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        """Return source files; None if they are not available."""


class ModuleScope:
    """The names that all expressions of one module instance can use."""

    def __init__(self, names: Names, module: ModulePath) -> None:
        self._names = names
        self.module = module
        self.read_file, self.list_files = names.read_file, names.list_files

    def lookup(self, root: str, name: str) -> Seen:
        match root:
            case "var":
                return self._names.variable(self.module, name)
            case "local":
                return self._names.local(self.module, name)
            case "module":
                return self._names.call(self.module, name)
            case "path":
                return self._names.path(self.module, name)
            case "terraform" | "tofu":
                return self._names.workspace if name == "workspace" else self._unknown_name(root, name)
            case "each" | "count" | "self":
                return self._unknown_name(root, name)
            case _:
                mode, _, resource_type = root.rpartition(".")
                return self._names.resources.resource(self.module, mode or "managed", resource_type, name)

    def declared_type(self, name: str) -> Type | None:
        return self._names.variable_type(self.module, name)

    def _unknown_name(self, root: str, name: str) -> Seen:
        return Unknown(reason=f"`{root}.{name}` is not known here")


class InstanceScope(ModuleScope):
    """The names that the expressions of one resource instance or module call can use."""

    def __init__(self, names: Names, module: ModulePath, key: InstanceKey, elements: Elements) -> None:
        """Build for the block whose instance has this `key`; `elements` is the collection of its `for_each`."""
        super().__init__(names, module)
        self._key = key
        self._elements = elements

    def lookup(self, root: str, name: str) -> Seen:
        if root == "count" and name == "index" and isinstance(self._key, int):
            return self._key
        if root == "each" and name == "key" and isinstance(self._key, str):
            return self._key
        if root == "each" and name == "value" and isinstance(self._key, str):
            return self._elements.value(self._key)
        return super().lookup(root, name)


_COLLECTION, _ABSENT = (dict, list, Set), "the sources contain no such element"


class Elements:
    """The collection of a `for_each`."""

    def __init__(self, owner: Owner, collection: Callable[[], Seen]) -> None:
        """Build from the owner of unknown elements, and a function that evaluates the collection."""
        self._owner = owner
        self._collection = collection

    def value(self, key: str) -> Seen:
        """Return the element of `key`; in a set it is the key itself."""
        collection = self._collection()
        match collection:
            case Set() | list():
                return key
            case dict():
                return collection.get(key, self._unknown(_ABSENT))
            case OneOf() if collection.values and all(isinstance(each, _COLLECTION) for each in collection.values):
                # NOTE: the instance exists, so its collection has the key.
                having = [each for each in collection.values if not isinstance(each, dict) or key in each]
                found = [each[key] if isinstance(each, dict) else key for each in having]
                return choose(found, self._unknown(collection.reason)) if found else self._unknown(_ABSENT)
            case Unknown():
                return self._unknown(collection.reason)
            case Referent():
                return collection.member(key)
            case _:
                return self._unknown("for_each is not a collection")

    def _unknown(self, reason: str) -> Unknown:
        return Unknown(symbol=Symbol(self._owner, ("each", "value")), reason=reason)


class InstanceReferent:
    """One resource instance as the object of its attributes."""

    def __init__(self, resources: PlanResources, address: Address) -> None:
        self._resources = resources
        self.address = address

    def member(self, key: str | int) -> Seen:
        """Return one attribute; an EvaluationError for a number, since a resource is not a list."""
        if not isinstance(key, str):
            raise EvaluationError(f"{self.address} is not a list")
        value = self._resources.attribute(self.address, key)
        # NOTE: texts keep their marks, also if the plan marks only a part.
        mask = None if isinstance(value, TextLike) else self._resources.mask(self.address, key)
        if not mask:
            return value
        from tfcheck.hcl.evaluate.elements import gather
        from tfcheck.hcl.evaluate.marking import mark

        found: Seen = apply_mask(value, mask, mark, gather)  # bools and null as well
        return found

    def keys(self) -> Sequence[str] | None:
        return self._resources.attribute_names(self.address)

    def evaluate(self) -> Value:
        return {name: self._resources.attribute(self.address, name) for name in self.keys() or ()}


class ResourceReferent:
    """A resource with `count` or `for_each`: the list or map of its instances."""

    def __init__(self, resources: PlanResources, instances: dict[str, Address] | list[Address]) -> None:
        """Build for `instances`: by key for `for_each`, in order for `count`."""
        self._resources = resources
        self._instances = instances

    def member(self, key: str | int) -> Seen:
        try:
            if isinstance(self._instances, dict):
                return InstanceReferent(self._resources, self._instances[str(key)])
            index = int(key)
            if index < 0:
                raise IndexError(index)
            return InstanceReferent(self._resources, self._instances[index])
        except (KeyError, IndexError, ValueError):
            raise EvaluationError(f"the plan has no instance {shown_key(key)}") from None

    def keys(self) -> Sequence[str] | int:
        return len(self._instances) if isinstance(self._instances, list) else sorted(self._instances)

    def evaluate(self) -> Value:
        if isinstance(self._instances, list):
            return [InstanceReferent(self._resources, each).evaluate() for each in self._instances]
        return {key: InstanceReferent(self._resources, each).evaluate() for key, each in self._instances.items()}


class ModuleReferent:
    """One module instance as the object of its outputs."""

    def __init__(self, names: Names, module: ModulePath) -> None:
        self._names = names
        self.module = module

    def member(self, key: str | int) -> Seen:
        return self._names.output(self.module, str(key))

    def keys(self) -> Sequence[str] | None:
        return self._names.output_names(self.module)

    def evaluate(self) -> Value:
        return {name: evaluate_all(self._names.output(self.module, name)) for name in self.keys() or ()}


class CallReferent:
    """A module called with `count` or `for_each`: the list or map of its instances."""

    def __init__(self, names: Names, parent: ModulePath, name: str, keys: list[str] | int) -> None:
        """Build for the call `name` in `parent` with these instance keys."""
        self._names = names
        self._parent = parent
        self._name = name
        self._keys = keys

    def member(self, key: str | int) -> Seen:
        found: InstanceKey = key
        if isinstance(self._keys, int):
            # NOTE: the plan may have keys where changed sources have a number.
            with suppress(ValueError):
                found = int(key)
            is_there = isinstance(found, int) and 0 <= found < self._keys
        else:
            is_there = found in self._keys
        if not is_there:
            raise EvaluationError(f"module.{self._name} has no instance {shown_key(key)}")
        return ModuleReferent(self._names, self._parent.child(self._name, found))

    def keys(self) -> Sequence[str] | int:
        return self._keys

    def evaluate(self) -> Value:
        if isinstance(self._keys, int):
            return [evaluate_all(self.member(index)) for index in range(self._keys)]
        return {key: evaluate_all(self.member(key)) for key in self._keys}


#: A resource in one module instance, without a key.
_Resource: TypeAlias = tuple[ModulePath, str, str, str]


class NamedInstances:
    """The instances of every resource, as expressions see them."""

    def __init__(
        self, declarations: Declarations, resources: PlanResources, may_lack: Callable[[Address], bool]
    ) -> None:
        """Build for one plan; `may_lack` is whether it may lack instances of a block in one module instance."""
        self._may_lack = may_lack
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
        address = Address(module, mode, resource_type, name)
        if not found:
            return self._absent(address)
        if list(found) == [None]:
            return InstanceReferent(self._resources, found[None])
        if self._may_lack(address):
            return Unknown(symbol=Symbol(address), reason=f"the plan may not list every instance of {address}")
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
        if self._plan.shows_configuration and not self._may_lack(address):
            if block and block.switch() is not None:
                return None  # it is not enabled
            if counted or mapped:
                return ResourceReferent(self._resources, [] if counted else {})
        if block is not None and (address.mode, address.type) == ("data", DOCUMENT):
            return InstanceReferent(self._resources, address)  # it is evaluated where a filtered plan does not list it
        return Unknown(symbol=Symbol(address), reason=f"{address} is not in the plan")
