"""Evaluate the arguments of provider configurations, and find the instance that a resource uses.

A plan names only the block. The sources show which of its instances is used, at the resource or at the call of its
module (https://opentofu.org/docs/language/providers/configuration/). Of an argument, the plan's configuration contains
the constant, or only the references
(https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tfcheck.hcl.syntax.expression import Attribute, Expression, Index, Literal, ObjectOf, Variable
from tfcheck.plan import constant
from tfcheck.plan.configuration import ProviderConfig
from tfcheck.plan.overlay import references_in
from tfcheck.resolve import configuration_refs
from tfcheck.resolve.blocks import block_values
from tfcheck.symbolic.symbol import ProviderConfiguration
from tfcheck.symbolic.value import Unknown, Value, is_known
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.grouping import group_by_key

if TYPE_CHECKING:
    from tfcheck.hcl.evaluate.scope import Scope
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.resolve.attributes import Attributes


#: Arguments that decide on a provider configuration's credentials.
CREDENTIALS = (
    "access_key",
    "secret_key",
    "token",
    "profile",
    "shared_credentials_file",
    "shared_credentials_files",
    "shared_config_files",
    "assume_role",
    "assume_role_with_web_identity",
)


class ProviderInstances:
    """The instances of the provider configurations of one plan, by distinct keys."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._repeated: dict[str, bool] = {}
        self._keys: dict[tuple[str, Address], str] = {}
        self._instances: dict[str, tuple[str, str | None]] = {}

    def key_of(self, block: str | None, address: Address) -> str:
        """Return the key of the provider instance that a resource uses; one of its own if it is open which that is."""
        if block is None:
            key = f"aws[{address}]"
            self._instances[key] = "", None
            return key
        config = self._attributes.plan.provider_configs.get(block)
        if block not in self._repeated:
            self._repeated[block] = config is not None and _names_instance(config, *(config.expressions or {}))
        if config is None or not self._repeated[block]:
            return block
        if (block, address) not in self._keys:
            instance = self._instance(config, address)
            key = f"{block}[{json.dumps(instance)}]" if instance is not None else f"{block}[{address}]"
            self._instances[key] = block, instance
            self._keys[block, address] = key
        return self._keys[block, address]

    def written_key(self, address: Address) -> str | None:
        """Return the key of the provider configuration that the sources name; None if they do not name one."""
        block, module = self._attributes.block(address), address.module
        argument = block.attribute("provider") if block is not None else None
        name = _name(argument) if argument is not None else "aws"
        if block is None or not name:
            return None
        while module.steps:
            call = self._attributes.declarations.call_block(module)
            written = _passed_provider(call, name)
            if call is None or (written is None and name != "aws"):
                return f"{module}:{name}"
            if written is not None and not _name(written):
                return None
            name, module = _name(written) or name, module.parent
        return name

    def block_of(self, key: str) -> str:
        """Return the key of the block of an instance; empty if it is open which one that is."""
        return self._instances.get(key, (key, None))[0]

    def key_with_account(self, key: str) -> str:
        """Return the key of the block of an instance, if all its instances use the same credentials."""
        if key not in self._instances:
            return key
        block, _ = self._instances[key]
        if not block or _names_instance(self._attributes.plan.provider_configs[block], *CREDENTIALS):
            return key
        return block

    def is_open(self, key: str) -> bool:
        """Whether it is unknown which instance this is."""
        return key in self._instances and self._instances[key][1] is None

    def scope(self, key: str, module: ModulePath, block: Block) -> Scope:
        """Return the names that the arguments of a provider configuration can use."""
        instance = self._instances.get(key, (key, None))[1]
        if instance is None:
            return self._attributes.module_scope(module)
        return self._attributes.names.instance_scope(
            module, instance, ProviderConfiguration(key), block.attribute("for_each"), None
        )

    def _instance(self, config: ProviderConfig, address: Address) -> str | None:
        """Evaluate the key of an instance at the resource, or where a module is called."""
        attributes, module = self._attributes, address.module
        block = attributes.block(address)
        if block is None:
            return None
        written, scope = block.attribute("provider"), attributes.scope_of(address)
        while not isinstance(written, Index):
            name = _name(written) or config.name
            call = attributes.declarations.call_block(module) if module.steps else None
            written = _passed_provider(call, name)
            if call is None or (written is None and name != config.name):
                return None
            scope, module = attributes.names.call_scope(module), module.parent
        key = attributes.evaluation.evaluate(written.key, scope)
        return key if isinstance(key, str) and _name(written.source) == f"{config.name}.{config.alias}" else None


def _names_instance(config: ProviderConfig, *arguments: str) -> bool:
    """Whether one of some arguments refers to `each`."""
    expressions = config.expressions or {}
    written = [expressions[each] for each in arguments if each in expressions]
    return any(each.startswith("each.") for each in references_in(written))


def _passed_provider(call: Block | None, name: str) -> Expression | None:
    """Return the provider configuration that a call passes to a module under a name; None if it passes none."""
    providers = call.attribute("providers") if call is not None else None
    passed = providers.items if isinstance(providers, ObjectOf) else ()
    return next((value for key, value in passed if _name(key) == name), None)


def _name(written: Expression | None) -> str:
    """Return the name of a provider configuration, `aws` or `aws.west`; empty for anything else."""
    match written:
        case Variable(name=name) | Literal(value=str(name)):
            return name
        case Attribute(source=Variable(name=name), name=alias):
            return f"{name}.{alias}"
        case _:
            return ""


class ProviderArguments:
    """The arguments of all provider configurations of one plan, by the key that resources use."""

    def __init__(self, attributes: Attributes, instances: ProviderInstances) -> None:
        self._attributes = attributes
        self._instances = instances
        self._found: dict[tuple[str, str], Value] = {}
        self._credentials: dict[str, str] = {}
        self._alike: dict[str, list[str]] | None = None
        self._evaluating = 0

    def value(self, key: str, name: str) -> Value:
        """Return an argument, or nested blocks as a list of objects; None if it is not written."""
        if (key, name) not in self._found:
            # NOTE: a provider may assume a role that another one creates, whose ARN needs all providers again.
            self._found[key, name] = Unknown(reason="the provider configuration leads back to itself")
            self._evaluating += 1
            self._found[key, name] = self._value(key, name)
            self._evaluating -= 1
        return self._found[key, name]

    def credentials(self, key: str) -> str:
        """Return a text that two configurations share only if they use the same credentials."""
        if key in self._credentials:
            return self._credentials[key]
        parts: list[object] = []
        for name in CREDENTIALS:
            value = self.value(key, name)
            symbol = value.symbol if isinstance(value, Unknown) else None
            # What is unknown without a symbol is equal to nothing else.
            unknown = str(symbol) if symbol is not None else f"{key}.{name}"
            parts.append(str(value) if is_known(value) else {"symbol": unknown})
        found = json.dumps(parts)
        if not self._evaluating:
            self._credentials[key] = found
        return found

    def by_credentials(self, keys: Callable[[], Iterable[str]]) -> dict[str, list[str]]:
        """Group all configurations by their credentials."""
        if self._alike is not None:
            return self._alike
        found = group_by_key((self.credentials(each), each) for each in keys())
        # NOTE: while an argument is evaluated for that of another configuration, not all are known yet.
        self._alike = None if self._evaluating else found
        return found

    def has_credentials(self, key: str) -> bool:
        """Whether a configuration sets credentials."""
        return any(self.value(key, name) not in (None, []) for name in CREDENTIALS)

    def _value(self, key: str, name: str) -> Value:
        """Evaluate an argument in the sources; where they are missing or doubted, return the configuration's value."""
        attributes, block_key = self._attributes, self._instances.block_of(key)
        if not block_key:
            return Unknown(reason="the plan does not show the provider configuration")
        config = attributes.plan.provider_configs.get(block_key)
        if config is None:
            return None
        module = ModulePath()
        for step in (config.module_address or "").split(".")[1::2]:
            module = module.child(step)
        sources = attributes.declarations.module_sources(module)
        block = sources.provider(config.name, config.alias) if sources else None
        if block is None or attributes.declarations.is_doubted("provider", (), block_key, name):
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
