"""What a sensitive task definition needs is shown where the plan shows it elsewhere, unmarked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tfcheck.analysis.check import check
from tfcheck.plan import load
from tfcheck.vocabulary.finding import Answer


def answers(tmp_path: Path, *, mark: str = "") -> list[Answer]:
    """Check a plan whose containers are marked, and so is the ARN of the resources of type `mark`."""
    plan: dict[str, Any] = json.loads((TESTDATA / "secrets-and-parameters" / "applied.plan.json").read_bytes())
    for row in plan["resource_changes"]:
        masks = {"aws_ecs_task_definition": "container_definitions", mark: "arn"}
        if row["type"] in masks:
            hidden = {masks[row["type"]]: True}
            row["change"] |= {"before_sensitive": hidden, "after_sensitive": hidden}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return list(check(load(path).plans[0]).answers)


def resources_shown(found: list[Answer]) -> dict[str, str]:
    return {each.requirement.action: each.requirement.shown_resource for each in found}


def test_an_arn_that_a_resource_has_is_not_a_secret(tmp_path: Path) -> None:
    found = resources_shown(answers(tmp_path))
    assert found["secretsmanager:GetSecretValue"].startswith("arn:aws:secretsmanager:")
    assert found["ssm:GetParameters"].startswith("arn:aws:ssm:")
    assert found["ecr:GetAuthorizationToken"] == "*"


def test_what_is_only_in_the_containers_is_not_shown(tmp_path: Path) -> None:
    found = resources_shown(answers(tmp_path))
    assert found["logs:CreateLogStream"] == "(sensitive)"


@pytest.mark.parametrize(
    ("kind", "action"),
    [("aws_secretsmanager_secret", "secretsmanager:GetSecretValue"), ("aws_ssm_parameter", "ssm:GetParameters")],
)
def test_an_arn_that_is_marked_itself_is_not_shown(kind: str, action: str, tmp_path: Path) -> None:
    assert resources_shown(answers(tmp_path, mark=kind))[action] == "(sensitive)"
