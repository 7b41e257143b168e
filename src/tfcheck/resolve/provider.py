"""The partition, region and account of a resource.

A value that the plan does not show is one shared symbol for each provider configuration, so that two ARNs still compare
equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tfcheck.plan.instance import arn_beginning
from tfcheck.resolve.blocks import blocks_or_object
from tfcheck.resolve.literal_accounts import literal_accounts
from tfcheck.resolve.provider_arguments import ProviderArguments, ProviderInstances
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.doubt import Doubt, Hint, HintKind
from tfcheck.symbolic.marks import has_mark
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, redact
from tfcheck.symbolic.symbol import ProviderConfiguration, Symbol
from tfcheck.symbolic.value import ACCOUNT_ID, PARTITION, REGION, Hole, Set, TextLike, Unknown, Value, is_known, strings
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.arn import parse_arn, partition_of_region
from tfcheck.vocabulary.grouping import group_by_key

if TYPE_CHECKING:
    from tfcheck.plan import Instance, PriorData
    from tfcheck.resolve.attributes import Attributes

#: Types whose known ARNs show their account and region.
_TYPES_WITH_ARN = (
    *("aws_iam_role", "aws_iam_policy", "aws_ecs_cluster", "aws_ecs_task_definition", "aws_kms_key"),
    *("aws_secretsmanager_secret", "aws_ssm_parameter", "aws_ecr_repository", "aws_cloudwatch_log_group"),
    *("aws_efs_file_system", "aws_s3files_file_system", "aws_kms_alias"),
    # Of these, nothing else is read.
    *("aws_lb", "aws_lb_target_group", "aws_vpc", "aws_subnet", "aws_security_group", "aws_sqs_queue"),
    *("aws_sns_topic", "aws_lambda_function", "aws_db_instance", "aws_dynamodb_table"),
)
#: Data sources that find only objects in their provider's account, with an ARN that contains it.
_LOOKED_UP = (
    "aws_iam_role",
    "aws_iam_user",
    "aws_iam_instance_profile",
    "aws_ecs_cluster",
    "aws_kms_alias",
    "aws_cloudwatch_log_group",
)
#: Data sources that find by name only objects in their provider's account: the argument with the
#: name, and those that may lead to another account. A name may also be an ARN.
_LOOKED_UP_BY_NAME = {
    "aws_secretsmanager_secret": ("name", ("arn",)),
    "aws_ssm_parameter": ("name", ()),
    "aws_kms_key": ("key_id", ()),
    "aws_ecr_repository": ("name", ("registry_id",)),
}
#: Types that attach something to roles of their own account, and the argument with the roles' names.
_ATTACHING = {
    "aws_iam_role_policy": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_policy_attachment": "roles",
}
#: Types whose texts show the partition that the authors write.
_LITERALS = (
    "aws_ecs_task_definition",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
    "aws_s3_bucket_policy",
)
_ARN_PARTITION = regex(r"\barn:(aws(?:-[a-z]+)*):")


class Providers:
    """The provider configurations of a plan, and what the plan shows of each."""

    def __init__(self, attributes: Attributes, account: str | None = None) -> None:
        """Build from the plan and its sources, and the account to use if nothing shows it."""
        self._attributes = attributes
        self._plan = attributes.plan
        self._instances = ProviderInstances(attributes)
        self._arguments = ProviderArguments(attributes, self._instances)
        self._given = account
        self._known: dict[str, Surroundings] = {}
        self._arns: dict[str, list[str]] | None = None
        self._accounts: dict[tuple[str, ...], str | None] = {}
        self._inherited: dict[str, str] = {}
        self._by_account: dict[tuple[str, ...], dict[str, list[Instance]]] = {}
        self._data_by_account: dict[str, dict[str, list[tuple[int, PriorData]]]] = {}

    def key_of(self, address: Address) -> str:
        """Return the key of a resource's provider configuration."""
        resource = self._attributes.declarations.config_resource(address)
        written = (resource and resource.provider_config_key) or self._instances.written_key(address)
        if not written and self._plan.configuration is not None and len(self._provider_keys) == 1:
            (written,) = self._provider_keys  # what is no longer declared is also there
        return self._instances.key_of(self._source_of(written) if written else None, address)

    @cached_property
    def _provider_keys(self) -> frozenset[str]:
        """The keys of the AWS provider configurations."""
        configs = self._plan.provider_configs.items()
        found = [key for key, each in configs if (each.full_name or each.name).rpartition("/")[2] == "aws"]
        return frozenset(map(self._source_of, found or ("aws",)))

    def _account_key_of(self, address: Address) -> str:
        """Return the key that provider configurations of one account share."""
        return self._instances.key_with_account(self.key_of(address))

    def _source_of(self, key: str) -> str:
        """Return the provider configuration that `key` leads to: a module without one inherits its caller's.

        NOTE: Terraform resolves this itself, but not across a module that has no use for the provider, nor where the
        root module has none. What a call passes by `providers` is always resolved.
        """
        if key not in self._inherited:
            configs = self._plan.provider_configs
            found, source = configs.get(key), key
            if found is not None and found.module_address and not found.expressions and not found.alias:
                source, module = found.name, found.module_address
                while module := module.rpartition(".module.")[0]:
                    if (caller := f"{module}:{found.name}") in configs:
                        source = self._source_of(caller)
                        break
            self._inherited[key] = source
        return self._inherited[key]

    def of(self, key: str) -> Surroundings:
        """Return the location of the resources of the provider configuration `key`."""
        if key not in self._known:
            # NOTE: the arguments of a data source may lead back to an ARN, which needs its location.
            is_open = self._instances.is_open(key)
            remedy, ask = (_ASK_SOURCES, _ASK_EITHER) if is_open else (_SET_REGION, _ASK)
            self._known[key] = Surroundings(
                _shared_unknown(key, "partition", PARTITION),
                _shared_unknown(key, "region", REGION, remedy),
                _shared_unknown(key, "account_id", ACCOUNT_ID, ask),
            )
            group = self._account_group(key)
            region = self._region(key)
            account, assumption = self._account_or_assumption(group)
            self._known[key] = Surroundings(
                partition=self._partition(key, group, region, account),
                region=region if region is not None else _shared_unknown(key, "region", REGION, remedy),
                account=account if account is not None else _shared_unknown(group[0], "account_id", ACCOUNT_ID, ask),
                assumption=assumption,
            )
        return self._known[key]

    def _account_group(self, key: str) -> tuple[str, ...]:
        """Return the provider configurations that definitely use the same account as `key`, including itself."""
        key = self._instances.key_with_account(key)
        alike = self._arguments.by_credentials(lambda: set(map(self._source_of, self._plan.provider_configs)))
        return tuple(sorted({*alike.get(self._arguments.credentials(key), ()), key}))

    def default_tags(self, key: str) -> dict[str, Value] | None:
        """Return the default tags of a provider configuration; None if they are not completely known."""
        exists = self._instances.block_of(key) in self._plan.provider_configs or key in self._inherited.values()
        if not exists or self._arguments.value(key, "ignore_tags") is not None:
            return None
        written = self._arguments.value(key, "default_tags")
        tags = [each.get("tags") for each in blocks_or_object(written)]
        if not is_known(tags) or isinstance(written, Unknown):
            return None
        return {name: value for each in tags for name, value in (each or {}).items()}

    def _region(self, key: str) -> str | None:
        written = self._arguments.value(key, "region")
        if isinstance(written, str) and written:
            return written
        for source in self._regions_by_key.get(key, ()):
            if all(self._is_unset(source.address, each) for each in ("name", "region", "endpoint", "id")):
                named = (source.values.get(name) for name in ("name", "region", "id"))
                found = next((value for value in named if isinstance(value, str) and value), None)
                if found is not None:
                    return found
        in_arns: set[TextLike] = set()
        inherited: set[TextLike] = set()  # from the provider configuration, since version 6
        for instance in self._with_arn_by_key.get(key, ()):
            if not self._attributes.is_configured(instance.address, "region"):
                arns = ((values or {}).get("arn") for values in (instance.before, instance.after))
                parsed = (parse_arn(arn) for arn in arns if isinstance(arn, str))
                in_arns |= {arn.region for arn in parsed if arn and arn.region}
            region = (instance.after or {}).get("region")
            resource = self._attributes.declarations.config_resource(instance.address)
            if isinstance(region, str) and region and resource is not None and "region" not in resource.expressions:
                inherited.add(region)
        shown = in_arns or inherited
        only = next(iter(shown)) if len(shown) == 1 else None
        return only if isinstance(only, str) else None

    def _is_unset(self, address: Address, name: str) -> bool:
        attributes = self._attributes
        return not attributes.is_configured(address, name) or attributes.evaluate(address, name) is None

    @cached_property
    def _regions_by_key(self) -> dict[str, list[PriorData]]:
        return group_by_key((self.key_of(each.address), each) for each in self._plan.data_sources("aws_region"))

    @cached_property
    def _with_arn_by_key(self) -> dict[str, list[Instance]]:
        found = self._plan.instances(*_TYPES_WITH_ARN)
        return group_by_key((self.key_of(each.address), each) for each in found)

    def _account_or_assumption(self, group: tuple[str, ...]) -> tuple[str | None, str]:
        """Return the account of some provider configurations, and the assumption if nothing shows it."""
        known = self._account(group)
        if known is not None:
            return known or None, ""
        # An option's account is for the only configurations with an unknown one, and for those without credentials.
        if self._open_groups != {group} and self._arguments.has_credentials(group[0]):
            return None, ""
        if self._given is not None:
            return self._given, ""
        literal = self._literal_account if self._open_groups == {group} else None
        if literal is None or literal in map(self._account, self._groups - {group}):
            return None, ""
        assumption = f"assumes account `{redact(literal)}`, the only one in ARNs of the plan and its sources"
        self._attributes.assume(assumption)
        return literal, assumption

    @cached_property
    def _groups(self) -> frozenset[tuple[str, ...]]:
        return frozenset(map(self._account_group, self._provider_keys))

    @cached_property
    def _open_groups(self) -> frozenset[tuple[str, ...]]:
        return frozenset(group for group in self._groups if self._account(group) is None)

    @cached_property
    def _literal_account(self) -> str | None:
        texts = self._attributes.declarations.source_texts
        found = literal_accounts(self._plan, texts())
        if len(found) != 1:
            return None
        (account,) = found
        secrets = self._plan.secrets()
        is_shown = not secrets or literal_accounts(self._plan, texts(), secrets)
        return account if is_shown else Sensitive(account)

    def _account(self, group: tuple[str, ...]) -> str | None:
        if group not in self._accounts:
            self._accounts[group] = self._shown_account(group)
        return self._accounts[group]

    def _shown_account(self, group: tuple[str, ...]) -> str | None:
        """Return the account that the plan shows; empty if there are several."""
        for value in self._data("aws_caller_identity", "account_id", group):
            return value
        for key in group:
            decided = self._assumed_account(key) or self._allowed_account(key)
            if decided is not None:
                return decided
        for find_arns in (self._arns_of, self._looked_up, self._attached_policy_arns, self._roles_attached_to):
            accounts = [arn.account for arn in map(parse_arn, find_arns(group)) if arn and arn.account]
            if {*accounts, "aws"} != {"aws"}:
                # A value from a marked ARN is marked, unless another ARN shows it too.
                found = min(accounts, key=lambda each: isinstance(each, Sensitive))
                return found if isinstance(found, str) and len({*accounts}) == 1 else ""
        return None

    def _looked_up(self, group: tuple[str, ...]) -> Iterator[str]:
        """Yield the ARNs that data sources found in their own account."""
        for each in _LOOKED_UP:
            yield from self._data(each, "arn", group)
        for each, (name, foreign) in _LOOKED_UP_BY_NAME.items():
            for source in self._read(each, group):
                arn, written = source.values.get("arn"), self._attributes.evaluate(source.address, name)
                elsewhere = any(self._attributes.is_configured(source.address, each) for each in foreign)
                if isinstance(arn, str) and isinstance(written, str) and not (written.startswith("arn:") or elsewhere):
                    yield arn

    def _attached_policy_arns(self, group: tuple[str, ...]) -> Iterator[str]:
        """Yield the ARNs of attached managed policies, which belong to the same account or to AWS."""
        for values in self._planned_attributes(group, "aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
            arn = parse_arn(policy) if isinstance(policy := values.get("policy_arn"), str) else None
            if arn is not None and arn.account != "aws" and isinstance(policy, str):
                yield policy

    def _roles_attached_to(self, group: tuple[str, ...]) -> Iterator[str]:
        """Yield the ARNs of task roles that a policy is attached to by name, which only works in their own account."""
        names = {
            name
            for kind, argument in _ATTACHING.items()
            for values in self._planned_attributes(group, kind)
            for name in strings(values.get(argument))
        }
        for values in self._planned_attributes(group, "aws_ecs_task_definition"):
            for argument in ("execution_role_arn", "task_role_arn"):
                arn = values.get(argument)
                if isinstance(arn, str) and arn.rpartition("/")[2] in names:
                    yield arn

    def _planned_attributes(self, group: tuple[str, ...], *types: str) -> Iterator[dict[str, Any]]:
        """Yield the attributes of the resources of some provider configurations, before and after the change."""
        if types not in self._by_account:
            found = ((self._account_key_of(each.address), each) for each in self._plan.instances(*types))
            self._by_account[types] = group_by_key(found)
        for instance in (each for key in group for each in self._by_account[types].get(key, ())):
            yield from filter(None, (instance.before, instance.after))

    def _assumed_account(self, key: str) -> str | None:
        """Return the account of the role that the provider assumes."""
        for block in blocks_or_object(self._arguments.value(key, "assume_role")):
            arn = parse_arn(role) if isinstance(role := block.get("role_arn"), str) else None
            if arn is not None and isinstance(arn.account, str) and arn.account:
                return arn.account
        return None

    def _allowed_account(self, key: str) -> str | None:
        """Return the only account that the provider is allowed to use, if there is one."""
        allowed = self._arguments.value(key, "allowed_account_ids")
        listed = allowed.items if isinstance(allowed, Set) else allowed
        only = str(listed[0]) if isinstance(listed, (list, tuple)) and len(listed) == 1 else ""
        if not re.fullmatch("[0-9]{12}", only):
            return None
        return Sensitive(only) if has_mark(allowed) else only

    def _partition(self, key: str, group: tuple[str, ...], region: str | None, account: str | None) -> TextLike:
        if region is not None:
            return partition_of_region(region)
        for value in self._data("aws_partition", "partition", group):
            return value
        for arn in map(parse_arn, self._arns_of(group)):
            if arn and isinstance(arn.partition, str):
                return arn.partition
        literal = self._literal_partition
        if literal:
            self._attributes.assume(f"assumes partition `{literal}`, the only one in ARNs of the plan and its sources")
            return literal
        return _shared_unknown(group[0], "partition", PARTITION)

    def _data(self, data_type: str, name: str, keys: tuple[str, ...]) -> Iterator[str]:
        """Read an attribute of the data sources of `keys` that were read while planning."""
        for value in (source.values.get(name) for source in self._read(data_type, keys)):
            if isinstance(value, str) and value:
                yield value

    def _read(self, data_type: str, keys: tuple[str, ...]) -> Iterator[PriorData]:
        """Yield the data sources of `keys` that were read while planning, in the plan's order."""
        if data_type not in self._data_by_account:
            found = enumerate(self._plan.data_sources(data_type))
            filed = ((self._account_key_of(each.address), (place, each)) for place, each in found)
            self._data_by_account[data_type] = group_by_key(filed)
        by_account = self._data_by_account[data_type]
        several = [pair for key in keys for pair in by_account.get(key, ())]
        return (source for _, source in sorted(several, key=lambda pair: pair[0]))

    def _arns_of(self, keys: tuple[str, ...]) -> list[str]:
        """Return the ARNs in some provider configurations, one per service, region and account."""
        if self._arns is None:
            self._arns = {}
            known: dict[str, tuple[bytes, ...]] = {}
            for instance in self._plan.each_instance(*_TYPES_WITH_ARN):
                key = self._account_key_of(instance.address)
                if not instance.has_only_arns_of(known.get(key, ())):
                    secrets = self._plan.secrets()
                    found = [Sensitive(each) if each in secrets else each for each in instance.arns()]
                    self._arns.setdefault(key, []).extend(found)
                    beginnings = (arn_beginning(each) for each in found if not isinstance(each, Sensitive))
                    known[key] = tuple({*known.get(key, ()), *beginnings})
        return [arn for key in keys for arn in self._arns.get(key, ())]

    @cached_property
    def _literal_partition(self) -> str:
        """The only partition in the ARNs that the plan and its sources write; empty if there are several."""
        planned = (text for each in self._plan.instances(*_LITERALS) for text in strings(each.after))
        texts = (*planned, *self._attributes.declarations.source_texts())
        found = {partition for text in texts for partition in _ARN_PARTITION.findall(text)}
        return found.pop() if len(found) == 1 else ""


_SET_REGION = Hint("set `region` in the provider configuration")
_ASK_SOURCES = Hint("pass the sources, which show the provider configuration")
_ASK_EITHER = Hint("pass `--account`, or the sources, which show the provider configuration", HintKind.OPTION)
_ASK = Hint("pass `--account`, or set `allowed_account_ids` in the provider configuration", HintKind.OPTION)


def _shared_unknown(key: str, name: str, hole: Hole, hint: Hint | None = None) -> Unknown:
    reason = Doubt(f"the plan does not show the {name.replace('_', ' ')}", hint=hint)
    return Unknown(symbol=Symbol(ProviderConfiguration(key), (name,)), reason=reason, hole=hole)
