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
