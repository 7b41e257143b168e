"""Addresses of resources and modules.

Follows Terraform's resource address syntax (https://developer.hashicorp.com/terraform/cli/state/resource-addressing).
"""

from __future__ import annotations

import re
import sys
from functools import cached_property
from typing import TypeAlias

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.symbol import Owner
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.errors import InputError

InstanceKey: TypeAlias = int | str | None

_NAME = regex(r"[^\W\d][\w-]*")
_INDEX = regex(r"\[(-?\d+)\]")
_QUOTED = regex(r'\["((?:[^"\\]++|\\.)*+)"\]', re.DOTALL)
_ESCAPE = regex(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\$\$\{|%%\{", re.DOTALL)
_JSON_ESCAPES = {"b": "\b", "f": "\f"}
_PAIR = regex(r"[\ud800-\udbff][\udc00-\udfff]")
_SPECIAL = regex(r"[^ !#-\[\]-~]")
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class ModuleStep(msgspec.Struct, frozen=True):
    """One step of a module path: the call's name and the instance key."""

    name: str
    key: InstanceKey = None

    def __str__(self) -> str:
        """Format it like Terraform: `module.web["eu"]`."""
        return f"module.{self.name}{_key_text(self.key)}"


class ModulePath(msgspec.Struct, frozen=True):
    """A module instance; the root module has no steps."""

    steps: tuple[ModuleStep, ...] = ()

    def __str__(self) -> str:
        """Format it like Terraform; the root is an empty string."""
        return ".".join(map(str, self.steps))

    @property
    def config(self) -> tuple[str, ...]:
        """The module's address in the configuration: the calls without instance keys."""
        return tuple(step.name for step in self.steps) if self.steps else ()

    @property
    def parent(self) -> ModulePath:
        """The module instance that calls this one."""
        return ModulePath(self.steps[:-1])

    @property
    def call(self) -> Address:
        """The address of the module's call, which may be repeated like a resource."""
        return Address(self.parent, "managed", "module", self.steps[-1].name, self.steps[-1].key)

    def child(self, name: str, key: InstanceKey = None) -> ModulePath:
        """Return the instance `key` of this module's call `name`."""
        return ModulePath((*self.steps, ModuleStep(name, key)))


class Address(Owner, frozen=True, dict=True, cache_hash=True):
    """The absolute address of one resource instance: `module.a["x"].aws_iam_role.exec[0]`."""

    module: ModulePath
    mode: str
    type: str
    name: str
    key: InstanceKey = None

    def __str__(self) -> str:
        """Format it like Terraform, so that it can be parsed again."""
        return self._text

    @cached_property
    def _text(self) -> str:
        prefix = f"{self.module}." if self.module.steps else ""
        return f"{prefix}{self.resource}{_key_text(self.key)}"

    @property
    def resource(self) -> str:
        """The resource's address in its module: `aws_iam_role.exec`, `data.aws_iam_role.exec`."""
        mode = "" if self.mode == "managed" else f"{self.mode}."
        return f"{mode}{self.type}.{self.name}"

    @cached_property
    def config(self) -> str:
        """The resource's address in the configuration, without any instance key."""
        calls = "".join(f"module.{name}." for name in self.module.config)
        return calls + self.resource

    def instance(self, key: InstanceKey) -> Address:
        """Return the instance of the same resource with this `key`."""
        return Address(self.module, self.mode, self.type, self.name, key)


class OtherStackAddress(Address, frozen=True, dict=True):
    """The address of an instance in another stack, which equals no address of this plan."""

    stack: str = ""

    @cached_property
    def _text(self) -> str:
        prefix = f"{self.module}." if self.module.steps else ""
        return f"{self.stack}: {prefix}{self.resource}{_key_text(self.key)}"


class DeposedAddress(Address, frozen=True, dict=True):
    """The address of an object that an earlier apply replaced and could not delete."""

    deposed: str = ""

    @cached_property
    def _text(self) -> str:
        return f"{self.instance(self.key)} (deposed object {self.deposed})"


class ForgottenAddress(Address, frozen=True, dict=True):
    """The former address of an object that stays in AWS while the change creates another one there."""

    @cached_property
    def _text(self) -> str:
        return f"{self.instance(self.key)} (forgotten)"


class ModuleValue(Owner, frozen=True):
    """The values of one kind in a module instance: `var`, `local`, `path`; empty for its outputs."""

    module: ModulePath
    kind: str = ""

    def __str__(self) -> str:
        """Format it like Terraform: `module.web["eu"].var`; the outputs of the root are those of `module`."""
        return ".".join(filter(None, (str(self.module), self.kind))) or "module"


def other_stack_address(address: Address, stack: str) -> OtherStackAddress:
    """Return the address of an instance in another stack."""
    return OtherStackAddress(address.module, address.mode, address.type, address.name, address.key, stack)


def forgotten_address(address: Address) -> ForgottenAddress:
    """Return the address of what a change leaves behind at an address."""
    return ForgottenAddress(address.module, address.mode, address.type, address.name, address.key)


def parse(written: str) -> Address:
    """Parse an absolute resource instance address.

    Raises:
        InputError: `written` is not one.
    """
    reader = _AddressReader(written)
    module = reader.module_path()
    mode = "managed"
    first = reader.name()
    if first in ("data", "ephemeral") and reader.is_at("."):
        mode = {"data": "data", "ephemeral": "ephemeral"}[first]
        reader.take(".")
        first = reader.name()
    reader.take(".")
    name = reader.name()
    key = reader.key()
    reader.end()
    return Address(module, mode, first, name, key)


def address_in(written: str | None) -> Address | None:
    """Return the address in a text; None if it is not one."""
    try:
        return parse(written) if written else None
    except InputError:
        return None


def owner_of(value: object) -> Address | None:
    """Return the resource of this plan whose attribute an unknown value is; None if it is something else."""
    owner = value.symbol.owner if isinstance(value, Unknown) and value.symbol is not None else None
    return owner if type(owner) is Address else None


def parse_module(written: str) -> ModulePath:
    """Parse an absolute module instance address; an empty string is the root.

    Raises:
        InputError: `written` is not one.
    """
    reader = _AddressReader(written)
    path = reader.module_path()
    reader.end()
    return path


class _AddressReader:
    """A cursor over the text of an address."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.position = 0

    def module_path(self) -> ModulePath:
        steps: list[ModuleStep] = []
        while self.written.startswith("module.", self.position):
            self.position += len("module.")
            name = self.name()
            steps.append(ModuleStep(name, self.key()))
            if self.position < len(self.written):
                self.take(".")
        return ModulePath(tuple(steps))

    def is_at(self, mark: str) -> bool:
        return self.written.startswith(mark, self.position)

    def take(self, mark: str) -> None:
        if not self.is_at(mark):
            raise self.error()
        self.position += len(mark)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.written, self.position)
        if not found:
            raise self.error()
        self.position = found.end()
        return found

    def name(self) -> str:
        return self.match(_NAME)[0]

    def key(self) -> InstanceKey:
        if not self.is_at("["):
            return None
        found = _INDEX.match(self.written, self.position)
        if found:
            self.position = found.end()
            return int(found[1])
        return unescape(self.match(_QUOTED)[1])

    def end(self) -> None:
        if self.position != len(self.written):
            raise self.error()

    def error(self) -> InputError:
        return InputError(
            f"`{self.written}` is not a resource instance address",
            hint='write it as Terraform does: module.web["eu"].aws_iam_role.execution[0]',
        )


def unescape(written: str) -> str:
    """Undo the escapes in a quoted string of Terraform's language, and those of JSON."""
    plain = _ESCAPE.sub(_unescape, written)
    return _PAIR.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), plain)


def _unescape(found: re.Match[str]) -> str:
    escaped = found[1]
    if escaped is None:
        return found[0][1:]
    if escaped[0] in "uU" and len(escaped) > 1:
        number = int(escaped[1:], 16)
        return chr(number) if number <= sys.maxunicode else found[0]
    return _PLAIN_ESCAPES.get(escaped) or _JSON_ESCAPES.get(escaped, escaped)


def _key_text(key: InstanceKey) -> str:
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    return '["' + escape(key).replace("${", "$${").replace("%{", "%%{") + '"]'


def escape(literal: str) -> str:
    """Escape what a quoted string of Terraform's language cannot contain, and what is not printable."""
    return _SPECIAL.sub(lambda found: _escape(found[0]), literal)


def _escape(char: str) -> str:
    for letter, plain in _PLAIN_ESCAPES.items():
        if char == plain:
            return "\\" + letter
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
