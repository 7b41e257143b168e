"""The plan alone decides what its configuration joins by single references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA, Case
from tests.plan.made import SMALLEST, change, loaded
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


def deferred(*resources: str | None, references: list[str]) -> dict[str, Any]:
    """Make a role whose one policy is a document that is read during apply, and a task that needs a file."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    containers = [
        {"name": "app", "image": "x", "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::cfg/a.env"}]}
    ]
    statement = {"effect": None, "actions": ["s3:GetObject"], "resources": list(resources), "condition": []}
    unset = dict.fromkeys(("override_json", "override_policy_documents", "policy_id", "source_json", "version"))
    rows = [
        change("aws_s3_bucket.b", "create", name="b", after={"bucket": "cfg"}, after_unknown={"arn": True}),
        change(
            "aws_iam_role.r",
            "create",
            name="r",
            after={"name": "r", "assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": [trust]})},
            after_unknown={"arn": True, "inline_policy": True},
        ),
        change(
            "aws_iam_role_policy.p",
            "create",
            name="p",
            after={"name": "p", "role": "r"},
            after_unknown={"policy": True},
        ),
        change(
            "aws_ecs_task_definition.t",
            "create",
            name="t",
            after={"container_definitions": json.dumps(containers)},
            after_unknown={"execution_role_arn": True},
        ),
        change(
            "data.aws_iam_policy_document.d",
            "read",
            mode="data",
            name="d",
            after={**unset, "source_policy_documents": None, "statement": [statement]},
            after_unknown={"json": True, "statement": [{"resources": [each is None for each in resources]}]},
        ),
    ]
    written = {
        "aws_iam_role_policy.p": {"policy": {"references": references}},
        "aws_ecs_task_definition.t": {"execution_role_arn": {"references": ["aws_iam_role.r.arn", "aws_iam_role.r"]}},
    }
    resources_written = [
        {key: row[key] for key in ("address", "mode", "type", "name")}
        | {"expressions": written.get(row["address"], {})}
        for row in rows
    ]
    return {"resource_changes": rows, "configuration": {"root_module": {"resources": resources_written}}}


_DOCUMENT = ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]


@pytest.mark.parametrize(
    ("sections", "verdict", "reason"),
    [
        (deferred("*", references=_DOCUMENT), Verdict.ALLOWED, None),
        (deferred("arn:aws:s3:::cfg/*", None, references=_DOCUMENT), Verdict.ALLOWED, None),
        (deferred("*", references=_DOCUMENT[1:]), Verdict.ALLOWED, None),  # Terraform before 1.0
        (deferred("arn:aws:s3:::other/*", references=_DOCUMENT), Verdict.DENIED, Reason.IMPLICIT_DENY),
        (deferred(None, references=_DOCUMENT), Verdict.UNKNOWN, Reason.UNKNOWN_VALUE),
        # Written with jsonencode: the bucket is only a part of it.
        (
            deferred("*", references=["aws_s3_bucket.b.arn", "aws_s3_bucket.b"]),
            Verdict.UNKNOWN,
            Reason.POLICY_NOT_READABLE,
        ),
        (deferred("*", references=[*_DOCUMENT, "var.x"]), Verdict.UNKNOWN, Reason.POLICY_NOT_READABLE),
    ],
)
def test_what_is_known_of_a_deferred_document_decides(
    sections: dict[str, Any], verdict: Verdict, reason: Reason | None
) -> None:
    answers = check(loaded(json.dumps(SMALLEST | sections)).plans[0]).answers
    found = next(each for each in answers if each.requirement.action == "s3:GetObject")
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize("case", sorted(TESTDATA.glob("*/expect.json")), ids=lambda path: path.parent.name)
def test_without_the_sources_no_answer_is_another_one(case: Path) -> None:
    rows = json.loads(case.read_text())["requirements"]
    for plan in sorted(case.parent.glob("*plan.json")):
        answers = {
            (need.task_definition, need.container, need.pointer, need.action): each.verdict.value
            for each in check(Case(case.parent).plan(plan.name)).answers
            if (need := each.requirement)
        }
        for row in rows:
            expected = row.get("applied", row["verdict"]) if "applied" in plan.name else row["verdict"]
            place = row["task_definition"], row["container"], row["pointer"], row["action"]
            assert answers.get(place, "unknown") in ("unknown", expected), (plan.name, row)
