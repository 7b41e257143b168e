"""Without the sources only what the plan knows is decided: a reference in its configuration is not a value."""

from __future__ import annotations

import json

import pytest

from tests.cases import TESTDATA, Case, with_expectation
from tests.laws import part
from tfcheck.analysis.check import check
from tfcheck.vocabulary.finding import Reason, Report, Verdict

#: Cases whose policies and containers the plan knows.
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
def test_every_row_of_a_plan_that_knows_everything_is_decided_as_with_the_sources(name: str) -> None:
    case = Case(TESTDATA / name)
    plan = "plan.json" if name == "regression-on-update" else "applied.plan.json"
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
        if "before" in row and plan == "plan.json":
            found["before"] = answer.before.value if answer.before else None
        assert found == {key: row[key] for key in found}, row


def test_a_role_that_the_plan_only_refers_to_is_unknown_and_the_reason_asks_for_the_sources() -> None:
    answers = check(Case(TESTDATA / "literal-missing").plan()).answers
    assert {(each.role, each.verdict, each.reason, each.waits_for) for each in answers} == {
        (
            None,
            Verdict.UNKNOWN,
            Reason.UNKNOWN_VALUE,
            "which role it is: the plan only shows that it depends on aws_iam_role.execution.arn: pass the sources",
        )
    }


Place = tuple[str, str | None, str, str]


@pytest.mark.parametrize("case", part(with_expectation(), 4), ids=repr)
def test_without_the_sources_no_answer_is_another_one(case: Case) -> None:
    wrong: dict[tuple[str, Place], set[str]] = {}
    for name in sorted(each.name for each in case.folder.glob("*plan.json")):
        with_sources = by_place(case.report(name))
        expected: dict[Place, set[str]] = {}  # several where one of several keys is needed
        for row in case.expected.requirements:
            verdict = row.applied if name == "applied.plan.json" and isinstance(row.applied, str) else row.verdict
            place = row.task_definition, row.container, row.pointer, row.action
            expected.setdefault(place, set()).add(verdict)
        for place, found in by_place(case.report_without_sources(name)).items():
            # A row that the case does not name is what it is with the sources; one that these do not have is open.
            known = expected.get(place, set()) | with_sources.get(place, set())
            if not found <= {"unknown", *known}:
                wrong[name, place] = found
    assert wrong == {}


def by_place(report: Report) -> dict[Place, set[str]]:
    """Collect the verdicts of a report by what they are about."""
    found: dict[Place, set[str]] = {}
    for each in report.answers:
        need = each.requirement
        place = need.task_definition, need.container, need.pointer, need.action
        found.setdefault(place, set()).add(each.verdict.value)
    return found
