"""Steps of Atlantis that check a plan beside other stacks."""

from __future__ import annotations

import pytest

from tests.atlantis.server import TESTDATA, Atlantis, Project

STATE = TESTDATA / "role-stack" / "state.json"
FILE = "s3:GetObject on arn:aws:s3:::acme-config-files/jobs/secret.env"


@pytest.mark.parametrize("command", ["plan --fail-on error", "policy-check"])
def test_a_step_accepts_a_context(command: str, atlantis: Atlantis) -> None:
    project = Project("infra/orders", case="role-in-other-stack")
    alone = atlantis.plan(project, f"tfcheck atlantis {command}")
    assert alone.status == 0
    assert f"is not allowed {FILE}" not in alone.output
    done = atlantis.plan(project, f"tfcheck atlantis {command} --context {STATE}")
    assert done.status == (1 if command.startswith("plan") else 0)
    assert f"is not allowed {FILE}" in done.output


@pytest.mark.parametrize(("gate", "status"), [("", 0), ("--fail-on error", 1)])
def test_a_context_that_is_gone_is_reported_by_its_name(gate: str, status: int, atlantis: Atlantis) -> None:
    done = atlantis.plan(Project(), f"tfcheck atlantis plan {gate} --context /srv/atlantis/platform.json")
    assert done.status == status
    assert "'platform.json'" in done.output
    assert "/srv" not in done.output
