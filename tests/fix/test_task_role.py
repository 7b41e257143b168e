"""What the task role lacks goes into a policy of the task role."""

from __future__ import annotations

from tests.cases import TESTDATA, Case
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.vocabulary.finding import Fix, Reason, Report


def report(case: str) -> Report:
    found = Case(TESTDATA / case)
    plan = found.plan()
    return check(plan, found.sources(plan), RunOptions(fixes=True))


def fix_for(found: Report, task: str) -> Fix:
    (fix,) = (each.fix for each in found.findings if each.task_definition == task and each.rule == "efs-volume")
    assert fix is not None
    return fix


def test_a_mount_is_granted_to_the_task_role_by_reference() -> None:
    fix = fix_for(report("efs-volumes"), 'aws_ecs_task_definition.app["jobs"]')
    assert fix.proven
    assert "for key, role in aws_iam_role.task : key => role if " in fix.hcl
    assert '"jobs"' in fix.hcl
    assert "Resource = aws_efs_file_system.points.arn" in fix.hcl
    existing = fix_for(report("file-system-closed"), 'aws_ecs_task_definition.app["web"]')
    assert "Resource = aws_efs_file_system.data[each.key].arn" in existing.hcl


def test_what_is_granted_to_the_execution_role_is_reported_and_wants_a_review() -> None:
    found = report("efs-volumes")
    (finding,) = (each for each in found.findings if each.task_definition == 'aws_ecs_task_definition.app["mixup"]')
    assert finding.answers[0].reason is Reason.GRANTED_TO_EXECUTION_ROLE
    assert finding.message == (
        "elasticfilesystem:ClientMount on ${aws_efs_file_system.shared.arn} is granted to the execution role, but the "
        'task role aws_iam_role.task["mixup"] needs it'
    )
    assert "Move the statement to a policy of the task role" in finding.explanation[0]
    assert finding.location is not None
    assert finding.location.text == 'resource "aws_iam_role_policy" "execution" {'
    assert finding.fix is not None
    assert (finding.fix.safety, finding.fix.proven) == ("review", True)
    assert "the execution role keeps its own grant" in finding.fix.title
