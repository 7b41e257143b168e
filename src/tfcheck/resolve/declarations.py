"""Find where the sources and the plan's configuration declare resources and modules, and which of that is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tfcheck.hcl.syntax.expression import Place
from tfcheck.plan import ConfigModule, ConfigResource, ModuleCall, Plan
from tfcheck.vocabulary.address import Address, DeposedAddress, ForgottenAddress, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Module, Sources
    from tfcheck.hcl.syntax.block import Block


_Modules: TypeAlias = tuple[str, ...]

DOCUMENT = "aws_iam_policy_document"
CHANGED = "the sources have changed here since the plan was made: run `terraform plan` again"


class Doubted(msgspec.Struct, frozen=True):
    """A part that is written once for all instances of a module.

    `kind` is `argument` of a resource, `provider` for an argument of one, `var` (a call's value), `default`, `local`,
    `output`, `file`, `directory`, or `repetition` of a module call.
    """

    kind: str
    module: _Modules
    name: str = ""
    argument: str = ""

    def __str__(self) -> str:
        """Format it so that a reader can find it in the sources."""
        prefix = "".join(f"module.{each}." for each in self.module)
        match self.kind:
            case "argument":
                return f"{prefix}{self.name}.{self.argument}"
            case "var":
                return f"{prefix}{self.name}"
            case "repetition":
                return f"{prefix}for_each"
            case "provider":
                return f"provider.{self.name}.{self.argument}"
            case "default":
                return f"the default of {prefix}var.{self.name}"
            case "file" | "directory":
                return f"{self.kind} `{self.name}`"
            case _:
                return f"{prefix}{self.kind}.{self.name}"


class Declarations:
    """The declarations of one plan's sources and configuration; `doubts` are the contradicted parts."""

    def __init__(self, plan: Plan, sources: Sources | None, doubts: Iterable[Doubted]) -> None:
        self.plan = plan
        self.sources = sources
        self.doubts = frozenset(doubts)
        self._config_resources: dict[Address, ConfigResource | None] = {}
        self._config_modules: dict[ModulePath, ConfigModule | None] = {}

    def is_doubted(self, kind: str, module: _Modules, name: str = "", argument: str = "") -> bool:
        """Whether this part of the sources is not believed."""
        return bool(self.doubts) and Doubted(kind, module, name, argument) in self.doubts

    def module_sources(self, module: ModulePath) -> Module | None:
        """Return the sources of a module, if available."""
        return self.sources.module(module.config) if self.sources else None

    def source_texts(self) -> Iterator[str]:
        """Yield the text of every available source file of the plan's modules."""
        for path in {each.config for each in self.plan.module_instances()} | {()}:
            module = self.sources.module(path) if self.sources else None
            for file in module.files if module else ():
                yield file.source.text

    def source_line(self, place: Place) -> str:
        """Return a line of the sources; empty if they are not available."""
        return self.sources.line(place) if self.sources else ""

    def block(self, address: Address) -> Block | None:
        """Return the block that declares a resource, or calls a module, if the sources contain it."""
        is_former = isinstance(address, (DeposedAddress, ForgottenAddress))
        module = None if is_former else self.module_sources(address.module)
        if module is not None and address.type == "module":
            return module.call(address.name)
        return module.resource(address.mode, address.type, address.name) if module else None

    def call_block(self, module: ModulePath) -> Block | None:
        """Return the block that calls a module, if the sources contain it."""
        parent = self.module_sources(module.parent)
        return parent.call(module.steps[-1].name) if parent else None

    def config_module(self, module: ModulePath) -> ConfigModule | None:
        """Return a module in the plan's configuration."""
        if module not in self._config_modules:
            root = self.plan.configuration
            self._config_modules[module] = root.descendant(module.config) if root else None
        return self._config_modules[module]

    def config_resource(self, address: Address) -> ConfigResource | None:
        """Return a resource in the plan's configuration."""
        if address not in self._config_resources:
            module = self.config_module(address.module)
            self._config_resources[address] = module.resources.get(address.resource) if module else None
        return self._config_resources[address]

    def config_call(self, module: ModulePath) -> ModuleCall | None:
        """Return a module call in the plan's configuration."""
        parent = self.config_module(module.parent)
        return parent.calls.get(module.steps[-1].name) if parent else None
