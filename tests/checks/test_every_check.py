"""What holds for every check: its page, its seeded mistakes on real plans, and silence where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.cases import TESTDATA, Case, with_plan
from tests.checks.made_tasks import LATER, SECRET, found_in, messages, service
from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.analysis.check import task_changes
from tfcheck.checks import CHECKS, misconfigurations
from tfcheck.checks.misconfiguration import Check
from tfcheck.inventory.change import is_changed, is_new
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.startup import RULES
from tfcheck.symbolic import limits
from tfcheck.symbolic.value import Value
from tfcheck.verdict.before import VerdictsBefore
from tfcheck.verdict.judge import Judge

#: What was seeded into twelve services, by rule: the task definition, and whether it is still to be seen once applied.
SEEDED = {
    "env-file-type": ("module.api.aws_ecs_task_definition.this", True),
    "env-file-arn": ("module.api.aws_ecs_task_definition.this", True),
    "platform-version": ("module.legacy.aws_ecs_task_definition.this", True),
    "secret-reference": ("module.orders.aws_ecs_task_definition.this", True),
    "env-file-count": ("module.parts.aws_ecs_task_definition.this", True),
    "log-options": ("module.mail.aws_ecs_task_definition.this", True),
    "credential-spec-arn": ("module.windows.aws_ecs_task_definition.this", True),
    "log-region": ("module.search.aws_ecs_task_definition.this", True),
    "env-file-windows": ("module.windows.aws_ecs_task_definition.this", True),
    "deploy-order": ("aws_ecs_task_definition.jobs", False),
    "env-file-absent": ("module.billing.aws_ecs_task_definition.this", False),
    "env-file-name": ("module.cart.aws_ecs_task_definition.this", True),
    "secret-value": ("module.mail.aws_ecs_task_definition.this", False),
    "parameter-region": ("module.mail.aws_ecs_task_definition.this", True),
    "log-group-absent": ("module.stock.aws_ecs_task_definition.this", False),
    "policies-of-one-name": ("module.stock.aws_ecs_task_definition.this", True),
    "credential-in-environment": ("module.cart.aws_ecs_task_definition.this", True),
    "env-file-content": ("module.legacy.aws_ecs_task_definition.this", True),
    "image-host": ("module.search.aws_ecs_task_definition.this", True),
    "log-router": ("module.orders.aws_ecs_task_definition.this", True),
    "efs-authorization": ("module.billing.aws_ecs_task_definition.this", True),
    "ecs-exec": ("module.stock.aws_ecs_task_definition.this", False),
}


def test_twelve_services_have_one_mistake_of_each_kind_and_no_other() -> None:
    found = [(each.rule, each.task_definition, each.change) for each in found_in("twelve-services")]
    assert sorted(found) == sorted((rule, where, "introduced") for rule, (where, _) in SEEDED.items())


def test_once_applied_what_remains_was_already_broken() -> None:
    found = [
        (each.rule, each.task_definition, each.change) for each in found_in("twelve-services", "applied.plan.json")
    ]
    assert sorted(found) == sorted((rule, where, "existing") for rule, (where, stays) in SEEDED.items() if stays)


def test_every_check_is_seeded() -> None:
    in_other_cases = {
        "deleted",
        "disabled-key",
        "efs-anonymous-mount",
        "old-revision",
        "role-for-anyone",
        "foreign-default-key",
        "policy-refused",
        "policy-size",
        "s3-files-mount",
        "storage-key",
    }  # seeded into cases of their own
    assert {each.id for each in CHECKS} - in_other_cases == set(SEEDED)


#: What a task must have for the silence of a check to say something.
LOOKED_AT = ("environmentFiles", "secrets", "environment", "logConfiguration", "image")

#: Checks of which the like is right in another case.
RIGHT_ELSEWHERE = {"log-router": "rarer-fetches", "policies-of-one-name": "locate-forgotten"}


def test_each_check_is_silent_where_the_like_is_right() -> None:
    found = Case(TESTDATA / "twelve-services")
    plan = found.plan()
    (web,) = (
        each
        for each in task_definitions(After(Resolver(plan, found.sources(plan))))
        if str(each.address).startswith("module.web.")
    )
    assert all(web.containers[0].member(name) for name in LOOKED_AT)
    assert [each.rule for each in found_in("twelve-services") if each.task_definition == str(web.address)] == []
    for rule, case in RIGHT_ELSEWHERE.items():
        assert rule not in [each.rule for each in found_in(case)]


#: Every other case, and what is rightly found there: what the author of the case did not think of.
IN_PASSING = {
    "credentials-of-calls": ["credential-in-environment"] * 2,
    "default-key-of-account": ["foreign-default-key"],
    "definitions-deleted": ["old-revision"] * 3,
    "files-named-otherwise": ["env-file-name"] * 4,
    "fixed-before-services": ["deploy-order"] * 2,
    "inline-and-managed-on-role": ["log-group-absent"],
    "keys-disabled": ["disabled-key"] * 2,
    "keys-of-the-call": ["secret-reference"],
    "late-for-one": ["deploy-order"],
    "late-for-services": ["deploy-order"] * 4,
    "late-in-two-places": ["deploy-order", "deploy-order"],
    "log-options-missing": ["log-options"] * 4 + ["log-region"],
    "needs-changed": ["deleted"] * 4,
    "efs-volumes": ["efs-anonymous-mount"],
    "express-services": ["deploy-order", "secret-value"],
    "regions-of-resources": ["log-region"] * 2 + ["parameter-region"] * 2,
    "s3-files-volumes": ["s3-files-mount"] * 2,
    "storage-keys": ["storage-key"] * 3,
    "volumes-without-iam": ["efs-anonymous-mount"] * 2,
    "service-by-names": ["log-group-absent"] * 2,
    "partial-secret-arns": ["secret-reference"] * 10,
    "other-partition": ["env-file-arn"] * 3 + ["image-host"],
    "rarer-fetches": ["log-group-absent"],
    "references-misread": ["credential-spec-arn"] * 3
    + ["env-file-arn"] * 6
    + ["log-options"] * 2
    + ["secret-reference"] * 12,
    "mistakes-in-local-values": ["env-file-arn", "log-group-absent", "log-options", "secret-reference"],
    "mistakes-in-parts": ["env-file-arn", "env-file-type", "secret-reference", "secret-reference"],
    "repeated-tasks-lack": ["log-group-absent"],
    "mistakes-about-one-file": ["env-file-arn", "env-file-type"],
    "mistakes-behind-mistakes": ["env-file-arn", "log-options", "secret-reference"],
    "revision-stays": ["old-revision"] * 3,
    "role-in-other-stack": ["log-group-absent"],
    "policies-refused": ["policy-refused"] * 5,
    "policies-too-long": ["policy-size"] * 2,
    "names-with-another-path": ["policy-refused"] * 2,
    "secrets-with-key": ["secret-reference"],
    "service-of-shared-stack": ["log-group-absent"] * 5 + ["secret-reference"] * 10,
    "trust-for-anyone": ["role-for-anyone"] * 2,
    "two-policies-one-name": ["policies-of-one-name"],
    "twelve-services": list(SEEDED),
    "values-of-variables": ["platform-version"] * 5,
    "what-exists": ["deploy-order", "secret-value"],
}


@pytest.mark.long
@pytest.mark.parametrize("case", [each for each in with_plan() if "/" not in each.name], ids=repr)
def test_ordinary_plans_have_none(case: Case) -> None:
    rules = {each.id for each in CHECKS}
    found = [each.rule for each in case.report().findings if each.rule in rules]
    assert sorted(found) == sorted(IN_PASSING.get(case.name, []))


def test_a_task_definition_beyond_the_limit_of_a_run_is_not_checked() -> None:
    found = Case(TESTDATA / "twelve-services")
    plan = found.plan()
    world = After(Resolver(plan, found.sources(plan)))
    tasks = [msgspec.structs.replace(each, problem=limits.REASON) for each in task_definitions(world)]
    assert [misconfigurations(each, world) for each in tasks] == [()] * len(tasks)
    assert [*task_changes(tasks, (), world, VerdictsBefore(Judge(world), world))] == []


def test_a_check_has_the_name_of_its_module_and_of_its_tests_and_a_page() -> None:
    ids = [*(each.id for each in RULES), *(each.id for each in CHECKS)]
    assert len(ids) == len(set(ids))
    for check in CHECKS:
        assert check.id == check.search.__module__.rpartition(".")[2].replace("_", "-")
        assert "\n\nSee https://" in check.manual
        assert Path(__file__).with_name(f"test_{check.id.replace('-', '_')}.py").exists()


@every_row("check", CHECKS)
def test_what_is_not_known_is_not_reported(check: Check) -> None:
    unknown: dict[str, Value] = {
        "environmentFiles": LATER,
        "secrets": [LATER, {"name": "A", "valueFrom": LATER}],
        "environment": [{"name": "PASSWORD", "value": LATER}, LATER],
        "logConfiguration": {"logDriver": "awslogs", "options": LATER},
        "repositoryCredentials": LATER,
    }
    listed: list[Value] = [LATER, {"type": LATER, "value": LATER}]
    one_by_one: dict[str, Value] = {**unknown, "environmentFiles": listed, "logConfiguration": LATER}
    world = MadeWorld(service(platform_version=LATER, launch_type=LATER))
    assert messages(check, unknown, one_by_one, world=world, runtime_platform=LATER) == []


def test_a_look_up_is_never_new() -> None:
    read = MadeResource("data.aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    made = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    world = MadeWorld(read, made, earlier=())
    assert (is_new(read, world), is_changed(read, ("name",), world)) == (False, False)
    assert (is_new(made, world), is_changed(made, ("name",), world)) == (True, True)
