"""What task definitions list with `for`, policies list with the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, replaced
from tests.fix.open_policies import forget_expressions
from tests.fix.test_existing_policy import fixes
from tfcheck.fix.needed_statements import Reference
from tfcheck.fix.values.container_lists import spelled_text
from tfcheck.fix.values.written_lists import WrittenLists
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.symbolic import limits
from tfcheck.vocabulary.address import parse
from tfcheck.vocabulary.finding import Answer

FLAGS = "[for name, parameter in aws_ssm_parameter.flag : { name = upper(name), valueFrom = parameter.name }]"
FILES = '[for file in local.files : { type = "s3", value = "${aws_s3_bucket.config.arn}/${file}" }]'


def test_a_text_that_is_read_beyond_the_limit_of_steps_is_not_written() -> None:
    assert spelled_text('"${each.key}/a"') == (Reference("each.key"), "/a")
    with limits.sublimit(limits.Allowance(0)):
        assert spelled_text('"${each.key}/a"') == ()


def resources(folder: Path) -> dict[str, list[str]]:
    """Return the lines that name resources in the text of each fix, by its title."""
    return {
        each.fix.title: [line.strip() for line in each.fix.hcl.splitlines() if "esource" in line and "=" in line]
        for each in fixes(folder)
    }


def test_a_policy_lists_what_the_task_definition_does(tmp_path: Path) -> None:
    found = resources(copied("needs-in-lists", tmp_path))
    assert found["add 4 statements to data.aws_iam_policy_document.execution"] == [
        'resources = [for file in local.files : "${aws_s3_bucket.config.arn}/${file}"]',
        "resources = [aws_s3_bucket.config.arn]",
        'resources = [for key in local.keys : aws_secretsmanager_secret.db[key].arn if key != "user"]',
        "resources = [for parameter in aws_ssm_parameter.flag : parameter.arn]",
    ]
    assert found["add 2 statements and a resource to aws_iam_role_policy.team"] == [
        "Resource = aws_s3_bucket.team[each.key].arn",
        'Resource = [for p in each.value.parameters : aws_ssm_parameter.team["${each.key}/${p}"].arn]',
    ]
    assert found["add aws_iam_role_policy.notifier_start_up"] == [
        'Resource = "arn:aws:s3:::notify-config/${var.services[count.index]}.env"',
        "Resource = aws_secretsmanager_secret.notifier[count.index].arn",
        'Resource = "arn:aws:s3:::notify-config"',
    ]
    whole = "add aws_iam_role_policy.shared_start_up; it names all instances of aws_secretsmanager_secret.shared"
    assert found[whole] == ["Resource = values(aws_secretsmanager_secret.shared)[*].arn"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            FLAGS,
            "[for k, v in aws_ssm_parameter.flag : { name = upper(k), valueFrom = aws_ssm_parameter.flag[k].name }]",
            "[for k, v in aws_ssm_parameter.flag : aws_ssm_parameter.flag[k].arn]",
        ),
        (FILES, FILES.replace("local.files", "[\n      local.files[0], local.files[1]\n    ]"), "aws_s3_bucket"),
    ],
)
def test_a_list_is_written_as_it_is(tmp_path: Path, old: str, new: str, expected: str) -> None:
    folder = copied("needs-in-lists", tmp_path)
    replaced(folder / "main.tf", old, new)
    forget_expressions(folder, "aws_ecs_task_definition")
    found = [line for several in resources(folder).values() for line in several]
    assert any(expected in line for line in found)


def test_a_list_that_a_caller_leaves_empty_has_a_policy_of_its_own(tmp_path: Path) -> None:
    folder = copied("needs-in-lists", tmp_path)
    module = folder / "modules" / "svc" / "main.tf"
    text = module.read_text()
    heredoc = text[text.rindex("<<-EOF") : text.rindex("EOF") + 3]
    statement = '{ Effect = "Allow", Action = "logs:CreateLogStream", Resource = "*" }'
    for each in (heredoc, f'jsonencode({{\n    Version   = "2012-10-17"\n    Statement = [{statement}]\n  }})'):
        module.write_text(text.replace(heredoc, each))
        (found,) = (each.fix for each in fixes(folder) if "module.one" in each.fix.title)
        title = "add aws_iam_role_policy.execution_start_up"
        assert (found.title, found.safety) == (f"{title} in module.one and 1 more", "safe")
        assert "count = length(var.secrets) > 0 ? 1 : 0" in found.hcl
        assert "Resource = var.secrets[*].valueFrom" in found.hcl


def test_a_list_of_which_not_all_is_needed_is_not_granted() -> None:
    case = Case(TESTDATA / "needs-in-lists")
    plan = case.plan()
    lists = WrittenLists(After(Resolver(plan, case.sources(plan))))
    name, role = "aws_ecs_task_definition.api", parse("aws_iam_role.execution")
    answers = [each for finding in case.report().findings for each in finding.answers]
    parameters = [each for each in answers if each.requirement.rule == "parameter" and _is_of(each, name)]
    statements, left = lists.grants(parameters, role, lambda _: False, lambda _: True)
    assert [each.resource_list.over for each in statements if each.resource_list] == ["aws_ssm_parameter.flag"]
    assert left == ()
    assert lists.grants(parameters[1:], role, lambda _: False, lambda _: True) == ((), tuple(parameters[1:]))
    assert lists.grants(parameters, role, lambda each: each == "aws_ssm_parameter.flag", lambda _: True) == (
        (),
        tuple(parameters),
    )
    assert (
        lists.grants(parameters, parse("module.one.aws_iam_role.execution"), lambda _: False, lambda _: True)[0] == ()
    )


def _is_of(answer: Answer, task: str) -> bool:
    return answer.requirement.task_definition == task


SECRETS = '[{ name = "A", valueFrom = aws_secretsmanager_secret.svc.arn }]\n'


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        # Terraform does not know how many elements remain: `count` is invalid.
        ("main.tf", SECRETS, SECRETS.replace("[{", "[for s in [{").replace("}]", '}] : s if s.valueFrom != ""]')),
        ("main.tf", SECRETS, f"distinct({SECRETS.strip()})\n"),
        # Another caller leaves nothing where the collection is not empty.
        ("modules/svc/main.tf", "= var.secrets\n", '= [for s in var.secrets : s if s.valueFrom != ""]\n'),
    ],
)
def test_a_count_is_known_before_apply(tmp_path: Path, name: str, old: str, new: str) -> None:
    folder = copied("needs-in-lists", tmp_path)
    module = folder / "modules" / "svc" / "main.tf"
    written = "[for s in var.secrets : { name = s.name, valueFrom = s.valueFrom }]"
    replaced(module, "secrets = var.secrets\n", f"secrets = {written}\n")
    assert any("count = length(var.secrets) > 0" in each.fix.hcl for each in fixes(folder))
    replaced(folder / name, old if name == "main.tf" else written + "\n", new if name == "main.tf" else new[2:])
    assert not any("count = " in each.fix.hcl for each in fixes(folder) if "module.one" in each.fix.title)


def test_a_document_has_a_list_that_an_input_may_empty_only_where_it_is_not(tmp_path: Path) -> None:
    folder = copied("needs-in-lists", tmp_path)
    replaced(folder / "main.tf", 'files = ["common.env", "api.env"]', "files = var.enabled ? var.files : []")
    (folder / "more.tf").write_text(
        'variable "enabled" {\n  default = true\n}\n\nvariable "files" {\n  default = ["common.env", "api.env"]\n}\n'
    )
    (found,) = (each.fix for each in fixes(folder) if "aws_iam_policy_document.execution" in each.fix.title)
    assert "[for file in local.files :" in found.hcl
    gate = ['dynamic "statement" {', "  for_each = length(local.files) > 0 ? [1] : []", "", "  content {"]
    assert "\n".join(gate) in found.hcl
    assert found.title == "add 4 statements to data.aws_iam_policy_document.execution"
    assert found.safety == "safe"


@pytest.mark.parametrize(
    "new",
    [
        '[for f in concat(local.files, slice(["hunter2"], 0, 0)) : { type = "s3", value = "${VALUE}/${f}" }]',
        '[for f in local.files : { type = "s3", value = "${VALUE}/${f}" } if f != "hunter2"]',
        '[for f in /* hunter2 */ local.files : { type = "s3", value = "${VALUE}/${f}" }]',
        '[for f in local.files : { type = "s3", value = "${VALUE}/${f}" } if 48151623 != length(f)]',
    ],
)
def test_other_texts_of_a_list_are_not_shown(tmp_path: Path, new: str) -> None:
    folder = copied("needs-in-lists", tmp_path)
    replaced(folder / "main.tf", FILES, new.replace("VALUE", "aws_s3_bucket.config.arn"))
    found = [each.fix for each in fixes(folder)]
    assert any("${aws_s3_bucket.config.arn}/common.env" in each.hcl for each in found)
    assert not any(secret in each.hcl for each in found for secret in ("hunter2", "48151623"))


def test_the_buckets_of_listed_files_are_listed_where_only_these_are_missing(tmp_path: Path) -> None:
    files = '[for file in var.files : "arn:aws:s3:::${file.bucket}/${file.key}"]'
    token = "arn:aws:secretsmanager:us-east-1:${data.aws_caller_identity.current.account_id}:secret:shop/token-??????"
    assert resources(copied("buckets-of-callers", tmp_path)) == {
        "add a statement to data.aws_iam_policy_document.files": [
            f'resources = distinct([for arn in {files} : split("/", arn)[0]])'
        ],
        "add aws_iam_role_policy.sync_start_up": [f'Resource = "{token}"'],
    }


def test_other_texts_of_an_instance_are_not_shown(tmp_path: Path) -> None:
    folder = copied("needs-in-lists", tmp_path)
    old = '"arn:aws:s3:::notify-config/${var.services[count.index]}.env"'
    for new in (f'try({old}, "hunter2")', f"try({old}, /* hunter2 */ null)"):
        replaced(folder / "counted.tf", f"value = {old}", f"value = {new}")
        found = [each.fix.hcl for each in fixes(folder)]
        assert any("notify-config/" in each for each in found)
        assert not any("hunter2" in each for each in found)
        replaced(folder / "counted.tf", f"value = {new}", f"value = {old}")


def test_one_instance_that_lacks_what_the_others_have_is_given_that_alone(tmp_path: Path) -> None:
    lines = [line for several in resources(copied("optional-files", tmp_path)).values() for line in several]
    assert 'Resource = "${aws_s3_bucket.config.arn}/batch/prod.env"' in lines


def test_a_list_that_holds_names_for_another_caller_is_not_named(tmp_path: Path) -> None:
    found = resources(copied("needs-changed", tmp_path))
    assert not any("var.secrets" in line for several in found.values() for line in several)
    assert any("secret:db-AbCdEf" in line for several in found.values() for line in several)


def test_a_list_with_a_pattern_is_not_granted(tmp_path: Path) -> None:
    folder = copied("needs-in-lists", tmp_path)
    assert any("[for file in local.files :" in each.fix.hcl for each in fixes(folder))
    for name in ("main.tf", "plan.json"):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace("common.env", "c*.env"))
    assert not any("[for file in local.files :" in each.fix.hcl for each in fixes(folder))
