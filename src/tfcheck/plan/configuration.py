"""The `configuration` of a plan: the part of the sources that plans contain.

Follows https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation. It does not
contain values: an expression is a constant, or the list of the objects that occur in it, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern
from typing import Any, cast

import msgspec
from msgspec import Raw

from tfcheck.plan.document import Mode, decode, decoded_json, decoded_section, is_written, present
from tfcheck.symbolic.caching import Lazy
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value

_NOTHING = Raw()
#: A part of a text that HCL would evaluate; it cannot parse `${aws:username}` and `${*}`, which IAM would.
_TEMPLATE = regex(r"[$%]\{(?!\w+:|[*?$]\})")


class ProviderConfig(msgspec.Struct, frozen=True):
    """A provider block, as the `provider_config_key` of a resource names it."""

    name: str = ""
    full_name: str | None = None
    alias: str | None = None
    module_address: str | None = None
    expressions: dict[str, Any] | None = None


class VariableConfig(msgspec.Struct, frozen=True):
    """A variable block; `default` is valid only with `has_default`. An ephemeral variable is also sensitive."""

    default: Value
    has_default: bool
    sensitive: bool


class _ConfiguredResource(msgspec.Struct, gc=False):
    mode: Mode | None = None
    type: str = ""
    name: str = ""
    provider_config_key: str | None = None
    expressions: Raw = _NOTHING
    count_expression: Raw = _NOTHING
    for_each_expression: Raw = _NOTHING
    depends_on: Raw = _NOTHING
    provisioners: Raw = _NOTHING


class _Call(msgspec.Struct, gc=False):
    source: str | None = None
    expressions: Raw = _NOTHING
    count_expression: Raw = _NOTHING
    for_each_expression: Raw = _NOTHING
    module: _Module | None = None
    depends_on: Raw = _NOTHING


class _Output(msgspec.Struct, gc=False):
    expression: Raw = _NOTHING
    depends_on: Raw = _NOTHING
    sensitive: bool | None = None
    ephemeral: bool | None = None


class _Variable(msgspec.Struct, gc=False):
    default: Raw = _NOTHING
    sensitive: bool | None = None
    ephemeral: bool | None = None


class _Module(msgspec.Struct, gc=False):
    resources: list[_ConfiguredResource | None] | None = None
    module_calls: dict[str, _Call | None] | None = None
    outputs: dict[str, _Output | None] | None = None
    variables: dict[str, _Variable | None] | None = None


class Configuration(msgspec.Struct, gc=False):
    """The `configuration` of a plan."""

    root_module: _Module | None = None
    provider_config: Raw = _NOTHING


class _Repeated:
    """What resources and module calls have in common: arguments, repetition, order."""

    def __init__(self, address: str, row: _ConfiguredResource | _Call) -> None:
        self.address = address
        self._row = row

    @Lazy
    def expressions(self) -> dict[str, Any]:
        """Return the expression of each argument; a nested block is a list of such objects, or one."""
        raw = self._row.expressions
        return decode(raw, dict[str, Any], self._description) if present(raw) else {}

    @Lazy
    def count_expression(self) -> Any:
        """Return the expression of `count`, or None."""
        return decoded_json(self._row.count_expression, self._description)

    @Lazy
    def for_each_expression(self) -> Any:
        """Return the expression of `for_each`, or None, also for a call with only literals."""
        return decoded_json(self._row.for_each_expression, self._description)

    @property
    def is_repeated(self) -> bool:
        """Whether it has `count` or `for_each`, as far as a plan shows."""
        return present(self._row.count_expression) or present(self._row.for_each_expression)

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The references of `depends_on`."""
        return _references(self._row.depends_on, self._description)

    @property
    def _description(self) -> str:
        return f"`{self.address}` in the plan's configuration"


class ConfigResource(_Repeated):
    """A resource or data block, with the expressions of its arguments."""

    _row: _ConfiguredResource

    @property
    def mode(self) -> str:
        """`managed`, `data` or `ephemeral`."""
        return str(self._row.mode or Mode.MANAGED)

    @property
    def type(self) -> str:
        """The resource type."""
        return self._row.type

    @property
    def name(self) -> str:
        """The name of the block."""
        return self._row.name

    @property
    def provider_config_key(self) -> str:
        """The key of the effective provider configuration."""
        return self._row.provider_config_key or ""

    @property
    def shows_arguments(self) -> bool:
        """Whether it has `expressions`, which Terraform leaves out only if no argument is written."""
        return present(self._row.expressions)

    @property
    def has_provisioners(self) -> bool:
        """Whether it runs provisioners on creation."""
        return present(self._row.provisioners) and bytes(self._row.provisioners) != b"[]"


class ModuleCall(_Repeated):
    """A module block, with the expressions of its arguments and the called module."""

    _row: _Call

    @property
    def source(self) -> str:
        """The module's source as written."""
        return self._row.source or ""

    @Lazy
    def module(self) -> ConfigModule:
        """Return the called module."""
        return ConfigModule(self._row.module or _Module())


class ConfigModule:
    """A module as written: once per call, regardless of its instances."""

    def __init__(self, row: _Module) -> None:
        self._row = row

    @Lazy
    def resources(self) -> dict[str, ConfigResource]:
        """Return the resources by `TYPE.NAME` and `data.TYPE.NAME`."""
        found = {}
        for row in filter(None, self._row.resources or ()):
            row.type = intern(row.type)
            mode = "" if row.mode in (None, Mode.MANAGED) else f"{row.mode}."
            address = f"{mode}{row.type}.{row.name}"
            found[address] = ConfigResource(address, row)
        return found

    @Lazy
    def calls(self) -> dict[str, ModuleCall]:
        """Return the module calls by name."""
        rows = (self._row.module_calls or {}).items()
        return {name: ModuleCall(f"module.{name}", row or _Call()) for name, row in rows}

    def descendant(self, path: tuple[str, ...]) -> ConfigModule | None:
        """Return the module at the end of a path of calls; None if it is not in the plan."""
        found: ConfigModule | None = self
        for name in path:
            call = found.calls.get(name) if found else None
            found = call.module if call else None
        return found

    def all_calls(self) -> Iterator[ModuleCall]:
        """Yield the module calls of this module and of those that it calls."""
        for call in self.calls.values():
            yield call
            yield from call.module.all_calls()

    @Lazy
    def shows_arguments(self) -> bool:
        """Whether it shows arguments of any resource, also of the modules that it calls; filtered plans do not."""
        modules = (self, *(each.module for each in self.all_calls()))
        return any(resource.expressions for module in modules for resource in module.resources.values())

    @Lazy
    def outputs(self) -> dict[str, Any]:
        """Return the expression of each output."""
        rows = (self._row.outputs or {}).items()
        return {name: decoded_json(row.expression, f"output `{name}`") if row else None for name, row in rows}

    def output_depends_on(self, name: str) -> tuple[str, ...]:
        """Return the references of the `depends_on` of an output."""
        row = (self._row.outputs or {}).get(name)
        return _references(row.depends_on, f"output `{name}`") if row else ()

    def marks_output(self, name: str) -> bool:
        """Whether an output is declared as sensitive or ephemeral."""
        row = (self._row.outputs or {}).get(name)
        return row is not None and bool(row.sensitive or row.ephemeral)

    @Lazy
    def variables(self) -> dict[str, VariableConfig]:
        """Return the variables by name."""
        found = {}
        for name, written in (self._row.variables or {}).items():
            row = written or _Variable()
            default = decoded_json(row.default, f"variable `{name}`")
            # A default of null is a default: only a missing key makes a variable required.
            found[name] = VariableConfig(default, is_written(row.default), bool(row.sensitive or row.ephemeral))
        return found


def configuration(raw: Raw) -> Configuration:
    """Decode the `configuration` of a plan; a missing one has no root module."""
    return decoded_section(raw, Configuration, "the plan's configuration") if present(raw) else Configuration()


def _references(raw: Raw, description: str) -> tuple[str, ...]:
    return tuple(decode(raw, list[str], description)) if present(raw) else ()


def constant(expression: Any) -> tuple[bool, Value]:
    """Return whether an expression of `configuration` is a constant, and its value, which may be null.

    NOTE: for `.tf.json`, Terraform lists the text of each template as a constant, besides its references. One without
    references, `"${jsonencode([1])}"`, looks like the escaped text `"$${...}"` of a `.tf` file.
    """
    is_constant, value = constant_text(expression)
    return (False, None) if is_constant and _may_be_template(value) else (is_constant, value)


def constant_text(expression: Any) -> tuple[bool, Value]:
    """Return whether an expression has no references, and its constant: in `.tf.json`, the template."""
    if isinstance(expression, dict) and "constant_value" in expression and not references(expression):
        return True, cast("Value", expression["constant_value"])
    return False, None


def _may_be_template(value: Value) -> bool:
    match value:
        case str():
            return bool(_TEMPLATE.search(value))
        case list():
            return any(map(_may_be_template, value))
        case dict():
            return any(_may_be_template(name) or _may_be_template(item) for name, item in value.items())
        case _:
            return False


def references(expression: Any) -> tuple[str, ...]:
    """Return the references in an expression of `configuration`, the longest form of each first."""
    found = expression.get("references") if isinstance(expression, dict) else None
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
