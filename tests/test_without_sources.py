"""The plan alone decides what its configuration joins by single references."""

from __future__ import annotations

import json

import pytest

from tests.cases import TESTDATA, Case
from tfcheck.check import check
from tfcheck.finding import Reason, Verdict

#: Cases whose policies and containers the plan knows, so that only the roles have to be joined.
DECIDED = (
    "literal-missing",
    "literal-granted",
    "granted-to-task-role",
    "wrong-resource-scope",
    "explicit-deny",
    "conditional-grant",
    "role-outside-plan",
    "modules-passing-arns",
    "regression-on-update",
)


@pytest.mark.parametrize("name", DECIDED)
@pytest.mark.parametrize("plan", ["plan.json", "tofu.plan.json"])
def test_every_row_is_decided_as_with_the_sources(name: str, plan: str) -> None:
    case = Case(TESTDATA / name)
    if not case.has(plan):
        pytest.skip("this case has no plan of OpenTofu")
    answers = {
        (
            each.requirement.task_definition,
            each.requirement.container,
            each.requirement.pointer,
            each.requirement.action,
        ): each
        for each in check(case.plan(plan)).answers
    }
    for row in json.loads((case.folder / "expect.json").read_text())["requirements"]:
        answer = answers[row["task_definition"], row["container"], row["pointer"], row["action"]]
        found = {"role": answer.role, "verdict": answer.verdict.value}
        if "reason" in row:
            found["reason"] = answer.reason.value if answer.reason else None
        if "before" in row:
            found["before"] = answer.before.value if answer.before else None
        assert found == {key: row[key] for key in found}, row


def test_a_role_is_found_through_a_for_each_over_roles() -> None:
    answers = check(Case(TESTDATA / "trust-in-wrong-service").plan()).answers
    assert {each.role: each.verdict for each in answers if each.requirement.action == "sts:AssumeRole"} == {
        'aws_iam_role.execution["jobs"]': Verdict.DENIED,
        'aws_iam_role.execution["web"]': Verdict.ALLOWED,
    }


def test_a_role_that_cannot_be_told_is_no_role_outside_the_plan() -> None:
    answers = [
        each
        for each in check(Case(TESTDATA / "bucket-policy-grants-role").plan()).answers
        if each.requirement.task_definition == 'aws_ecs_task_definition.exchange["exporter"]'
        and each.requirement.pointer == "/executionRoleArn"
    ]
    assert [(each.role, each.reason, each.waits_for) for each in answers] == [
        (None, Reason.UNKNOWN_VALUE, "which role it is: local.task_roles is not in the plan, and there are no sources")
    ]
