"""One plan, indexed by address and type.

Resources are sorted by type in one pass; only those of the requested types are parsed and decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import msgspec

from tfcheck.plan import document as parts
from tfcheck.plan.configuration import ConfigModule, Configuration, ProviderConfig, configuration, constant_text
from tfcheck.plan.instance import Deposed, Instance, PriorData
from tfcheck.plan.overlay import parse_resource, references_in, strip_interpolation
from tfcheck.plan.row_addresses import Addresses
from tfcheck.plan.sensitive_texts import sensitive_in_plan, sensitive_in_state
from tfcheck.symbolic.marks import mark_all, marked_strings
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.grouping import group_by_key

#: Nested modules and keys are much shorter.
_LONGEST_ADDRESS = 100_000


class Plan:
    """One complete plan, or a state as one. `label` is the file's name, with `#2` for the second plan in one file."""

    def __init__(
        self, label: str, document: parts.Document, format_version: str, size: int = 0, *, is_state: bool = False
    ) -> None:
        """Build from a document that was recognised as a plan, and the size of its file in bytes."""
        self._is_state = is_state
        self.size = size
        self.label = label
        self.format_version = format_version
        self._document = document
        self._addresses = Addresses()
        self._managed: dict[tuple[str, str], _Index[Instance]] = {}
        self._read: dict[str, _Index[PriorData]] = {}
        self._references: dict[str, frozenset[str]] = {}

    def __repr__(self) -> str:
        """Return its name, never its values."""
        return f"<Plan {self.label}>"

    @cached_property
    def terraform_version(self) -> str:
        """The version of Terraform or OpenTofu that made it; empty if it is not recorded."""
        found = parts.decoded_json(self._document.terraform_version, "`terraform_version`")
        return found if isinstance(found, str) else ""

    @cached_property
    def planned_at(self) -> str:
        """When it was planned, in UTC as RFC 3339; empty before Terraform 1.5."""
        found = parts.decoded_json(self._document.timestamp, "`timestamp`")
        return found if isinstance(found, str) else ""

    @property
    def complete(self) -> bool:
        """Whether the plan covers everything, as far as it shows."""
        return self._document.complete is not False and not self._document.errored

    @property
    def states_no_completeness(self) -> bool:
        """Whether it does not say if it covers everything, as plans of OpenTofu and of Terraform before 1.8 do not."""
        return self._document.complete is None

    @property
    def is_redacted(self) -> bool:
        """Whether it is HCP Terraform's redacted form: no configuration, variables or prior state."""
        return parts.present(self._document.plan_format_version)

    @property
    def shows_configuration(self) -> bool:
        """Whether no configuration is missing: a redacted plan has none, and a tool may have removed it."""
        return self._is_state or (self.configuration is not None and not self.is_redacted)

    @property
    def shows_planned_values(self) -> bool:
        """Whether it shows its planned values, which list every object that `resource_changes` has."""
        return parts.present(self._document.planned_values)

    @property
    def has_changes(self) -> bool:
        """Whether it lists resources at all; a refresh-only or an empty plan does not."""
        return isinstance(self._document.resource_changes, list)

    @cached_property
    def variables(self) -> dict[str, Value]:
        """The root module's variables as passed, before defaults and conversions."""
        found = parts.decoded_json(self._document.variables, "the plan's variables")
        rows = found.items() if isinstance(found, dict) else ()
        return {name: row.get("value") if isinstance(row, dict) else None for name, row in rows}

    @cached_property
    def configuration(self) -> ConfigModule | None:
        """The root module's configuration, or None if the plan has none."""
        root = self._configuration.root_module
        return ConfigModule(root) if root else None

    @cached_property
    def provider_configs(self) -> dict[str, ProviderConfig]:
        """The provider configurations by the key that resources use."""
        raw, what = self._configuration.provider_config, "the providers in the plan's configuration"
        rows = parts.decode(raw, dict[str, ProviderConfig | None], what) if parts.present(raw) else {}
        for key, row in rows.items():
            parts.refuse_deep(row.expressions if row else None, f"provider `{key}` in the plan's configuration")
        return {key: row or ProviderConfig() for key, row in rows.items()}

    @cached_property
    def action_triggers(self) -> Mapping[str, set[str]]:
        """Index when resources invoke actions (`BeforeCreate`, `AfterUpdate`), by address without instance keys."""
        found: dict[str, set[str]] = {}
        rows = parts.decoded_json(self._document.action_invocations, "`action_invocations`")
        for row in rows if isinstance(rows, list) else ():
            trigger = row.get("lifecycle_action_trigger") if isinstance(row, dict) else None
            trigger = trigger if isinstance(trigger, dict) else {}
            address = self._addresses.find(str(trigger.get("triggering_resource_address")))
            if address is not None:
                found.setdefault(address.config, set()).add(str(trigger.get("action_trigger_event")))
        return found

    def secrets(self) -> frozenset[str]:
        """Return every string that the plan marks as sensitive, whether it is used or not."""
        return self._secrets

    @cached_property
    def _secrets(self) -> frozenset[str]:
        return frozenset(
            (
                *(text for value in self._sensitive_inputs() for text in marked_strings(mark_all(value))),
                *sensitive_in_plan(self._document),
                *self._prior.marked,
            )
        )

    def _sensitive_inputs(self) -> Iterator[Value]:
        """Yield the values of sensitive variables: the root module's, and the constants that calls pass."""
        if self.configuration:
            for name, each in self.configuration.variables.items():
                if each.sensitive:
                    yield self.variables.get(name, each.default)
            for call in self.configuration.all_calls():
                for name, each in call.module.variables.items():
                    if each.sensitive:
                        yield constant_text(call.expressions[name])[1] if name in call.expressions else each.default

    def with_rows(self, rows: Iterable[parts.ResourceChange], variables: Mapping[str, Value] | None) -> Plan:
        """Return a plan with some rows added, or replaced by address, and with other `variables` if any are given."""
        return _Amended(self, rows, variables)

    def types(self, mode: str = "managed") -> tuple[str, ...]:
        """Return the types of the managed resources in the plan, or of the data sources that the apply reads."""
        return tuple(kind for each, kind in self._rows if each == mode)

    def resource_types(self) -> frozenset[str]:
        """Return the types of all resources and data sources in the plan."""
        return frozenset(kind for _, kind in self._rows) | frozenset(self._prior.reads)

    def listed_addresses(self) -> Iterator[str]:
        """Yield the addresses of what is in the plan, as it writes them."""
        yield from (row.address for rows in self._rows.values() for row in rows)
        yield from (row.address for rows in self._prior.reads.values() for row in rows)

    def written_addresses(self) -> Iterator[str]:
        """Yield the addresses of what is in the plan, and those of what its configuration declares, in any module."""
        yield from self.listed_addresses()
        if self.configuration:
            yield from self.configuration.resources
            for call in self.configuration.all_calls():
                yield from (call.address, *call.module.resources)

    def instances(self, *types: str, mode: str = "managed") -> list[Instance]:
        """Return the instances of these resource types in the plan's order, including deleted ones."""
        return [each for kind in types for each in self._instances(mode, kind).by_address.values()]

    def each_instance(self, *types: str) -> Iterator[Instance]:
        """Yield the instances of these resource types, caching only types that are used otherwise."""
        for kind in types:
            known = self._managed.get(("managed", kind))
            rows = self._rows.get(("managed", kind), ())
            made = (Instance(self._addresses.build(row), row) for row in rows) if known is None else ()
            yield from made if known is None else known.by_address.values()

    @cached_property
    def changed_configs(self) -> frozenset[str]:
        """The addresses in the configuration of the resources and data sources that are in the rows."""
        rows = (row for (mode, _), each in self._rows.items() if mode in ("managed", "data") for row in each)
        return frozenset(map(self._addresses.config, rows))

    def deposed_objects(self, kind: str) -> list[Deposed]:
        """Return the deposed objects of a resource type, which an earlier apply could not delete."""
        return self._deposed_rows.get(kind, [])

    def instance(self, address: str) -> Instance | None:
        """Return the instance at an absolute address, or None if the plan has none."""
        found = self._addresses.find(address)
        return self._instances(found.mode, found.type).by_address.get(found) if found else None

    def siblings(self, module: ModulePath, mode: str, kind: str, name: str) -> list[Instance]:
        """Return all instances of the resource `kind.name` in one module instance."""
        return self._instances(mode, kind).by_resource.get((module, name), [])

    def data(self, address: str) -> PriorData | None:
        """Return what was read for a data source; None if it is read during apply."""
        found = self._addresses.find(address)
        return self._data(found.type).by_address.get(found) if found and found.mode == "data" else None

    def data_sources(self, *types: str) -> list[PriorData]:
        """Return the data sources of these types that were read while planning."""
        return [each for kind in types for each in self._data(kind).by_address.values()]

    def all_data_sources(self) -> list[PriorData]:
        """Return every data source that was read while planning."""
        return self.data_sources(*self._prior.reads)

    def data_siblings(self, module: ModulePath, kind: str, name: str) -> list[PriorData]:
        """Return all instances read of the data source `kind.name` in one module instance."""
        return self._data(kind).by_resource.get((module, name), [])

    def module_instances(self) -> frozenset[ModulePath]:
        """Return every module instance in the plan, with the enclosing ones and the root."""
        found = {ModulePath()}
        listed = {row.module_address or "" for rows in self._rows.values() for row in rows}
        for written in listed | self._prior.modules:
            path = self._addresses.module(written)
            while path not in found:
                found.add(path)
                path = path.parent
        return frozenset(found)

    def _instances(self, mode: str, kind: str) -> _Index[Instance]:
        if (mode, kind) not in self._managed:
            rows = self._rows.get((mode, kind), ())
            self._managed[mode, kind] = _Index(map(self._instance, rows))
        return self._managed[mode, kind]

    def _instance(self, row: parts.ResourceChange) -> Instance:
        return Instance(self._addresses.of(row), row, self._is_reference)

    def _is_reference(self, address: Address, text: str) -> bool:
        """Whether a text in place of a value is a reference: to a resource of the plan, or as configured there."""
        named = parse_resource(text)
        if named is not None:
            return named in self._declared_resources
        references = self._references.get(address.config)
        if references is None:
            module = self.configuration.descendant(address.module.config) if self.configuration else None
            resource = module.resources.get(address.resource) if module else None
            references = frozenset(references_in(resource.expressions) if resource else ())
            self._references[address.config] = references
        prefix = f"{address.module}." if address.module.steps else ""
        return strip_interpolation(text).removeprefix(prefix) in references

    @cached_property
    def _declared_resources(self) -> frozenset[tuple[str, str, str]]:
        """The resources of the plan by mode, type and name, in any module."""
        rows = (self._addresses.of(row) for rows in self._rows.values() for row in rows)
        found = {(each.mode, each.type, each.name) for each in rows}
        root = self.configuration
        for module in (root, *(call.module for call in root.all_calls())) if root else ():
            found |= {(each.mode, each.type, each.name) for each in module.resources.values()}
        return frozenset(found)

    def _data(self, kind: str) -> _Index[PriorData]:
        # A copy in the prior state is stale if the plan lists the data source, which is read during apply.
        if kind not in self._read:
            changes = self._instances("data", kind).by_address.items()
            waiting = {address for address, change in changes if "read" in change.actions}
            found = (PriorData(self._addresses.parse(row.address), row) for row in self._prior.reads.get(kind, ()))
            self._read[kind] = _Index(each for each in found if each.address not in waiting)
        return self._read[kind]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[parts.ResourceChange]]:
        """Sort the plan's rows by mode and type, without deposed objects."""
        found: dict[tuple[str, str], list[parts.ResourceChange]] = {}
        texts: dict[str, str] = {}
        for row in self._document.resource_changes or ():
            if row is not None and not row.deposed:
                if len(row.address) > _LONGEST_ADDRESS:
                    raise InputError(
                        f"an address in the plan has {len(row.address):,} characters",
                        hint="neither Terraform nor OpenTofu writes such an address",
                    )
                # Equal texts of many rows become one object: a quarter of the memory of a large plan.
                row.type = texts.setdefault(row.type, row.type)
                if row.name is not None:
                    row.name = texts.setdefault(row.name, row.name)
                if row.module_address is not None:
                    row.module_address = texts.setdefault(row.module_address, row.module_address)
                kind = (row.mode, row.type) if row.mode and row.type else self._addresses.kind(row)
                if kind in found:
                    found[kind].append(row)
                else:
                    found[kind] = [row]
        return found

    @cached_property
    def _deposed_rows(self) -> dict[str, list[Deposed]]:
        rows = (row for row in self._document.resource_changes or () if row is not None and row.deposed)
        found = (Deposed(self._addresses.build(row), row) for row in rows)
        return group_by_key((each.current.type, each) for each in found)

    @cached_property
    def _prior(self) -> _Prior:
        # NOTE: the whole state is decoded once, and little of it kept: the memory is reused by the check.
        raw = self._document.prior_state
        if not parts.present(raw):
            return _Prior()
        state = parts.decoded_section(raw, parts.State[parts.StateRow], "the plan's prior state")
        prior = _Prior(marked=frozenset(sensitive_in_state(state)))
        for module in parts.each_module(state.values.root_module if state.values else None):
            for row in module.resources or ():
                if row is not None and row.mode is parts.Mode.DATA:
                    prior.reads.setdefault(row.type, []).append(row)
                    prior.modules.add(module.address or "")
        return prior

    @cached_property
    def _configuration(self) -> Configuration:
        return configuration(self._document.configuration)


class _Amended(Plan):
    """A plan that differs from another in some rows and shares the rest."""

    def __init__(
        self, base: Plan, rows: Iterable[parts.ResourceChange], variables: Mapping[str, Value] | None = None
    ) -> None:
        # NOTE: not by that of a plan: it is the same one, and only what its rows decide is worked out anew.
        self.label, self.format_version, self.size = base.label, base.format_version, base.size
        self._document, self._addresses, self._is_state = base._document, base._addresses, base._is_state
        self._managed, self._read, self._references = {}, {}, {}
        self.variables = base.variables if variables is None else dict(variables)
        self._base = base
        self._new = {row.address: row for row in rows}

    def _instance(self, row: parts.ResourceChange) -> Instance:
        known = None if row.address in self._new else self._base.instance(row.address)
        return known or super()._instance(row)

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[parts.ResourceChange]]:
        found = dict(self._base._rows)
        new = group_by_key((self._addresses.kind(row), row) for row in self._new.values())
        for kind, rows in new.items():
            found[kind] = [*(each for each in found.get(kind, ()) if each.address not in self._new), *rows]
        return found

    @cached_property
    def changed_configs(self) -> frozenset[str]:
        return self._base.changed_configs.union(map(self._addresses.config, self._new.values()))

    @cached_property
    def _prior(self) -> _Prior:
        return self._base._prior

    @cached_property
    def _configuration(self) -> Configuration:
        return self._base._configuration


class _Addressed(Protocol):
    @property
    def address(self) -> Address: ...


_Found = TypeVar("_Found", bound=_Addressed)


class _Index(Generic[_Found]):
    """The instances of one resource type, by address and by resource."""

    def __init__(self, found: Iterable[_Found]) -> None:
        self.by_address = {each.address: each for each in found}
        self.by_resource: dict[tuple[ModulePath, str], list[_Found]] = {}
        for each in self.by_address.values():
            self.by_resource.setdefault((each.address.module, each.address.name), []).append(each)


class _Prior(msgspec.Struct):
    """The needed parts of a prior state: data sources by type, their modules, and what is marked in all of it."""

    reads: dict[str, list[parts.StateRow]] = {}
    modules: set[str] = set()
    marked: frozenset[str] = frozenset()
