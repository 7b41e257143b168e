"""ECS is allowed to assume the roles that a task definition names."""

from __future__ import annotations

import pytest

from tests.made_world import task
from tests.startup.needs import LATER, needs, rows
from tfcheck.startup import trust
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.finding import RoleKind

ROLE = "arn:aws:iam::111122223333:role/"


def test_every_role_that_is_named_is_assumed() -> None:
    of = task({}, execution_role_arn=f"{ROLE}execution", task_role_arn=f"{ROLE}task")
    assert rows(trust.RULE, of) == [
        ("/executionRoleArn", "sts:AssumeRole", f"{ROLE}execution", "error"),
        ("/taskRoleArn", "sts:AssumeRole", f"{ROLE}task", "error"),
    ]
    assert [each.role_kind for each in needs(trust.RULE, of)] == [RoleKind.EXECUTION, RoleKind.TASK]


@pytest.mark.parametrize("role", [None, ""])
def test_no_role_is_assumed_where_none_is_named(role: Value) -> None:
    assert needs(trust.RULE, task({}, execution_role_arn=role, task_role_arn=role)) == []


def test_a_role_that_is_not_known_is_assumed_all_the_same() -> None:
    (found,) = needs(trust.RULE, task({}, execution_role_arn=LATER))
    assert found.resource is LATER
