from __future__ import annotations

import re

import msgspec

from tests.iam.examples import K, O, P, S, T, W
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam import (
    Allowed,
    Decision,
    Denied,
    Layers,
    Request,
    Undecided,
    decide,
    managed_policy,
    managed_policy_version,
)
from tfcheck.iam.managed import _load_bundled
from tfcheck.symbolic.value import PARTITION, Unknown, text

EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def by(arn: str, request: Request) -> type[Decision]:
    policy = managed_policy(arn)
    assert policy is not None
    return type(decide(request, Layers((policy,), resource_kind="kms" if request is K else "plain")))


def test_all_that_are_bundled_can_be_read() -> None:
    assert len(_load_bundled()) == 96
    for tail in _load_bundled():
        policy = managed_policy("arn:aws:iam::aws:policy/" + tail)
        assert policy is not None
        assert (policy.invalid, policy.warnings) == (None, ())
        assert policy.statements
        version = managed_policy_version("arn:aws:iam::aws:policy/" + tail)
        assert version is not None
        assert re.fullmatch(r"v[1-9]\d{0,2}", version)


@every_row(
    ("name", "request_", "decision"),
    [
        ("service-role/AmazonECSTaskExecutionRolePolicy", T, Allowed),
        ("service-role/AmazonECSTaskExecutionRolePolicy", W, Allowed),
        ("service-role/AmazonECSTaskExecutionRolePolicy", O, Denied),
        ("AmazonS3ReadOnlyAccess", O, Allowed),
        ("AmazonS3ReadOnlyAccess", P, Denied),
        ("AmazonSSMReadOnlyAccess", P, Allowed),
        ("ReadOnlyAccess", O, Allowed),
        ("ReadOnlyAccess", P, Allowed),
        ("ReadOnlyAccess", T, Allowed),
        ("ReadOnlyAccess", S, Denied),
        ("ReadOnlyAccess", K, Denied),
        ("ReadOnlyAccess", W, Denied),
        ("AWSKeyManagementServicePowerUser", K, Denied),
        ("SecretsManagerReadWrite", S, Allowed),
        ("SecretsManagerReadWrite", O, Denied),
        ("AWSSecretsManagerClientReadOnlyAccess", K, Undecided),
        ("AWSSecretsManagerClientReadOnlyAccess", S, Allowed),
        ("PowerUserAccess", O, Allowed),
        ("AdministratorAccess", K, Allowed),
    ],
)
def test_what_they_grant(name: str, request_: Request, decision: type[Decision]) -> None:
    assert by("arn:aws:iam::aws:policy/" + name, request_) is decision


def test_arns_in_them_may_begin_otherwise_in_another_partition() -> None:
    clients = "AWSSecretsManagerClientReadOnlyAccess"
    secret = text(["arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:db-", Unknown()])
    asked = msgspec.structs.replace(S, resource=secret)
    assert by(f"arn:aws-cn:iam::aws:policy/{clients}", asked) is Undecided
    assert by(f"arn:aws:iam::aws:policy/{clients}", asked) is Denied
    assert by("arn:aws-cn:iam::aws:policy/SecretsManagerReadWrite", asked) is Allowed


def test_their_actions_are_the_same_in_every_partition() -> None:
    partition = Unknown(symbol("data.aws_partition.p", ("partition",)), hole=PARTITION)
    china = managed_policy(EXECUTION.replace("arn:aws:", "arn:aws-cn:"))
    somewhere = managed_policy(text(["arn:", partition, EXECUTION.removeprefix("arn:aws")]))
    aws = managed_policy(EXECUTION)
    assert aws is not None
    assert aws.name == EXECUTION
    for other in (china, somewhere):
        assert other is not None
        assert [each.actions for each in other.statements] == [each.actions for each in aws.statements]


@every_row(
    "arn",
    [
        "arn:aws:iam::aws:policy/SecurityAudit",
        "arn:aws:iam::111122223333:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy",
        "arn:aws:iam::aws:AdministratorAccess",
        "AdministratorAccess",
    ],
)
def test_others_are_not_known(arn: str) -> None:
    assert managed_policy(arn) is None
    assert managed_policy_version(arn) is None
    assert managed_policy(Unknown()) is None


def test_the_data_is_plain_json() -> None:
    assert all(isinstance(msgspec.json.decode(each.document), dict) for each in _load_bundled().values())
