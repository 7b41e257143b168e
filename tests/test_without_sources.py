"""The plan alone decides what its configuration joins by single references."""

from __future__ import annotations

import json

import pytest

from tests.cases import TESTDATA, Case
from tfcheck.check import check

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
