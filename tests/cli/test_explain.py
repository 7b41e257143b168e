"""`tfcheck explain`: what a text means, and what of it is in a plan."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tfcheck.analysis.check import check
from tfcheck.cli.main import run

pytestmark = pytest.mark.usefixtures("checked_once")
FORBIDDEN = "failed to download env files: operation error S3: HeadObject, StatusCode: 403, api error Forbidden"
REFUSED = (
    "unable to retrieve secret from asm: AccessDeniedException: User: "
    "arn:aws:sts::123456789012:assumed-role/app-execution/1 is not authorized to perform: "
    "secretsmanager:GetSecretValue on resource: {} because no identity-based policy allows the "
    "secretsmanager:GetSecretValue action"
)


def explain_output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["explain", *arguments]) == 0
    return capsys.readouterr().out


def test_a_text_alone_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_output(capsys, FORBIDDEN)
    assert text.startswith("look at: a permission of the execution role\n\n  the role is not allowed to read")
    assert "  seen      on Fargate\n  action    s3:GetObject or kms:Decrypt\n" in text


def test_a_plan_shows_what_is_missing_and_how_to_fix_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_output(capsys, FORBIDDEN, str(TESTDATA / "literal-missing" / "plan.json"))
    assert "  1 finding about this\n" in text
    assert "s3:GetObject on arn:aws:s3:::acme-config/orders/prod.env required" in " ".join(text.split())
    assert "fix: add 2 statements to aws_iam_role_policy.execution" in text


def test_a_plan_may_grant_it_already(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_output(capsys, FORBIDDEN, str(TESTDATA / "literal-granted" / "plan.json"))
    assert "everything of this kind is allowed (1 call)" in text


def test_a_plan_may_leave_it_open(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_output(capsys, FORBIDDEN, str(TESTDATA / "conditional-grant" / "plan.json"))
    assert "something cannot be decided from the plan" in text
    assert "  unknown  " in text


def test_a_mistake_is_found_without_any_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "twelve-services" / "plan.json")
    text = explain_output(capsys, "failed to validate logger args: awslogs-region is required", plan)
    assert "look at: the task definition, or something that it names" in text
    assert "error[log-region]: the log driver of container `search`" in text
    assert text.count("error[") == 1


@pytest.mark.parametrize(
    ("said", "deleted"),
    [
        (
            "create stream: ResourceNotFoundException: The specified log group does not exist.",
            ["aws_cloudwatch_log_group.logs", "aws_cloudwatch_log_group.renamed"],
        ),
        ("SSM Parameter Store in eu-west-1: invalid parameters: /name", ["aws_ssm_parameter.token"]),
        (FORBIDDEN, ["aws_s3_object.file"]),
    ],
)
def test_what_the_plan_deletes_is_found_by_what_ecs_would_say(
    said: str, deleted: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = explain_output(capsys, said, str(TESTDATA / "needs-changed" / "plan.json"))
    parts = [part for part in text.split("error[") if part.startswith("deleted]")]
    assert [re.findall(r"needs (\S+),", each) for each in parts] == [[each] for each in deleted]


def test_a_network_problem_is_not_a_missing_permission(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "literal-granted" / "plan.json")
    text = explain_output(capsys, "failed to download env files: context deadline exceeded", plan)
    assert text.startswith("look at: the network, not IAM\n")
    assert "action" not in text
    assert "it is the network" in text


def test_the_resource_in_a_text_distinguishes_requirements(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "secrets-and-parameters" / "applied.plan.json")

    case = Case(TESTDATA / "secrets-and-parameters")
    answers = check(case.plan("applied.plan.json"), None).answers
    secrets = [each for each in answers if each.requirement.action == "secretsmanager:GetSecretValue"]
    assert len(secrets) == 1
    text = explain_output(capsys, REFUSED.format(secrets[0].requirement.shown_resource), plan)
    assert "(1 call)" in text
    assert "  role      app-execution\n" in text


def test_a_text_comes_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(FORBIDDEN))
    assert "environment file" in explain_output(capsys, "-")


def test_what_is_not_known_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "The deployment has reached a steady state"]) == 3
    assert capsys.readouterr().err.startswith("error: unrecognised error text\nhint: pass the complete `stoppedReason`")


def test_a_text_cannot_forge_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_output(capsys, REFUSED.format("arn:\x1b[31mred"))
    assert "\x1b" not in text


def test_the_role_in_a_text_distinguishes_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "image-and-logs" / "applied.plan.json")
    refused = (
        "User: arn:aws:sts::123456789012:assumed-role/{}/1 is not authorized to perform: logs:CreateLogStream on "
        "resource: arn:aws:logs:ap-northeast-1:123456789012:log-group:/ecs/shop:log-stream:{}/1 because no "
        "identity-based policy allows the logs:CreateLogStream action"
    )
    text = explain_output(capsys, refused.format("shop-worker-execution", "worker/worker"), plan)
    assert "look at: a permission of the role that was refused" in text
    assert text.count("error[log-group]") == 1
    assert "everything of this kind is allowed (1 call)" in explain_output(
        capsys, refused.format("shop-web-execution", "web/web"), plan
    )
    text = explain_output(capsys, refused.format("somebody", "web/web"), plan)
    assert text.endswith("\n  no task definition of this plan runs with the role `somebody`\n")


def test_what_is_denied_without_a_finding_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "image-and-logs" / "applied.plan.json")
    text = explain_output(
        capsys,
        "User: arn:aws:sts::123456789012:assumed-role/shop-web-execution/1 is not authorized to perform: "
        "ecr:BatchCheckLayerAvailability on resource: arn:aws:ecr:ap-northeast-1:123456789012:repository/shop",
        plan,
    )
    assert "  1 call of this kind is not allowed\n" in text
    assert '  denied   aws_ecs_task_definition.shop["web"]: ecr:BatchCheckLayerAvailability' in text


def test_a_bare_denial_leads_to_what_the_plan_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "secrets-and-parameters" / "applied.plan.json")
    text = explain_output(
        capsys,
        "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app-execution/1 is not authorized to "
        "perform: ssm:GetParameters on resource: arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/token because "
        "no identity-based policy allows the ssm:GetParameters action",
        plan,
    )
    assert "  1 finding about this\n" in text
    assert "error[parameter]" in text


def test_a_near_miss_leads_to_what_ecs_calls(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "secrets-and-parameters" / "applied.plan.json")
    text = explain_output(
        capsys,
        "User: arn:aws:sts::123456789012:assumed-role/app-execution/1 is not authorized to perform: ssm:GetParameter "
        "on resource: arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/token",
        plan,
    )
    assert text.startswith("look at: who made this call: ECS does not\n")
    assert "error[parameter]" in text


def test_the_code_in_a_container_is_not_ecs(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_output(
        capsys,
        "User: arn:aws:sts::123456789012:assumed-role/billing-task/1 is not authorized to perform: s3:GetObject on "
        "resource: arn:aws:s3:::acme-config/billing/common.env",
        str(TESTDATA / "granted-to-task-role" / "plan.json"),
    )
    assert "look at: a permission of the role that was refused\n" in text
    said = (
        "`billing-task` is the task role of aws_ecs_task_definition.billing: the code in its containers made the call"
    )
    assert said in " ".join(text.split())


def test_ecs_exec_is_reported_for_the_task_role(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "twelve-services" / "plan.json")
    refused = (
        "User: arn:aws:sts::123456789012:assumed-role/{}/1 is not authorized to perform: "
        "ssmmessages:CreateControlChannel on resource: *"
    )
    assert "info[ecs-exec]" in explain_output(capsys, refused.format("stock-task"), plan)
    assert "no task definition of this plan runs with" in explain_output(capsys, refused.format("somebody"), plan)


def test_behind_the_network_no_permission_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "literal-missing" / "plan.json")
    text = explain_output(capsys, "failed to download env files: context deadline exceeded", plan)
    assert "error[" not in text
    said = "this is a network problem: no permission was refused yet. Of 1 call of this kind 1 will be refused once"
    assert said in " ".join(text.split())


def test_only_what_a_text_is_about_is_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "secrets-with-key" / "applied.plan.json")
    text = explain_output(capsys, "unable to retrieve secret from asm: AccessDeniedException", plan)
    assert "ReadFiles" not in text


def test_context_is_for_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", FORBIDDEN, "--context", str(TESTDATA / "literal-missing" / "plan.json")]) == 2
    assert "--context is for a plan, and there is none" in capsys.readouterr().err


KMS = "AccessDeniedException: Access to KMS is not allowed"


@pytest.mark.parametrize(
    ("text", "case", "found"),
    [
        (KMS, "secrets-with-key", True),
        (KMS, "encrypted-bucket", False),
        (FORBIDDEN, "encrypted-bucket", True),
        (FORBIDDEN, "secrets-with-key", False),
    ],
)
def test_a_key_is_reported_only_of_what_the_text_is_about(
    text: str, case: str, found: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who reads what is encrypted has a text of its own for it."""
    output = explain_output(capsys, text, str(TESTDATA / case / "plan.json"))
    assert ("error[decrypt]" in output) is found


def test_what_is_hidden_in_a_plan_may_be_what_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The text names a bucket that the plan marks as sensitive: its row is shown, and the name is not."""
    plan = json.loads((TESTDATA / "literal-missing" / "applied.plan.json").read_bytes())
    (task,) = (each for each in plan["resource_changes"] if each["type"] == "aws_ecs_task_definition")
    bucket = task["change"]["after"]["container_definitions"].partition("arn:aws:s3:::")[2].partition("/")[0]
    text = FORBIDDEN_THERE.format(bucket)
    plan["variables"] = {"bucket": {"value": bucket}}
    plan["configuration"]["root_module"]["variables"] = {"bucket": {"sensitive": True}}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    path = str(tmp_path / "plan.json")

    assert run(["explain", text, path]) == 0
    said = capsys.readouterr().out.partition("plan.json")[2]
    assert "1 finding about this" in said
    assert bucket not in said


FORBIDDEN_THERE = (
    "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/orders-execution/1 is not authorized to perform: "
    "s3:GetObject on resource: arn:aws:s3:::{}/orders/prod.env because no identity-based policy allows the "
    "s3:GetObject action"
)
