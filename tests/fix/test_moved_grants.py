"""A grant on the task role moves to the execution role where that is asked for, and what is lost is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import after, copied, found_in, replaced
from tests.fix.open_policies import plan_with_open_policies
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.fix import FixChoice
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.modules import from_directory
from tfcheck.vocabulary.finding import Verdict

CASE = "granted-to-task-role"
STATEMENTS = """    Statement = [
      { Sid = "EnvFile", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/billing/*" },
      { Sid = "Bucket", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config" },
    ]
"""
KEPT = '      { Sid = "Queue", Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" },\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(CASE, tmp_path)


def moved(folder: Path) -> DraftFix:
    (found,) = found_in(folder, FixChoice(moves=True), plan=plan_with_open_policies).fixes.found
    assert (found.fix.safety, found.fix.proven) == ("review", True)
    return found


def test_a_whole_policy_is_attached_to_the_other_role(folder: Path) -> None:
    found = moved(folder)
    assert found.fix.title == (
        "move aws_iam_role_policy.task_s3 from aws_iam_role.task to aws_iam_role.execution; aws_iam_role.task loses "
        "s3:GetObject, s3:GetBucketLocation on arn:aws:s3:::acme-config/billing/*, arn:aws:s3:::acme-config"
    )
    assert "  role = aws_iam_role.execution.id\n" in after(found)
    assert "-  role = aws_iam_role.task.id\n+  role = aws_iam_role.execution.id\n" in found.fix.diff


@pytest.mark.parametrize("last", [True, False])
def test_statements_beside_others_are_taken_out_and_added_there(folder: Path, last: bool) -> None:
    moving = STATEMENTS.split("\n", 1)[1].rsplit("    ]\n", 1)[0]
    replaced(folder / "main.tf", moving, KEPT + moving if last else moving + KEPT)
    found = moved(folder)
    assert found.fix.title == (
        "add aws_iam_role_policy.execution_start_up, and remove 2 statements from aws_iam_role_policy.task_s3; "
        "aws_iam_role.task loses s3:GetObject, s3:GetBucketLocation on arn:aws:s3:::acme-config/billing/*, "
        "arn:aws:s3:::acme-config"
    )
    text = after(found)
    assert f"    Statement = [\n{KEPT}    ]\n" in text
    assert 'Resource = "arn:aws:s3:::acme-config/billing/common.env"' in text


def test_a_grant_that_another_start_needs_is_not_moved(folder: Path) -> None:
    """The task role of one task definition is the execution role of another, which reads the same file."""
    name = "aws_ecs_task_definition"
    billing = (folder / "main.tf").read_text().split(f'resource "{name}" ')[1]
    other = billing.replace("billing", "report", 2).replace("aws_iam_role.execution.arn", "aws_iam_role.task.arn")
    replaced(folder / "main.tf", billing, f'{billing}\nresource "{name}" {other}')
    plan = json.loads((folder / "plan.json").read_text())
    for rows in (plan["resource_changes"], plan["configuration"]["root_module"]["resources"]):
        row = json.dumps(next(each for each in rows if each["type"] == name))
        rows.append(
            json.loads(row.replace(f"{name}.billing", f"{name}.report").replace("_role.execution", "_role.task"))
        )
        rows[-1]["name"] = "report"
    (folder / "plan.json").write_text(json.dumps(plan))
    found = found_in(folder, FixChoice(moves=True), plan=plan_with_open_policies)
    assert {each.verdict for each in found.report.answers if each.role == "aws_iam_role.task"} == {Verdict.ALLOWED}
    (copy,) = found.fixes.found
    assert copy.fix.title.startswith("add aws_iam_role_policy.execution_start_up")
    assert "loses" not in copy.fix.title


def test_a_list_without_a_last_comma_keeps_none(folder: Path) -> None:
    replaced(
        folder / "main.tf", STATEMENTS, STATEMENTS.replace("[\n", f"[\n{KEPT}").replace('config" },\n', 'config" }\n')
    )
    assert f"    Statement = [\n{KEPT.rstrip().removesuffix(',')}\n    ]\n" in after(moved(folder))


def test_a_copy_says_that_there_is_a_move(folder: Path) -> None:
    plan = Case(TESTDATA / CASE).plan()
    titles = [
        each.fix.title for each in check(plan, from_directory(folder), RunOptions(fixes=True)).findings if each.fix
    ]
    assert all("`tfcheck fix --move-grants` does" in each for each in titles)
    assert titles


def test_every_role_that_loses_the_grant_is_named(tmp_path: Path) -> None:
    (found,) = found_in(copied("grants-of-task-roles", tmp_path), FixChoice(moves=True)).fixes.found
    assert '; aws_iam_role.task["jobs"], aws_iam_role.task["web"] lose secretsmanager:GetSecretValue' in found.fix.title
