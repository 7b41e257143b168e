"""Which instances a statement names that may not be there?"""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA
from tests.fix.found import found_in
from tests.rows import every_row
from tfcheck.fix.needed_statements import NeededStatement, Reference
from tfcheck.fix.values.gates import gated_instance
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source

SECRET = 'aws_secretsmanager_secret.this["db"]'
TEXT = """
resource "aws_secretsmanager_secret" "this" {{
  for_each = var.secrets
}}
resource "aws_iam_role" "worker" {{
  count = var.worker ? 1 : 0
}}
resource "aws_ecs_task_definition" "worker" {{
  count = {}

  container_definitions = {}
}}
"""


@every_row(
    ("count", "named", "found"),
    [
        ("var.worker ? 1 : 0", SECRET, ""),
        ("var.other ? 1 : 0", SECRET, SECRET),
        ("var.worker ? 1 : 0", "aws_secretsmanager_secret.other", SECRET),
        ("var.worker ? 1 : 0", f"var.other ? [{SECRET}] : []", SECRET),
        ("var.worker ? 1 : 0", f"try([{SECRET}], [])", SECRET),
        ("var.worker ? 1 : 0", f'jsonencode([{{ a = "${{{SECRET}.arn}}:x" }}])', ""),
    ],
)
def test_what_is_repeated_alike_may_rely_on_an_instance(count: str, named: str, found: str) -> None:
    module = Module(".", [read_source(SourceText("main.tf", TEXT.format(count, named)))])
    role = module.resource("managed", "aws_iam_role", "worker")
    assert role is not None
    statement = NeededStatement("A", ("secretsmanager:GetSecretValue",), ((Reference(f"{SECRET}.arn"),),))
    assert gated_instance((statement,), role, module) == found


def test_a_policy_is_there_only_where_all_that_it_names_is() -> None:
    (found,) = found_in(TESTDATA / "gated-twice").fixes.found
    assert found.fix.safety == "safe"
    assert "count = min(length(aws_iam_role.execution), length(aws_secretsmanager_secret.mail))\n" in found.fix.hcl


def test_a_policy_for_each_is_for_the_keys_that_both_have() -> None:
    (found,) = found_in(TESTDATA / "keys-of-two-maps").fixes.found
    keys = "contains(keys(aws_secretsmanager_secret.this), key)"
    assert found.fix.safety == "safe"
    assert f"for_each = {{ for key, role in aws_iam_role.execution : key => role if {keys} }}\n" in found.fix.hcl


@pytest.mark.parametrize(("index", "found"), [("each.key", ""), ('"db"', 'aws_y.this["db"]')])
def test_a_key_of_a_written_set_may_be_removed_from_it(index: str, found: str) -> None:
    role, secret = (f'resource "aws_{each}" "this" {{\n  for_each = toset(["{each}"])\n}}\n' for each in ("x", "y"))
    file = read_source(SourceText("main.tf", role + secret))
    statement = NeededStatement("Read", ("ssm:GetParameters",), ((Reference(f"aws_y.this[{index}].arn"),),))
    module = Module(".", [file])
    assert gated_instance((statement,), file.blocks[0], module, varies=lambda _: False) == found


def test_inputs_of_the_module_are_named_before_values_of_one_call() -> None:
    (found,) = found_in(TESTDATA / "files-of-one-call").fixes.found
    assert found.fix.title.startswith("add aws_iam_role_policy.execution_start_up in module.platform")
    assert "Resource = var.files\n" in found.fix.hcl
    assert "prod.env" not in found.fix.diff
