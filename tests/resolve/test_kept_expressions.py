"""A value that the configuration shows whole, and that the plan has otherwise, is the provider's form of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plan.made import change, plan
from tfcheck.hcl.modules.sources import from_directory
from tfcheck.resolve import resolver_of

if TYPE_CHECKING:
    from pathlib import Path

FORMS = """
variable "token" {
  default = "first"
}

module "m" {
  source = "./m"
  token  = %s
}
"""
FORMS_INSIDE = """
variable "token" {}

locals {
  token = var.token
}

resource "aws_codepipeline" "p" {
  name  = "p"
  token = %s
}
"""


@pytest.mark.parametrize(
    ("passed", "written", "planned", "differs"),
    [
        ("var.token", "var.token", "var.token", False),
        ('"first"', "var.token", "var.token", False),
        ("var.token", "local.token", "local.token", True),
        ("var.token", '"${var.token}"', "var.token", True),
        ('"${var.token}-2"', "var.token", "var.token", True),
    ],
)
def test_what_the_configuration_keeps_whole_is_a_form_of_the_provider(
    passed: str, written: str, planned: str, differs: bool, tmp_path: Path
) -> None:
    (tmp_path / "main.tf").write_text(FORMS % passed)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(FORMS_INSIDE % written)
    named = {"type": "aws_codepipeline", "name": "p", "module_address": "module.m"}
    after = {"name": "p", "token": "hash-8f43"}
    pipeline = change("module.m.aws_codepipeline.p", "create", after=after) | named
    argument = {"constant_value": "first"} if passed == '"first"' else {"references": ["var.token"]}
    module = {
        "variables": {"token": {}},
        "resources": [
            {
                "address": "aws_codepipeline.p",
                "mode": "managed",
                "type": "aws_codepipeline",
                "name": "p",
                "expressions": {"name": {"constant_value": "p"}, "token": {"references": [planned]}},
            }
        ],
    }
    root = {
        "variables": {"token": {"default": "first"}},
        "module_calls": {"m": {"source": "./m", "expressions": {"token": argument}, "module": module}},
    }
    made = plan(pipeline, configuration={"root_module": root}, variables={"token": {"value": "first"}})
    found = resolver_of(made, from_directory(tmp_path), None).contradictions
    assert any("module.m.aws_codepipeline.p.token differs" in each for each in found) == differs
