"""Where does a missing statement go? Cases with their sources changed a little, so that the best place is another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tests.fix.found import copied, found_in, plan_in, replaced
from tfcheck.fix.edits.files import Files
from tfcheck.fix.policies.written_policies import WrittenPolicies, other_roles
from tfcheck.fix.proposal import DraftFix, FixChoice
from tfcheck.hcl.modules import from_directory
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver


def fixes(folder: Path, choice: FixChoice | None = None) -> tuple[DraftFix, ...]:
    return found_in(folder, choice).fixes.found


def fix(folder: Path) -> DraftFix:
    (found,) = fixes(folder)
    assert found.fix.proven
    return found


def test_a_document_that_another_uses_is_left_alone(tmp_path: Path) -> None:
    folder = copied("new-bucket-policy-document", tmp_path)
    with (folder / "main.tf").open("a") as file:
        file.write('\noutput "policy" {\n  value = data.aws_iam_policy_document.execution.json\n}\n')
    found = fix(folder).fix
    assert (found.title, found.safety) == ("add aws_iam_role_policy.execution_start_up", "safe")
    assert '["${aws_s3_bucket.config.arn}/sidecar.env"]' in found.diff


def test_a_text_that_a_module_is_passed_is_changed_where_it_is_written(tmp_path: Path) -> None:
    folder = copied("conventions-of-modules", tmp_path)
    found = next(each for each in fixes(folder) if "kms:Decrypt" not in each.fix.hcl)
    assert (found.fix.title, found.fix.safety, found.fix.proven) == ("add a statement to module.role", "safe", True)
    assert {each.source.name for each in found.insertions} == {"main.tf"}


def test_a_text_that_a_module_also_uses_elsewhere_is_left_alone(tmp_path: Path) -> None:
    folder = copied("conventions-of-modules", tmp_path)
    with (folder / "modules/role/main.tf").open("a") as file:
        file.write('\noutput "policy" {\n  value = var.policy\n}\n')
    titles = {each.fix.title for each in fixes(folder)}
    assert titles == {"add aws_iam_role_policy.role_start_up", "add aws_iam_role_policy.role_jobs_start_up"}


@pytest.mark.parametrize("is_for_a_user", [False, True])
def test_a_text_that_is_also_for_a_user_has_no_known_reach(tmp_path: Path, is_for_a_user: bool) -> None:
    folder = copied("optional-files", tmp_path)
    plan = json.loads((folder / "plan.json").read_bytes())
    policy = next(each for each in plan["resource_changes"] if each["type"] == "aws_iam_policy")
    arn, kind = "arn:aws:iam::123456789012:policy/ci", "aws_iam_user_policy_attachment"
    instance = {"address": 'aws_iam_policy.files["ci"]', "index": "ci"}
    attachment = {"address": f"{kind}.ci", "type": kind, "name": "ci", "index": None}
    for each, after in ((instance, {"name": "ci", "arn": arn}), (attachment, {"user": "ci", "policy_arn": arn})):
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
        plan["resource_changes"] += [{**policy, **each, "change": change}] if each is instance or is_for_a_user else []
    (folder / "plan.json").write_text(json.dumps(plan))
    sources = from_directory(folder)
    world = After(Resolver(plan_in(folder), sources))
    found = next(each for each in world.resources("aws_iam_policy") if each.address.key == "api")
    reach = WrittenPolicies(world, Files(sources)).reach(found)
    assert reach == (None if is_for_a_user else {'aws_iam_role.execution["api"]'})


def test_a_sid_differs_from_those_of_its_document_only(tmp_path: Path) -> None:
    folder = copied("new-bucket-policy-document", tmp_path)
    other = (
        'resource "aws_sns_topic_policy" "other" {\n  policy = jsonencode({ Statement = [{ Sid = "ReadFiles" }] })\n}\n'
    )
    (folder / "other.tf").write_text(other)
    assert '+    sid       = "ReadFiles"' in fix(folder).fix.diff
    (folder / "other.tf").write_text(f'{other}\nlocals {{\n  merged = jsondecode("[]")\n}}\n')
    assert '+    sid       = "ReadFiles2"' in fix(folder).fix.diff
    (folder / "other.tf").unlink()
    replaced(folder / "main.tf", 'sid       = "LocateBucket"\n', 'sid       = "LocateBucket" # and "ReadFiles"\n')
    assert '+    sid       = "ReadFiles2"' in fix(folder).fix.diff


def test_a_new_policy_in_a_json_file_is_text(tmp_path: Path) -> None:
    folder = copied("task-in-json-syntax", tmp_path)
    other = '"data": {', '"output": {"p": {"value": "${data.aws_iam_policy_document.files.json}"}},\n  "data": {'
    replaced(folder / "main.tf.json", *other)
    found = fix(folder).fix
    assert (found.title, found.diff) == ("add an inline policy to aws_iam_role.execution", "")
    assert 'Resource = "${aws_s3_bucket.config.arn}/private/keys.env"' in found.hcl


def test_a_statement_list_in_a_heredoc_keeps_its_references(tmp_path: Path) -> None:
    folder = copied("new-bucket-jsonencode", tmp_path)
    replaced(folder / "main.tf", *heredoc((folder / "main.tf").read_text()))
    found = fix(folder).fix
    assert found.title == "add a statement to aws_iam_role_policy.env_file"
    assert (
        '+      {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "${aws_s3_bucket.config.arn}"}'
        in (found.diff)
    )


def heredoc(text: str) -> tuple[str, str]:
    start = text.index("jsonencode(", text.index('"aws_iam_role_policy" "env_file"'))
    end = text.index("\n  })\n", start) + len("\n  })")
    lines = (
        "<<-EOT",
        "    {",
        '      "Version": "2012-10-17",',
        '      "Statement": [',
        '      {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${aws_s3_bucket.config.arn}/*"}',
        "      ]",
        "    }",
        "  EOT",
    )
    return text[start:end], "\n".join(lines)


def test_a_module_from_elsewhere_is_not_changed(tmp_path: Path) -> None:
    folder = copied("role-from-module-output", tmp_path)
    remote(folder, "role", "modules/ecs-role", "./modules/ecs-role")
    (found,) = fixes(folder, FixChoice(corrects=False))
    assert {each.source.name for each in found.insertions} == {"main.tf"}
    assert 'for key, call in module.role : key => call if key == "invoices" }' in found.fix.diff


def test_a_module_from_elsewhere_is_passed_what_is_missing(tmp_path: Path) -> None:
    folder = copied("modules-passing-arns", tmp_path)
    remote(folder, "roles", "modules/roles", "./modules/roles")
    found = fix(folder)
    assert ({each.source.name for each in found.insertions}, found.fix.safety) == ({"main.tf"}, "review")
    assert (
        '+  env_file_arns = ["arn:aws:s3:::acme-config/shop/prod.env", "arn:aws:s3:::acme-config/shop/jobs.env"]'
        in (found.fix.diff)
    )


def test_a_module_from_elsewhere_without_an_output_is_advised_on(tmp_path: Path) -> None:
    folder = copied("modules-passing-arns", tmp_path)
    replaced(folder / "modules" / "roles" / "main.tf", "list(string)", "set(any)")
    remote(folder, "roles", "modules/roles", "./modules/roles")
    found = fix(folder)
    assert (found.insertions, found.fix.diff) == ((), "")
    assert "module.roles is called" in found.fix.title
    assert 'Resource = "arn:aws:s3:::acme-config/shop/jobs.env"' in found.fix.hcl


def remote(folder: Path, call: str, directory: str, source: str) -> None:
    """Let a module be one that `terraform init` has brought."""
    target = folder / ".terraform" / "modules" / call
    target.parent.mkdir(parents=True)
    shutil.move(folder / directory, target)
    replaced(folder / "main.tf", f'"{source}"', '"git::https://git.example.com/modules.git"')
    record = {"Key": call, "Source": "git::https://git.example.com/modules.git", "Dir": f".terraform/modules/{call}"}
    (target.parent / "modules.json").write_text(json.dumps({"Modules": [record]}))


def test_a_module_that_several_call_puts_out_the_role_for_the_one_that_lacks_something(tmp_path: Path) -> None:
    folder = copied("module-accepts-files", tmp_path)
    module = folder / "service" / "main.tf"
    replaced(module, module.read_text().partition("type = list(object({")[2].partition("default")[0], "}))\n  ")
    found = fix(folder).fix
    assert found.safety == "review"
    assert found.title.endswith("by the new output `execution_role_name` of module.web")
    assert "+  role = module.web.execution_role_name\n" in found.diff


def test_what_the_texts_of_a_call_need_is_granted_beside_it(tmp_path: Path) -> None:
    folder = copied("texts-of-one-call", tmp_path)
    found = fix(folder).fix
    assert (found.title, found.safety) == ("add aws_iam_role_policy.mails_start_up", "safe")
    assert '"arn:aws:ssm:ap-northeast-1:*:parameter/mails/token"' in found.diff
    replaced(folder / "job" / "main.tf", 'output "execution_role_name"', 'output "other"')
    replaced(folder / "job" / "main.tf", "aws_iam_role.execution.name\n}", '"other"\n}')
    replaced(folder / "main.tf", "module.reports.execution_role_name", '"reports-execution"')
    assert fix(folder).fix.title.endswith("by the new output `execution_role_name` of module.mails")


def test_a_module_that_puts_out_the_role_itself_gets_no_other_output(tmp_path: Path) -> None:
    folder = copied("texts-of-one-call", tmp_path)
    replaced(folder / "job" / "main.tf", "aws_iam_role.execution.name\n}", "aws_iam_role.execution\n}")
    replaced(folder / "main.tf", "module.reports.execution_role_name", "module.reports.execution_role_name.name")
    assert "+  role = module.mails.execution_role_name.name\n" in fix(folder).fix.diff


def test_what_is_there_for_every_caller_is_preferred_to_an_instance() -> None:
    found = fix(TESTDATA / "secret-made-or-given").fix
    assert "+        Resource = local.key_arn\n" in found.diff
    assert found.safety == "safe"


def test_a_fix_says_which_roles_get_it_too() -> None:
    assert other_roles(frozenset("abc"), frozenset("c")) == ("also for a, b",)
    assert other_roles(frozenset("abcde"), frozenset("e")) == ("also for a, b, c and 1 more",)
    assert other_roles(frozenset("a"), frozenset("ab")) == ()


def test_services_that_lack_different_things_get_one_policy_in_which_each_has_its_own() -> None:
    found = fix(TESTDATA / "services-lack-different").fix

    assert found.diff.count('+resource "') == 1
    assert "+  for_each = aws_iam_role.execution\n" in found.diff
    assert '+        Resource = "${aws_s3_bucket.config[each.key].arn}/${each.key}.env"\n' in found.diff
    assert "+        Resource = aws_secretsmanager_secret.database[each.key].arn\n" in found.diff
    assert found.safety == "review"
    assert found.title.endswith("each role gets what any of them lacks")


def test_a_role_with_inline_policies_of_its_own_gets_no_inline_policy_beside_them(tmp_path: Path) -> None:
    folder = copied("wrong-resource-scope", tmp_path)
    text = (folder / "main.tf").read_text()
    (folder / "main.tf").write_text(text.replace("jsonencode({", "jsonencode(true && {"))
    for each in fixes(folder):
        assert '"aws_iam_role_policy"' not in each.fix.diff


def test_the_provider_of_the_role_is_that_of_its_policy(tmp_path: Path) -> None:
    folder = copied("policy-deleted", tmp_path)
    replaced(folder / "main.tf", '"execution" {\n', '"execution" {\n  provider = aws.other\n\n')
    assert '+  provider = aws.other\n+\n+  name = "ecs-start-up"' in fix(folder).fix.diff


def test_a_reference_that_would_close_a_circle_is_not_written(tmp_path: Path) -> None:
    folder = copied("encrypted-bucket", tmp_path)
    replaced(folder / "main.tf", 'resource "aws_kms_key" "config" {\n', f"{KEY}    depends_on = [{DOCUMENT}]\n")
    found = fix(folder).fix
    assert found.title == "add aws_iam_role_policy.execution_start_up"
    assert "[aws_kms_key.config.arn]" in found.diff


KEY = 'resource "aws_kms_key" "config" {\n'
DOCUMENT = "data.aws_iam_policy_document.env_file"


def test_a_policy_that_terraform_must_leave_is_not_changed(tmp_path: Path) -> None:
    folder = copied("new-bucket-jsonencode", tmp_path)
    opening = 'resource "aws_iam_role_policy" "env_file" {\n'
    replaced(folder / "main.tf", opening, opening + "  lifecycle {\n    ignore_changes = [policy]\n  }\n")
    assert fix(folder).fix.title == "add aws_iam_role_policy.execution_start_up"


def test_each_statement_has_the_best_of_several_places() -> None:
    found = {each.fix.title: each.fix for each in found_in(TESTDATA / "policies-of-a-kind").fixes.found}
    policy = found.pop("add aws_iam_role_policy.service_start_up")
    assert "if contains(keys(aws_cloudwatch_log_group.service), key) }" in policy.hcl
    joined = found.pop("add a statement to aws_iam_role_policy.app")
    assert "+          Resource = [aws_ssm_parameter.colour.arn]\n+        },\n       ],\n" in joined.diff
    element = found.pop("add an element to local.teams; aws_iam_role_policy.team is made from it")
    assert element.safety == "review"
    assert set(found) == {"add a statement to data.aws_iam_policy_document.parameters"}


def test_an_element_is_not_extended_where_something_else_uses_its_member(tmp_path: Path) -> None:
    folder = copied("policies-of-a-kind", tmp_path)
    with (folder / "main.tf").open("a") as file:
        file.write('\noutput "dev" {\n  value = local.teams["dev"].statements\n}\n')
    assert "add aws_iam_role_policy.team_dev_start_up" in {each.fix.title for each in fixes(folder)}


def test_instances_named_by_numbers_that_a_variable_decides_need_a_review(tmp_path: Path) -> None:
    folder = copied("policy-attachment", tmp_path)
    replaced(folder / "main.tf", "  count       = 3\n", "  count       = length(var.names)\n")
    with (folder / "main.tf").open("a") as file:
        file.write('\nvariable "names" {\n  default = ["a", "b", "c"]\n}\n')
    (found,) = (each.fix for each in fixes(folder) if "execution_2_start_up" in each.fix.title)
    assert "instances by their numbers" in found.title
    assert found.safety == "review"


def test_no_policy_gets_longer_than_aws_accepts(tmp_path: Path) -> None:
    drafts = {each.answers[0].role: each for each in fixes(copied("policies-at-their-limit", tmp_path))}
    managed, inline = drafts["aws_iam_role.web"], drafts["aws_iam_role.jobs"]
    assert [each.type for each in managed.added] == ["aws_iam_policy", "aws_iam_role_policy_attachment"]
    assert [each.type for each in inline.added] == ["aws_iam_role_policy"]
    assert (managed.fix.safety, inline.fix.safety) == ("safe", "safe")
    assert "role       = aws_iam_role.web.name" in managed.fix.hcl


def test_a_policy_with_room_gets_the_statements(tmp_path: Path) -> None:
    folder = copied("policies-at-their-limit", tmp_path)
    for file in (folder / "main.tf", folder / "plan.json"):
        file.write_text(file.read_text().replace("secret:legacy/", "secret:l/"))
    assert [each.added for each in fixes(folder)] == [(), ()]


def test_a_policy_of_nearly_the_limit_needs_a_review_where_a_length_is_unknown(tmp_path: Path) -> None:
    folder = copied("policies-at-their-limit", tmp_path)
    for file in (folder / "main.tf", folder / "plan.json"):
        file.write_text(file.read_text().replace("secret:legacy/", "secret:lega/"))
    (found,) = (each.fix for each in fixes(folder) if not each.added)
    assert found.title.endswith("; aws_iam_role_policy.web may get longer than IAM accepts")
    assert found.safety == "review"
