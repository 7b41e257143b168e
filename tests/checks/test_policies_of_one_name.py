"""A role has one inline policy of each name."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, messages
from tests.made_world import MadeResource, MadeWorld
from tfcheck.checks import policies_of_one_name
from tfcheck.symbolic.value import Value


def policy(label: str, name: Value, role: Value = "execution") -> MadeResource:
    return MadeResource(f"aws_iam_role_policy.{label}", {"name": name, "role": role, "policy": "{}"})


def found_for(*policies: MadeResource) -> list[str]:
    role = {"name": "execution", "arn": "arn:aws:iam::111122223333:role/execution"}
    world = MadeWorld(MadeResource("aws_iam_role.exec", {**role}), *policies)
    return messages(policies_of_one_name.CHECK, {}, world=world)


def test_two_policies_of_one_name_overwrite_each_other() -> None:
    (found,) = found_for(policy("a", "read"), policy("b", "read"), policy("c", "write"))
    assert found == (
        "warning: aws_iam_role_policy.a and aws_iam_role_policy.b write an inline policy of the same name to the "
        "execution role: only the last one written remains"
    )


def test_other_names_and_other_roles_do_not() -> None:
    assert found_for(policy("a", "read"), policy("b", "write"), policy("c", "read", "another")) == []
    assert found_for(policy("a", "read"), policy("b", LATER)) == []


def test_a_policy_whose_role_is_unknown_is_not_reported_for_each_role() -> None:
    assert found_for(policy("a", "read"), policy("b", "read", LATER)) == []
