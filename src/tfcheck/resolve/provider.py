"""In which partition, region and account does a resource live?

What the plan does not show is one shared symbol for each provider configuration, so that two ARNs still compare equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from tfcheck.address import Address
from tfcheck.arn import partition_of_region, split
from tfcheck.plan import ConfigModule, ConfigResource, Plan
from tfcheck.value import ACCOUNT_ID, PARTITION, REGION, Hole, Symbol, TextLike, Unknown, Value, is_known

#: Arguments of a provider configuration that decide whose account it works in.
_CREDENTIALS = (
    "access_key",
    "secret_key",
    "token",
    "profile",
    "shared_credentials_files",
    "shared_config_files",
    "assume_role",
    "assume_role_with_web_identity",
    "allowed_account_ids",
    "forbidden_account_ids",
)
#: Types whose ARNs, where the plan knows them, tell the account and the region they live in.
_TELLING = (
    "aws_iam_role",
    "aws_iam_policy",
    "aws_ecs_cluster",
    "aws_ecs_task_definition",
    "aws_kms_key",
    "aws_secretsmanager_secret",
    "aws_ssm_parameter",
    "aws_ecr_repository",
    "aws_cloudwatch_log_group",
)
#: Data sources that find only what is in the account of their provider configuration, with an ARN that names it.
_LOOKED_UP = (
    "aws_iam_role",
    "aws_iam_user",
    "aws_iam_instance_profile",
    "aws_ecs_cluster",
    "aws_kms_alias",
    "aws_cloudwatch_log_group",
)
#: Types that attach something to roles of their own account, and the argument that names these by their names.
_ATTACHING = {
    "aws_iam_role_policy": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_policy_attachment": "roles",
}
#: Types whose texts show which partition the authors write.
_LITERALS = (
    "aws_ecs_task_definition",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
    "aws_s3_bucket_policy",
)
_ARN_PARTITION = re.compile(r"\barn:(aws(?:-[a-z]+)*):")


class Surroundings(msgspec.Struct, frozen=True):
    """Partition, region and account of one provider configuration; any of them may be unknown."""

    partition: TextLike
    region: TextLike
    account: TextLike


class Providers:
    """The provider configurations of a plan, and what the plan shows of each."""

    def __init__(
        self,
        plan: Plan,
        evaluate: Callable[[Any], Value],
        assume: Callable[[str], None],
        texts: Callable[[], Iterable[str]],
    ) -> None:
        """Take the plan, how to work out a root expression, where to state an assumption, and the sources' texts."""
        self._plan = plan
        self._texts = texts
        self._evaluate = evaluate
        self._assume = assume
        self._known: dict[str, Surroundings] = {}
        self._arns: dict[str, list[str]] | None = None
        self._literal: str | None = None
        self._keys: dict[str, str] = {}

    def key_of(self, address: Address) -> str:
        """Name the provider configuration that a resource belongs to."""
        config = address.config
        if config not in self._keys:
            self._keys[config] = self._find_key(address)
        return self._keys[config]

    def _find_key(self, address: Address) -> str:
        resource = self.resource(address)
        return (resource.provider_config_key if resource else None) or "aws"

    def resource(self, address: Address) -> ConfigResource | None:
        """Return what the plan's configuration keeps of a resource."""
        module: ConfigModule | None = self._plan.configuration
        for name in address.module.config:
            call = module.calls.get(name) if module else None
            module = call.module if call else None
        return module.resources.get(address.resource) if module else None

    def of(self, key: str) -> Surroundings:
        """Tell where the resources of the provider configuration `key` live."""
        if key not in self._known:
            group = self._account_group(key)
            region = self._region(key)
            account = self._account(group)
            self._known[key] = Surroundings(
                partition=self._partition(key, group, region, account),
                region=region if region is not None else _shared(key, "region", REGION),
                account=account if account is not None else _shared(group[0], "account_id", ACCOUNT_ID),
            )
        return self._known[key]

    def _account_group(self, key: str) -> tuple[str, ...]:
        """List the provider configurations that surely work in the same account as `key`, this one included."""
        ours = self._credentials(key)
        same = [other for other in self._plan.provider_configs if self._credentials(other) == ours]
        return tuple(sorted({*same, key}))

    def _credentials(self, key: str) -> str:
        expressions = self._expressions(key)
        return json.dumps({name: expressions.get(name) for name in _CREDENTIALS}, sort_keys=True, default=str)

    def _expressions(self, key: str) -> dict[str, Any]:
        config = self._plan.provider_configs.get(key)
        return (config.expressions if config else None) or {}

    def shows_all_tags(self, key: str) -> bool:
        """Tell whether a provider configuration surely knows all tags that it gives while it plans, and hides none."""
        if key not in self._plan.provider_configs:
            return False
        expressions = self._expressions(key)
        return "ignore_tags" not in expressions and all(
            is_known(self._evaluate(block.get("tags"))) for block in _blocks(expressions.get("default_tags"))
        )

    def _region(self, key: str) -> str | None:
        expressions = self._expressions(key)
        if "region" in expressions:
            written = self._evaluate(expressions["region"])
            if isinstance(written, str) and written:
                return written
        for name in ("name", "region", "id"):
            for value in self._data("aws_region", name, (key,)):
                return value
        regions = {arn.region for arn in map(split, self._arns_of((key,))) if arn and arn.region}
        regions = regions or set(self._inherited_regions(key))
        found = next(iter(regions)) if len(regions) == 1 else None
        return found if isinstance(found, str) else None

    def _inherited_regions(self, key: str) -> Iterator[str]:
        """Yield the regions that resources have from their provider configuration, since version 6 of the provider."""
        for instance in self._plan.instances(*_TELLING):
            region = (instance.after or {}).get("region")
            if isinstance(region, str) and region and self.key_of(instance.address) == key:
                resource = self.resource(instance.address)
                if resource is not None and "region" not in resource.expressions:
                    yield region

    def _account(self, group: tuple[str, ...]) -> str | None:
        for value in self._data("aws_caller_identity", "account_id", group):
            return value
        for key in group:
            assumed = self._assumed_account(key)
            if assumed is not None:
                return assumed
        for tell in (self._arns_of, self._looked_up, self._attached, self._roles_attached_to):
            accounts = {arn.account for arn in map(split, tell(group)) if arn and arn.account}
            if accounts - {"aws"}:
                found = accounts.pop() if len(accounts) == 1 else None
                return found if isinstance(found, str) else None
        return None

    def _looked_up(self, group: tuple[str, ...]) -> Iterator[str]:
        """Give the ARNs of what data sources found in their own account."""
        for each in _LOOKED_UP:
            yield from self._data(each, "arn", group)

    def _attached(self, group: tuple[str, ...]) -> Iterator[str]:
        """Give the ARNs of managed policies that are attached: IAM takes those of the same account, and AWS's own."""
        for values in self._planned(group, "aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
            arn = split(policy) if isinstance(policy := values.get("policy_arn"), str) else None
            if arn is not None and arn.account != "aws" and isinstance(policy, str):
                yield policy

    def _roles_attached_to(self, group: tuple[str, ...]) -> Iterator[str]:
        """Give the ARNs of the roles of tasks to which a policy is attached by name.

        A policy is attached within one account, and no role is passed to ECS from another one.
        """
        names = {
            name
            for kind, argument in _ATTACHING.items()
            for values in self._planned(group, kind)
            for name in _strings(values.get(argument))
        }
        for values in self._planned(group, "aws_ecs_task_definition"):
            for argument in ("execution_role_arn", "task_role_arn"):
                arn = values.get(argument)
                if isinstance(arn, str) and arn.rpartition("/")[2] in names:
                    yield arn

    def _planned(self, group: tuple[str, ...], *types: str) -> Iterator[dict[str, Any]]:
        """Give what the resources of some provider configurations were, and what is planned for them."""
        for instance in self._plan.instances(*types):
            if self.key_of(instance.address) in group:
                yield from filter(None, (instance.before, instance.after))

    def _assumed_account(self, key: str) -> str | None:
        """Take the account from the role that the provider assumes, or the only account it may work in."""
        expressions = self._expressions(key)
        for block in _blocks(expressions.get("assume_role")):
            role = self._evaluate(block.get("role_arn"))
            arn = split(role) if isinstance(role, str) else None
            if arn is not None and isinstance(arn.account, str) and arn.account:
                return arn.account
        allowed = self._evaluate(expressions.get("allowed_account_ids"))
        only = allowed[0] if isinstance(allowed, list) and len(allowed) == 1 else None
        return only if isinstance(only, str) and only else None

    def _partition(self, key: str, group: tuple[str, ...], region: str | None, account: str | None) -> TextLike:
        if region is not None:
            return partition_of_region(region)
        for value in self._data("aws_partition", "partition", group):
            return value
        for arn in map(split, self._arns_of(group)):
            if arn and isinstance(arn.partition, str):
                return arn.partition
        literal = self._literal_partition()
        if literal:
            self._assume(f"assumes partition `{literal}`, which every ARN written for this plan uses")
            return literal
        return _shared(group[0], "partition", PARTITION)

    def _data(self, data_type: str, name: str, keys: tuple[str, ...]) -> Iterator[str]:
        """Read an attribute of the data sources of `keys` that were read while planning."""
        for source in self._plan.data_sources(data_type):
            value = source.values.get(name)
            if isinstance(value, str) and value and self.key_of(source.address) in keys:
                yield value

    def _arns_of(self, keys: tuple[str, ...]) -> list[str]:
        if self._arns is None:
            self._arns = {}
            for instance in self._plan.instances(*_TELLING):
                values = (instance.before or {}, instance.after or {})
                arns = [value["arn"] for value in values if isinstance(value.get("arn"), str)]
                self._arns.setdefault(self.key_of(instance.address), []).extend(map(str, arns))
        return [arn for key in keys for arn in self._arns.get(key, ())]

    def _literal_partition(self) -> str:
        if self._literal is None:
            found: set[str] = set()
            for instance in self._plan.instances(*_LITERALS):
                for text in _strings(instance.after):
                    found.update(_ARN_PARTITION.findall(text))
            for text in self._texts():
                found.update(_ARN_PARTITION.findall(text))
            self._literal = found.pop() if len(found) == 1 else ""
        return self._literal


def _shared(key: str, name: str, hole: Hole) -> Unknown:
    symbol = Symbol(f"provider.{key}", (name,))
    return Unknown(symbol=symbol, reason=f"the plan does not show the {name.replace('_', ' ')}", hole=hole)


def _blocks(expressions: Any) -> list[dict[str, Any]]:
    """Give nested blocks, which the configuration writes as a list or as one object."""
    listed = expressions if isinstance(expressions, list) else [expressions]
    return [each for each in listed if isinstance(each, dict)]


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _strings(each)
        case list():
            for each in value:
                yield from _strings(each)
        case _:
            pass
