"""Policies made from lists and maps get another element there, if that grants exactly what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tests.fix.found import Found, copied, found_in, replaced
from tests.fix.open_policies import plan_with_open_policies

CASE = "statements-from-data"
SECRET = "aws_secretsmanager_secret.app.arn"
ELEMENTS = {
    "dynamic_statements": (
        f'ReadSecrets = {{ actions = ["secretsmanager:GetSecretValue"], resources = [{SECRET}] }},',
        "data.aws_iam_policy_document.dynamic",
    ),
    "list_grants": (
        f'{{ name = "secrets", actions = ["secretsmanager:GetSecretValue"], arns = [{SECRET}] }},',
        "aws_iam_role_policy.list",
    ),
    "map_statements": (
        f'secrets = {{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = {SECRET} }},',
        "aws_iam_role_policy.map",
    ),
    "arns_of_actions": (f"secretsmanager:GetSecretValue = [{SECRET}],", "aws_iam_role_policy.names"),
    "secret_arns": (f"{SECRET},", "aws_iam_role_policy.texts"),
}


def titles(found: Found) -> set[str]:
    return {each.fix.title for each in found.fixes.found}


def test_each_gets_an_element_like_its_others() -> None:
    found = {each.fix.title: each.fix for each in found_in(TESTDATA / CASE).fixes.found}
    for name, (element, policy) in ELEMENTS.items():
        fix = found.pop(f"add an element to local.{name}; {policy} is made from it")
        assert (fix.hcl, fix.safety, fix.proven) == (element, "review", True)
    assert set(found) == {
        "add aws_iam_role_policy.described_start_up",
        "add aws_iam_role_policy.shared_start_up",
        "add 2 statements to data.aws_iam_policy_document.input",
    }


def test_a_key_with_a_colon_keeps_its_quotes_and_alignment() -> None:
    (diff,) = (each.fix.diff for each in found_in(TESTDATA / CASE).fixes.found if "arns_of_actions" in each.fix.title)
    assert diff is not None
    assert f'+    "secretsmanager:GetSecretValue" = [{SECRET}]\n' in diff
    assert '+    "s3:GetBucketLocation"          = [aws_s3_bucket.config.arn]\n' in diff


def test_a_map_of_arns_gets_one_by_the_name_of_its_object(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    own = "aws_secretsmanager_secret.other.arn"
    replaced(folder / "main.tf", f"[\n    {own},\n  ]", f"{{\n    other = {own}\n  }}")
    replaced(folder / "main.tf", "Resource = local.secret_arns", "Resource = values(local.secret_arns)")
    found = {each.fix.title: each.fix.hcl for each in found_in(folder, plan=plan_with_open_policies).fixes.found}
    title = "add an element to local.secret_arns; aws_iam_role_policy.texts is made from it"
    assert found[title] == f"app = {SECRET},"


@pytest.mark.parametrize(
    ("old", "new", "role"),
    [
        # More would be granted than what is missing.
        ('Action = "secretsmanager:GetSecretValue", Res', 'Action = "secretsmanager:*", Res', "texts"),
        # The element would be a statement that denies.
        ('Effect   = "Allow"\n      Action   = grant.actions', 'Effect = "Deny"\n      Action = grant.actions', "list"),
        # The list is left out as it is read.
        ("values(local.map_statements)", "slice(values(local.map_statements), 0, 2)", "map"),
        # Something else is made from it too.
        ("  family             = each.key", "  family = join(each.key, keys(local.arns_of_actions))", "names"),
    ],
)
def test_another_way_is_taken_where_an_element_is_not_exactly_that(
    tmp_path: Path, old: str, new: str, role: str
) -> None:
    folder = copied(CASE, tmp_path)
    replaced(folder / "main.tf", old, new)
    found = titles(found_in(folder, plan=plan_with_open_policies))
    assert not any(each.endswith(f"aws_iam_role_policy.{role} is made from it") for each in found)
    assert any(f"aws_iam_role_policy.{role}" in each for each in found)


def test_a_line_that_may_contain_a_secret_is_not_shown(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    replaced(folder / "main.tf", "  # each element is", '  password       = "hunter2"\n  # each element is')
    replaced(folder / "main.tf", '"${aws_s3_bucket.config.arn}/*" }\n    reg', '"x/hunter2" }\n    reg')
    assert "hunter2" not in "".join(each.fix.diff or "" for each in found_in(folder).fixes.found)


def test_a_new_policy_is_listed_where_others_are_removed() -> None:
    (found,) = found_in(TESTDATA / "exclusive-lists-named").fixes.found
    resource = "aws_iam_role_policies_exclusive.execution"
    assert found.fix.title == f"add aws_iam_role_policy.execution_start_up, and list it in {resource}"
    assert found.fix.safety == "review"
    assert "+  policy_names = [aws_iam_role_policy.execution_start_up[each.key].name]\n" in (found.fix.diff or "")


def test_a_managed_policy_comes_first_where_only_inline_ones_are_listed(tmp_path: Path) -> None:
    folder = copied("exclusive-lists-named", tmp_path)
    for name in ("main.tf", "plan.json"):
        replaced(folder / name, "aws_iam_role_policy_attachments_exclusive", "aws_iam_role_policy_other")
    assert titles(found_in(folder)) == {"add aws_iam_policy.execution_start_up"}


def test_the_file_of_each_caller_is_named_by_an_input() -> None:
    (found,) = found_in(TESTDATA / "statements-in-module").fixes.found
    assert found.fix.title.startswith("add an element to local.statements; ")
    assert 'Resource = "${var.bucket_arn}/${var.name}.env"' in found.fix.hcl
    assert (found.fix.safety, found.fix.proven) == ("review", True)


LISTS = "elements-of-lists"


def test_an_element_is_added_where_the_list_is_written() -> None:
    fixes = [each.fix for each in found_in(TESTDATA / LISTS).fixes.found]
    lines = [line for each in fixes for line in each.diff.splitlines()]
    assert [each[1:].strip() for each in lines if each.startswith("+") and each.endswith("]")] == [
        'worker = ["worker", "shared"]',
        'parameter_paths = ["shop/db", "shop/token"]',
        "reads   = [aws_secretsmanager_secret.queue.arn]",
        "bucket_arns = [aws_s3_bucket.env.arn]",
        'default = ["shop/db", "shop/token"]',
    ]
    assert "+    aws_secretsmanager_secret.queue.arn," in lines
    assert [each for each in lines if each.startswith("+resource")] == [
        '+resource "aws_iam_role_policy_attachment" "role_mail" {'
    ]
    assert {(each.safety, each.proven) for each in fixes} == {("review", True)}


def test_a_list_that_something_else_is_made_from_is_left_alone(tmp_path: Path) -> None:
    folder = copied(LISTS, tmp_path)
    replaced(
        folder / "main.tf",
        'resource "aws_s3_bucket" "env"',
        'output "all" {\n  value = local.prefixes\n}\n\nresource "aws_s3_bucket" "env"',
    )
    assert "local.prefixes" not in " ".join(titles(found_in(folder, plan=plan_with_open_policies)))


def test_a_line_with_another_text_than_what_is_granted_is_not_shown(tmp_path: Path) -> None:
    folder = copied(LISTS, tmp_path)
    text = (folder / "main.tf").read_text()
    start, end = text.index("    kiosk = {"), text.index("  secret_arns = [")
    secrets = "secrets = { QUEUE = aws_secretsmanager_secret.queue.arn }"
    one_line = f'    kiosk = {{ {secrets}, pass = "secret", reads = [] }}\n  }}\n\n'  # a word of each ARN
    (folder / "main.tf").write_text(text[:start] + one_line + text[end:])
    fixes = [each.fix for each in found_in(folder, plan=plan_with_open_policies).fixes.found]
    assert "local.services" not in " ".join(each.title for each in fixes)
    assert '"secret"' not in " ".join(each.diff for each in fixes)


def test_the_default_of_a_variable_gets_no_references(tmp_path: Path) -> None:
    folder = copied(LISTS, tmp_path)
    replaced(folder / "main.tf", '["shop/db"]\n}', '["arn:aws:ssm:ap-northeast-1:123456789012:parameter/shop/db"]\n}')
    written = '"arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter/${name}"'
    replaced(
        folder / "main.tf",
        f"      for name in var.parameters :\n      {written}\n",
        "      for name in var.parameters : name\n",
    )
    found = [each.fix for each in found_in(folder, plan=plan_with_open_policies).fixes.found]
    assert "var.parameters" not in " ".join(each.title for each in found)
    assert not [each for each in found if "default = " in each.diff]


def test_a_list_of_keys_gets_the_key_of_what_is_missing(tmp_path: Path) -> None:
    folder = copied(LISTS, tmp_path)
    written = '"arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter/${name}"'
    replaced(
        folder / "main.tf", f"var.parameters :\n      {written}", "var.parameters : aws_ssm_parameter.shop[name].arn"
    )
    found = {each.fix.title: each.fix for each in found_in(folder, plan=plan_with_open_policies).fixes.found}
    title = "add an element to var.parameters; data.aws_iam_policy_document.till is made from it"
    assert found[title].hcl == '"shop/token",'


OUTSIDE = "which data.aws_iam_policy_document.till is made from"


@pytest.mark.parametrize("names", [("terraform.tfvars",), ("a.auto.tfvars", "b.auto.tfvars")])
def test_the_file_with_the_value_of_a_variable_is_named(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = copied(LISTS, tmp_path)
    replaced(folder / "main.tf", '  default = ["shop/db"]\n', "")
    replaced(folder / "plan.json", '"default":["shop/db"]', '"description":"names"')
    for name in names:
        (folder / name).write_text('parameters = ["shop/db"]\n')
    (fix,) = (each.fix for each in found_in(folder).fixes.found if "till" in each.fix.title)
    where = "terraform.tfvars" if len(names) == 1 else "a .tfvars file, `-var` or `TF_VAR_parameters`"
    assert f'; or add `"shop/token"` to `var.parameters` in {where}, {OUTSIDE}' in fix.title
    assert fix.safety == "review"


def test_no_list_of_a_sensitive_variable_is_named(tmp_path: Path) -> None:
    folder = copied(LISTS, tmp_path)
    replaced(folder / "main.tf", '  default = ["shop/db"]\n', "  sensitive = true\n")
    replaced(folder / "plan.json", '"default":["shop/db"]', '"sensitive":true')
    assert not [each for each in titles(found_in(folder)) if "var.parameters" in each]


def test_the_list_in_a_yaml_file_is_named(tmp_path: Path) -> None:
    folder = copied(LISTS, tmp_path)
    (folder / "names.yaml").write_text("shop:\n  other: 1\n  read: [shop/db]\n")
    replaced(folder / "main.tf", "for name in var.parameters :", "for name in local.names.shop.read :")
    replaced(
        folder / "main.tf",
        "  secret_arns = [",
        '  names = yamldecode(file("${path.module}/names.yaml"))\n\n  secret_arns = [',
    )
    (fix,) = (each.fix for each in found_in(folder).fixes.found if "till" in each.fix.title)
    assert f'; or add `"shop/token"` to `shop.read` in names.yaml, {OUTSIDE}' in fix.title
