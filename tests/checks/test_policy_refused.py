"""A policy that AWS refuses is reported where the change writes it, and only where that is certain."""

from __future__ import annotations

import json

import pytest

from tests.checks.made_tasks import messages
from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.checks import policy_refused
from tfcheck.symbolic.value import Value

FILES = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-config/*"}
ROLE = "arn:aws:iam::111122223333:role/execution"


def policy(label: str, **statement: Value) -> MadeResource:
    document = {"Version": "2012-10-17", "Statement": [{**FILES, **statement}]}
    return MadeResource(f"aws_iam_role_policy.{label}", {"name": label, "role": "exec", "policy": json.dumps(document)})


def found_for(*policies: MadeResource, earlier: tuple[MadeResource, ...] = (), trust: Value = None) -> list[str]:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ROLE, "id": "exec", "assume_role_policy": trust})
    world = MadeWorld(role, *policies, earlier=earlier)
    return messages(policy_refused.CHECK, world=world, execution_role_arn=ROLE)


@every_row(
    ("statement", "reason"),
    [
        ({"Resource": "acme-config/*"}, "a resource must be `*` or begin with `arn:`"),
        ({"Action": "GetObject"}, "an action must be written as service:Name"),
        ({"Effect": "allow"}, "an Effect is neither `Allow` nor `Deny`"),
        ({"Principal": "*"}, "a policy on a role has no Principal"),
        ({"Resources": "*"}, "a statement has an element that does not exist"),
    ],
)
def test_what_breaks_the_grammar_is_reported(statement: dict[str, Value], reason: str) -> None:
    assert found_for(policy("files", **statement)) == [f"error: AWS refuses aws_iam_role_policy.files: {reason}"]


def test_a_trust_policy_names_no_resource() -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    refused = json.dumps({"Version": "2012-10-17", "Statement": [{**trust, "Resource": "*"}]})
    assert found_for(trust=refused) == [
        "error: AWS refuses the trust policy of aws_iam_role.exec: a trust policy has no Resource"
    ]


@pytest.mark.parametrize("statement", [{}, {"resource": "*"}, {"Condition": {"Bool": {"aws:SecureTransport": None}}}])
def test_what_aws_may_accept_is_not(statement: dict[str, Value]) -> None:
    assert found_for(policy("files", **statement)) == []


def test_what_aws_has_accepted_is_not() -> None:
    known = policy("files", Resource="acme-config/*")
    known.attributes["id"] = "exec:files"
    assert found_for(known, earlier=(known,)) == []


def named(principal: str, kind: str, argument: str, earlier: tuple[MadeResource, ...] = ()) -> list[str]:
    """Return the messages for a policy that names a principal, beside a role with a path."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:root", principal]}, "Action": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    own = "arn:aws:iam::111122223333:role/web/execution"
    world = MadeWorld(
        MadeResource("aws_iam_role.exec", {"name": "execution", "arn": own}),
        MadeResource(f"{kind}.other", {"name": "other", "arn": "arn:aws:iam::111122223333:x/y", argument: document}),
        earlier=earlier,
    )
    return messages(policy_refused.CHECK, world=world, execution_role_arn=own)


@every_row(
    ("kind", "argument", "which"),
    [
        ("aws_kms_key", "policy", "the policy of aws_kms_key.other"),
        ("aws_s3_bucket_policy", "policy", "the policy of aws_s3_bucket_policy.other"),
        ("aws_ecr_repository_policy", "policy", "the policy of aws_ecr_repository_policy.other"),
        ("aws_iam_role", "assume_role_policy", "the trust policy of aws_iam_role.other"),
    ],
)
def test_a_role_with_another_path_does_not_exist(kind: str, argument: str, which: str) -> None:
    assert named(ROLE, kind, argument) == [
        f"error: AWS refuses {which}: it names `{ROLE}`, and aws_iam_role.exec has another path"
    ]


def test_a_role_that_may_exist_is_not_reported() -> None:
    for principal in (
        "arn:aws:iam::111122223333:role/web/execution",
        "arn:aws:iam::111122223333:role/executions",
        "arn:aws:iam::444455556666:role/execution",
        "arn:aws:sts::111122223333:assumed-role/execution/task",
    ):
        assert named(principal, "aws_kms_key", "policy") == []
    for kind in ("aws_ecr_registry_policy", "aws_efs_file_system_policy"):  # no page says so
        assert named(ROLE, kind, "policy") == []
    former = MadeResource("aws_iam_role.exec", {"name": "execution", "arn": ROLE})
    assert named(ROLE, "aws_kms_key", "policy", (former,)) == []
