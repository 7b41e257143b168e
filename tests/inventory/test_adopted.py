"""Check that an object that one resource forgets and another imports is one object."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.made import change, plan
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver

KIND = "aws_iam_role_policy"
ID = {"id": "exec:files", "name": "files", "role": "exec"}


def listed(*rows: dict[str, Any]) -> tuple[list[str], list[str]]:
    """List the objects after the change and before it."""
    world = After(Resolver(plan(*rows)))
    kinds = sorted({each["type"] for each in rows})
    after, before = world.resources(*kinds), world.before().resources(*kinds)
    return [str(each.address) for each in after], [str(each.address) for each in before]


def row(name: str, action: str, kind: str = KIND, before: dict[str, Any] = ID, **parts: Any) -> dict[str, Any]:
    after = None if action == "forget" else {**before, "policy": "{}"}
    return change(f"{kind}.{name}", action, before=before, after=after, **parts)


@pytest.mark.parametrize("action", ["no-op", "update"])
def test_an_imported_object_replaces_the_forgotten_one(action: str) -> None:
    rows = row("old", "forget"), row("new", action, importing={"id": "exec:files"})
    assert listed(*rows) == ([f"{KIND}.new"], [f"{KIND}.new"])
    assert listed(*reversed(rows)) == ([f"{KIND}.new"], [f"{KIND}.new"])


def test_objects_with_equal_ids_may_be_in_two_accounts() -> None:
    both = [f"{KIND}.old", f"{KIND}.new"]
    assert listed(row("old", "forget"), row("new", "no-op")) == (both, both)


def test_resources_with_equal_arns_are_one_object() -> None:
    secret = {"arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf"}
    other = {"arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:t-AbCdEf"}
    kind = "aws_secretsmanager_secret"
    assert listed(row("old", "forget", kind, secret), row("new", "no-op", kind, secret))[0] == [f"{kind}.new"]
    assert listed(row("old", "forget", kind, other), row("new", "no-op", kind, secret))[0] == [
        f"{kind}.old",
        f"{kind}.new",
    ]


def test_an_object_that_is_only_forgotten_stays() -> None:
    assert listed(row("old", "forget")) == ([f"{KIND}.old"], [f"{KIND}.old"])
