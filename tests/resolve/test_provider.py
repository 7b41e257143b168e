"""In which account does a provider configuration work, when nothing says so outright?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.made import change, plan
from tfcheck.address import parse
from tfcheck.resolve import Resolver
from tfcheck.value import Value

HERE, ELSEWHERE = "111122223333", "444455556666"
BUCKET = change("aws_s3_bucket.b", "create", after={"bucket": "b"})


def arn(resource: str, account: str = HERE) -> str:
    return f"arn:aws:iam::{account}:{resource}"


def task(role: Value) -> dict[str, Any]:
    return change("aws_ecs_task_definition.t", "create", after={"family": "t", "execution_role_arn": role})


def policy(role: Value, name: str = "p") -> dict[str, Any]:
    return change(f"aws_iam_role_policy.{name}", "create", name=name, after={"name": name, "role": role})


def attached(arn: str) -> dict[str, Any]:
    return change("aws_iam_role_policy_attachment.a", "create", after={"role": "x", "policy_arn": arn})


def read(kind: str, **values: str) -> dict[str, Any]:
    found = {"address": f"data.{kind}.d", "mode": "data", "type": kind, "name": "d", "values": values}
    return {"prior_state": {"values": {"root_module": {"resources": [found]}}}}


def used(aliased: tuple[str, ...], **expressions: Any) -> dict[str, Any]:
    """Make a configuration whose resources use the default provider, but for those listed."""
    rows = [BUCKET["address"], "aws_ecs_task_definition.t", "aws_iam_role_policy.p"]
    resources = [
        {
            "address": address,
            "mode": "managed",
            "type": address.partition(".")[0],
            "name": address.partition(".")[2],
            "provider_config_key": "aws.other" if address in aliased else "aws",
        }
        for address in rows
    ]
    other = {"name": "aws", "alias": "other", "expressions": expressions}
    providers = {"aws": {"name": "aws"}, "aws.other": other}
    return {"configuration": {"provider_config": providers, "root_module": {"resources": resources}}}


def account(*changes: dict[str, Any], **sections: Any) -> str | None:
    found = Resolver(plan(BUCKET, *changes, **sections)).surroundings(parse("aws_s3_bucket.b")).account
    return found if isinstance(found, str) else None


def test_a_role_that_is_looked_up_is_in_the_account() -> None:
    assert account(**read("aws_iam_role", name="x", arn=arn("role/x"))) == HERE


@pytest.mark.parametrize("kind", ["aws_kms_key", "aws_secretsmanager_secret"])
def test_what_may_be_looked_up_in_another_account_tells_nothing(kind: str) -> None:
    assert account(**read(kind, arn=f"arn:aws:kms:eu-west-1:{ELSEWHERE}:key/k")) is None


def test_a_managed_policy_is_attached_in_its_account() -> None:
    assert account(attached(arn("policy/p"))) == HERE
    assert account(attached(arn("policy/p", "aws"))) is None


def test_a_role_of_a_task_to_which_a_policy_is_attached_by_name_is_in_the_account() -> None:
    assert account(task(arn("role/team/x")), policy("x")) == HERE
    assert account(task(arn("role/x")), policy("y")) is None
    assert account(task(arn("role/x"))) is None
    assert account(task("x"), policy("x")) is None


def test_accounts_that_disagree_tell_nothing() -> None:
    other = change("aws_ecs_task_definition.u", "create", name="u", after={"task_role_arn": arn("role/x", ELSEWHERE)})
    assert account(task(arn("role/x")), other, policy("x")) is None


def test_what_another_provider_configuration_attaches_tells_nothing() -> None:
    changes = task(arn("role/x")), policy("x")
    elsewhere = {"assume_role": [{"role_arn": {"references": ["var.role"]}}]}
    assert account(*changes, **used(())) == HERE
    assert account(*changes, **used(("aws_iam_role_policy.p",), **elsewhere)) is None
    assert account(*changes, **used(("aws_iam_role_policy.p",), region={"constant_value": "eu-west-1"})) == HERE
