"""Of inline policies of one name on one role only one remains, also where one of them cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tfcheck.analysis.check import check
from tfcheck.plan import load
from tfcheck.vocabulary.finding import Report


def checked(tmp_path: Path, unread: set[int]) -> Report:
    """Check a plan with two policies of one name, some of which are known only after apply; without the sources."""
    plan: dict[str, Any] = json.loads((TESTDATA / "two-policies-one-name" / "applied.plan.json").read_bytes())
    policies = [each for each in plan["resource_changes"] if each["type"] == "aws_iam_role_policy"]
    assert len({each["change"]["after"]["name"] for each in policies}) == 1
    for number in unread:
        change = policies[number]["change"]
        change["after"].pop("policy")
        change["after_unknown"]["policy"] = True
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return check(load(path).plans[0])


@pytest.mark.parametrize("unread", [{0}, {1}, {0, 1}], ids=str)
def test_one_that_cannot_be_read_may_remain(unread: set[int], tmp_path: Path) -> None:
    report = checked(tmp_path, unread)
    asked = [each for each in report.answers if each.requirement.action.startswith("s3:")]
    assert asked
    assert {each.verdict.value for each in asked} == {"unknown"}
    assert "policies-of-one-name" in {each.rule for each in report.findings}


def test_the_only_one_that_the_change_writes_remains(tmp_path: Path) -> None:
    report = checked(tmp_path, set())
    verdicts = {each.requirement.action: each.verdict.value for each in report.answers}
    assert (verdicts["s3:GetObject"], verdicts["s3:GetBucketLocation"]) == ("denied", "allowed")
    assert "policies-of-one-name" in {each.rule for each in report.findings}
    assert "aws_iam_role_policy.locate" in str(report.answers[-1].evidence)
