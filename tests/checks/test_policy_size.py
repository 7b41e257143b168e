"""A policy that is longer than IAM accepts is reported where the change writes it, by what is certainly in it."""

from __future__ import annotations

import json

from tests.checks.made_tasks import messages
from tests.made_world import MadeResource, MadeWorld
from tfcheck.checks import policy_size
from tfcheck.symbolic.value import ACCOUNT_ID, JsonText, Text, Unknown, Value

ROLE = "arn:aws:iam::111122223333:role/execution"
MANAGED = "arn:aws:iam::111122223333:policy/files"
TRUST: dict[str, Value] = {
    "Effect": "Allow",
    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def document(size: int, statement: dict[str, Value] | None = None) -> dict[str, Value]:
    """Return a policy with that many characters."""
    given = statement or {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    empty = {"Version": "2012-10-17", "Statement": [{**given, "Sid": ""}]}
    sid = "x" * (size - len(json.dumps(empty, separators=(",", ":"))))
    return {"Version": "2012-10-17", "Statement": [{**given, "Sid": sid}]}


def inline(name: str, size: int) -> MadeResource:
    attributes: dict[str, Value] = {"name": name, "role": "execution", "policy": json.dumps(document(size), indent=8)}
    return MadeResource(f"aws_iam_role_policy.{name}", attributes)


def managed(size: int, *, boundary: bool = False) -> tuple[MadeResource, ...]:
    policy = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": json.dumps(document(size), indent=2)})
    attached: dict[str, Value] = {"role": "execution", "policy_arn": MANAGED}
    return (policy,) if boundary else (policy, MadeResource("aws_iam_role_policy_attachment.files", attached))


def found_for(*policies: MadeResource, earlier: tuple[MadeResource, ...] = (), **more: Value) -> list[str]:
    role = MadeResource("aws_iam_role.execution", {"name": "execution", "arn": ROLE, "id": "execution", **more})
    world = MadeWorld(role, *policies, earlier=earlier)
    return messages(policy_size.CHECK, world=world, execution_role_arn=ROLE, task_role_arn=ROLE)


def test_a_managed_policy_and_a_boundary_have_one_limit() -> None:
    found = [
        "error: AWS refuses aws_iam_policy.files, which has at least 6,145 characters: a managed policy has up to 6,144"
    ]
    assert found_for(*managed(6_145)) == found
    assert found_for(*managed(6_144)) == []
    assert found_for(*managed(6_145, boundary=True), permissions_boundary=MANAGED) == found


def test_the_inline_policies_of_a_role_are_counted_together() -> None:
    assert found_for(inline("one", 5_000), inline("two", 5_241)) == [
        "error: AWS refuses the inline policies of aws_iam_role.execution, which have at least 10,241 characters "
        "together: a role has up to 10,240"
    ]
    assert found_for(inline("one", 5_000), inline("two", 5_240)) == []
    assert found_for(inline("one", 5_000), *managed(6_000)) == []


def test_only_one_of_the_policies_with_one_name_counts() -> None:
    one, other = inline("one", 6_000), inline("other", 6_000)
    other.attributes["name"] = "one"
    assert found_for(one, other) == []


def test_the_policies_that_a_role_lists_count() -> None:
    listed: Value = [
        {"name": name, "policy": json.dumps(document(size))} for name, size in (("one", 6_000), ("two", 6_001))
    ]
    (found,) = found_for(inline_policy=listed)
    assert "which have at least 12,001 characters together" in found


def test_the_limit_of_a_trust_policy_can_be_raised() -> None:
    assert found_for(assume_role_policy=json.dumps(document(2_049, TRUST))) == [
        "warning: AWS refuses the trust policy of aws_iam_role.execution, which has at least 2,049 characters, unless "
        "the account allows more than 2,048"
    ]
    assert found_for(assume_role_policy=json.dumps(document(2_048, TRUST))) == []


def test_what_aws_has_accepted_is_not_reported() -> None:
    known = managed(7_000)
    assert found_for(*known, earlier=known) == []


def test_a_document_with_unknown_parts_has_at_least_what_is_known_of_it() -> None:
    resource = Text(("arn:aws:s3:::", Unknown(), "/*"))
    statement: Value = {"Effect": "Allow", "Action": "s3:*", "Resource": resource, "Sid": "x" * 6_100}
    policy, attachment = managed(0)
    policy.attributes["policy"] = JsonText({"Version": "2012-10-17", "Statement": [statement]})
    (found,) = found_for(policy, attachment)
    assert "which has at least 6,211 characters" in found
    policy.attributes["policy"] = Text(("x" * 3_000, Unknown(), " y" * 3_145))
    assert found_for(policy, attachment) == []


def test_an_unknown_part_has_at_least_the_length_of_its_shortest_text() -> None:
    parts = ("arn:aws:ssm:eu-west-1:", Unknown(hole=ACCOUNT_ID), ":parameter/db")
    known = json.dumps({"Id": "arn:aws:ssm:eu-west-1:111122223333:parameter/db"}, separators=(",", ":"))
    for resource in (Text(parts), Unknown(shape=Text(parts))):
        policy, attachment = managed(0)
        policy.attributes["policy"] = JsonText(document(6_146 - len(known)) | {"Id": resource})
        (found,) = found_for(policy, attachment)
        assert "which has at least 6,145 characters" in found
