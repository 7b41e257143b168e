"""`data.template_file` as plans show it: read during apply, because a variable is known only then.

NOTE: the provider has no release for every platform, so the plans are made by hand, as `templatefile` would show them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.plan.made import change, plan
from tests.symbols import symbol
from tfcheck.hcl.modules import find
from tfcheck.resolve import Resolver
from tfcheck.symbolic.value import Unknown, Value, display, unknowns
from tfcheck.vocabulary.address import parse

SOURCES: Final = """
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-"
}

data "template_file" "containers" {
  template = file("${path.module}/containers.json.tpl")
  vars = {
    bucket = aws_s3_bucket.config.arn
    port   = 8080
    ratio  = 1.5
  }
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  container_definitions = data.template_file.containers.rendered
}
"""
TEMPLATE: Final = """[
  {"name": "web", "portMappings": [{"containerPort": ${port}}], "cpu": %{ if ratio == "1.5" }2%{ else }3%{ endif },
   "environmentFiles": [{"type": "s3", "value": "${bucket}/web.env"}]}
]"""


def row(address: str, **expressions: Any) -> dict[str, Any]:
    """Make what the configuration of a plan keeps of a resource."""
    kind, _, name = address.removeprefix("data.").partition(".")
    mode = "data" if address.startswith("data.") else "managed"
    return {"address": address, "mode": mode, "type": kind, "name": name, "expressions": expressions}


def resolver(folder: Path, *, sources: bool, template: str = TEMPLATE, **known: Any) -> Resolver:
    (folder / "main.tf").write_text(SOURCES, encoding="utf-8")
    (folder / "containers.json.tpl").write_text(template, encoding="utf-8")
    resources = [
        row("aws_s3_bucket.config"),
        row("data.template_file.containers", template={}, vars={"references": ["aws_s3_bucket.config.arn"]}),
        row(
            "aws_ecs_task_definition.web",
            container_definitions={"references": ["data.template_file.containers.rendered"]},
        ),
    ]
    made = plan(
        change("aws_s3_bucket.config", "create", after={}, after_unknown={"arn": True, "bucket": True}),
        change(
            "data.template_file.containers",
            "read",
            mode="data",
            after={"template": template, "vars": {"port": "8080", "ratio": "1.5"}, **known},
            after_unknown={"rendered": True, "vars": {"bucket": True}},
        ),
        change(
            "aws_ecs_task_definition.web",
            "create",
            after={"family": "web"},
            after_unknown={"container_definitions": True},
        ),
        configuration={"root_module": {"resources": resources}},
    )
    found = find(folder, folder / "plan.json", made.configuration).sources if sources else None
    return Resolver(made, found)


def containers(folder: Path, *, sources: bool, template: str = TEMPLATE) -> Value:
    made = resolver(folder, sources=sources, template=template)
    return made.attribute(parse("aws_ecs_task_definition.web"), "container_definitions")


@pytest.mark.parametrize("sources", [True, False])
def test_it_is_rendered_like_templatefile(tmp_path: Path, sources: bool) -> None:
    text = resolver(tmp_path, sources=sources).attribute(parse("data.template_file.containers"), "rendered")
    assert '"containerPort": 8080' in display(text)
    assert '"cpu": 2' in display(text)
    (open_,) = unknowns(text)
    assert open_.symbol is not None
    assert str(open_.symbol.owner) == ("aws_s3_bucket.config" if sources else "data.template_file.containers")


def test_a_task_that_takes_its_containers_from_it_can_be_read(tmp_path: Path) -> None:
    text = containers(tmp_path, sources=True)
    (open_,) = unknowns(text)
    assert open_.symbol == symbol("aws_s3_bucket.config", ("arn",))


@pytest.mark.parametrize("template", ["${nothing}", "%{ for x in }", "${bucket"])
def test_what_cannot_be_rendered_is_unknown(tmp_path: Path, template: str) -> None:
    assert isinstance(containers(tmp_path, sources=True, template=template), Unknown)
