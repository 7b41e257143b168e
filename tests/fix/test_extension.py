"""A statement with exactly the needed actions, or resources, gets the other in the layout that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case, check_with_world
from tests.fix.found import after, copied, found_in, replaced
from tests.fix.open_policies import forget_expressions, plan_with_open_policies
from tests.fix.test_cases import edits
from tests.rows import every_row
from tfcheck.fix import find_fixes
from tfcheck.fix.edits.insertion import apply_insertions
from tfcheck.fix.layout.render import statement, style_of
from tfcheck.fix.needed_statements import NeededStatement, Reference
from tfcheck.fix.policies.into_policy import extension
from tfcheck.fix.proposal import DraftFix
from tfcheck.fix.text.policy_text import Syntax, read_parts
from tfcheck.hcl.modules import Module, from_directory
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source

CASE = "misspelled-grants"
OLD = '{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-configs/*" },'
NEW = '"${aws_s3_bucket.config.arn}/other/prod.env"'

LONG = '["arn:aws:s3:::acme-of-others/*", "arn:aws:s3:::acme-of-all/*"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(CASE, tmp_path)


def fixed(folder: Path, statement: str) -> DraftFix:
    """Write another statement for the service `other`, and return the fix for it."""
    replaced(folder / "main.tf", OLD, statement)
    plan = plan_with_open_policies(folder)
    sources = from_directory(folder)
    report, world = check_with_world(plan, sources)
    wanted = [each for each in report.findings if each.answers and each.answers[0].requirement.container == "other"]
    (found,) = find_fixes(wanted, world, answers=report.answers).found
    return found


STATEMENTS = {
    "one resource, short": (
        '{\n        Effect = "Allow"\n        Action = "s3:GetObject"\n        Resource = "arn:aws:s3:::o/*"\n      },',
        f'Action = "s3:GetObject"\n        Resource = ["arn:aws:s3:::o/*", {NEW}]\n      }},',
    ),
    "a list with a last comma": (
        '{\n        Effect = "Allow"\n        Action = "s3:GetObject"\n'
        '        Resource = ["arn:aws:s3:::o/*",]\n      },',
        f'Action = "s3:GetObject"\n        Resource = ["arn:aws:s3:::o/*", {NEW},]\n      }},',
    ),
    "lines": (
        '{\n        Effect = "Allow"\n        Action = ["s3:GetObject"]\n        Resource = [\n'
        '          "arn:aws:s3:::o/*",\n        ]\n      },',
        '{\n        Effect = "Allow"\n        Action = ["s3:GetObject"]\n        Resource = [\n'
        f'          "arn:aws:s3:::o/*",\n          {NEW},\n        ]\n      }},',
    ),
    "lines without a last comma": (
        '{\n        Effect = "Allow"\n        Action = ["s3:GetObject"]\n        Resource = [\n'
        '          "arn:aws:s3:::o/*"\n        ]\n      },',
        '{\n        Effect = "Allow"\n        Action = ["s3:GetObject"]\n        Resource = [\n'
        f'          "arn:aws:s3:::o/*",\n          {NEW}\n        ]\n      }},',
    ),
}


POLICY = """resource "aws_iam_role_policy" "a" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = "${aws_kms_key.a.arn}" }]
  })
}
"""


def test_a_reference_is_in_quotes_where_the_others_are() -> None:
    file = read_source(SourceText("main.tf", POLICY))
    needed = NeededStatement("Decrypt", ("kms:Decrypt",), ((Reference("aws_kms_key.b.arn"),),))
    found = extension(file.blocks[0].arguments["policy"], Module(".", [file]), [needed])
    assert found.items["a resource"] == ['"${aws_kms_key.b.arn}"']
    assert 'Resource = ["${aws_kms_key.a.arn}", "${aws_kms_key.b.arn}"] }' in apply_insertions(POLICY, found.insertions)


BUCKET, OBJECTS = "aws_s3_bucket.a.arn", '"${aws_s3_bucket.a.arn}/*"'
LOCATE = NeededStatement("Locate", ("s3:GetBucketLocation",), ((Reference(BUCKET),),))
PULL = NeededStatement("Pull", ("ecr:BatchGetImage",), ((Reference("aws_ecr_repository.b.arn"),),))
READ = NeededStatement("Read", ("s3:GetObject",), ((Reference(BUCKET), "/b.env"),))
COMPANION = '"ecr:BatchCheckLayerAvailability"'
FILE = '"${aws_s3_bucket.a.arn}/b.env"'
#: By what a statement has, actions and resources: what is needed, and what is added to either.
NEARLY = [
    (['"s3:GetObject"'], [BUCKET, OBJECTS], LOCATE, ['"s3:GetBucketLocation"'], []),
    (['"s3:GetObject"'], [BUCKET, "aws_s3_bucket.b.arn"], LOCATE, [], []),
    (['"s3:PutObject"'], [BUCKET, OBJECTS], READ, [], []),
    (['"s3:GetObject"', '"s3:PutObject"'], [OBJECTS], LOCATE, [], []),
    (['"s3:GetObject"', '"s3:GetBucketLocation"'], [OBJECTS], LOCATE, [], [BUCKET]),
    (['"s3:GetObject"', '"s3:ListBucket"'], [BUCKET], READ, [], [FILE]),
    (['"s3:GetObject"', '"s3:DeleteObject"'], [BUCKET], READ, [], []),
    (['"s3:GetObject"', '"s3:GetBucketObjectLockConfiguration"'], [BUCKET], READ, [], []),
    (['"s3:GetObject"', '"s3:*"'], [BUCKET], READ, [], []),
    (['"ecr:BatchGetImage"', COMPANION], ["aws_ecr_repository.a.arn"], PULL, [], ["aws_ecr_repository.b.arn"]),
    (['"ecr:BatchGetImage"', '"ecr:PutImage"'], ["aws_ecr_repository.a.arn"], PULL, [], []),
    ([COMPANION], ["aws_ecr_repository.a.arn"], PULL, [], []),
]


@every_row(("actions", "resources", "needed", "more_actions", "more_resources"), NEARLY)
def test_a_nearly_fitting_statement_gets_what_its_other_parts_do_not_widen(
    actions: list[str],
    resources: list[str],
    needed: NeededStatement,
    more_actions: list[str],
    more_resources: list[str],
) -> None:
    lists = f"Action = [{', '.join(actions)}]\n      Resource = [{', '.join(resources)}]"
    written = f'{{\n      Effect = "Allow"\n      {lists}\n    }}'
    text = f'resource "aws_iam_role_policy" "a" {{\n  policy = jsonencode({{ Statement = [{written}] }})\n}}\n'
    file = read_source(SourceText("main.tf", text))
    found = extension(file.blocks[0].arguments["policy"], Module(".", [file]), [needed])
    assert (found.items["an action"], found.items["a resource"]) == (more_actions, more_resources)


DECRYPT = NeededStatement("Decrypt", ("kms:Decrypt",), (("*",),), ("AWS", ((Reference("aws_iam_role.b.arn"),),)))
IN_JSON = '{ Effect = "Allow", Principal = { AWS = aws_iam_role.a.arn }, Action = "kms:Decrypt", Resource = "*" }'
#: What a key policy has, and what becomes of it; empty where the statement is for more, or for less.
PRINCIPALS = [
    (IN_JSON, IN_JSON.replace("aws_iam_role.a.arn", "[aws_iam_role.a.arn, aws_iam_role.b.arn]")),
    (IN_JSON.replace('"kms:Decrypt"', '["kms:Decrypt", "kms:Encrypt"]'), ""),
    (IN_JSON.replace("AWS =", "Service ="), ""),
    (f"{IN_JSON[:-2]}, Condition = {{}} }}", ""),
    (IN_JSON.replace("Allow", "Deny"), ""),
]


@every_row(("old", "new"), PRINCIPALS)
def test_a_statement_for_the_same_calls_gets_the_principal(old: str, new: str) -> None:
    text = f'resource "aws_kms_key" "a" {{\n  policy = jsonencode({{ Statement = [{old}] }})\n}}\n'
    file = read_source(SourceText("main.tf", text))
    found = extension(file.blocks[0].arguments["policy"], Module(".", [file]), [DECRYPT])
    assert apply_insertions(text, found.insertions) == text.replace(old, new or old)
    assert found.left == (() if new else (DECRYPT,))


@pytest.mark.parametrize("written", ['"*"', '["*"]'])
def test_everything_is_written_like_in_the_others(written: str) -> None:
    text = f'{{\n  Action   = ["kms:Get*"]\n  Resource = {written}\n}}'
    style = style_of(text, [read_parts(text, 0)], Syntax.HCL)
    assert f"Resource  = {written}" in "\n".join(statement(DECRYPT, style))


def test_a_line_that_would_be_too_long_is_spread_and_its_neighbours_stay_formatted(folder: Path) -> None:
    long = f'"arn:aws:s3:::{"o" * 63}/*"'
    old = f'{{\n        Effect   = "Allow"\n        Action   = "s3:GetObject"\n        Resource = {long}\n      }},'
    found = fixed(folder, old)
    assert found.fix.title == "add a resource to aws_iam_role_policy.other"
    lists = f"Resource = [\n          {long},\n          {NEW},\n        ]"
    new = f'{{\n        Effect = "Allow"\n        Action = "s3:GetObject"\n        {lists}\n      }},'
    assert new in after(found)


def test_commas_at_the_ends_of_lines_are_kept(folder: Path) -> None:
    old = (
        '{\n        Effect = "Allow",\n        Action = "s3:*Bucket*",\n'
        "        Resource = aws_s3_bucket.config.arn\n      },"
    )
    text = (folder / "main.tf").read_text()
    start = text.index(OLD) + len(OLD)
    end = text.index("    ]", start)
    (folder / "main.tf").write_text(text[:start] + "\n" + text[end:])
    found = after(fixed(folder, old))
    assert (
        '      {\n        Effect   = "Allow",\n        Action   = "s3:GetObject",\n'
        f"        Resource = {NEW}\n      }},\n" in found
    )


@pytest.mark.parametrize(("old", "new"), STATEMENTS.values(), ids=STATEMENTS)
def test_a_resource_is_put_behind_the_others(folder: Path, old: str, new: str) -> None:
    found = fixed(folder, old)
    assert (found.fix.title, found.fix.safety) == ("add a resource to aws_iam_role_policy.other", "safe")
    assert found.fix.hcl == f"{NEW},"
    assert new in after(found)


NOT_EXTENDED = {
    "more actions": OLD.replace('"s3:GetObject"', '["s3:GetObject", "s3:PutObject"]'),
    "a pattern of actions": OLD.replace('"s3:GetObject"', '"s3:Get*"'),
    "a condition": OLD.replace(" },", ', Condition = { Bool = { "aws:SecureTransport" = "true" } } },'),
    "a long line": OLD,
    "a list on a long line": OLD.replace('"arn:aws:s3:::acme-configs/*"', f"{LONG}]"),
    "resources from elsewhere": OLD.replace('"arn:aws:s3:::acme-configs/*"', 'concat(["arn:aws:s3:::acme-configs/*"])'),
}


@pytest.mark.parametrize("statement", NOT_EXTENDED.values(), ids=NOT_EXTENDED)
def test_other_statements_are_left_as_they_are(folder: Path, statement: str) -> None:
    found = fixed(folder, statement)
    assert "resource to" not in found.fix.title
    assert statement in after(found)


ACTIONS = {
    "one action": ('"s3:HeadObject"', '["s3:HeadObject", "s3:GetObject"]'),
    "a list": ('["s3:HeadObject", "s3:PutObject"]', '["s3:HeadObject", "s3:PutObject", "s3:GetObject"]'),
    "lines": (
        '[\n          "s3:HeadObject",\n        ]',
        '[\n          "s3:HeadObject",\n          "s3:GetObject",\n        ]',
    ),
}


@pytest.mark.parametrize(("old", "new"), ACTIONS.values(), ids=ACTIONS)
def test_an_action_is_put_behind_those_for_the_same_resource(folder: Path, old: str, new: str) -> None:
    statement = f'{{\n        Effect = "Allow"\n        Action = {old}\n        Resource = {NEW}\n      }},'
    found = fixed(folder, statement)
    assert (found.fix.title, found.fix.safety) == ("add an action to aws_iam_role_policy.other", "safe")
    assert found.fix.hcl == '"s3:GetObject",'
    assert statement.replace(old, new) in after(found)


OTHER_RESOURCES = {
    "more of the bucket": f'Action = "s3:HeadObject", Resource = {NEW[:-10]}*"',
    "another one too": f'Action = "s3:HeadObject", Resource = [{NEW}, "arn:aws:s3:::o/*"]',
    "another service": f'Action = "kms:Encrypt", Resource = {NEW}',
    "a condition": f'Action = "s3:HeadObject", Resource = {NEW}, Condition = {{ Bool = {{ "aws:x" = "1" }} }}',
}


@pytest.mark.parametrize("written", OTHER_RESOURCES.values(), ids=OTHER_RESOURCES)
def test_an_action_is_not_granted_on_more_than_is_needed(folder: Path, written: str) -> None:
    found = fixed(folder, f'{{ Effect = "Allow", {written} }},')
    assert found.fix.title == "add a statement to aws_iam_role_policy.other"
    assert f'{{ Effect = "Allow", {written} }},' in after(found)


def test_each_policy_gets_what_one_of_its_statements_is_for() -> None:
    found = Case(TESTDATA / CASE).fixed()[1].found
    (pair,) = (each.fix for each in found if each.answers[0].requirement.container == "pair")
    assert (
        pair.title == "add an action to aws_iam_role_policy.put; and add an action to data.aws_iam_policy_document.list"
    )
    assert [each for each in pair.diff.splitlines() if each.startswith("+ ")] == [
        '+    Statement = [{ Effect = "Allow", Action = ["s3:PutObject", "s3:GetObject"], Resource = '
        '"${aws_s3_bucket.config.arn}/pair.env" }]',
        '+    actions   = ["s3:ListBucket", "s3:GetBucketLocation"]',
    ]


def test_policies_that_are_put_together_get_one_edit_each_where_it_belongs() -> None:
    found = {each.fix.title: each.fix for each in edits(Case(TESTDATA / "policies-put-together"))}
    document = "data.aws_iam_policy_document"
    merged = found[f"add a statement and a resource to {document}.shop and {document}.secrets"]
    assert "+    resources = [aws_secretsmanager_secret.db.arn, aws_secretsmanager_secret.mail.arn]" in merged.diff
    assert "+    resources = [\n+      aws_s3_bucket.files.arn,\n+    ]\n" in merged.diff
    of_two_roles = found["add a statement to aws_iam_policy.secrets"]
    assert '+        Action   = ["secretsmanager:GetSecretValue"]\n+        Effect   = "Allow"\n' in of_two_roles.diff
    joined = found[f"add a statement to {document}.gated"]
    assert "[for path in var.paths : " in joined.diff
    assert {each.safety for each in (merged, of_two_roles, joined)} == {"safe"}
    passed = found[f"add 2 statements to {document}.execution"]
    assert passed.safety == "safe"
    assert '+    resources = [split("/", var.file)[0]]' in passed.diff
    assert "+      resources = values(var.secrets)" in passed.diff


def test_statements_go_where_those_beside_them_are_written() -> None:
    found = {each.fix.title: each.fix for each in edits(Case(TESTDATA / "statements-elsewhere"))}
    into_locals = found["add a statement and a resource to local.mail_statements"]
    assert '["arn:aws:s3:::${var.bucket}/mails/*", "arn:aws:s3:::${var.bucket}/common.env"]' in into_locals.diff
    of_key = found["add a resource to policies/web.json, the text of aws_iam_role_policy.service"]
    assert '["arn:aws:ssm:*:*:parameter/web/*", "arn:aws:ssm:*:*:parameter/shared/dsn"]' in of_key.diff
    in_list = found["add a resource to aws_iam_role_policy.search"]
    assert "+        aws_ssm_parameter.license.arn\n       ]\n" in in_list.diff
    gated = found["add aws_iam_role_policy.crawler_start_up"]
    assert "+  count = length(aws_secretsmanager_secret.agent) > 0 ? 1 : 0\n" in gated.diff
    assert {each.safety for each in (into_locals, of_key, in_list, gated)} == {"safe"}
    other = "; also for module.billing.aws_iam_role.execution"
    listed = found[f"add 2 statements to data.aws_iam_policy_document.execution{other}"]
    assert "+      resources = var.env_files\n" in listed.diff
    assert '+      resources = distinct([for arn in var.env_files : split("/", arn)[0]])\n' in listed.diff


def test_the_only_list_that_is_joined_with_an_input_gets_the_statement() -> None:
    found = {each.fix.title: each.fix for each in found_in(TESTDATA / "statements-elsewhere").fixes.found}
    diff = found["add a statement and a resource to local.mail_statements"].diff
    assert diff is not None
    assert "concat(" not in diff


def test_what_all_roles_of_a_policy_lack_goes_into_it_and_the_rest_elsewhere(tmp_path: Path) -> None:
    folder = copied("policies-put-together", tmp_path)
    own = '[{ type = "s3", value = "arn:aws:s3:::acme-put-together/job.env" }]'
    both = "    secrets = [for name, arn in local.arns"
    replaced(folder / "main.tf", both, f'    environmentFiles = each.key == "job" ? {own} : []\n{both}')
    forget_expressions(folder, "aws_ecs_task_definition")
    found = {each.fix.title: each.fix for each in found_in(folder).fixes.found}
    assert found["add a statement to aws_iam_policy.secrets"].safety == "safe"
    assert "secretsmanager" not in found["add aws_iam_role_policy.job_start_up"].hcl


def test_an_item_of_a_list_is_a_text_and_a_call_may_be_a_list() -> None:
    text = 'data "aws_iam_policy_document" "d" {\n  statement {\n    actions   = ["s3:GetObject"]\n'
    text += "    resources = {}\n  }\n}\n"
    text += 'resource "x" "y" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    variable = 'variable "files" {\n  default = null\n}\n'
    for written, added in (
        ('[local.files["a"], format("%s/*", var.bucket)]', [', local.files["b"]']),
        ("[one(var.files)]", [', local.files["b"]']),
        ("values(var.files)", ['concat(values(var.files), [local.files["b"]])']),
        ("var.others", ['concat(var.others, [local.files["b"]])']),
        ("var.files", []),  # it may be null
        ("var.others == [] ? local.a : local.b", []),
    ):
        module = Module(".", [read_source(SourceText("main.tf", (variable + text).replace("{}", written)))])
        block = module.resource("resource", "x", "y")
        assert block is not None
        needed = NeededStatement("A", ("s3:GetObject",), ((Reference('local.files["b"]'),),))
        found = extension(block.arguments["policy"], module, [needed])
        assert [each.text for each in found.insertions] == added


@pytest.mark.parametrize(
    ("other", "written"), [("", ', local.files["b"]'), ('output "o" {\n  value = local.second\n}\n', "")]
)
def test_statements_of_local_values_that_a_policy_joins_are_its_own(other: str, written: str) -> None:
    statement = '{ Effect = "Allow", Action = "s3:GetObject", Resource = [local.files["a"]] }'
    text = f'locals {{\n  first  = []\n  second = [{statement}]\n}}\n{other}resource "x" "y" {{\n  policy = '
    text += 'jsonencode({ Version = "2012-10-17", Statement = concat(local.first, local.second) })\n}\n'
    module = Module(".", [read_source(SourceText("main.tf", text))])
    block = module.resource("resource", "x", "y")
    assert block is not None
    needed = NeededStatement("A", ("s3:GetObject",), ((Reference('local.files["b"]'),),))
    assert "".join(each.text for each in extension(block.arguments["policy"], module, [needed]).insertions) == written


NEARLY_THERE = {
    "add a principal to aws_kms_key.shop": "aws_iam_role.jobs.arn,",
    'add a principal to aws_kms_key.report; it names aws_iam_role.report["week"], which another plan of these files '
    "may not have": 'aws_iam_role.report["week"].arn,',
    "add a statement to data.aws_iam_policy_document.jobs; it names all instances of aws_cloudwatch_log_group.jobs": (
        'resources = [for group in aws_cloudwatch_log_group.jobs : "${group.arn}:*"]'
    ),
    "pass what module.shop.aws_iam_role.this lacks by `statements`": ', aws_secretsmanager_secret.shop["mail"].arn',
    "add aws_iam_role_policy.service_start_up": (
        "{ for key, call in module.service : key => call if contains(keys(aws_secretsmanager_secret.cache), key) }"
    ),
}


def test_what_lacks_only_one_thing_gets_it() -> None:
    found = {each.fix.title: each.fix for each in found_in(TESTDATA / "statements-nearly-there").fixes.found}
    assert found.keys() == NEARLY_THERE.keys()
    assert all(part in found[title].hcl for title, part in NEARLY_THERE.items())
