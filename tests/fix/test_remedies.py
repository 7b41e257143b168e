"""Every finding has a fix, or says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case, with_expectation
from tests.rows import every_row
from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Session
from tfcheck.checks import CHECKS
from tfcheck.checks.misconfiguration import Misconfiguration
from tfcheck.checks.remedies import remedy
from tfcheck.cli.main import run
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.finding import Severity


@pytest.mark.parametrize("case", with_expectation(), ids=repr)
def test_no_finding_is_left_without_a_fix_or_what_to_do(case: Case) -> None:
    for found in case.report().findings:
        assert found.fix or found.remedy, found.message
        assert found.remedy is None or found.remedy.words


def test_every_rule_says_what_to_write_instead() -> None:
    plan = Case(TESTDATA / "literal-missing").plan()
    task = next(iter(task_definitions(After(Resolver(plan, None)))))
    with_advice = {"deploy-order", "efs-authorization", "s3-files-mount"}  # each of its mistakes says what to do
    for each in CHECKS:
        advice = "do it" if each.id in with_advice else ""
        found = remedy(each.id, Misconfiguration("it is wrong", Severity.ERROR, advice=advice), task)
        assert found is not None
        assert "{" not in found.words


def test_an_access_key_is_not_moved_to_a_secret() -> None:
    task = next(iter(task_definitions(After(Resolver(Case(TESTDATA / "literal-missing").plan(), None)))))
    about = Misconfiguration("it is wrong", Severity.INFO, about="AWS_SECRET_ACCESS_KEY")
    found = remedy("credential-in-environment", about, task)
    assert found is not None
    assert (found.hcl, "task role" in found.words) == ("", True)


@every_row(
    ("rule", "about", "hcl"),
    [
        ("env-file-arn", "s3://acme-config/web/app.env", '"arn:aws:s3:::acme-config/web/app.env"'),
        ("env-file-arn", "s3://${aws_s3_bucket.b.bucket}/app.env", '"${aws_s3_bucket.b.arn}/app.env"'),
        ("secret-reference", "${aws_secretsmanager_secret.db.arn}:password", ':password::"'),
        ("secret-reference", "arn:aws:secretsmanager:eu-west-1:1:secret:db-a:password:AWSCURRENT", ':AWSCURRENT:"'),
        ("env-file-absent", "${aws_s3_bucket.b.arn}/web/app.env", "bucket = aws_s3_bucket.b.id"),
        ("env-file-absent", "arn:aws:s3:::${aws_s3_bucket.b.bucket}/.env", "bucket = aws_s3_bucket.b.id"),
        ("env-file-absent", "arn:aws:s3:::cfg/app.env", 'bucket = "cfg"'),
        ("log-group-absent", "/ecs/search", 'name              = "/ecs/search"'),
        (
            "credential-in-environment",
            "DB_PASSWORD",
            '"DB_PASSWORD", valueFrom = aws_secretsmanager_secret.db_password.arn',
        ),
        ("credential-in-environment", "DB_PASSWORD", '"aws_secretsmanager_secret" "db_password" {\n  name = "'),
    ],
)
def test_a_correction_is_written_with_what_the_plan_has(rule: str, about: str, hcl: str) -> None:
    plan = Case(TESTDATA / "literal-missing").plan()
    task = next(iter(task_definitions(After(Resolver(plan, None)))))
    found = remedy(rule, Misconfiguration("it is wrong", Severity.ERROR, about=about), task)
    assert found is not None
    assert hcl in found.hcl


def test_a_parameter_without_a_name_is_not_corrected() -> None:
    task = next(iter(task_definitions(After(Resolver(Case(TESTDATA / "literal-missing").plan(), None)))))
    about = Misconfiguration("it is wrong", Severity.ERROR, about="arn:aws:ssm:eu-west-1:1:parameter///")
    found = remedy("secret-reference", about, task)
    assert found is not None
    assert "parameter//" not in found.hcl


@pytest.mark.several_cases
@every_row(
    ("case", "message", "words", "hcl"),
    [
        (
            "twelve-services",
            "has IAM authorization, but the task definition names no",
            "set `task_role_arn`",
            "task_role",
        ),
        ("twelve-services", "Fargate accepts only a file in the image", "into its image", '"file"'),
        ("twelve-services", "is not allowed ssmmessages:", 'to the task role aws_iam_role.task["stock"]', "Channel"),
        ("keys-disabled", "which this plan deletes", "keep aws_kms_key.former until", ""),
        ("references-misread", "`awslogs-group` of container `app` is", "the name of the log group", "group.app.name"),
        ("references-misread", "cannot have", "with nothing after it", "credentialsParameter"),
        ("other-partition", "names another partition", "`aws-cn`, in the ARN", ""),
        ("bucket-in-other-account", "the policy of ${aws_s3_bucket.audit.arn}", "${aws_s3_bucket.audit.arn} name", "{"),
    ],
)
def test_each_mistake_has_the_remedy_that_fits_it(case: str, message: str, words: str, hcl: str) -> None:
    found = [each.remedy for each in Case(TESTDATA / case).report().findings if message in each.message]
    assert found
    for each in found:
        assert each is not None
        assert words in each.words
        assert hcl in each.hcl
        assert bool(each.hcl) is bool(hcl)


def test_a_grant_that_a_boundary_denies_comes_with_the_boundary() -> None:
    findings = Case(TESTDATA / "bounded-and-not-granted").report().findings
    by_task = {
        each.task_definition: each
        for each in findings
        if {one.requirement.action for one in each.answers} == {"kms:Decrypt"}
    }
    shop, till = by_task["aws_ecs_task_definition.shop"], by_task["aws_ecs_task_definition.till"]
    assert shop.fix is not None
    assert shop.fix.title == (
        "add a statement to aws_iam_role_policy.exec; and add a statement to aws_iam_policy.boundary, the permissions "
        "boundary of aws_iam_role.exec"
    )
    assert (shop.fix.safety, shop.fix.diff.count("+        Action   = ")) == ("review", 2)
    desk = by_task["aws_ecs_task_definition.desk"].fix
    assert desk is not None
    assert desk.title == (
        "add aws_iam_role_policy.desk_start_up; it names all instances of aws_secretsmanager_secret.desk; and add 2 "
        "statements to aws_iam_policy.desk_boundary, the permissions boundary of aws_iam_role.desk; and add a "
        "statement to aws_kms_key_policy.desk"
    )
    assert till.remedy is not None
    assert till.remedy.words.endswith(
        "managed, and replace its permissions boundary arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess, which only AWS "
        "can change"
    )


@pytest.mark.parametrize(
    ("resource", "other"),
    [
        ("arn:aws:s3:::acme-config/*", ""),
        (
            "arn:aws:s3:::acme-config/prod/*",
            "; nothing allows it otherwise, so also add a resource to aws_iam_role_policy.allow",
        ),
    ],
)
def test_a_denial_and_a_missing_grant_are_shown_together(resource: str, other: str, tmp_path: Path) -> None:
    for name in ("plan.json", "main.tf"):
        text = (TESTDATA / "explicit-deny" / name).read_text(encoding="utf-8")
        text = text.replace('Action = "s3:*", Resource = "*"', f'Action = "s3:GetObject", Resource = ["{resource}"]')
        was = r"\"Action\":\"s3:*\",\"Effect\":\"Allow\",\"Resource\":\"*\""
        now = rf"\"Action\":\"s3:GetObject\",\"Effect\":\"Allow\",\"Resource\":[\"{resource}\"]"
        (tmp_path / name).write_text(text.replace(was, now), encoding="utf-8")
    (checked,) = Session([str(tmp_path / "plan.json")], options=RunOptions(fixes=True)).check(
        str(tmp_path / "plan.json")
    )
    found = next(each.remedy for each in checked.report.findings if each.remedy)
    assert found.words.partition("`NotResource`")[2] == other
    assert found.hcl.count('"arn:aws:s3:::acme-config/staging/app.env",') == (2 if other else 1)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            {"DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}},
            "{} only until `2025-01-01T00:00:00Z` (aws:CurrentTime), and the plan was made later: let it end later, or "
            "remove the condition",
        ),
        (
            {"DateEquals": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}},
            "{} only at `2025-01-01T00:00:00Z` (aws:CurrentTime), and the plan was made later: let it end later, or "
            "remove the condition",
        ),
        (
            {"StringNotEquals": {"aws:SecureTransport": "true"}},
            "change what aws:SecureTransport depends on, or let the condition accept `true`: {} "
            "only if aws:SecureTransport is not `true` (StringNotEquals), and the call has `true`",
        ),
        (
            {"StringLike": {"kms:ViaService": "s3.*"}},
            "change what kms:ViaService depends on, or allow s3:GetObject in a statement without this condition: {} "
            "only if kms:ViaService is `s3.*` (StringLike), and the call does not have it",
        ),
    ],
)
def test_a_condition_that_is_not_met_is_explained(condition: dict[str, object], words: str, tmp_path: Path) -> None:
    written = (TESTDATA / "literal-granted" / "plan.json").read_text(encoding="utf-8")
    plan = json.loads(written)
    (row,) = (each for each in plan["resource_changes"] if each["address"] == "aws_iam_role_policy.env_file")
    policy = json.loads(row["change"]["after"]["policy"])
    for statement in policy["Statement"]:
        statement["Condition"] = condition
    row["change"]["after"]["policy"] = json.dumps(policy)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    (checked,) = Session([str(path)], options=RunOptions(fixes=True)).check(str(path))
    finding = next(each for each in checked.report.findings if each.rule == "env-file")
    assert finding.fix is None
    assert finding.remedy is not None
    assert finding.remedy.words == words.format("a statement of aws_iam_role_policy.env_file allows s3:GetObject")


def test_a_grant_that_a_key_s_policy_does_not_let_through_comes_with_that_policy() -> None:
    words = [each.remedy.words for each in Case(TESTDATA / "arguments-left-null").report().findings if each.remedy]
    assert any(each.endswith("${module.mails.aws_kms_key.this.arn}, with the role as its principal") for each in words)


def test_an_example_does_not_show_a_sensitive_region(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = TESTDATA / "literal-missing"
    plan = json.loads((case / "plan.json").read_text(encoding="utf-8"))
    plan["variables"] = {"region": {"value": "me-central-1"}}
    configuration = plan["configuration"]
    configuration["root_module"]["variables"] = {"region": {"sensitive": True}}
    configuration["provider_config"]["aws"]["expressions"] = {"region": {"references": ["var.region"]}}
    (task,) = (each for each in plan["resource_changes"] if each["type"] == "aws_ecs_task_definition")
    containers = json.loads(task["change"]["after"]["container_definitions"])
    containers[0]["logConfiguration"] = {"logDriver": "awslogs", "options": {"awslogs-stream-prefix": "app"}}
    task["change"]["after"]["container_definitions"] = json.dumps(containers)
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    declared = 'provider "aws" {\n  region = var.region\n}\n\nvariable "region" {\n  sensitive = true\n}\n'
    (tmp_path / "main.tf").write_text((case / "main.tf").read_text(encoding="utf-8") + declared, encoding="utf-8")
    run([str(tmp_path / "plan.json"), "--format", "json"])
    shown = capsys.readouterr().out
    assert "me-central-1" not in shown
    assert '\\"awslogs-region\\"        = \\"(sensitive)\\"' in shown


def test_the_input_of_a_module_for_secrets_is_named() -> None:
    found = [each.remedy for each in Case(TESTDATA / "credentials-of-calls").report().findings]
    words = [each.words.rpartition(", ")[2] for each in found if each is not None]
    assert words == [f"and pass it to module.{name} by `secrets`" for name in ("api", "mail")]
    assert all(each and "not-a-real" not in each.hcl and "GetSecretValue" not in each.hcl for each in found)
    assert "secrets = { DB_PASSWORD = aws_secretsmanager_secret.db_password.arn }" in str(found[0])
