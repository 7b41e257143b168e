"""A policy that AWS refuses is corrected where it is written, if it is certain what is meant."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fix.found import copied, found_in, replaced

CASE = "policies-refused"


def titles(folder: Path) -> dict[str, str]:
    return {each.fix.title.partition(",")[0][3:]: each.fix.hcl for each in found_in(folder).fixes.found}


def test_names_become_arns_and_the_grammar_that_of_iam(tmp_path: Path) -> None:
    assert titles(copied(CASE, tmp_path)) == {
        "data.aws_iam_policy_document.web": (
            'aws_secretsmanager_secret.db.arn\naws_s3_bucket.config.arn\n"${aws_s3_bucket.config.arn}/*"'
        ),
        "aws_iam_role_policy.jobs": '"s3:GetObject"\n"2012-10-17"\n"Allow"',
        "aws_iam_role_policy.mail": "Resource",
        "aws_iam_role_policy.till": (
            '"${aws_s3_bucket.config.arn}/*"\naws_s3_bucket.config.arn\n"arn:aws:s3:::acme-elsewhere/shared/*"'
        ),
    }


def test_an_action_that_the_task_does_not_call_is_not_guessed(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    replaced(folder / "main.tf", '"GetObject"', '"PutObject"')
    assert "aws_iam_role_policy.jobs" not in titles(folder)


def test_a_trust_policy_gets_the_version_that_is_meant_and_keeps_its_sid(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    trust = """jsonencode({
    Version = "2012-10-18"
    Statement = [{
      Sid       = "ECS tasks"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })"""
    replaced(folder / "main.tf", "data.aws_iam_policy_document.assume.json", trust)
    plan = json.loads((folder / "plan.json").read_text())
    for each in plan["resource_changes"]:
        if each["type"] == "aws_iam_role":
            planned = json.loads(each["change"]["after"]["assume_role_policy"])
            planned["Version"], planned["Statement"][0]["Sid"] = "2012-10-18", "ECS tasks"
            each["change"]["after"]["assume_role_policy"] = json.dumps(planned)
    (folder / "plan.json").write_text(json.dumps(plan))
    assert titles(folder)["aws_iam_role.execution"] == '"2012-10-17"'
