"""What two data sources, or a data source and a resource, certainly have in common, and what they need not have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.resolve import Resolver
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value, display, spelled_out
from tfcheck.vocabulary.address import Address, parse

OTHER_REGION = {"region": {"constant_value": "us-east-1"}}
OTHER_ACCOUNT = {"profile": {"constant_value": "other"}}
OPEN = {"arn": True, "id": True}


def created(address: str, unknown: Any = None, **after: Value) -> dict[str, Any]:
    name = address.partition(".")[2]
    return change(address, "create", name=name, after=after, after_unknown=OPEN if unknown is None else unknown)


def deferred(address: str, **after: Value) -> dict[str, Any]:
    name = address.rpartition(".")[2]
    return change(address, "read", name=name, mode="data", after=after, after_unknown=OPEN)


def resolver(*rows: dict[str, Any], other: dict[str, Any] | None = None, aliased: tuple[str, ...] = ()) -> Resolver:
    """Return the resolver of a plan in one region; `aliased` resources have the `other` provider configuration."""
    here = {"region": {"constant_value": "eu-west-1"}}
    resources = []
    for row in rows:
        arguments = {name: {"constant_value": value} for name, value in row["change"]["after"].items()}
        key = "aws.other" if row["address"] in aliased else "aws"
        resources.append(
            {k: row[k] for k in ("mode", "type", "name")} | {"provider_config_key": key, "expressions": arguments}
        )
    providers = {
        "aws": {"name": "aws", "expressions": here},
        "aws.other": {"name": "aws", "expressions": other or here},
    }
    configuration = {"provider_config": providers, "root_module": {"resources": resources}}
    return Resolver(plan(*rows, configuration=configuration))


def value(found: Resolver, reference: str) -> Value:
    address, _, attribute = reference.rpartition(".")
    return found.attribute(parse(address), attribute)


def compared(found: Resolver, one: str, other: str) -> Truth:
    return equal(value(found, one), value(found, other))


@every_row("attribute", ["id", "arn"])
@every_row(
    "kind",
    ["time_static", "random_id", "random_integer", "null_resource", "aws_lb", "aws_secretsmanager_secret_version"],
)
def test_only_what_aws_assigns_to_one_object_is_unique(kind: str, attribute: str) -> None:
    found = resolver(created(f"{kind}.a"), created(f"{kind}.b"))
    assert compared(found, f"{kind}.a.{attribute}", f"{kind}.b.{attribute}") is Truth.UNKNOWN


@pytest.mark.parametrize("kind", ["aws_kms_key", "aws_vpc_endpoint", "aws_efs_file_system"])
def test_what_one_plan_creates_differs(kind: str) -> None:
    found = resolver(created(f"{kind}.a"), created(f"{kind}.b"))
    assert compared(found, f"{kind}.a.id", f"{kind}.b.id") is Truth.FALSE


LOOKED_UP = [
    ("aws_kms_key", "key_id", "alias/a", "alias/b", Truth.UNKNOWN),
    ("aws_vpc_endpoint", "vpc_id", "vpc-1", "vpc-2", Truth.UNKNOWN),
    ("aws_secretsmanager_secret", "name", "a", "b", Truth.FALSE),
    ("aws_ssm_parameter", "name", "/a", "/b", Truth.FALSE),
    ("aws_iam_role", "name", "a", "b", Truth.FALSE),
    ("aws_lb", "name", "a", "b", Truth.UNKNOWN),
]


@every_row(("kind", "argument", "first", "second", "truth"), LOOKED_UP)
def test_two_look_ups(kind: str, argument: str, first: str, second: str, truth: Truth) -> None:
    rows = [
        deferred(f"data.{kind}.{name}", **{argument: wanted})
        for name, wanted in zip("abc", (first, first, second), strict=True)
    ]
    found = resolver(*rows)
    assert compared(found, f"data.{kind}.a.arn", f"data.{kind}.b.arn") is Truth.TRUE
    assert compared(found, f"data.{kind}.a.arn", f"data.{kind}.c.arn") is truth


def test_a_look_up_that_was_read_shows_what_an_equal_one_finds() -> None:
    arn = "arn:aws:iam::111122223333:role/x/app"
    read = {"address": "data.aws_iam_role.read", "mode": "data", "type": "aws_iam_role", "name": "read"}
    prior = {
        "values": {"root_module": {"resources": [read | {"values": {"name": "app", "arn": arn, "description": "old"}}]}}
    }
    late = deferred("data.aws_iam_role.late", name="app")
    late["change"]["after_unknown"] = OPEN | {"description": True}
    named = {"mode": "data", "type": "aws_iam_role", "expressions": {"name": {"constant_value": "app"}}}
    root = {"resources": [named | {"name": each} for each in ("read", "late")]}
    found = Resolver(plan(late, prior_state=prior, configuration={"root_module": root}))
    assert value(found, "data.aws_iam_role.late.arn") == arn
    assert isinstance(value(found, "data.aws_iam_role.late.description"), Unknown)


NAMED = [
    ("aws_secretsmanager_secret", "name", "db"),
    ("aws_ssm_parameter", "name", "/db"),
    ("aws_ecr_repository", "name", "db"),
    ("aws_cloudwatch_log_group", "name", "/ecs/db"),
]


@every_row(("kind", "argument", "name"), NAMED)
def test_a_name_of_another_region_is_another_object(kind: str, argument: str, name: str) -> None:
    rows = created(f"{kind}.x", **{argument: name}), deferred(f"data.{kind}.x", **{argument: name})
    assert compared(resolver(*rows), f"{kind}.x.arn", f"data.{kind}.x.arn") is Truth.TRUE
    elsewhere = resolver(*rows, other=OTHER_REGION, aliased=(f"data.{kind}.x",))
    assert compared(elsewhere, f"{kind}.x.arn", f"data.{kind}.x.arn") is Truth.FALSE


@every_row(("kind", "argument", "name"), [*NAMED, ("aws_iam_role", "name", "app")])
def test_a_name_of_what_may_be_another_account_may_be_another_object(kind: str, argument: str, name: str) -> None:
    other = {"region": {"constant_value": "eu-west-1"}, **OTHER_ACCOUNT}
    rows = created(f"{kind}.x", **{argument: name}), deferred(f"data.{kind}.x", **{argument: name})
    found = resolver(*rows, other=other, aliased=(f"data.{kind}.x",))
    assert compared(found, f"{kind}.x.arn", f"data.{kind}.x.arn") is Truth.UNKNOWN


def test_the_name_of_a_bucket_means_the_same_in_every_region() -> None:
    rows = created("aws_s3_bucket.x", bucket="cfg"), deferred("data.aws_s3_bucket.x", bucket="cfg")
    found = resolver(*rows, other=OTHER_REGION, aliased=("data.aws_s3_bucket.x",))
    assert compared(found, "aws_s3_bucket.x.arn", "data.aws_s3_bucket.x.arn") is Truth.TRUE


def test_a_role_that_is_looked_up_may_have_a_path() -> None:
    found = resolver(deferred("data.aws_iam_role.x", name="app"))
    arn = value(found, "data.aws_iam_role.x.arn")
    for account in ("111122223333",):
        assert equal(arn, f"arn:aws:iam::{account}:role/app") is Truth.UNKNOWN
        assert equal(arn, f"arn:aws:iam::{account}:role/team/app") is Truth.UNKNOWN
        assert equal(arn, f"arn:aws:iam::{account}:role/other") is Truth.FALSE


def test_what_is_looked_up_by_its_arn_has_no_name_made_by_the_provider() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    found = resolver(deferred("data.aws_secretsmanager_secret.x", arn=arn))
    assert spelled_out(value(found, "data.aws_secretsmanager_secret.x.id")) == arn  # type: ignore[arg-type]
    assert not display(value(found, "data.aws_secretsmanager_secret.x.name")).startswith("terraform-")


KEY = created("aws_kms_key.k", {"arn": True, "id": True, "key_id": True})


def alias(target: Value = None) -> dict[str, Any]:
    row = created("aws_kms_alias.a", {"arn": True, "id": True, "target_key_arn": True}, name="alias/app")
    if target is not None:
        row["change"]["after"]["target_key_id"] = target
    else:
        row["change"]["after_unknown"]["target_key_id"] = True
    return row


def with_alias(*rows: dict[str, Any], target: Value = None, **options: Any) -> Resolver:
    """Return the resolver of a plan with a key and an alias, in whose sources `target_key_id` refers to the key."""
    found = resolver(KEY, alias(target), *rows, **options)
    config = found.plan.configuration
    assert config is not None
    if target is None:
        reference = {"references": ["aws_kms_key.k.key_id", "aws_kms_key.k"]}
        config.resources["aws_kms_alias.a"].expressions["target_key_id"] = reference
    kept = found.evaluate

    def argument(address: Address, name: str) -> Value:
        refers = target is None and (str(address), name) == ("aws_kms_alias.a", "target_key_id")
        return value(found, "aws_kms_key.k.key_id") if refers else kept(address, name)

    found.evaluate = argument  # type: ignore[method-assign]
    return found


@pytest.mark.parametrize("attribute", ["arn", "id"])
def test_a_key_that_is_looked_up_by_alias_is_the_one_behind_the_alias(attribute: str) -> None:
    found = with_alias(deferred("data.aws_kms_key.d", key_id="alias/app"))
    assert compared(found, f"data.aws_kms_key.d.{attribute}", f"aws_kms_key.k.{attribute}") is Truth.TRUE


def test_an_alias_that_is_looked_up_is_the_one_of_the_plan() -> None:
    found = with_alias(deferred("data.aws_kms_alias.d", name="alias/app"))
    assert compared(found, "data.aws_kms_alias.d.target_key_arn", "aws_kms_key.k.arn") is Truth.TRUE
    assert compared(found, "data.aws_kms_alias.d.target_key_id", "aws_kms_key.k.key_id") is Truth.TRUE
    assert compared(found, "data.aws_kms_alias.d.id", "aws_kms_alias.a.arn") is Truth.TRUE


def test_an_alias_of_another_region_leads_to_another_key() -> None:
    found = with_alias(
        deferred("data.aws_kms_key.d", key_id="alias/app"), other=OTHER_REGION, aliased=("data.aws_kms_key.d",)
    )
    assert compared(found, "data.aws_kms_key.d.arn", "aws_kms_key.k.arn") is Truth.FALSE


def test_an_alias_may_lead_to_a_key_outside_the_plan() -> None:
    arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    found = with_alias(deferred("data.aws_kms_key.d", key_id="alias/app"), target=arn)
    assert equal(value(found, "data.aws_kms_key.d.arn"), arn) is Truth.TRUE


def test_a_region_that_is_not_known_yet_is_not_the_one_of_the_provider() -> None:
    row = created("aws_ssm_parameter.x", {"arn": True, "region": True}, name="/x")
    found = resolver(row)
    config = found.plan.configuration
    assert config is not None
    config.resources["aws_ssm_parameter.x"].expressions["region"] = {"references": ["var.region"]}
    assert found.surroundings(parse("aws_ssm_parameter.x")).region != "eu-west-1"


def test_each_look_up_is_compared_by_one_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    found = resolver(*(deferred(f"data.aws_ami.k{i}", owners="self") for i in range(4)))
    evaluated = list[Address]()
    original = Resolver.evaluate

    def evaluate(self: Resolver, address: Address, name: str) -> Value:
        evaluated.append(address)
        return original(self, address, name)

    monkeypatch.setattr(Resolver, "evaluate", evaluate)
    assert [value(found, f"data.aws_ami.k{i}.{name}") for i in range(4) for name in ("name", "image_id", "state")]
    assert len(evaluated) == 4
