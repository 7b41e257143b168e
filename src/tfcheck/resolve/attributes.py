"""The interface of the resolver for the other modules here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.plan import Plan
from tfcheck.resolve.declarations import Declarations
from tfcheck.resolve.evaluation import Evaluation
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.resolve.module_values import ModuleNames


class Attributes(Protocol):
    """The attributes of every resource instance of one plan, and their sources."""

    plan: Plan
    declarations: Declarations
    evaluation: Evaluation
    names: ModuleNames

    def attribute(self, address: Address, name: str) -> Value:
        """Return the value of an attribute after the change; None if it is not set or the instance is gone."""

    def evaluate(self, address: Address, name: str) -> Value:
        """Evaluate an argument from the sources even if the plan knows it; None if it is not written."""

    def is_configured(self, address: Address, name: str) -> bool | None:
        """Whether an argument is written for this resource; None if that is unknown."""

    def block(self, address: Address) -> Block | None:
        """Return the block that declares a resource, if the sources contain it."""

    def scope_of(self, address: Address) -> Scope:
        """Return the names that the arguments of an instance can use."""

    def module_scope(self, module: ModulePath) -> Scope:
        """Return the names that all expressions of a module instance can use."""

    def surroundings(self, address: Address) -> Surroundings:
        """Return the partition, region and account of an instance."""

    def assume(self, assumption: str) -> None:
        """Record an assumption for the report, once."""
