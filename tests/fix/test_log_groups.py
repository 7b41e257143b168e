"""A log group that nothing creates is created, where the sources write its name, for every caller or not at all."""

from __future__ import annotations

from pathlib import Path

from tests.fix.found import copied, found_in, replaced
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection
from tfcheck.fix.proposal import DraftFix

CASE = "inline-and-managed-on-role"
CALL = 'container_definitions = replace(\n    jsonencode([\n    {\n      name      = "ledger'
ONLY = FixSelection(only=("log-group-absent",))


def found(folder: Path) -> list[DraftFix]:
    drafts = found_in(folder).fixes.found
    return [each for each in drafts if each.finding and each.finding.rule == "log-group-absent"]


def test_the_group_is_created_and_referred_to(tmp_path: Path) -> None:
    (draft,) = found(copied(CASE, tmp_path))
    assert (draft.fix.safety, draft.fix.proven) == ("review", True)
    assert '  name              = "/ecs/ledger"\n  retention_in_days = 30\n' in draft.fix.hcl
    assert "+          awslogs-group         = aws_cloudwatch_log_group.ledger.name\n" in draft.fix.diff


def test_a_computed_name_is_used_if_it_has_no_other_literals(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    replaced(folder / "main.tf", '= "/ecs/ledger"\n', '= coalesce(null, "/ecs/ledger")\n')
    (draft,) = found(folder)
    assert '  name              = coalesce(null, "/ecs/ledger")\n' in draft.fix.hcl
    replaced(folder / "main.tf", '"/ecs/ledger")', '"/ecs/ledger", "hunter2")')
    assert found(folder) == []


def test_the_name_may_be_written_for_a_template(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    file = folder / "main.tf"
    replaced(file, '= "/ecs/ledger"\n', '= "GROUP"\n')
    replaced(file, 'container_definitions = jsonencode([\n    {\n      name      = "ledger', CALL)
    replaced(file, "      }\n    },\n  ])\n", '      }\n    },\n  ]),\n    "GROUP",\n    "/ecs/ledger"\n  )\n')
    (draft,) = found(folder)
    assert '-    "/ecs/ledger"\n+    aws_cloudwatch_log_group.ledger.name\n' in draft.fix.diff


def test_a_group_that_other_callers_of_the_module_have_is_not_created_for_one(tmp_path: Path) -> None:
    folder = copied("twelve-services", tmp_path)
    assert found(folder) == []
    checked = found_in(folder)
    findings = [each for each in checked.report.findings if each.rule == "log-group-absent"]
    remedies = {each.words for finding in findings if (each := checked.fixes.remedy(finding))}
    assert remedies == {
        "create module.stock.aws_cloudwatch_log_group.this for this task definition too: it has this name, but its "
        "`count` is 0, by `var.make_log_group`"
    }


def test_what_is_written_is_written_once(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    assert fix([str(folder / "plan.json")], str(folder), ONLY, into_files=True).changed == 1
    again = fix([str(folder / "plan.json")], str(folder), ONLY, into_files=True)
    assert again.changed == 0
    assert any("run `terraform plan` again" in each for each in again.notes)


def test_a_group_that_several_tasks_log_to_is_one_change(tmp_path: Path) -> None:
    folder = copied("service-of-shared-stack", tmp_path)
    found = fix([str(folder / "plan.json")], str(folder), ONLY)
    assert [each for each in found.summary if "aws_cloudwatch_log_group" in each] == [
        "service-of-shared-stack/main.tf: create aws_cloudwatch_log_group.this, and let the containers that log to it "
        "refer to it (review)"
    ]


def test_a_group_that_one_of_several_tasks_has_by_a_local_value_is_created_for_that(tmp_path: Path) -> None:
    (draft,) = found(copied("repeated-tasks-lack", tmp_path))
    assert 'name              = "/acme/desk"' in draft.fix.hcl
    assert "+  desk_group = aws_cloudwatch_log_group.shop.name\n" in draft.fix.diff
