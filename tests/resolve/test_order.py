"""What is finished before a resource is created, by the references of a real plan's configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cases import TESTDATA, Case
from tests.plan.made import plan
from tests.rows import every_row
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import FinishedBefore, Order
from tfcheck.symbolic import limits
from tfcheck.vocabulary.address import parse

TWELVE = Case(TESTDATA / "twelve-services")


def earlier(address: str, *, with_sources: bool = True) -> FinishedBefore:
    plan = TWELVE.plan()
    return Order(Resolver(plan, TWELVE.sources(plan) if with_sources else None)).earlier(parse(address))


def test_a_service_waits_for_its_task_definition_and_the_role_behind_it() -> None:
    found = earlier("aws_ecs_service.jobs")
    assert not found.open
    assert {"aws_ecs_cluster.main", "aws_ecs_task_definition.jobs", "aws_iam_role.jobs"} <= found.resources
    assert "aws_iam_role_policy.jobs" not in found.resources
    assert "aws_sqs_queue.jobs" not in found.resources


def test_what_takes_too_long_to_follow_is_open() -> None:
    with limits.sublimit(limits.Allowance(10)):
        found = earlier("module.web.aws_ecs_service.this")
    assert found.open
    assert found.may_include("aws_iam_role.jobs")
    assert not earlier("module.web.aws_ecs_service.this").may_include("aws_iam_role.jobs")


def test_depends_on_counts() -> None:
    assert "module.web.aws_iam_role_policy.own" in earlier("module.web.aws_ecs_service.this").resources


def test_variables_lead_to_what_the_caller_refers_to() -> None:
    found = earlier("module.web.aws_ecs_service.this").resources
    assert {"aws_subnet.main", "aws_vpc.main", "aws_secretsmanager_secret.database"} <= found
    assert not any(each.startswith("module.api.") for each in found)


def test_locals_are_followed_in_the_sources_and_open_without() -> None:
    assert "aws_s3_bucket.config" in earlier("module.web.aws_iam_role_policy.own[0]").resources
    assert not earlier("module.web.aws_iam_role_policy.own[0]").open
    assert earlier("module.web.aws_iam_role_policy.own[0]", with_sources=False).open


def test_an_output_leads_into_its_module_and_no_further() -> None:
    found = earlier("aws_iam_role_policy.stock_read").resources
    assert "module.stock.aws_iam_role.execution" in found
    assert "module.stock.aws_ecs_service.this" not in found


TERRAFORM = """
module "m" {
  source = "./m"
}
resource "terraform_data" "service" {
  input = module.m.role
  lifecycle {
    replace_triggered_by = [terraform_data.trigger]
    precondition {
      condition     = terraform_data.condition.id != ""
      error_message = "none"
    }
  }
}
"""
OUTPUT = """
output "role" {
  value      = terraform_data.role.id
  depends_on = [terraform_data.policy]
  precondition {
    condition     = terraform_data.checked.id != ""
    error_message = "none"
  }
}
"""


def test_what_lifecycle_and_outputs_wait_for_counts(tmp_path: Path) -> None:
    """`terraform graph` draws the same edges."""
    service = {"mode": "managed", "type": "terraform_data", "name": "service"}
    output = {"expression": {"references": ["terraform_data.role.id"]}, "depends_on": ["terraform_data.policy"]}
    root = {
        "resources": [{**service, "expressions": {"input": {"references": ["module.m.role", "module.m"]}}}],
        "module_calls": {"m": {"module": {"outputs": {"role": output}}}},
    }
    made = plan(configuration={"root_module": root})
    (tmp_path / "m").mkdir()
    (tmp_path / "main.tf").write_text(TERRAFORM)
    (tmp_path / "m" / "main.tf").write_text(OUTPUT)
    within = {"module.m.terraform_data.role", "module.m.terraform_data.policy"}
    seen = {"module.m.terraform_data.checked", "terraform_data.trigger", "terraform_data.condition"}
    for known, waits in ((None, within), (from_directory(tmp_path), within | seen)):
        assert Order(Resolver(made, known)).earlier(parse("terraform_data.service")).resources == waits


def test_an_output_that_only_the_sources_have_leads_into_its_module(tmp_path: Path) -> None:
    folder = shutil.copytree(TWELVE.folder, tmp_path / "twelve-services")
    with (folder / "service" / "main.tf").open("a") as file:
        file.write('\noutput "new" {\n  value = aws_iam_role.execution.name\n}\n')
    circle = {"aws_iam_role_policy.new": ("module.stock.new",), "module.stock": ("aws_iam_role_policy.new",)}
    found = Order(Resolver(TWELVE.plan(), from_directory(folder)), circle).earlier(parse("aws_iam_role_policy.new"))
    assert {"module.stock.aws_iam_role.execution", "aws_iam_role_policy.new"} <= found.resources


def test_a_module_that_is_not_at_hand_waits_for_itself_and_for_what_its_call_names(tmp_path: Path) -> None:
    folder = shutil.copytree(TWELVE.folder, tmp_path / "twelve-services")
    shutil.rmtree(folder / "service")
    plan = TWELVE.plan()
    order, whole = Order(Resolver(plan, from_directory(folder))), Order(Resolver(plan, TWELVE.sources(plan)))
    found = order.earlier(parse("module.web.aws_iam_role_policy.own[0]"))
    assert found.open
    assert found.may_include("aws_s3_bucket.config")
    assert not found.may_include("aws_iam_role_policy.jobs")
    for each in plan.instances(*plan.resource_types()):
        assert all(map(order.earlier(each.address).may_include, whole.earlier(each.address).resources))


@every_row(
    ("trigger", "event", "waits"),
    [
        ("aws_secretsmanager_secret.s", "AfterCreate", {"aws_secretsmanager_secret.s"}),
        ('aws_secretsmanager_secret.s["a"]', "AfterCreate", {"aws_secretsmanager_secret.s"}),
        ("aws_ecs_service.app", "BeforeCreate", {"aws_ecs_service.app"}),
        ("aws_ecs_service.app", "AfterCreate", set()),
        ("aws_sqs_queue.other", "AfterCreate", set()),
        (None, "AfterCreate", set()),
    ],
)
def test_actions_of_what_is_waited_for_may_do_anything(trigger: str | None, event: str, waits: set[str]) -> None:
    resources = [
        {"address": "aws_secretsmanager_secret.s", "mode": "managed", "type": "aws_secretsmanager_secret", "name": "s"},
        {
            "address": "aws_ecs_service.app",
            "mode": "managed",
            "type": "aws_ecs_service",
            "name": "app",
            "expressions": {"name": {"references": ["aws_secretsmanager_secret.s.name"]}},
        },
    ]
    invoked = {"lifecycle_action_trigger": {"triggering_resource_address": trigger, "action_trigger_event": event}}
    invocations = [invoked, {"invoke_action_trigger": {}}, {"lifecycle_action_trigger": None}, None]
    configuration = {"root_module": {"resources": resources}}
    found = Order(Resolver(plan(configuration=configuration, action_invocations=invocations)))
    assert found.earlier(parse("aws_ecs_service.app")).provisioned == waits
