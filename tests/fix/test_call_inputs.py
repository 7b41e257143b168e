"""What the role of a module lacks is passed by an input that the module has for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, found_in, replaced
from tests.fix.test_existing_policy import fixes
from tfcheck.fix.edits.insertion import Insertion, apply_insertions
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import parse

CASES = {
    "module-accepts-files": [
        "execution_statements = [",
        'actions   = ["s3:GetObject"]',
        'resources = ["${aws_s3_bucket.config.arn}/web.env"]',
    ],
    "name-or-prefix": ['{ actions = ["s3:GetBucketLocation"], resources = [aws_s3_bucket.config.arn] },'],
    "inputs-of-modules": [
        "secrets = {",
        "resources = [aws_secretsmanager_secret.api.arn]",
        'secret_arns = [aws_secretsmanager_secret.worker["queue"].arn, aws_secretsmanager_secret.worker["token"].arn]',
        'secret_arns = [aws_secretsmanager_secret.worker["token"].arn]',
        'worker_arns = [aws_secretsmanager_secret.worker["token"].arn]',
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_lacking_is_passed(case: str, tmp_path: Path) -> None:
    found = [each.fix for each in fixes(copied(case, tmp_path)) if each.fix.title.startswith("pass what ")]
    added = [line[1:].strip() for each in found for line in each.diff.splitlines() if line.startswith("+")]
    assert all(each in added for each in CASES[case]), added
    assert {(each.safety, each.proven) for each in found} == {("review", True)}


def test_a_key_that_another_caller_may_not_pass_needs_a_review(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    module = folder / "modules" / "service" / "main.tf"
    replaced(
        module, 'variable "secret_arns" {\n  type    = list(string)', 'variable "secret_arns" {\n  type    = set(any)'
    )
    (found,) = (each.fix for each in fixes(folder) if "module.sweeper" in each.fix.title)
    assert found.title.endswith("; it names var.secrets.TOKEN, which another plan of these files may not have")
    assert found.safety == "review"


def test_statements_below_one_on_one_line_leave_it_aligned(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    text = (folder / "main.tf").read_text()
    written = text[text.index("    logs = {") : text.index("    }\n", text.index("    logs = {")) + 6]
    on_one_line = '    logs = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["*"] }\n'
    replaced(folder / "main.tf", written, on_one_line)
    (found,) = (each.fix for each in fixes(folder) if "policy_statements" in each.fix.title)
    lines = found.diff.splitlines()
    assert "+    secrets = {" in lines
    assert not [each for each in lines if each.startswith("-") and not each.startswith("---")]


def test_a_count_that_no_plan_could_have_is_not_listed(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    replaced(folder / "modules" / "service" / "main.tf", "length(var.secret_arns) > 0 ? 1 : 0", "1000000000000")
    resolver = Resolver(Case(TESTDATA / folder.name).plan(), from_directory(folder))
    assert unplanned_instances(parse("module.sweeper.aws_iam_role.execution").module, resolver) == []


REPEATED = "inputs-of-repeated-calls"
PASSED = [
    "aws_secretsmanager_secret.stripe.arn,",
    "task_exec_secret_arns = concat(local.common_secret_arns, [aws_secretsmanager_secret.worker[each.key].arn])",
    "task_exec_secret_arns = [aws_secretsmanager_secret.datadog.arn]",
    "secret_arns = [aws_secretsmanager_secret.datadog.arn]",
    "secret_arns = [aws_secretsmanager_secret.stripe_test.arn]",
    '"${aws_secretsmanager_secret.stripe_test.arn}",',
    '"${aws_secretsmanager_secret.datadog.arn}"',
    "task_exec_iam_statements = {",
    "decrypt = {",
    "Decrypt = {",
]


def added_by(folder: Path) -> list[str]:
    texts = "\n".join(each.fix.diff for each in fixes(folder))
    return [each[1:].strip() for each in texts.splitlines() if each.startswith("+") and each[:3] != "+++"]


def test_what_is_lacking_is_passed_where_each_value_is_given(tmp_path: Path) -> None:
    added = added_by(copied(REPEATED, tmp_path))
    assert [each for each in PASSED if each not in added] == []
    assert not [each for each in added if each.startswith('resource "')]


@pytest.mark.parametrize("text", ["var.task_exec_secret_arns", "local.gate"])
def test_nothing_is_passed_that_leaves_open_how_many_resources_there_are(text: str, tmp_path: Path) -> None:
    folder = copied(REPEATED, tmp_path)
    module = folder / "modules" / "service" / "main.tf"
    gated = f"length({text}) > 0 ? 1 : 0" if text.startswith("var.") else "local.gate ? 1 : 0"
    replaced(module, "var.create_task_exec_policy ? 1 : 0", gated)
    if text == "local.gate":
        module.write_text(module.read_text() + "\nlocals {\n  gate = length(var.task_exec_secret_arns) > 0\n}\n")
    assert "secret_arns = [aws_secretsmanager_secret.stripe_test.arn]" not in added_by(folder)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "concat(local.common_secret_arns, [])",
            "concat(local.common_secret_arns, [aws_secretsmanager_secret.stripe.arn])",
        ),
        (
            "concat([], local.common_secret_arns)",
            "concat([], local.common_secret_arns, [aws_secretsmanager_secret.stripe.arn])",
        ),
        (
            "flatten([local.common_secret_arns])",
            "flatten([local.common_secret_arns, aws_secretsmanager_secret.stripe.arn])",
        ),
    ],
)
def test_a_list_stays_what_it_is_and_gets_more(value: str, expected: str, tmp_path: Path) -> None:
    folder = copied(REPEATED, tmp_path)
    replaced(folder / "main.tf", "concat(local.common_secret_arns, [\n    # payment\n  ])", value)
    assert f"task_exec_secret_arns = {expected}" in added_by(folder)


def test_other_roles_that_get_it_too_are_listed(tmp_path: Path) -> None:
    (title,) = (each.fix.title for each in fixes(copied(REPEATED, tmp_path)) if "module.both" in each.fix.title)
    by = 'pass what module.both.aws_iam_role.this["execution"] lacks by `secret_arns`'
    assert title == f'{by}; also for module.both.aws_iam_role.this["task"]'


AT_CALLS = [
    'secret_arns = [for name in each.value.secrets : aws_secretsmanager_secret.this["${each.key}/${name}"].arn]',
    "secret_arns = [aws_secretsmanager_secret.job[each.key].arn]",
    'secret_arns = [aws_secretsmanager_secret.job["dev"].arn, aws_secretsmanager_secret.job["stage"].arn]',
    "Resource = [aws_secretsmanager_secret.audit[0].arn, aws_secretsmanager_secret.mail[0].arn]",
]


def test_the_list_of_another_call_is_passed_where_some_instances_need_nothing(tmp_path: Path) -> None:
    added = added_by(copied("lists-at-calls", tmp_path))
    assert [each for each in AT_CALLS if each not in added] == []


def test_an_element_is_named_by_a_key_that_is_a_path() -> None:
    (found,) = found_in(TESTDATA / "secrets-by-path").fixes.found
    assert '+  secret_arns = [module.secrets.arns["app/db"], module.secrets.arns["app/mail"]]\n' in found.fix.diff


def test_an_input_of_any_name_is_for_statements_by_its_type(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    for file in (*folder.rglob("*.tf"), folder / "plan.json"):
        file.write_text(file.read_text().replace("policy_statements", "allow"))
    assert any(each.fix.title.endswith("by `allow`") for each in fixes(folder))


def test_what_only_an_outer_caller_can_name_is_passed_through_the_modules_between(tmp_path: Path) -> None:
    folder = copied("keys-of-outer-callers", tmp_path)
    (found,) = (each for each in fixes(folder) if "`kms_key_arns`" in each.fix.title)
    added = {name: apply_insertions("", several) for name, several in _added(found).items()}
    assert found.fix.title.endswith(" to module.app by the new input `kms_key_arns`, through module.tenant")
    assert 'variable "kms_key_arns" {' in added["modules/app/main.tf"]
    assert "kms_key_arns = var.kms_key_arns" in added["modules/stack/main.tf"]
    assert added["main.tf"].strip() == "kms_key_arns = [aws_kms_key.tenant[each.key].arn]"
    assert (found.fix.safety, found.fix.proven) == ("review", True)


def test_a_role_of_an_inner_module_is_named_through_outputs_of_the_modules_between(tmp_path: Path) -> None:
    folder = copied("keys-of-outer-callers", tmp_path)
    (found,) = (each for each in fixes(folder) if "new output" in each.fix.title)
    added = {name: apply_insertions("", several) for name, several in _added(found).items()}
    assert found.fix.title.endswith(" of module.team, through module.platform and module.worker")
    assert "value = aws_iam_role.execution.name" in added["modules/service/main.tf"]
    assert "value = module.worker.execution_role_name" in added["modules/platform/main.tf"]
    assert "value = module.platform.worker_execution_role_name" in added["modules/team/main.tf"]
    assert "for_each = module.team" in added["main.tf"]


def test_a_module_between_with_one_instance_of_several_that_lacks_it_passes_nothing(tmp_path: Path) -> None:
    folder = copied("keys-of-outer-callers", tmp_path)
    plan = json.loads((folder / "plan.json").read_text())
    task = 'module.app["back"].aws_ecs_task_definition.this'
    plan["resource_changes"] = [each for each in plan["resource_changes"] if not each["address"].endswith(task)]
    del plan["planned_values"]
    (folder / "plan.json").write_text(json.dumps(plan))
    assert not [each for each in fixes(folder) if "`kms_key_arns`" in each.fix.title]


def test_each_call_in_one_module_passes_its_own_key_by_an_input_of_its_own(tmp_path: Path) -> None:
    (found,) = fixes(copied("two-calls-that-lack-keys", tmp_path))
    added = {name: apply_insertions("", several) for name, several in _added(found).items()}
    to = "to module.orders, module.billing by the new input `kms_key_arns`, through module.platform"
    assert found.fix.title.endswith(to) or found.fix.title.endswith(
        to.replace("orders, module.billing", "billing, module.orders")
    )
    assert added["main.tf"].splitlines() == [
        "",
        "",
        "  billing_kms_key_arns = [aws_kms_key.billing.arn]",
        "  orders_kms_key_arns  = [aws_kms_key.orders.arn]",
    ]
    for name in ("orders", "billing"):
        assert f'variable "{name}_kms_key_arns" {{' in added["modules/platform/variables.tf"]
        assert f"kms_key_arns = var.{name}_kms_key_arns" in added["modules/platform/main.tf"]
    assert added["modules/service/variables.tf"].count('variable "kms_key_arns" {') == 1


def _added(found: DraftFix) -> dict[str, list[Insertion]]:
    parts: dict[str, list[Insertion]] = {}
    for each in found.insertions:
        parts.setdefault(each.source.name, []).append(replace(each, offset=0))
    return parts


ENVIRONMENTS = "lists-of-environments"


def test_each_value_is_written_where_it_is_defined() -> None:
    """In the map that two modules pass on, in terms of each instance, and in the list that a `for` reads."""
    fixes = [each.fix for each in found_in(TESTDATA / ENVIRONMENTS).fixes.found]
    assert {line[1:].strip() for each in fixes for line in each.diff.splitlines() if line[:2] == "+ "} >= {
        'parameters = ["mail/token"]',
        "readable_secret_arns = [aws_secretsmanager_secret.db.arn, aws_secretsmanager_secret.smtp.arn]",
        "team    = each.value.team",
    }
    assert {(each.safety, each.proven) for each in fixes} == {("review", True)}


def test_the_list_in_an_object_that_is_passed_is_extended_or_added() -> None:
    """In the argument of a call, in its element of `for_each`, and for a module that is passed the list of another."""
    found = found_in(TESTDATA / ENVIRONMENTS).fixes.found
    fixes = [each.fix for each in found if "config.secret_arns" in each.fix.title or "settings" in each.fix.title]
    assert sorted(line[1:].strip() for each in fixes for line in each.diff.splitlines() if line[:2] == "+ ") == [
        "readable = [aws_secretsmanager_secret.db.arn, aws_secretsmanager_secret.smtp.arn]",
        "readable_secret_arns = [aws_secretsmanager_secret.db.arn, aws_secretsmanager_secret.smtp.arn]",
        "secret_arns = [aws_secretsmanager_secret.db.arn, aws_secretsmanager_secret.smtp.arn]",
        "secret_arns = [aws_secretsmanager_secret.db.arn]",
        "secret_arns = [aws_secretsmanager_secret.smtp.arn]",
    ]


def test_a_map_that_two_calls_pass_is_left_alone(tmp_path: Path) -> None:
    folder = copied(ENVIRONMENTS, tmp_path)
    text = (folder / "main.tf").read_text()
    value = text[text.index("  services = {") + len("  services = ") : text.index("locals {")].strip()[:-1].strip()
    replaced(folder / "main.tf", value, "local.services")
    with (folder / "main.tf").open("a") as file:
        file.write(f'\nlocals {{\n  services = {value}\n}}\n\noutput "services" {{\n  value = local.services\n}}\n')
    assert all("`secret_arns`" not in each.fix.title for each in found_in(folder).fixes.found)


def test_of_several_calls_the_one_whose_policy_has_the_action_passes_it() -> None:
    (fix,) = (each.fix for each in found_in(TESTDATA / "policies-by-kind").fixes.found)
    assert fix.title == "pass what module.role.aws_iam_role.this lacks by `resources`"
    assert fix.hcl == ", aws_secretsmanager_secret.mail.arn"


def test_a_plan_that_does_not_say_that_it_is_complete_has_the_same_fix() -> None:
    case = Case(TESTDATA / "modules-passing-arns")
    fixes = {each.fix for name in ("plan.json", "tofu.plan.json") for each in case.report(name).findings}
    assert [each.title for each in fixes if each] == [
        "pass what module.roles.aws_iam_role.execution lacks by `env_file_arns`"
    ]
