"""The workspace that a directory has selected counts only where the plan was made in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.plan.made import change, plan
from tfcheck.hcl.modules import Sources
from tfcheck.hcl.modules.sources import from_directory
from tfcheck.resolve import Resolver, resolver_of
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.address import ModulePath, parse

if TYPE_CHECKING:
    from pathlib import Path

    from tfcheck.plan import Plan

SOURCES = """
locals { name = terraform.workspace == "default" ? "shop" : "shop-${terraform.workspace}" }

resource "aws_s3_bucket" "new" {
  bucket_prefix = "files-"
}

resource "aws_iam_role" "exec" {
  name               = local.name
  assume_role_policy = "{}"
}

resource "aws_ssm_parameter" "place" {
  name  = "place"
  value = "${aws_s3_bucket.new.arn}/${terraform.workspace}"
}

resource "aws_iam_policy" "read" {
  name   = "read"
  policy = jsonencode({
    Version   = "x"
    Statement = [{ Resource = "arn:aws:s3:::files/${terraform.workspace}.env", Action = ["s3:Get*"] }]
  })
}
"""


WORKSPACE = '"shop-${terraform.workspace}"'


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    (tmp_path / "main.tf").write_text(SOURCES)
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "environment").write_text("dev")
    return from_directory(tmp_path)


def plan_of_workspace(name: str, policy: str) -> Any:
    """Make the plan of a workspace; the provider writes a list of one as its element."""
    document = json.dumps(
        {"Version": "x", "Statement": {"Action": "s3:Get*", "Resource": f"arn:aws:s3:::files/{policy}.env"}}
    )
    return plan(
        change("aws_s3_bucket.new", "create", after={"bucket_prefix": "files-"}, after_unknown={"arn": True}),
        change("aws_iam_role.exec", "create", after={"name": name, "assume_role_policy": "{}"}),
        change("aws_iam_policy.read", "create", after={"name": "read", "policy": document}),
        change("aws_ssm_parameter.place", "create", after={"name": "place"}, after_unknown={"value": True}),
    )


def contradictions(resolver: Resolver) -> list[str]:
    return resolver.contradictions


def place(resolver: Resolver) -> str:
    return str(resolver.attribute(parse("aws_ssm_parameter.place"), "value"))


def test_the_workspace_counts_where_the_plan_agrees(sources: Sources) -> None:
    resolver = resolver_of(plan_of_workspace("shop-dev", "dev"), sources, None)
    assert resolver.workspace == "dev"
    assert "/dev" in place(resolver)
    assert contradictions(resolver) == []


def test_a_selected_workspace_that_no_planned_value_shows_is_an_assumption(sources: Sources) -> None:
    shown = plan_of_workspace("shop-dev", "dev")
    hidden = plan(change("aws_ssm_parameter.place", "create", after={"name": "place"}, after_unknown={"value": True}))

    def says(found: Plan, option: str | None) -> bool:
        assumptions = resolver_of(found, sources, option).assumptions
        return any(each.startswith("the workspace is taken to be `dev`, the one selected in ") for each in assumptions)

    assert says(hidden, None)
    assert not says(hidden, "dev")
    assert not says(shown, None)


@pytest.mark.parametrize(("name", "policy"), [("shop", "default"), ("shop-prod", "prod"), ("shop-dev", "prod")])
@pytest.mark.parametrize("option", [None, "dev"])
def test_the_workspace_is_dropped_where_the_plan_differs(
    sources: Sources, name: str, policy: str, option: str | None
) -> None:
    resolver = resolver_of(plan_of_workspace(name, policy), sources, option)
    assert isinstance(resolver.workspace, Unknown)
    assert "dev" not in place(resolver)
    line, *rest = contradictions(resolver)
    assert all("not those that the plan was made from" in each for each in rest)
    assert line.startswith("the plan was not made in the workspace `dev`: aws_iam_")


@pytest.mark.parametrize(
    ("name", "is_shown"), [("shop-prod", True), ("shop-prod-2", True), ("shop", False), ("shop-", False), ("x", False)]
)
def test_the_plan_shows_the_workspace_that_nothing_names(tmp_path: Path, name: str, *, is_shown: bool) -> None:
    text = SOURCES.replace('terraform.workspace == "default" ? "shop" : "shop-${terraform.workspace}"', WORKSPACE)
    (tmp_path / "main.tf").write_text(text)
    shown = name.removeprefix("shop-")
    resolver = resolver_of(plan_of_workspace(name, shown if is_shown else "any"), from_directory(tmp_path), None)
    assert (resolver.workspace == shown) is is_shown
    assert bool(contradictions(resolver)) is (name in ("shop", "x"))


def test_a_workspace_that_only_some_values_show_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCES.replace('? "shop"', '? "shop-default"'))
    resolver = resolver_of(plan_of_workspace("shop-prod", "dev"), from_directory(tmp_path), None)
    assert isinstance(resolver.workspace, Unknown)


def test_the_right_workspace_of_the_option_counts(sources: Sources) -> None:
    resolver = resolver_of(plan_of_workspace("shop-prod", "prod"), sources, "prod")
    assert resolver.workspace == "prod"


def test_what_differs_in_every_workspace_is_not_a_sign_of_it(sources: Sources) -> None:
    found = plan(change("aws_s3_bucket.new", "create", after={"bucket_prefix": "other-"}))
    assert resolver_of(found, sources, None).workspace == "dev"


@pytest.mark.parametrize("redacted", [True, False])
def test_a_default_is_not_a_value_where_the_plan_hides_its_variables(tmp_path: Path, redacted: bool) -> None:
    (tmp_path / "main.tf").write_text('variable "name" {\n  default = "shop"\n}\n')
    sections: dict[str, Any] = {"plan_format_version": "1.2"} if redacted else {}
    resolver = Resolver(plan(**sections), from_directory(tmp_path))
    assert isinstance(resolver.names.variable(ModulePath(), "name"), Unknown) is redacted
