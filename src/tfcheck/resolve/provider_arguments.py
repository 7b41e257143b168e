"""Evaluate the arguments of provider configurations, from the sources if available.

The plan's configuration keeps constants, and only the references of anything else
(https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tfcheck.plan import constant
from tfcheck.resolve import configuration_refs
from tfcheck.resolve.blocks import block_values
from tfcheck.resolve.provider_instances import CREDENTIALS, ProviderInstances
from tfcheck.symbolic.value import Unknown, Value, is_known
from tfcheck.vocabulary.address import ModulePath

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes


class ProviderArguments:
    """The arguments of all provider configurations of one plan, by the key that resources use."""

    def __init__(self, attributes: Attributes, instances: ProviderInstances) -> None:
        self._attributes = attributes
        self._instances = instances
        self._found: dict[tuple[str, str], Value] = {}

    def value(self, key: str, name: str) -> Value:
        """Return an argument, or nested blocks as a list of objects; None if it is not written."""
        if (key, name) not in self._found:
            # NOTE: a provider may assume a role that another one creates, whose ARN needs all providers again.
            self._found[key, name] = Unknown(reason="the provider configuration leads back to itself")
            self._found[key, name] = self._value(key, name)
        return self._found[key, name]

    def credentials(self, key: str) -> str:
        """Return a text that two configurations share only if they use the same credentials."""
        parts: list[object] = []
        for name in CREDENTIALS:
            value = self.value(key, name)
            symbol = value.symbol if isinstance(value, Unknown) else None
            # What is unknown without a symbol is equal to nothing else.
            unknown = str(symbol) if symbol is not None else f"{key}.{name}"
            parts.append(str(value) if is_known(value) else {"symbol": unknown})
        return json.dumps(parts)

    def has_credentials(self, key: str) -> bool:
        """Whether a configuration sets credentials."""
        return any(self.value(key, name) not in (None, []) for name in CREDENTIALS)

    def _value(self, key: str, name: str) -> Value:
        """Evaluate an argument in the sources; where they are missing or doubted, return the configuration's value."""
        attributes, block_key = self._attributes, self._instances.block_of(key)
        config = attributes.plan.provider_configs.get(block_key)
        if config is None:
            return None
        module = ModulePath()
        for step in (config.module_address or "").split(".")[1::2]:
            module = module.child(step)
        sources = attributes.declarations.module_sources(module)
        block = sources.provider(config.name, config.alias) if sources else None
        if block is None or attributes.declarations.doubts.is_doubted("provider", (), block_key, name):
            expressions = config.expressions or {}
            return _configured_value(expressions[name]) if name in expressions else None
        scope = self._instances.scope(key, module, block)
        expression = block.attribute(name)
        if expression is not None:
            return attributes.evaluation.evaluate(expression, scope)
        return block_values(attributes.evaluation, block, name, scope) if block.blocks(name) else None


def _configured_value(expression: Any) -> Value:
    """Return the proven value of an argument or of nested blocks in the configuration, where one is not a list."""
    is_constant, value = constant(expression)
    if is_constant:
        return value
    if isinstance(expression, list):
        return [_configured_block(each) for each in expression]
    if isinstance(expression, dict) and expression and "references" not in expression:
        return [_configured_block(expression)]
    return Unknown(reason=configuration_refs.unproven(expression))


def _configured_block(block: Any) -> Value:
    if not isinstance(block, dict):
        return Unknown(reason=configuration_refs.unproven(block))
    return {name: _configured_value(each) for name, each in block.items()}
