"""Find the account and region of the resources of a state, which has no provider configurations.

A stack may work in several accounts and regions, through aliases of its provider, and `show -json` prints no aliases
for a state (https://developer.hashicorp.com/terraform/internals/json-format). So a resource's own attributes determine
where it is. If they do not, only the sources help: the resources without a provider configuration are all in one
account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from tfcheck.inventory.world import WorldObject
from tfcheck.plan import Plan
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import ACCOUNT_ID, PARTITION, REGION, Hole, Unknown, Value
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.arn import parse_arn, partition_of_region

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources

#: Types with an account in their ARN.
_WITH_ACCOUNT = (
    "aws_iam_role",
    "aws_iam_policy",
    "aws_kms_key",
    "aws_secretsmanager_secret",
    "aws_ssm_parameter",
    "aws_ecr_repository",
    "aws_cloudwatch_log_group",
    "aws_efs_file_system",
    "aws_s3files_file_system",
)
#: Attributes with an ARN in the same region and account; IAM attaches only policies of the account.
_BESIDE = ("arn", "secret_arn", "target_key_arn", "policy_arn")
_ACCOUNT = ("registry_id", "owner_id", "account_id")


class SeveralAccounts(Unknown, frozen=True):
    """An account that is unknown because the stack definitely uses several."""

    reason: str = "in which of its accounts the other stack made it"
    hole: Hole = ACCOUNT_ID


class StateLocations:
    """Locates the resources of a state from its attributes and sources."""

    def __init__(self, state: Plan, sources: Sources | None) -> None:
        """Build from the state, read as a plan, and its possible sources; sources of another stack are ignored."""
        self._state = state
        self._sources = sources
        self._defaults: dict[str, bool] = {}

    def of(self, resource: WorldObject) -> Surroundings:
        """Return the location of a resource."""
        location: Iterable[str] = self._own_location(resource)
        if self._is_default(resource.address):
            location = (own or shared for own, shared in zip(location, self._shared_location, strict=True))
        partition, region, account = location
        names_provider = self._belong and not self._is_default(resource.address)
        several = SeveralAccounts() if names_provider or self._are_several_accounts else None
        return Surroundings(
            partition or (partition_of_region(region) if region else _unknown_part("partition", PARTITION)),
            region or _unknown_part("region", REGION),
            account or several or _unknown_part("account", ACCOUNT_ID),
        )

    @cached_property
    def _are_several_accounts(self) -> bool:
        """Whether the ARNs in the state show that the stack is in more than one account."""
        arns = _arn_locations(values.get("arn") for _, values in self._located_values)
        return len({account for _, _, account in arns if account}) > 1

    def _own_location(self, resource: WorldObject) -> tuple[str, str, str]:
        """Return partition, region and account from the attributes of a resource; empty where they are not known."""
        values = self._values(resource.address)
        arns = list(_arn_locations(map(values.get, _BESIDE)))
        region = _first_text(values.get("region"), *(each[1] for each in arns))
        account = _first_text(*(each[2] for each in arns), *map(values.get, _ACCOUNT))
        return _first_text(*(each[0] for each in arns)), region, "" if account == "aws" else account

    def _values(self, address: Address) -> dict[str, Value]:
        """Return the attributes that the state shows of a resource."""
        if address.mode == "data":
            read = self._state.data(str(address))
            return read.values if read else {}
        instance = self._state.instance(str(address))
        return (instance.after if instance else None) or {}

    # Resources that name no provider configuration

    @cached_property
    def _shared_location(self) -> list[str]:
        """The location in the ARNs of resources that name no provider configuration; empty parts where they differ."""
        rows = (values for address, values in self._located_values if self._is_default(address))
        arns = list(_arn_locations(each.get("arn") for each in rows))
        values = ({each[part] for each in arns if each[part]} for part in range(3))
        return [each.pop() if len(each) == 1 else "" for each in values]

    @cached_property
    def _located_values(self) -> list[tuple[Address, dict[str, Value]]]:
        made = ((each.address, each.after or {}) for each in self._state.instances(*_WITH_ACCOUNT))
        asked = ((each.address, each.values) for each in self._state.data_sources("aws_caller_identity"))
        return [*made, *asked]

    def _is_default(self, address: Address) -> bool:
        """Whether a resource definitely uses the default provider configuration."""
        if address.config not in self._defaults:
            self._defaults[address.config] = self._names_no_provider(address)
        return self._defaults[address.config]

    def _names_no_provider(self, address: Address) -> bool:
        if not self._belong or self._sources is None:
            return False
        names = address.module.config
        module = self._sources.module(names)
        block = module.resource(address.mode, address.type, address.name) if module else None
        if block is None or "provider" in block.arguments:
            return False
        return all(self._inherits_provider(names[:depth]) for depth in range(1, len(names) + 1))

    def _inherits_provider(self, names: tuple[str, ...]) -> bool:
        """Whether a module inherits its caller's provider configuration."""
        assert self._sources is not None  # otherwise nothing is needed
        caller, module = self._sources.module(names[:-1]), self._sources.module(names)
        call = caller.call(names[-1]) if caller else None
        return (
            call is not None
            and module is not None
            and "providers" not in call.arguments
            and not any(block.type == "provider" for file in module.files for block in file.blocks)
        )

    @cached_property
    def _belong(self) -> bool:
        """Whether the sources declare everything in the state."""
        if self._sources is None:
            return False
        listed: dict[tuple[str, ...], set[tuple[str, str]]] = {}
        for each in self._state.instances(*self._state.types()):
            listed.setdefault(each.address.module.config, set()).add((each.address.type, each.address.name))
        return all(found <= (self._sources.definitely_declares(names) or set()) for names, found in listed.items())


def _arn_locations(values: Iterable[object]) -> Iterator[tuple[str, str, str]]:
    """Yield partition, region and account of the values that are ARNs."""
    for value in values:
        arn = parse_arn(value) if isinstance(value, str) else None
        if arn is not None and isinstance(arn.partition, str):
            yield arn.partition, _first_text(arn.region), _first_text(arn.account)


def _first_text(*values: object) -> str:
    return next((each for each in values if isinstance(each, str) and each), "")


def _unknown_part(what: str, hole: Hole) -> Unknown:
    return Unknown(reason=f"the state of the other stack does not show the {what}", hole=hole)
