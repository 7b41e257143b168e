"""Resources that a plan may leave out: what they would change is unknown, and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.cases import TESTDATA, Case, with_expectation
from tests.laws import part
from tests.plan.made import change, plan
from tests.resolve.test_left_out import partial_plans
from tests.rows import every_row
from tests.test_without_sources import by_place
from tfcheck.analysis.check import check
from tfcheck.inventory.other_stack import stack_of
from tfcheck.plan import Plan, load
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.finding import Report

_ARN = "arn:aws:iam::111122223333:role"
_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
_READ, _STREAM, _GROUP = "secretsmanager:GetSecretValue", "logs:CreateLogStream", "logs:CreateLogGroup"
_PUT, _TRUST = "logs:PutLogEvents", "sts:AssumeRole"
_HERE = {"region": {"constant_value": "eu-west-1"}, "allowed_account_ids": {"constant_value": ["111122223333"]}}
_PROVIDER = {"aws": {"name": "aws", "expressions": _HERE}}


def _text(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


def _role(name: str) -> dict[str, Any]:
    trust = _text(Principal={"Service": "ecs-tasks.amazonaws.com"}, Action=_TRUST)
    role = {"id": name, "name": name, "arn": f"{_ARN}/{name}", "assume_role_policy": trust}
    return change(f"aws_iam_role.{name}", "no-op", name=name, before=role, after=role)


def _written(address: str, **arguments: str | tuple[str, ...]) -> dict[str, Any]:
    """Write a resource into the configuration: with constants, and with the references of others."""
    kind, _, name = address.partition(".")
    expressions = {
        key: {"constant_value": value} if isinstance(value, str) else {"references": [*value]}
        for key, value in arguments.items()
    }
    return {"address": address, "mode": "managed", "type": kind, "name": name, "expressions": expressions}


def _plan(
    *written: dict[str, Any],
    rows: Sequence[dict[str, Any]] = (),
    secrets: Sequence[dict[str, Any]] = (),
    is_applied: bool = False,
    roles: Sequence[str] = ("execution", "other"),
    **more: Any,
) -> Plan:
    """Plan a task that is allowed everything but to create its log group."""
    options = {"awslogs-group": "/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "web"}
    container = {
        "name": "web",
        "image": "public.ecr.aws/nginx",
        "secrets": [{"name": "DB", "valueFrom": _SECRET}, *secrets],
        "logConfiguration": {"logDriver": "awslogs", "options": options | {"awslogs-create-group": "true"}},
    }
    task = {
        "family": "web",
        "execution_role_arn": f"{_ARN}/execution",
        "container_definitions": json.dumps([container]),
        "requires_compatibilities": ["FARGATE"],
    }
    policy = {"role": "execution", "name": "start", "policy": _text(Action=[_READ, _STREAM, _PUT], Resource="*")}
    configuration = {"provider_config": _PROVIDER, "root_module": {"resources": [*written]}}
    of_task = (("aws_iam_role_policy.start", policy), ("aws_ecs_task_definition.web", task))
    for address, made in of_task:
        parts: dict[str, Any] = {"name": address.split(".")[1], "after": made} | (
            {"before": made} if is_applied else {}
        )
        rows = [*rows, change(address, "no-op" if is_applied else "create", **parts)]
    rows = [*(_role(each) for each in roles), *rows]
    return plan(*rows, **{"complete": None, "configuration": configuration} | more)


_EVERYTHING = (_TRUST, _READ, _STREAM, _PUT, _GROUP)
_DECIDED = {_TRUST: "allowed", _READ: "allowed", _STREAM: "allowed", _PUT: "allowed", _GROUP: "denied"}
_OF_POLICIES = (_READ, _STREAM, _PUT, _GROUP)


def _verdicts(report: Report) -> dict[str, str]:
    return {each.requirement.action: each.verdict.value for each in report.answers}


def test_without_anything_left_out_all_is_decided() -> None:
    assert _verdicts(check(_plan())) == _DECIDED


@every_row(
    ("written", "opened"),
    [
        (_written("aws_iam_role_policy.p", role="execution"), _OF_POLICIES),
        (_written("aws_iam_role_policy.p", role=("aws_iam_role.execution.id", "aws_iam_role.execution")), _OF_POLICIES),
        (_written("aws_iam_role_policy.p", role=("aws_iam_role.other.id", "aws_iam_role.other")), ()),
        (_written("aws_iam_role_policy.p", role=("var.role",)), _OF_POLICIES),
        (_written("aws_iam_role_policy_attachment.p", role="execution", policy_arn=("var.arn",)), _OF_POLICIES),
        (_written("aws_iam_role_policy_attachment.p", role="other", policy_arn=("var.arn",)), ()),
        (_written("aws_iam_policy_attachment.p", roles=("var.roles",)), _OF_POLICIES),
        (_written("awscc_iam_role_policy.p", role_name="execution"), _OF_POLICIES),
        (_written("aws_iam_role_policies_exclusive.p", role_name="execution"), (_READ, _STREAM, _PUT)),
        (_written("aws_iam_role_policies_exclusive.p", role_name="other"), ()),
        (_written("aws_cloudwatch_log_group.g", name="/web"), (_GROUP,)),
        (_written("aws_cloudwatch_log_group.g", name="/other"), ()),
        (_written("aws_cloudwatch_log_group.g", name=("var.name",)), (_GROUP,)),
        (_written("aws_secretsmanager_secret_policy.p", secret_arn=("var.arn",)), (_READ,)),
        (_written("aws_route53_record.r", name="db"), ()),
    ],
)
def test_what_it_may_change_is_open_and_nothing_else(written: dict[str, Any], opened: tuple[str, ...]) -> None:
    report = check(_plan(written))
    assert _verdicts(report) == _DECIDED | dict.fromkeys(opened, "unknown")
    for answer in report.answers:
        if answer.requirement.action in opened:
            assert written["address"] in answer.waits_for
            assert answer.waits_for.endswith(": pass the sources")
    applied = check(_plan(written, is_applied=True))
    before = {each.requirement.action: each.before.value for each in applied.answers if each.before}
    # NOTE: an exclusive list removes nothing that is there before the change.
    open_before = () if "exclusive" in written["type"] else opened
    for action in before.keys() & {_TRUST, _READ, _STREAM, _PUT}:
        assert before[action] == ("unknown" if action in open_before else _DECIDED[action])
    assert bool(applied.access_unknown) is (_STREAM in opened)


@every_row(("name", "expected"), [("execution", "unknown"), ("third", "allowed")])
def test_a_role_that_is_left_out_may_have_a_boundary(name: str, expected: str) -> None:
    assert _verdicts(check(_plan(_written("aws_iam_role.r", name=name), roles=())))[_READ] == expected


@every_row(("name", "expected"), [("execution", "unknown"), ("other", "allowed")])
def test_what_is_left_out_was_on_the_role_that_it_refers_to_under_its_former_name(name: str, expected: str) -> None:
    row = _role(name)
    row["change"] |= {"actions": ["delete", "create"], "after": row["change"]["after"] | {"id": "new", "name": "new"}}
    written = _written("aws_iam_role_policy.p", role=(f"aws_iam_role.{name}.name", f"aws_iam_role.{name}"))
    others = [each for each in ("execution", "other") if each != name]
    report = check(_plan(written, rows=[row], is_applied=True, roles=others))
    former = [each.before for each in report.answers if each.requirement.action == _READ]
    assert [each.value for each in former if each] == [expected]


def test_a_filter_of_a_complete_plan_may_have_left_it_out() -> None:
    written = _written("aws_iam_role_policy.p", role="execution")
    assert _verdicts(check(_plan(written, complete=True))) == _verdicts(check(_plan(written)))


def test_a_task_definition_that_is_left_out_is_not_checked() -> None:
    report = check(_plan(_written("aws_ecs_task_definition.other", family="other")))
    assert (report.task_definitions, report.skipped) == (("aws_ecs_task_definition.web",), ())


@every_row(
    ("written", "opened"),
    [
        (_written("aws_iam_role_policy.p", role="execution"), _OF_POLICIES),
        (_written("aws_iam_role_policy.p", role="other"), ()),
        (_written("aws_cloudwatch_log_group.g", name="/web"), (_GROUP,)),
    ],
)
def test_what_another_stack_may_leave_out_is_as_open(written: dict[str, Any], opened: tuple[str, ...]) -> None:
    configuration = {"provider_config": _PROVIDER, "root_module": {"resources": [written]}}
    theirs = stack_of(Resolver(plan(_role("third"), complete=None, configuration=configuration)), "b")
    report = check(_plan(), stacks=[theirs])
    assert _verdicts(report) == _DECIDED | dict.fromkeys(opened, "unknown")
    named = {f"b: {written['address']}" in each.waits_for for each in report.answers if each.waits_for}
    assert named <= {True}


def test_what_it_may_create_again_is_not_reported_as_deleted() -> None:
    name, arn = "/config/mode", "arn:aws:ssm:eu-west-1:111122223333:parameter/config/mode"
    secret, values = {"name": "MODE", "valueFrom": arn}, {"name": name, "id": name, "arn": arn}
    deleted = change("aws_ssm_parameter.old", "delete", name="old", before=values, after=None)
    for written, expected in (
        (_written("aws_ssm_parameter.new", name="/config/other"), {"deleted"}),
        (_written("aws_ssm_parameter.new", name=name), set()),
        (_written("aws_ssm_parameter.new", name=("var.name",)), set()),
    ):
        report = check(_plan(written, rows=[deleted], secrets=[secret]))
        assert {each.rule for each in report.findings if not each.answers} == expected


#: Cases in which a resource that nothing refers to denies, replaces, creates or removes something.
_CHANGING = (
    *("document-that-denies", "exclusive-lists", "file-system-closed", "inline-policy-moves-out", "switched-off"),
    "what-exists",
)


@pytest.mark.parametrize(
    "case", dict.fromkeys([*(Case(TESTDATA / each) for each in _CHANGING), *part(with_expectation(), 1_000)]), ids=repr
)
def test_in_no_case_is_anything_decided_otherwise(case: Case) -> None:
    expected, alone = by_place(case.report()), by_place(case.report_without_sources())
    for address, document in partial_plans(case):
        found = load(None, io.BytesIO(json.dumps(document).encode())).plans[0]
        for place, verdicts in by_place(check(found)).items():
            known = expected.get(place, set()) | alone.get(place, set())
            assert verdicts <= {"unknown"} | known, (address, place)
