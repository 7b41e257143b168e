"""The role of the container instances is followed only where nothing else can run a task."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bombs.stack import plan, row
from tests.plan.made import loaded
from tfcheck.analysis.check import check
from tfcheck.vocabulary.finding import Answer, RoleKind, Verdict

PULL = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
GROUP = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:a:autoScalingGroupName/group"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1"

Row = dict[str, Any]


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(service: str) -> Row:
    arn = "arn:aws:iam::123456789012:role/i"
    return row("aws_iam_role.i", {"name": "i", "arn": arn, "path": "/", "assume_role_policy": trust(service)})


def stack(**changed: Row) -> dict[str, Row]:
    """Make a service on a capacity provider, from which a row of known names leads to a role; `changed` are in it."""
    found = {
        "role": role("ec2.amazonaws.com"),
        "attached": row("aws_iam_role_policy_attachment.i", {"role": "i", "policy_arn": PULL}),
        "profile": row("aws_iam_instance_profile.i", {"name": "profile", "role": "i"}, "arn"),
        "template": row(
            "aws_launch_template.i",
            {
                "name": "t",
                "id": "lt-1",
                "iam_instance_profile": [{"name": "profile", "arn": None}],
                "latest_version": 1,
            },
        ),
        "group": row(
            "aws_autoscaling_group.i",
            {"name": "group", "arn": GROUP, "launch_template": [{"id": "lt-1", "version": "$Latest"}]},
        ),
        "provider": row(
            "aws_ecs_capacity_provider.i",
            {"name": "p", "auto_scaling_group_provider": [{"auto_scaling_group_arn": GROUP}]},
        ),
        "cluster": row("aws_ecs_cluster.c", {"name": "c"}, "arn", "id"),
        "service": service(capacity_provider_strategy=[{"capacity_provider": "p", "weight": 1, "base": 0}]),
        "task": task(),
    }
    return found | changed


def service(**more: Any) -> Row:
    return row("aws_ecs_service.s", {"name": "s", "cluster": "c", "task_definition": "app"} | more)


def task(**more: Any) -> Row:
    containers = json.dumps([{"name": "app", "image": IMAGE}])
    after = {"family": "app", "network_mode": "bridge", "container_definitions": containers}
    return row("aws_ecs_task_definition.app", after | more, "arn")


def answers(rows: dict[str, Row]) -> list[Answer]:
    return list(check(loaded(json.dumps(plan(*rows.values()))).plans[0]).answers)


def verdicts(rows: dict[str, Row]) -> set[Verdict]:
    found = answers(rows)
    assert found
    assert {each.requirement.role_kind for each in found} == {RoleKind.INSTANCE}
    return {each.verdict for each in found}


def test_the_row_leads_from_the_capacity_provider_to_the_role() -> None:
    assert verdicts(stack()) == {Verdict.ALLOWED}
    assert {each.role for each in answers(stack())} == {"aws_iam_role.i"}
    assert "sts:AssumeRole" in {each.requirement.action for each in answers(stack())}


def test_what_the_role_lacks_is_denied() -> None:
    rows = stack()
    del rows["attached"]

    assert verdicts(rows) == {Verdict.ALLOWED, Verdict.DENIED}


def test_the_role_must_trust_ec2() -> None:
    found = {each.requirement.action: each.verdict for each in answers(stack(role=role("ecs-tasks.amazonaws.com")))}

    assert found["sts:AssumeRole"] is Verdict.DENIED
    assert found["ecr:BatchGetImage"] is Verdict.ALLOWED


@pytest.mark.parametrize("gone", ["role", "profile", "template", "group", "provider", "service"])
def test_a_row_that_ends_early_leaves_it_open(gone: str) -> None:
    rows = stack()
    del rows[gone]
    found = answers(rows)

    assert found
    assert Verdict.DENIED not in {each.verdict for each in found if gone != "role"}
    assert all(each.waits_for for each in found if each.verdict is Verdict.UNKNOWN)
    assert gone == "role" or {each.verdict for each in found} == {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    "more", [{"launch_type": "EC2"}, {}, {"capacity_provider_strategy": [{"capacity_provider": "other", "weight": 1}]}]
)
def test_any_instance_of_a_cluster_may_have_another_role(more: Row) -> None:
    assert verdicts(stack(service=service(**more))) == {Verdict.UNKNOWN}


def test_the_default_strategy_of_the_cluster_counts() -> None:
    strategy = [{"capacity_provider": "p", "weight": 1}]
    default = {"cluster_name": "c", "default_capacity_provider_strategy": strategy}
    providers = row("aws_ecs_cluster_capacity_providers.c", default)

    assert verdicts(stack(service=service(), providers=providers)) == {Verdict.ALLOWED}
    # Provider 4.x shows in the cluster what this resource will set.
    cluster = row("aws_ecs_cluster.c", {"name": "c"}, "arn", "id", "default_capacity_provider_strategy")
    assert verdicts(stack(service=service(), providers=providers, cluster=cluster)) == {Verdict.ALLOWED}


@pytest.mark.parametrize("provider", ["FARGATE", "FARGATE_SPOT"])
def test_where_fargate_may_run_it_the_execution_role_is_missing(provider: str) -> None:
    strategy = [{"capacity_provider": "p", "weight": 1}, {"capacity_provider": provider, "weight": 1}]
    found = answers(stack(service=service(capacity_provider_strategy=strategy)))

    assert {(each.requirement.role_kind, each.verdict) for each in found} == {(RoleKind.EXECUTION, Verdict.DENIED)}


def test_managed_instances_need_an_execution_role() -> None:
    provider = row("aws_ecs_capacity_provider.i", {"name": "p", "managed_instances_provider": [{"propagate_tags": ""}]})
    found = answers(stack(provider=provider))

    assert {(each.requirement.role_kind, each.verdict) for each in found} == {(RoleKind.EXECUTION, Verdict.DENIED)}


def test_an_external_instance_may_pull_with_its_own_role() -> None:
    found = answers(stack(task=task(requires_compatibilities=["EXTERNAL"]), service=service(launch_type="EXTERNAL")))

    assert {each.verdict for each in found} == {Verdict.UNKNOWN}


def test_two_roles_that_differ_leave_it_open() -> None:
    second = {
        "role": row("aws_iam_role.j", {"name": "j", "assume_role_policy": trust("ec2.amazonaws.com")}, "arn"),
        "profile": row("aws_iam_instance_profile.j", {"name": "other", "role": "j"}, "arn"),
        "template": row(
            "aws_launch_template.j", {"name": "u", "id": "lt-2", "iam_instance_profile": [{"name": "other"}]}
        ),
        "group": row(
            "aws_autoscaling_group.j",
            {"name": "second", "arn": GROUP + "2", "launch_template": [{"id": "lt-2", "version": "$Latest"}]},
        ),
        "provider": row(
            "aws_ecs_capacity_provider.j",
            {"name": "q", "auto_scaling_group_provider": [{"auto_scaling_group_arn": GROUP + "2"}]},
        ),
    }
    strategy = [{"capacity_provider": each, "weight": 1} for each in ("p", "q")]
    both = stack(service=service(capacity_provider_strategy=strategy))
    found = answers(both | {f"second {name}": each for name, each in second.items()})

    assert {each.verdict for each in found if each.requirement.action != "sts:AssumeRole"} == {Verdict.UNKNOWN}


@pytest.mark.parametrize(("version", "verdict"), [("1", Verdict.ALLOWED), ("2", Verdict.UNKNOWN)])
def test_the_version_of_the_template_must_be_the_one_that_is_shown(version: str, verdict: Verdict) -> None:
    template = [{"id": "lt-1", "version": version}]
    group = row("aws_autoscaling_group.i", {"name": "group", "arn": GROUP, "launch_template": template})

    assert verdicts(stack(group=group)) == {verdict}


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        ({"id": {"references": ["aws_launch_template.i.id"]}}, Verdict.ALLOWED),
        ({"id": {}, "version": {"references": ["var.version"]}}, Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_a_new_template_without_a_version_is_launched_as_it_is(written: Any, verdict: Verdict) -> None:
    group = row("aws_autoscaling_group.i", {"name": "group", "arn": GROUP, "launch_template": [{"id": "lt-1"}]})
    group["change"]["after_unknown"] = {"launch_template": [{"version": True}]}
    made = plan(*stack(group=group).values())
    for each in made["configuration"]["root_module"]["resources"]:
        if each["type"] == "aws_autoscaling_group" and written is not None:
            each["expressions"] = {"launch_template": [written]}

    assert {each.verdict for each in check(loaded(json.dumps(made)).plans[0]).answers} == {verdict}


@pytest.mark.parametrize("override", [True, None, {}, {"version": {"references": ["var.version"]}}])
def test_so_is_one_among_mixed_instances(override: Any) -> None:
    """`True`: the group sets no overrides, and the provider shows them as known after apply."""
    named, written = (
        {"launch_template_id": "lt-1"},
        {"launch_template_id": {"references": ["aws_launch_template.i.id"]}},
    )
    inner = "launch_template_specification"
    overrides = [] if override in (None, True) else [{inner: [named]}]
    policy = [{"launch_template": [{inner: [named], **({} if override is True else {"override": overrides})}]}]
    group = row("aws_autoscaling_group.i", {"name": "group", "arn": GROUP, "mixed_instances_policy": policy})
    later: Any = {inner: [{"version": True}], "override": [{inner: [{"version": True}]}] if overrides else override}
    group["change"]["after_unknown"] = {"mixed_instances_policy": [{"launch_template": [later]}]}
    made = plan(*stack(group=group).values())
    configured: Any = {inner: [written]}
    if override is not True:
        configured["override"] = [{inner: [written | (override or {})]}] if overrides else []
    for each in made["configuration"]["root_module"]["resources"]:
        if each["type"] == "aws_autoscaling_group":
            each["expressions"] = {"mixed_instances_policy": [{"launch_template": [configured]}]}
    found = check(loaded(json.dumps(made)).plans[0]).answers
    assert {each.verdict for each in found} == {
        Verdict.UNKNOWN if isinstance(override, dict) and override else Verdict.ALLOWED
    }


def test_instances_launched_before_keep_their_profile() -> None:
    rows = stack()
    for name in ("group", "template"):
        change = rows[name]["change"]
        change["actions"], change["before"] = ["update"], dict(change["after"])
    assert verdicts(rows) == {Verdict.UNKNOWN}
    rows["profile"]["change"]["actions"] = ["no-op"]
    rows["profile"]["change"]["before"] = dict(rows["profile"]["change"]["after"])
    assert verdicts(rows) == {Verdict.ALLOWED}
    rows["template"]["change"]["before"]["iam_instance_profile"] = [{"name": "former"}]
    assert verdicts(rows) == {Verdict.UNKNOWN}


def test_what_is_fetched_still_needs_an_execution_role() -> None:
    files = [{"type": "s3", "value": "arn:aws:s3:::config/a.env"}]
    containers = json.dumps([{"name": "app", "image": IMAGE, "environmentFiles": files}])
    found = answers(stack(task=task(container_definitions=containers)))
    fetched = [each for each in found if each.requirement.action == "s3:GetObject"]

    assert [(each.requirement.role_kind, each.verdict) for each in fetched] == [(RoleKind.EXECUTION, Verdict.DENIED)]


def test_instances_keep_a_profile_that_is_replaced() -> None:
    rows = stack()
    for name in ("group", "template"):
        change = rows[name]["change"]
        change["actions"], change["before"] = ["no-op"], dict(change["after"])
    change = rows["profile"]["change"]
    change["actions"], change["before"] = ["delete", "create"], dict(change["after"]) | {"id": "profile"}
    change["after_unknown"] = change["after_unknown"] | {"id": True}

    assert verdicts(rows) == {Verdict.UNKNOWN}


@pytest.mark.parametrize("launch_type", ["EC2", "EXTERNAL"])
def test_what_asks_for_several_launch_types_is_judged_by_what_its_services_use(launch_type: str) -> None:
    asked = task(requires_compatibilities=["EC2", "EXTERNAL"])
    found = answers(stack(task=asked, service=service(launch_type=launch_type)))

    assert {each.verdict for each in found} == {Verdict.UNKNOWN}
    assert {each.verdict for each in answers(stack(task=asked))} == {Verdict.ALLOWED}


@pytest.mark.parametrize("launch_type", ["EC2", "EXTERNAL"])
def test_on_no_instance_that_may_pull_by_itself_is_an_execution_role_missing(launch_type: str) -> None:
    other = service(launch_type=launch_type)
    other["address"], other["name"] = "aws_ecs_service.other", "other"
    rows = stack(service=service(launch_type="EXTERNAL"), other=other)

    assert {each.verdict for each in answers(rows)} == {Verdict.UNKNOWN}
