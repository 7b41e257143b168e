"""Mark variables, outputs and attributes that the sources or the plan declare as sensitive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.plan import Plan
from tfcheck.vocabulary.address import Address, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.resolve.module_values import ModuleNames


def declared_variable(names: ModuleNames, module: ModulePath, name: str) -> Seen:
    """Return the value of a variable, marked where its declaration says so."""
    sources, config = names.module_sources(module), names.config_module(module)
    block = sources.variable(name) if sources else None
    known = config.variables.get(name) if config else None
    return _marked_if(
        (known is not None and known.sensitive) or _is_secret(block), names.unmarked_variable(module, name)
    )


def declared_output(names: ModuleNames, module: ModulePath, name: str) -> Seen:
    """Return the value of an output, marked where its declaration says so."""
    sources, config = names.module_sources(module), names.config_module(module)
    block = sources.output(name) if sources else None
    return _marked_if(
        (config is not None and config.marks_output(name)) or _is_secret(block), names.unmarked_output(module, name)
    )


def marks_attribute(plan: Plan, address: Address, name: str) -> bool:
    """Whether the plan marks all of an attribute as sensitive."""
    instance = plan.instance(str(address))
    prior = None if instance else plan.data(str(address))
    mask = instance.after_sensitive if instance else prior.sensitive if prior else None
    return mask is True or (isinstance(mask, dict) and mask.get(name) is True)


def _marked_if(condition: bool, value: Seen) -> Seen:
    if not condition:
        return value
    from tfcheck.hcl.evaluate.marking import mark  # the evaluator is loaded only where something is evaluated

    return mark(value)


def _is_secret(block: Block | None) -> bool:
    """Whether a block has `sensitive = true` or `ephemeral = true`."""
    from tfcheck.hcl.syntax.expression import Literal

    written = (block.attribute(each) for each in ("sensitive", "ephemeral")) if block else ()
    return any(isinstance(each, Literal) and each.value is True for each in written)
