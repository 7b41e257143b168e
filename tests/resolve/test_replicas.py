"""A replica of a key has the id of its primary key in another region."""

from __future__ import annotations

from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.resolve import Resolver
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import PlainText, Truth, Unknown, Value, spelled_out
from tfcheck.vocabulary.address import parse

REGIONS = {
    "provider_config": {
        "aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}},
        "aws.far": {"name": "aws", "alias": "far", "expressions": {"region": {"constant_value": "us-east-1"}}},
    },
    "root_module": {
        "resources": [
            {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
             "provider_config_key": "aws", "expressions": {"multi_region": {"constant_value": True}}},
            {"address": "aws_kms_replica_key.r", "mode": "managed", "type": "aws_kms_replica_key", "name": "r",
             "provider_config_key": "aws.far", "expressions": {"primary_key_arn": {"references": ["aws_kms_key.k"]}}},
        ]
    },
}  # fmt: skip
PRIMARY = "arn:aws:kms:eu-west-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef"


def replica(primary: str | None) -> tuple[Resolver, Value]:
    after = {} if primary is None else {"primary_key_arn": primary}
    rows = [
        change("aws_kms_key.k", "create", name="k", after={}, after_unknown={"arn": True, "key_id": True}),
        change("aws_kms_replica_key.r", "create", name="r", after=after,
               after_unknown={"arn": True, "key_id": True} | ({} if primary else {"primary_key_arn": True})),
    ]  # fmt: skip
    resolver = Resolver(plan(*rows, configuration=REGIONS))
    return resolver, resolver.attribute(parse("aws_kms_replica_key.r"), "arn")


def test_the_arn_of_a_replica_has_the_id_of_its_primary_key() -> None:
    _, arn = replica(PRIMARY)
    assert isinstance(arn, Unknown)
    assert spelled_out(arn) == PRIMARY.replace("eu-west-1", "us-east-1")
    assert equal(arn, PRIMARY) is Truth.FALSE


def test_a_replica_of_what_is_not_known_is_another_key_only_in_its_region() -> None:
    resolver, arn = replica(None)
    own = resolver.attribute(parse("aws_kms_key.k"), "arn")
    assert isinstance(arn, Unknown)
    assert isinstance(own, Unknown)
    assert arn.shape is not None
    assert equal(arn, own) is Truth.FALSE
    ids = (resolver.attribute(parse(f"{each}"), "key_id") for each in ("aws_kms_key.k", "aws_kms_replica_key.r"))
    first, second = ids
    assert isinstance(first, Unknown)
    assert isinstance(second, Unknown)
    assert equal(first, second) is not Truth.FALSE


@every_row(
    ("expressions", "expected"),
    [
        ({"multi_region": {"constant_value": True}}, Truth.TRUE),
        ({"multi_region": {"constant_value": False}}, Truth.FALSE),
        ({}, Truth.FALSE),
        ({"multi_region": {"references": ["aws_sqs_queue.q"]}}, Truth.UNKNOWN),
    ],
)
def test_only_the_id_of_a_multi_region_key_begins_with_mrk(expressions: dict[str, object], expected: Truth) -> None:
    written = {"multi_region": True} if "references" in str(expressions) else {}
    row = change("aws_kms_key.k", "create", name="k", after={}, after_unknown={"arn": True, "key_id": True, **written})
    key = {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k"}
    configuration = {"root_module": {"resources": [{**key, "expressions": expressions}]}}
    own = Resolver(plan(row, configuration=configuration)).attribute(parse("aws_kms_key.k"), "key_id")
    assert isinstance(own, PlainText)
    assert glob("mrk-*", spelled_out(own)) is expected
