"""Needs that are all different are compared with few others only: the time stays linear."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tfcheck.fix.policies.shared_needs import join_needs
from tfcheck.fix.proposal import RoleNeed


def _need(number: int) -> RoleNeed:
    role = SimpleNamespace(address=f"aws_iam_role.r[{number}]")
    answer = SimpleNamespace(role=role.address, requirement=SimpleNamespace(rule="secret"))
    return RoleNeed(cast("Any", (role,)), cast("Any", (answer,)))


def test_different_needs_are_compared_with_few_others() -> None:
    asked = 0

    def is_shared(need: RoleNeed) -> bool:
        nonlocal asked
        asked += 1
        return len(need.roles) == 1

    found = list(join_needs([_need(each) for each in range(200)], is_shared))
    assert [len(each.roles) for each in found] == [1] * 200
    assert asked < 20 * 200
