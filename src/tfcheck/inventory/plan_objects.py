"""The objects of a plan in its worlds: planned, existing, left behind, read, and possibly left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tfcheck.plan import Deposed, Instance, PriorData, constant, is_masked
from tfcheck.resolve import LeftOut, Resolver
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.doubt import Doubt
from tfcheck.symbolic.value import JsonText, Truth, Unknown, Value
from tfcheck.vocabulary.address import Address, forgotten_address, parse


class _PlanObject:
    """An object of a plan, at an address."""

    def __init__(self, resolver: Resolver, address: Address) -> None:
        self._resolver = resolver
        self.address = address

    @property
    def is_abandoned(self) -> bool:
        return False

    @property
    def is_forgotten(self) -> bool:
        return False

    @property
    def is_left_out(self) -> bool:
        return False

    def remains_on(self, named: Value) -> Truth:
        return Truth.TRUE

    @property
    def surroundings(self) -> Surroundings:
        return self._resolver.surroundings(self.address)


class PlannedObject(_PlanObject):
    """A resource instance after the change."""

    def __init__(self, resolver: Resolver, instance: Instance) -> None:
        super().__init__(resolver, instance.address)
        self._instance = instance

    def attribute(self, name: str) -> Value:
        return self._resolver.attribute_of(self._instance, name)

    def sensitive(self, name: str) -> bool:
        return is_masked(self._instance.after_sensitive, name)

    def is_configured(self, name: str) -> bool | None:
        return self._resolver.is_set(self.address, name)

    @property
    def is_forgotten(self) -> bool:
        return self._instance.actions == ("forget",)

    def remains_on(self, named: Value) -> Truth:
        return self._resolver.survival.remains_on(self._instance, named)


class ExistingObject(_PlanObject):
    """A resource instance before the change."""

    def __init__(self, resolver: Resolver, instance: Instance) -> None:
        super().__init__(resolver, instance.address)
        self._instance = instance

    def attribute(self, name: str) -> Value:
        return (self._instance.before or {}).get(name)

    def sensitive(self, name: str) -> bool:
        return is_masked(self._instance.before_sensitive, name)

    def is_configured(self, name: str) -> bool | None:
        return False

    @property
    def is_abandoned(self) -> bool:
        return self._instance.left_behind is not None


class LeftBehind(ExistingObject):
    """An object that stays in AWS as it was while the change creates another one at its address."""

    def __init__(self, resolver: Resolver, instance: Instance) -> None:
        super().__init__(resolver, instance)
        self.address = instance.address if isinstance(instance, Deposed) else forgotten_address(instance.address)

    @property
    def is_forgotten(self) -> bool:
        return True

    def remains_on(self, named: Value) -> Truth:
        return self._resolver.survival.outlasts_replacement(self._instance)


class ObjectRead(_PlanObject):
    """A data source that was read while planning."""

    def __init__(self, resolver: Resolver, data: PriorData) -> None:
        super().__init__(resolver, data.address)
        self._data = data

    def attribute(self, name: str) -> Value:
        return self._data.values.get(name)

    def sensitive(self, name: str) -> bool:
        return is_masked(self._data.sensitive, name)

    def is_configured(self, name: str) -> bool | None:
        return None


#: The arguments that name what an object belongs to, of which a single reference shows which one is meant: its types.
_SUBJECTS = {
    "bucket": "aws_s3_bucket",
    "file_system_id": "aws_efs_file_system",
    "key_id": "aws_kms_key",
    "repository": "aws_ecr_repository",
    "role": "aws_iam_role",
    "role_name": "aws_iam_role",
    "secret_arn": "aws_secretsmanager_secret",
    "secret_id": "aws_secretsmanager_secret",
    "task_definition": "aws_ecs_task_definition",
    "vpc_endpoint_id": "aws_vpc_endpoint",
}


class PossibleObject(_PlanObject):
    """A resource that the plan may leave out: if it exists, only its configuration says what is in it.

    Its policy, if it has one, may allow and deny anything.
    """

    def __init__(self, resolver: Resolver, found: LeftOut) -> None:
        super().__init__(resolver, parse(found.address))
        reason = f"the plan does not list {self.address}, possibly because of `-target` or a filter"
        self._open = Unknown(reason=Doubt(reason, hint=resolver.sources_hint(self.address.module)))

    @property
    def is_left_out(self) -> bool:
        return True

    def attribute(self, name: str) -> Value:
        if name == "policy":
            return JsonText({"Version": "2012-10-17", "Statement": self._open})
        if self._resolver.block(self.address) is not None:
            return self._resolver.evaluate(self.address, name) if self.is_configured(name) else self._open
        if name in _SUBJECTS:
            seen = self._resolver.candidate(self.address, name)
            return self._open if seen is None or (isinstance(seen, Unknown) and seen.symbol is None) else seen
        config = self._resolver.declarations.config_resource(self.address)
        is_constant, value = constant(config.expressions.get(name)) if config else (False, None)
        return value if is_constant else self._open

    def sensitive(self, name: str) -> bool:
        return False

    def is_configured(self, name: str) -> bool | None:
        return self._resolver.is_configured(self.address, name)


class PossiblyExisting(PossibleObject):
    """A resource that the plan may leave out, before the change: it is taken to have belonged to the same object.

    Nothing else of it is known. `former` returns what an attribute of an object of a type was, by its value now.
    """

    def __init__(self, resolver: Resolver, found: LeftOut, former: Callable[[str, Value], Value]) -> None:
        super().__init__(resolver, found)
        self._former = former

    def attribute(self, name: str) -> Value:
        if name in _SUBJECTS:
            return self._former(_SUBJECTS[name], super().attribute(name))
        return super().attribute(name) if name == "policy" else self._open

    def is_configured(self, name: str) -> bool | None:
        return super().is_configured(name) if name in _SUBJECTS else None


def without_adopted(instances: Sequence[Instance]) -> Sequence[Instance]:
    """Return the instances of one type without forgotten ones whose object another instance manages.

    This is how resources move between modules and states, with a `removed` block here and an `import` block there
    (https://developer.hashicorp.com/terraform/language/import).
    """
    forgotten = [each for each in instances if each.actions == ("forget",)]
    if not forgotten:
        return instances
    managed = [each for each in instances if each.exists_before and each.actions != ("forget",)]
    arns = {_text(each, "arn") for each in managed}
    # NOTE: without an ARN, equal ids may also be names in two accounts.
    ids = {_text(each, "id") for each in managed if each.is_imported}
    adopted = {
        each.address
        for each in forgotten
        if (_text(each, "arn") in arns if _text(each, "arn") else _text(each, "id") in ids - {""})
    }
    return [each for each in instances if each.address not in adopted]


def _text(instance: Instance, name: str) -> str:
    value = (instance.before or {}).get(name)
    return value if isinstance(value, str) else ""
