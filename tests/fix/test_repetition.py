"""A fix is repeated as its role is, names no instance of it, and writes values as the sources do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.cases import TESTDATA, Case, check_with_world
from tests.fix.found import copied, replaced
from tests.fix.test_cases import edits
from tests.fix.test_existing_policy import fixes
from tests.rows import every_row
from tfcheck.fix import find_fixes
from tfcheck.fix.needed_statements import NeededStatement, Reference
from tfcheck.fix.proposal import DraftFix
from tfcheck.fix.values.repetition import InstanceTerms, Repeated, names_only_first, share_statements
from tfcheck.hcl.modules import from_directory
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.plan import load


def added(fix: DraftFix) -> str:
    return "\n".join(row[1:] for row in fix.fix.diff.split("\n") if row.startswith("+"))


@every_row(
    ("role", "others", "is_first"),
    [
        ("aws_iam_role.exec[0].id", "", True),
        ('"${aws_iam_role.exec[0].name}-x"', "", True),
        ("aws_iam_role.exec[0].id", "  # not count.index", True),
        ("aws_iam_role.exec[0].id", 'name = "web-${count.index}"', False),
        ("aws_iam_role.exec[count.index].id", "  # instead of [0]", False),
        ('aws_iam_role.exec["[0]"].id', "", False),
    ],
)
def test_an_instance_without_a_key_is_named_by_expressions_only(role: str, others: str, is_first: bool) -> None:
    text = f'resource "aws_iam_role_policy" "p" {{\n  role = {role}\n  {others}\n}}\n'
    (block,) = read_source(SourceText("main.tf", text)).blocks
    assert names_only_first(block) is is_first


def test_services_of_one_map_get_one_edit_in_the_style_of_their_policy() -> None:
    (found,) = edits(Case(TESTDATA / "services-alike"))
    assert found.fix.safety == "safe"
    assert 'Resource = ["${aws_s3_bucket.config.arn}/${each.value.file}"]' in added(found)
    assert "Resource = [aws_secretsmanager_secret.db[each.key].arn]" in added(found)
    assert "svc0" not in added(found)
    assert len({each.role for each in found.answers}) == 4


def test_a_policy_goes_with_the_gate_and_the_keys_of_its_role() -> None:
    gate, keys, tail = sorted(edits(Case(TESTDATA / "keys-and-gates")), key=lambda each: each.fix.title)
    assert "count = length(aws_iam_role.execution)" in added(gate)
    assert "role = aws_iam_role.execution[count.index].id" in added(gate)
    assert "aws_s3_bucket.config[count.index].arn" in added(gate)
    some = '{ for key, role in aws_iam_role.service : key => role if key != "web" }'
    assert f"for_each = {some}" in added(keys)
    assert "role = each.value.id" in added(keys)
    for each in (gate, keys):
        assert each.fix.safety == "safe"
        assert not re.search(r'aws_\w+\.\w+\[(?:"|\d)', added(each))
    assert "      length(aws_secretsmanager_secret.gated) > 0 ? [\n" in added(tail)
    assert '      contains(keys(aws_secretsmanager_secret.keyed), "api") ? [\n' in added(tail)
    assert tail.fix.safety == "safe"


def test_a_policy_for_some_services_is_repeated_for_those_with_files() -> None:
    text = 'resource "aws_iam_role" "r" {\n  for_each = local.services\n}\n'
    (block,) = read_source(SourceText("main.tf", text)).blocks
    given = Repeated("aws_iam_role.r", "id", block, ("api",), others=True, condition="length(each.value.files) > 0")
    some = "{ for key, value in local.services : key => value if length(value.files) > 0 }"
    assert given.repetition(by_value=True) == ("for_each", some)
    by_role = '{ for key, role in aws_iam_role.r : key => role if key == "api" }'
    assert given.repetition(by_value=False) == ("for_each", by_role)


def test_an_object_of_a_service_may_be_missing_where_its_list_is_not_empty() -> None:
    (found,) = edits(Case(TESTDATA / "bucket-named-by-prefix"))
    assert "aws_s3_object.env[each.key].arn" in added(found)
    assert 'if contains(["jobs", "web"], key) }' in added(found)


def test_a_policy_for_elements_behind_a_flag_is_repeated_with_the_flag(tmp_path: Path) -> None:
    folder = copied("bucket-named-by-prefix", tmp_path)
    gated = "var.enabled ? local.services : {}"
    replaced(folder / "main.tf", "for_each = local.services\n", f"for_each = {gated}\n")
    (folder / "variables.tf").write_text('variable "enabled" {\n  default = true\n}\n')
    plan = json.loads((folder / "plan.json").read_text())
    plan["variables"] = {"enabled": {"value": True}}
    root = plan["configuration"]["root_module"]
    root["variables"] = {"enabled": {"default": True}}
    for each in root["resources"]:
        if each["type"] in ("aws_iam_role", "aws_iam_role_policy", "aws_ecs_task_definition"):
            each["for_each_expression"]["references"].insert(0, "var.enabled")
    (folder / "plan.json").write_text(json.dumps(plan))
    (found,) = fixes(folder)
    some = f'{{ for key, value in ({gated}) : key => value if contains(["jobs", "web"], key) }}'
    assert f"  for_each = {some}\n" in found.fix.hcl
    assert found.fix.safety == "safe"
    assert "Resource = [for name in each.value.secrets : aws_secretsmanager_secret.app[name].arn]" in found.fix.hcl


def test_the_only_instance_gets_what_its_task_definition_names_where_it_does() -> None:
    for found, name in zip(edits(Case(TESTDATA / "file-of-one-service")), ("job", "service"), strict=True):
        some = f"{{ for key, value in var.{name}s : key => value if value.env_file != null }}"
        assert f"for_each = {some}" in added(found)
        assert f"role = aws_iam_role.{name}[each.key].id" in added(found)
        assert "${aws_s3_bucket.config.arn}/${each.value.env_file}" in added(found)
        assert '.env"' not in added(found)


def test_only_a_collection_that_is_clear_when_repeated_is_repeated() -> None:
    filtered = "{ for name, service in local.services : name => service if var.enabled }"

    def uses(collection: str, *, others: bool) -> bool:
        text = f'resource "aws_iam_role" "r" {{\n  for_each = {collection}\n}}\n'
        (block,) = read_source(SourceText("main.tf", text)).blocks
        return Repeated("aws_iam_role.r", "id", block, ("api",), others=others).can_use_values()

    assert uses(filtered, others=False)
    assert not uses(filtered, others=True)
    assert not uses("{\n    web = 1\n  }", others=False)


def test_a_policy_in_json_syntax_is_repeated_for_the_map_of_its_role() -> None:
    text = '{"resource": {"aws_iam_role": {"r": {"for_each": "${var.services}"}}}}'
    (block,) = read_source(SourceText("main.tf.json", text)).blocks
    repeated = Repeated("aws_iam_role.r", "id", block, ("api", "web"), others=False)
    assert repeated.can_use_values()
    assert repeated.repetition(by_value=True) == ("for_each", "var.services")


def test_what_may_be_null_is_granted_only_if_it_is_not() -> None:
    web, worker = edits(Case(TESTDATA / "null-in-new-policy"))
    assert "var.secret_arn != null ? [" in added(web)
    assert "] : []," in added(web)
    assert "count = var.secret_arn != null ? 1 : 0" in added(worker)
    assert (web.fix.safety, worker.fix.safety) == ("safe", "safe")


def test_what_some_callers_leave_out_is_granted_where_the_others_pass_it() -> None:
    (found,) = edits(Case(TESTDATA / "empty-for-some-callers"))
    lines = [line.strip() for line in added(found).split("\n")]
    assert sorted(line for line in lines if line.startswith("role = ")) == [
        "role = module.api.exec_role_name",
        "role = module.jobs.exec_role_name",
    ]
    assert "value = one(aws_iam_role.exec[*].name)" in lines


def test_an_instance_that_may_be_gone_wants_a_review(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TESTDATA / "keys-and-gates", tmp_path / "keys-and-gates"))
    replaced(folder / "main.tf", "  count         = var.create ? 1 : 0\n", "  count         = var.create ? 2 - 1 : 0\n")
    (found,) = (each for each in fixes(folder) if len(each.answers) == 2)
    assert found.fix.safety in ("safe", "review")
    assert "aws_s3_bucket.config[0]" not in added(found) or "aws_s3_bucket.config[0]" in found.fix.title


def test_a_text_is_written_as_the_module_puts_it_together(tmp_path: Path) -> None:
    folder = literal(tmp_path)
    replaced(
        folder / "main.tf",
        '"arn:aws:s3:::acme-config/orders/prod.env"',
        '"arn:aws:s3:::${var.bucket}/orders/${var.stage}.env"',
    )
    (found,) = fixes(folder)
    assert '"arn:aws:s3:::${var.bucket}/orders/${var.stage}.env"' in added(found)
    assert '"arn:aws:s3:::${var.bucket}"' in added(found)
    assert found.fix.safety == "safe"


def test_a_value_that_the_module_does_not_contain_wants_a_review(tmp_path: Path) -> None:
    folder = literal(tmp_path)
    replaced(
        folder / "main.tf",
        '"arn:aws:s3:::acme-config/orders/prod.env"',
        'format("arn:aws:s3:::%s/orders/%s.env", var.bucket, lower("PROD"))',
    )
    replaced(folder / "variables.tf", '"prod"', '"test"')
    (found,) = fixes(folder)
    assert found.fix.safety == "review"
    assert "values that another plan of these files may not share" in found.fix.title
    replaced(folder / "main.tf", 'lower("PROD")', "var.stage")
    replaced(folder / "variables.tf", '"test"', '"prod"')
    (named,) = fixes(folder)
    assert named.fix.safety == "safe"
    assert '"arn:aws:s3:::${var.bucket}/orders/${var.stage}.env"' in added(named)


def literal(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(TESTDATA / "literal-missing", tmp_path / "literal-missing"))
    declared = 'variable "bucket" {\n  default = "acme-config"\n}\n\nvariable "stage" {\n  default = "prod"\n}\n'
    (folder / "variables.tf").write_text(declared)
    return folder


def allow(*resource: str | Reference) -> tuple[NeededStatement, ...]:
    return (NeededStatement("Read", ("s3:GetObject",), (tuple(resource),)),)


@every_row(
    ("first", "second", "element", "wanted"),
    [
        ("b/a/x", "b/a/x", None, "b/a/x"),
        ("b/one/x", "b/two/x", None, "b/|each.key|/x"),
        ("b/one-1", "b/two-1", None, "b/|each.key|-1"),
        ("b/none", "b/ntwo", None, None),
        ("b/p", "b/q", {"path": ("p", "q")}, "b/|each.value.path"),
    ],
)
def test_what_instances_lack_is_reported_in_their_terms(
    first: str, second: str, element: dict[str, tuple[str, str]] | None, wanted: str | None
) -> None:
    def terms(key: str, number: int) -> InstanceTerms:
        return InstanceTerms(key, {name: each[number] for name, each in (element or {}).items()})

    found = share_statements([(terms("one", 0), allow(first)), (terms("two", 1), allow(second))])
    if found is None:
        assert wanted is None
    else:
        parts = found.statements[0].resources[0]
        assert "|".join(each if isinstance(each, str) else each.expression for each in parts) == wanted


def test_a_policy_that_grants_it_already_is_attached(tmp_path: Path) -> None:
    found = attached(tmp_path, '["s3:GetObject", "s3:GetBucketLocation"]')
    assert found.fix.title.startswith("attach aws_iam_policy.files to aws_iam_role.execution; it grants all")
    assert found.fix.safety == "review"
    assert "policy_arn = aws_iam_policy.files.arn" in added(found)
    assert "jsonencode" not in added(found)


def test_a_policy_that_is_known_in_part_is_attached(tmp_path: Path) -> None:
    found = attached(tmp_path, '["s3:GetObject", "s3:GetBucketLocation"]', beside="${aws_iam_role.execution.arn}")
    assert found.fix.title.startswith("attach aws_iam_policy.files to aws_iam_role.execution; it grants all")


def test_a_policy_for_more_than_a_start_is_not_attached(tmp_path: Path) -> None:
    assert "aws_iam_policy.files" not in attached(tmp_path, '"s3:*"').fix.title


def attached(tmp_path: Path, actions: str, beside: str = "") -> DraftFix:
    """Return the fix where there is a policy for these actions; what is `beside` is for something else, and open."""
    folder = Path(shutil.copytree(TESTDATA / "literal-missing", tmp_path / "literal-missing"))
    resources = ["arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config/*"]
    statements = [{"Effect": "Allow", "Action": json.loads(actions), "Resource": resources}]
    statements += [{"Effect": "Allow", "Action": "iam:GetRole", "Resource": beside}] if beside else []
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    with (folder / "main.tf").open("a") as file:
        file.write(f'\nresource "aws_iam_policy" "files" {{\n  name   = "files"\n  policy = <<EOT\n{policy}\nEOT\n}}\n')
    plan = json.loads((folder / "plan.json").read_text())
    known = {"name": "files"} if beside else {"name": "files", "policy": policy}
    change = {"actions": ["create"], "after": known, "after_unknown": {"arn": True, "policy": bool(beside)}}
    new = {"address": "aws_iam_policy.files", "mode": "managed", "type": "aws_iam_policy", "name": "files"}
    provider = "registry.terraform.io/hashicorp/aws"
    plan["resource_changes"].append({**new, "provider_name": provider, "change": {"before": None, **change}})
    (folder / "plan.json").write_text(json.dumps(plan))
    loaded = load(folder / "plan.json").plans[0]
    sources = from_directory(folder)
    report, world = check_with_world(loaded, sources)
    (found,) = find_fixes(report.findings, world).found
    return found


def test_a_statement_goes_beside_the_one_that_nearly_grants_it(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TESTDATA / "literal-missing", tmp_path / "literal-missing"))
    statement = '{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-other/*" }'
    document = f'jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})'
    role = "role   = aws_iam_role.execution.id"
    with (folder / "main.tf").open("a") as file:
        file.write(
            f'\nresource "aws_iam_role_policy" "near" {{\n  name   = "near"\n  {role}\n  policy = {document}\n}}\n'
        )
    plan = json.loads((folder / "plan.json").read_text())
    like = next(each for each in plan["resource_changes"] if each["type"] == "aws_iam_role_policy")
    near = json.loads(json.dumps(like)) | {"address": "aws_iam_role_policy.near", "name": "near"}
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-other/*"}
    near["change"]["after"] |= {"name": "near", "policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})}
    near["change"]["after_unknown"].pop("policy", None)
    plan["resource_changes"].append(near)
    (folder / "plan.json").write_text(json.dumps(plan))
    loaded = load(folder / "plan.json").plans[0]
    sources = from_directory(folder)
    report, world = check_with_world(loaded, sources)
    (found,) = find_fixes(report.findings, world).found
    assert found.fix.title == "add 2 statements to aws_iam_role_policy.near"
