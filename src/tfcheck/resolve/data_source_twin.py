"""Find what a data source looks up: a resource of this plan, or what an earlier data source also finds.

A data source that is read only during apply often depends on what it looks up: it is that resource if partition, region
and account definitely are the same. Two data sources with equal arguments find one object.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value, identity, is_known
from tfcheck.vocabulary.address import Address

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes

#: What must be equal for one name to denote one object.
_REGIONAL, _OF_ACCOUNT, _GLOBAL = ("partition", "region", "account"), ("partition", "account"), ("partition",)
_KEYS = ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key")
#: By data source type: the resource types that it looks up by a unique name, with argument and
#: attribute.
_LOOKED_UP: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "aws_iam_role": (("aws_iam_role",), _OF_ACCOUNT, (("name", "name"),)),
    "aws_iam_policy": (("aws_iam_policy",), _OF_ACCOUNT, (("arn", "arn"), ("name", "name"))),
    "aws_s3_bucket": (("aws_s3_bucket",), _GLOBAL, (("bucket", "bucket"),)),
    "aws_secretsmanager_secret": (("aws_secretsmanager_secret",), _REGIONAL, (("arn", "arn"), ("name", "name"))),
    "aws_ssm_parameter": (("aws_ssm_parameter",), _REGIONAL, (("name", "name"), ("name", "arn"))),
    "aws_ecr_repository": (("aws_ecr_repository",), _REGIONAL, (("name", "name"),)),
    "aws_cloudwatch_log_group": (("aws_cloudwatch_log_group",), _REGIONAL, (("name", "name"),)),
    "aws_kms_key": (_KEYS, _REGIONAL, (("key_id", "key_id"), ("key_id", "arn"))),
    "aws_efs_file_system": (
        ("aws_efs_file_system",),
        _REGIONAL,
        (("file_system_id", "id"), ("creation_token", "creation_token")),
    ),
    "aws_efs_access_point": (("aws_efs_access_point",), _REGIONAL, (("access_point_id", "id"),)),
    "aws_s3files_file_system": (("aws_s3files_file_system",), _REGIONAL, (("id", "id"),)),
    "aws_s3files_access_point": (("aws_s3files_access_point",), _REGIONAL, (("id", "id"),)),
    "aws_kms_alias": (("aws_kms_alias",), _REGIONAL, (("name", "name"),)),
    "aws_ecs_task_definition": (
        ("aws_ecs_task_definition",),
        _REGIONAL,
        (("task_definition", "family"), ("task_definition", "arn_without_revision"), ("task_definition", "arn")),
    ),
}
#: A data source's names for attributes that the resource has under another name.
_CALLED = {
    ("aws_ecs_task_definition", "id"): "arn",
    ("aws_kms_alias", "id"): "arn",
    ("aws_kms_alias", "target_key_id"): "",  # the alias has it as written: an id or an ARN
}
#: Attributes that an object keeps for its whole life.
_KEPT = ("arn", "id", "name", "bucket", "key_id", "unique_id", "repository_url", "registry_id", "path")
#: Arguments about the provider's location, not the object.
_ASIDE = ("region", "provider", "depends_on", "count", "for_each")


class DataSourceLookups:
    """What the data sources of one plan find, as far as that is certain before they are read."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._twins: dict[Address, Address | None] = {}
        self._first: dict[str, dict[Hashable, Address]] = {}
        self._keys: dict[Address, Hashable] = {}

    def find_twin(self, address: Address, name: str) -> tuple[Address, str] | None:
        """Return another attribute with the value of a deferred data source's attribute, or None."""
        if address not in self._twins:
            self._twins[address] = None  # a cycle is not found
            types, scope, ways = _LOOKED_UP.get(address.type, ((), (), ()))
            self._twins[address] = self._equal_resource(address, types, ways, scope)
        twin = self._twins[address]
        if twin is not None:
            called = _CALLED.get((address.type, name), name)
            key = twin if called else self._key_of(twin)
            return (key, called or "key_id") if key is not None else None
        if address.type == "aws_kms_key" and name in ("arn", "id"):
            by_alias = (("key_id", "name"), ("key_id", "arn"))
            alias = self._equal_resource(address, ("aws_kms_alias",), by_alias, _REGIONAL)
            key = self._key_of(alias) if alias is not None else None
            if key is not None:
                return key, "key_id" if name == "id" else name
            if alias is not None:
                return (alias, "target_key_arn") if name == "arn" else None
        return self._earlier(address, name)

    # Resources of this plan

    def _key_of(self, alias: Address) -> Address | None:
        """Find the managed key of an alias."""
        return self._equal_resource(alias, _KEYS, (("target_key_id", "key_id"), ("target_key_id", "arn")), _REGIONAL)

    def _equal_resource(
        self, source: Address, types: tuple[str, ...], ways: tuple[tuple[str, str], ...], scope: tuple[str, ...]
    ) -> Address | None:
        """Find the only resource that certainly equals what an object names, by the first pair that finds one.

        Each pair is an argument of `source` and an attribute of the resource; `scope` must be the same.
        """
        attributes = self._attributes
        for argument, attribute in ways:
            wanted = self._argument(source, argument)
            beside: list[Address] = []
            for each in attributes.plan.instances(*types) if wanted is not None else ():
                if each.after is None or equal(wanted, attributes.attribute(each.address, attribute)) is not Truth.TRUE:
                    continue
                # NOTE: an ARN contains its region and account; a name denotes another object in each of them.
                if attribute == "arn" or self._is_beside(each.address, source, scope):
                    beside.append(each.address)
            if len(beside) == 1:
                return beside[0]
        return None

    def _is_beside(self, one: Address, other: Address, scope: tuple[str, ...]) -> bool:
        here, there = self._attributes.surroundings(one), self._attributes.surroundings(other)
        return all(equal(getattr(here, each), getattr(there, each)) is Truth.TRUE for each in scope)

    def _argument(self, address: Address, argument: str) -> Value:
        written = self._attributes.evaluate(address, argument)
        instance = self._attributes.plan.instance(str(address)) if written is None or not is_known(written) else None
        known = (instance.after or {}).get(argument) if instance else None
        return written if known is None or not is_known(known) else known

    # Other data sources

    def _earlier(self, address: Address, name: str) -> tuple[Address, str] | None:
        """Return the same attribute of the first data source that certainly finds the same object."""
        if not address.type.startswith("aws_") or self._attributes.is_configured(address, name) is not False:
            return None
        key = self._lookup_key(address)
        found = self._index_by_key(address.type).get(key) if key is not None else None
        if found is None or found == address:
            return None
        # NOTE: what was read before the change may now differ in everything that can change.
        read = self._attributes.plan.instance(str(found)) is None
        return (found, name) if name in _KEPT or not read else None

    def _index_by_key(self, kind: str) -> dict[Hashable, Address]:
        """Index the data sources of a type by what they look up, those already read first."""
        if kind not in self._first:
            index = self._first[kind] = {}
            plan = self._attributes.plan
            read = (each.address for each in plan.data_sources(kind))
            for address in (*read, *(each.address for each in plan.instances(kind, mode="data"))):
                key = self._lookup_key(address)
                if key is not None:
                    index.setdefault(key, address)
        return self._first[kind]

    def _lookup_key(self, address: Address) -> Hashable:
        """Return a key that only data sources for the same object share; None if that is unknown."""
        if address not in self._keys:
            self._keys[address] = None  # a cycle has no key
            self._keys[address] = self._key_of_arguments(address)
        return self._keys[address]

    def _key_of_arguments(self, address: Address) -> Hashable:
        arguments = self._arguments(address)
        around = self._attributes.surroundings(address)
        scope = _LOOKED_UP.get(address.type, ((), _REGIONAL, ()))[1]
        row = [
            (name, str(value) if isinstance(value, (bool, int, float)) else identity(value))
            for name, value in arguments
            if value is not None
        ]
        place = [identity(getattr(around, each)) for each in scope]
        return None if not row or None in place or any(each is None for _, each in row) else (*place, *row)

    def _arguments(self, address: Address) -> Iterator[tuple[str, Value]]:
        block, config = self._attributes.block(address), self._attributes.declarations.config_resource(address)
        names = {*(config.expressions if config else ()), *(block.attributes() if block else ())}
        if block is not None:
            names.update(each.kind for each in block.nested)
        for name in sorted(names.difference(_ASIDE)):
            yield name, self._argument(address, name)
