"""A look-up of one of AWS's own policies hides none of its text, whether or not the plan could read it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.made_world import OPEN, MadeResource, MadeWorld, reference
from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.analysis.check import check
from tfcheck.iam import Caller, Request, Undecided, managed_policy, parse_policy, service_context
from tfcheck.role import Role
from tfcheck.role.policies import AttachedPolicies, Policies, PolicyOrReason
from tfcheck.symbolic.value import Unknown, Value, text
from tfcheck.verdict.call import RoleCall, decide_call
from tfcheck.verdict.resource_policy import ResourcePolicies
from tfcheck.vocabulary.finding import Answer, Reason, Report, Verdict

ARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
UNBUNDLED = "arn:aws:iam::aws:policy/AlexaForBusinessFullAccess"
OWN = "arn:aws:iam::111122223333:policy/files"
LATER = Unknown(reason="known only after apply")
LOOK_UP = "data.aws_iam_policy.files"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


def found(named: Value, **attributes: Value) -> PolicyOrReason:
    return Policies(MadeWorld(MadeResource(LOOK_UP, attributes))).by_arn(named)


@every_row("named", [ARN, reference(LOOK_UP, "arn"), reference(LOOK_UP, "arn", ARN)])
@every_row("unread", [LATER, None])
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


def test_an_arn_with_another_path_names_the_right_one() -> None:
    wrong = ARN.replace("policy/", "policy/service-role/")
    assert found(wrong).hidden == f"managed policy {wrong}, which AWS has as {ARN} only"
    assert found(UNBUNDLED).hidden == f"managed policy {UNBUNDLED}, which is not in the bundled set"


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


@every_row(
    ("name", "prefix", "is_found"),
    [
        ("AmazonS3ReadOnlyAccess", None, True),
        ("AmazonECSTaskExecutionRolePolicy", "/service-role/", True),
        ("AmazonECSTaskExecutionRolePolicy", "/", True),
        ("AmazonECSTaskExecutionRolePolicy", "/own/", False),
        ("own", None, False),
    ],
)
def test_a_name_finds_one_of_awss_own_policies(name: str, prefix: str | None, is_found: bool) -> None:
    seen = found(reference(LOOK_UP, "arn"), arn=LATER, name=name, path_prefix=prefix, policy=LATER)
    assert (seen.policy is not None) is is_found


def test_the_name_that_a_look_up_by_arn_computes_finds_nothing() -> None:
    name: dict[str, Value] = {"name": "AmazonS3ReadOnlyAccess", "arn": LATER, "policy": LATER}
    seen = Policies(MadeWorld(MadeResource(LOOK_UP, name, computed=("name",)))).by_arn(reference(LOOK_UP, "arn"))
    assert seen.policy is None


def test_what_is_strange_in_a_policy_of_a_role_is_reported() -> None:
    statement = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    inline = {"name": "i", "role": "exec", "policy": json.dumps({"Statement": [statement, statement]})}
    made = change("aws_iam_role_policy.i", "create", name="i", after=inline)
    assert "aws_iam_role_policy.i: two statements have the same Sid" in with_files(made).notes


def test_a_call_waits_for_the_policy_that_may_deny_it() -> None:
    def row(address: str, known: dict[str, str], statement: dict[str, str], *unknown: str) -> Any:
        text = json.dumps({"Version": "2012-10-17", "Statement": {"Resource": "*", **statement}})
        return change(address, "create", after={"policy": text, **known}, after_unknown=dict.fromkeys(unknown, True))

    made = with_files(
        row("aws_iam_role_policy.all", {"role": "exec"}, {"Effect": "Allow", "Action": "s3:*"}),
        row("aws_iam_role_policy.other", {}, {"Effect": "Deny", "Action": "ssm:*"}, "role"),
        row("aws_iam_role_policy.read", {}, {"Effect": "Deny", "Action": "s3:GetObject"}, "role"),
        row("aws_s3_bucket_policy.b", {}, {"Effect": "Deny", "Action": "s3:GetBucket*", "Principal": "*"}, "bucket"),
    )
    assert {each.requirement.action: each.waits_for for each in made.answers if each.requirement.container} == {
        "s3:GetObject": "aws_iam_role_policy.read, which may be attached to this role",
        "s3:GetBucketLocation": "whether the resource has the policy of aws_s3_bucket_policy.b",
    }


# What is outside the plan

HERE, ELSEWHERE = "111122223333", "444455556666"


def with_files(*rows: Any, secret: str = "", arn: str = f"arn:aws:iam::{HERE}:role/exec") -> Report:
    """Check a plan of a role that may everything that `rows` give it, and a task that needs a file or a secret."""
    container: dict[str, Any] = {"name": "app", "image": "x"}
    files = [{"type": "s3", "value": "arn:aws:s3:::cfg/app.env"}]
    container |= {"secrets": [{"name": "A", "valueFrom": secret}]} if secret else {"environmentFiles": files}
    task = {"execution_role_arn": arn, "container_definitions": json.dumps([container])}
    known = {"name": "exec", "arn": arn, "assume_role_policy": "{}"}
    return check(
        plan(
            change("aws_ecs_task_definition.app", before=task, after=task),
            change("aws_iam_role.exec", before=known, after=known),
            *rows,
        )
    )


@pytest.mark.parametrize(
    "resource",
    [
        f"arn:aws:secretsmanager:eu-west-1:{ELSEWHERE}:secret:shop-AbCdEf",
        f"arn:aws:ssm:eu-west-1:{ELSEWHERE}:parameter/shop",
    ],
)
def test_what_is_missing_to_decide_about_another_account_is_reported(resource: str) -> None:
    allowing = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    inline = change(
        "aws_iam_role_policy.i", "create", name="i", after={"name": "i", "role": "exec", "policy": allowing}
    )
    (asked,) = (each for each in with_files(inline, secret=resource).answers
                if each.requirement.action.startswith(("secretsmanager:", "ssm:")))  # fmt: skip
    assert asked.verdict is Verdict.UNKNOWN
    assert asked.waits_for.endswith("in another account; pass the plan or the state of its stack with `--context`")


@pytest.mark.parametrize("mode", ["aws_ecr_repository", "aws_kms_key"])
def test_an_open_account_is_what_lacks(mode: str) -> None:
    service = {"aws_ecr_repository": ("ecr", "repository/shop"), "aws_kms_key": ("kms", "key/k")}[mode]
    arn = text([f"arn:aws:{service[0]}:eu-west-1:", OPEN.account, f":{service[1]}"])
    world = MadeWorld()
    guarded = ResourcePolicies(world).of(arn)
    caller = Caller(f"arn:aws:iam::{HERE}:role/exec", "exec", HERE)
    allowing = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "policy")
    context = service_context(source_account=HERE, source_arn="arn:aws:ecs:eu-west-1:1:task/a", region="eu-west-1")
    call = RoleCall(
        Role("role", True, caller, AttachedPolicies((allowing,))), Request("ecr:GetX", arn, caller, context), guarded
    )
    decision = decide_call(call)
    assert isinstance(decision, Undecided)
    assert decision.waits_for.endswith("is open: pass `--account`")


def test_a_repository_of_this_plan_lacks_no_account() -> None:
    arn = text(["arn:aws:ecr:eu-west-1:", OPEN.account, ":repository/shop"])
    world = MadeWorld(MadeResource("aws_ecr_repository.shop", {"name": "shop", "arn": arn}, OPEN))
    assert ResourcePolicies(world).of(arn).outside is None


def test_an_open_arn_may_name_any_policy_of_the_plan_that_denies_but_no_known_one() -> None:
    denying = DOCUMENT.replace("Allow", "Deny")
    late = reference("aws_iam_policy.late", "arn")
    policies = Policies(
        MadeWorld(
            MadeResource("aws_iam_policy.late", {"arn": late, "policy": denying}),
            MadeResource("aws_iam_policy.files", {"arn": OWN, "policy": denying}),
            MadeResource("aws_iam_policy.allowing", {"arn": f"{OWN}-read", "policy": DOCUMENT}),
        )
    )
    seen = policies.by_arn(LATER)
    assert seen.hidden
    assert [each.name for each in seen.possible_policies] == ["aws_iam_policy.late", "aws_iam_policy.files"]
    assert policies.by_arn(f"{OWN}-other").possible_policies == ()
