"""Roles that everyone may assume: only a trust policy that definitely allows it, to all and without a condition."""

from __future__ import annotations

import json
from typing import Any

from tests.made_world import HERE, MadeResource, MadeWorld, task
from tests.rows import every_row
from tfcheck.checks import role_for_anyone
from tfcheck.symbolic.value import Value

ARN = "arn:aws:iam::111122223333:role/"
ANYONE: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}


def messages(*statements: dict[str, Any], task_role: Value = None) -> list[str]:
    trust = json.dumps({"Version": "2012-10-17", "Statement": statements})
    role = MadeResource(
        "aws_iam_role.exec", {"name": "execution", "arn": f"{ARN}execution", "assume_role_policy": trust}
    )
    found = role_for_anyone.CHECK.search(task({}, around=HERE, task_role_arn=task_role), MadeWorld(role))
    return [f"{each.severity.value}: {each.message}" for each in found]


SAID = "warning: the trust policy of the execution role aws_iam_role.exec lets anyone in any AWS account assume it"


@every_row("principal", ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::111122223333:root", "*"]}])
@every_row("action", ["sts:AssumeRole", "sts:*", "*", ["sts:TagSession", "STS:assume*"]])
def test_everybody_is_notified_once(principal: object, action: object) -> None:
    assert messages(ANYONE | {"Principal": principal, "Action": action}, task_role=f"{ARN}execution") == [SAID]


@every_row(
    "statement",
    [
        ANYONE | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}},
        ANYONE | {"Principal": {"Service": "*"}},
        ANYONE | {"Principal": {"AWS": "111122223333"}},
        ANYONE | {"Action": "sts:TagSession"},
        ANYONE | {"Effect": "Deny"},
        {"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "111122223333"}},
    ],
)
def test_what_is_narrower_is_not(statement: dict[str, Any]) -> None:
    assert messages(statement) == []


def test_a_deny_may_revoke_it() -> None:
    deny = ANYONE | {"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
    assert messages(ANYONE, deny) == []
