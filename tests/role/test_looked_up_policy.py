"""A look-up of one of AWS's own policies hides none of its text, whether or not the plan could read it."""

from __future__ import annotations

import json

import pytest

from tests.made_world import OPEN, MadeThing, MadeWorld, reference
from tests.plan.made import change, plan
from tfcheck.analysis.check import check
from tfcheck.iam import managed_policy
from tfcheck.resource_policy import ResourcePolicies
from tfcheck.role.policies import Policies, PolicyOrReason
from tfcheck.symbolic.value import Unknown, Value, text
from tfcheck.vocabulary.finding import Answer, Reason

ARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
UNBUNDLED = "arn:aws:iam::aws:policy/AlexaForBusinessFullAccess"
OWN = "arn:aws:iam::111122223333:policy/files"
LATER = Unknown(reason="known only after apply")
LOOK_UP = "data.aws_iam_policy.files"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


def found(named: Value, **attributes: Value) -> PolicyOrReason:
    return Policies(MadeWorld(MadeThing(LOOK_UP, attributes))).by_arn(named)


@pytest.mark.parametrize("named", [ARN, reference(LOOK_UP, "arn"), reference(LOOK_UP, "arn", ARN)])
@pytest.mark.parametrize("unread", [LATER, None])
def test_the_bundled_text_counts_where_the_look_up_has_none(named: Value, unread: Value) -> None:
    bundled = managed_policy(ARN)
    assert bundled is not None
    assert found(named, arn=ARN, policy=unread) == PolicyOrReason(bundled)


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_it_counts_in_every_partition(partition: str) -> None:
    there = ARN.replace("aws:iam", f"{partition}:iam")
    seen = found(reference(LOOK_UP, "arn"), arn=there, policy=LATER)
    assert seen.policy is not None or seen.hidden is not None
    assert seen == Policies(MadeWorld()).by_arn(there)


def test_what_the_look_up_has_read_counts_before_the_bundled_text() -> None:
    seen = found(reference(LOOK_UP, "arn"), arn=ARN, policy=DOCUMENT)
    assert seen.policy is not None
    assert [each.origin.policy for each in seen.policy.statements] == [LOOK_UP]


@pytest.mark.parametrize("arn", [UNBUNDLED, OWN, LATER])
def test_a_look_up_of_anything_else_that_waits_is_hidden(arn: Value) -> None:
    seen = found(reference(LOOK_UP, "arn"), arn=arn, policy=LATER)
    assert seen.policy is None
    assert seen.hidden is not None


# In a plan


def answers(policy_arn: str) -> list[Answer]:
    """Check a plan in which a look-up of a policy waits for apply, and a role has that policy."""
    role = "arn:aws:iam::111122223333:role/exec"
    files = [{"type": "s3", "value": "arn:aws:s3:::cfg/app.env"}]
    containers = json.dumps([{"name": "app", "image": "x", "environmentFiles": files}])
    task = {"execution_role_arn": role, "container_definitions": containers}
    known = {"name": "exec", "arn": role, "assume_role_policy": "{}"}
    attached = {"role": "exec", "policy_arn": policy_arn}
    waiting = {"after": {"arn": policy_arn}, "after_unknown": {"policy": True, "id": True, "name": True}}
    made = plan(
        change("aws_ecs_task_definition.app", before=task, after=task),
        change("aws_iam_role.exec", before=known, after=known),
        change(LOOK_UP, "read", mode="data", before=None, **waiting),
        change("aws_iam_role_policy_attachment.a", "create", before=None, after=attached),
    )
    return [each for each in check(made).answers if each.requirement.action.startswith("s3:")]


def test_a_look_up_that_waits_for_apply_hides_nothing_of_a_bundled_policy() -> None:
    asked = answers(ARN)
    assert asked
    assert {(each.verdict.value, each.waits_for) for each in asked} == {("allowed", "")}


def test_one_that_is_not_bundled_is_what_is_waited_for() -> None:
    assert {(each.verdict.value, each.reason) for each in answers(OWN)} == {("unknown", Reason.POLICY_NOT_READABLE)}


# Repositories outside the plan


def outside(account: Value) -> str | None:
    arn = text(["arn:aws:ecr:eu-west-1:", account, ":repository/shop"])  # type: ignore[list-item]
    world = MadeWorld()
    return ResourcePolicies(world, Policies(world)).of(arn).outside


def test_a_repository_outside_the_plan_says_that_the_account_is_what_lacks() -> None:
    said = "a repository outside the plan; whether it is in the account of the role is open: pass `--account`"
    assert outside(OPEN.account) == said
    assert outside("111122223333") == "a repository outside the plan"


def test_a_repository_of_this_plan_lacks_no_account() -> None:
    arn = text(["arn:aws:ecr:eu-west-1:", OPEN.account, ":repository/shop"])
    world = MadeWorld(MadeThing("aws_ecr_repository.shop", {"name": "shop", "arn": arn}, OPEN))
    assert ResourcePolicies(world, Policies(world)).of(arn).outside is None
