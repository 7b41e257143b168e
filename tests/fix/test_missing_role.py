"""A task definition without an execution role gets one: that of its module that was forgotten, or a new one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, found_in, replaced
from tfcheck.analysis.fix_session import Fixed, fix
from tfcheck.analysis.options import FixSelection
from tfcheck.fix.edits.insertion import Replacement
from tfcheck.fix.layout.new_policy import NewRole, role_hcl
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.vocabulary.finding import RoleKind

pytestmark = pytest.mark.usefixtures("own_directory")
CASE = "roles-forgotten"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(CASE, tmp_path)


def found(folder: Path) -> dict[str, DraftFix]:
    """Return the fixes by the label of the task definition."""
    return {
        re.findall(r"task_definition\.(\w+)", each.answers[0].requirement.task_definition)[0]: each
        for each in found_in(folder).fixes.found
    }


def fixed(folder: Path, *, into_files: bool = False) -> Fixed:
    return fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=into_files)


def test_each_is_a_change_that_wants_a_review(folder: Path) -> None:
    drafts = found(folder)
    assert set(drafts) == {"web", "jobs", "team", "gated", "this", "nightly"}
    for each in drafts.values():
        assert (each.fix.safety, each.fix.proven, bool(each.insertions)) == ("review", True, True)


def test_a_role_that_was_forgotten_is_set(folder: Path) -> None:
    web = found(folder)["web"]
    assert web.fix.hcl == "execution_role_arn = aws_iam_role.pull.arn"
    assert [each.text for each in web.insertions] == ["\n  execution_role_arn       = aws_iam_role.pull.arn"]


def test_one_that_lacks_something_is_set_and_gets_it(folder: Path) -> None:
    jobs = found(folder)["jobs"]
    title = "set `execution_role_arn` of aws_ecs_task_definition.jobs to `aws_iam_role.jobs_execution.arn`"
    assert jobs.fix.title == f"{title}; and add a statement to aws_iam_role_policy.jobs_execution"
    assert "Resource = [aws_secretsmanager_secret.database.arn]" in jobs.fix.diff


def test_a_new_role_is_repeated_as_its_tasks_differ(folder: Path) -> None:
    team = found(folder)["team"].fix.hcl
    assert team.count("for_each = var.teams") == team.count('resource "')
    assert 'name               = "${each.key}-execution"' in team
    assert "assume_role_policy = data.aws_iam_policy_document.tasks.json" in team
    assert 'Resource = "${aws_s3_bucket.config.arn}/${each.key}/app.env"' in team
    assert team.endswith("execution_role_arn = aws_iam_role.team_execution[each.key].arn")


def test_a_new_role_lists_what_its_task_does(folder: Path) -> None:
    nightly = found(folder)["nightly"].fix.hcl
    assert "Resource = [for parameter in aws_ssm_parameter.nightly : parameter.arn]" in nightly


def test_a_role_is_set_though_the_plan_leaves_something_open(folder: Path) -> None:
    fixed_by_it = found(folder)["nightly"].answers
    assert {each.requirement.action for each in fixed_by_it} == {"ssm:GetParameters", "ecr:GetAuthorizationToken"}
    report, known = found_in(folder)
    image = next(each for each in report.findings if each.rule == "image" and "nightly" in each.task_definition)
    remedy = known.remedy(image)
    assert remedy is not None
    assert "; it may not be enough: a repository outside the plan; whether it is in the account" in remedy.words


def test_a_new_role_is_there_with_its_task_only(folder: Path) -> None:
    gated = found(folder)["gated"].fix.hcl
    assert gated.count("count = var.gate ? 1 : 0") == gated.count('resource "')
    assert "[0]" not in gated


def test_a_module_names_its_role_for_each_of_its_callers(folder: Path) -> None:
    module = found(folder)["this"]
    assert len({each.requirement.task_definition for each in module.answers}) == len(("blue", "green"))
    assert 'name = "${var.name}-app-execution"' in module.fix.hcl
    assert "tags = var.tags" in module.fix.hcl
    assert '"arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/' in module.fix.hcl


def test_what_is_written_is_formatted_and_written_once(folder: Path) -> None:
    assert fixed(folder, into_files=True).changed == len(("main.tf", "iam.tf", "modules/service/main.tf"))
    again = fixed(folder, into_files=True)
    assert (again.changed, again.texts) == (0, ())
    assert any("run `terraform plan` again" in each for each in again.notes)


def test_an_argument_that_is_null_is_replaced(folder: Path) -> None:
    old = "  task_role_arn            = aws_iam_role.task.arn\n"
    replaced(folder / "main.tf", old, f"{old}  execution_role_arn       = null\n")
    (edit,) = found(folder)["web"].insertions
    assert edit == Replacement(edit.source, edit.offset, "aws_iam_role.pull.arn", "null")


@pytest.fixture
def passing(folder: Path) -> Path:
    """Return the case with a module that accepts its role."""
    module = folder / "modules/service/main.tf"
    replaced(module, "  container_definitions ", "  execution_role_arn = var.role\n  container_definitions ")
    module.write_text(f'{module.read_text()}\nvariable "role" {{\n  default = null\n}}\n')
    return folder


@pytest.mark.parametrize("given", ["", "  role  = null\n"])
def test_a_role_that_a_call_could_pass_is_set_there(passing: Path, given: str) -> None:
    tags = '  tags  = { team = "search" }\n'
    replaced(passing / "main.tf", tags, tags + given)
    module = found(passing)["this"].fix
    assert module.title == "set `role` of aws_ecs_task_definition.this (2 instances) to `aws_iam_role.pull.arn`"
    assert [each for each in module.diff.split("\n") if "role" in each and each[0] == "+"][1:] in (
        ["+  role = aws_iam_role.pull.arn"],
        ["+  role  = aws_iam_role.pull.arn"],
    )


def test_a_role_that_a_call_could_pass_is_created_beside_it(passing: Path) -> None:
    replaced(passing / "iam.tf", '"pull"', '"of_others"')
    module = found(passing)["this"].fix
    assert "(2 instances), passed by `role`" in module.title
    assert 'name               = "search-execution"' in module.hcl
    assert module.hcl.endswith("role = aws_iam_role.search_execution.arn")


def test_a_role_for_one_element_is_a_text_for_the_call(passing: Path) -> None:
    tags = '  tags  = { team = "search" }\n'
    replaced(passing / "main.tf", tags, f'{tags}  role  = lookup(each.value, "role", null)\n')
    replaced(passing / "main.tf", 'toset(["blue", "green"])', "{ blue = {}, green = {} }")
    texts = [each.fix for each in found_in(passing).fixes.found if not each.insertions]
    assert [each.hcl.split("\n")[-1] for each in texts] == [
        f'# and pass it to module.search["{key}"]: aws_iam_role.search_{key}_execution.arn' for key in ("blue", "green")
    ]


def test_a_role_that_an_element_leaves_null_is_its_own(passing: Path) -> None:
    tags = '  tags  = { team = "search" }\n'
    replaced(passing / "main.tf", tags, f"{tags}  role  = each.value.role\n")
    elements = "\n    blue = {\n      role = null\n    }\n    green = {\n      role = null\n    }\n  "
    replaced(passing / "main.tf", 'toset(["blue", "green"])', f"{{{elements}}}")
    drafts = [each.fix for each in found_in(passing).fixes.found if "module.search[" in each.fix.title]
    assert [each.hcl for each in drafts] == ["role = aws_iam_role.pull.arn"] * 2


def test_instances_get_nothing_that_the_new_role_has() -> None:
    drafts = Case(TESTDATA / "container-instances").fixed()[1].found
    assert {each.fix.title.partition(" for ")[0] for each in drafts if each.insertions} == {
        "create the execution role aws_iam_role.app_execution",
        "create the execution role aws_iam_role.secret_execution",
    }
    kinds = {one.requirement.role_kind for each in drafts for one in each.answers}
    assert kinds == {RoleKind.EXECUTION, RoleKind.INSTANCE}


def test_tasks_of_one_block_that_need_the_same_share_a_role(tmp_path: Path) -> None:
    fixes = found_in(copied("repeated-tasks-lack", tmp_path)).fixes.found
    (web,) = (each.fix.hcl for each in fixes if "aws_ecs_task_definition.web (2 instances)" in each.fix.title)
    assert "count" not in web
    assert web.endswith("execution_role_arn = aws_iam_role.web_execution.arn")


def test_a_module_of_which_a_caller_passes_no_secrets_has_a_policy_only_where_there_are_some(tmp_path: Path) -> None:
    fixes = found_in(copied("repeated-tasks-lack", tmp_path)).fixes.found
    (job,) = (each.fix for each in fixes if "(3 instances)" in each.fix.title)
    assert "  count = length(var.secrets) > 0 ? 1 : 0\n" in job.hcl
    assert "is empty" not in job.title


def test_a_role_has_the_layout_of_the_module_s_other_ones() -> None:
    text = 'resource "aws_iam_role" "a" {\n  path = "/a/"\n  name_prefix = "a"\n\n  tags = local.tags\n}\n'
    (block,) = read_source(SourceText("main.tf", text)).blocks
    common = (("tags", "local.tags"), ("path", '"/a/"'), ("permissions_boundary", "var.boundary"))
    role = NewRole("b", ("name", '"b"'), "local.trust", "", (), common=common, like=block)
    assert role_hcl(role)[1:-1] == [
        '  path = "/a/"',
        '  name = "b"',
        "",
        "  tags                 = local.tags",
        "  assume_role_policy   = local.trust",
        "  permissions_boundary = var.boundary",
    ]


def test_the_policy_of_a_new_role_is_a_document_where_all_others_are(folder: Path) -> None:
    text = (folder / "iam.tf").read_text()
    start = text.index("  policy = jsonencode(")
    statement = 'statement {\n    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]\n    resources = ["*"]\n  }'
    document = f'data "aws_iam_policy_document" "jobs" {{\n  {statement}\n}}\n'
    end = text.index("}\n", text.index("})\n", start) + 2) + 2
    policy = "  policy = data.aws_iam_policy_document.jobs.json\n}\n\n"
    (folder / "iam.tf").write_text(f"{text[:start]}{policy}{document}{text[end:]}")
    hcl = found(folder)["team"].fix.hcl
    assert 'data "aws_iam_policy_document" "team_execution" {\n  for_each = var.teams\n\n  statement {' in hcl
    assert "policy = data.aws_iam_policy_document.team_execution[each.key].json" in hcl
    assert "jsonencode" not in hcl
