"""A trust policy that roles share is changed only where ECS uses all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix.found import copied, found_in
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection
from tfcheck.fix.proposal import DraftFix

CASE = "trust-shared"
ROLES = {
    "aws_iam_role.web_execution",
    "aws_iam_role.web_task",
    'aws_iam_role.jobs["execution"]',
    'aws_iam_role.jobs["task"]',
    "aws_iam_role.batch",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(CASE, tmp_path)


def found(folder: Path) -> dict[str, DraftFix]:
    """Return the fixes by the role that ECS cannot assume."""
    drafts = found_in(folder).fixes.found
    assert all((each.fix.safety, each.fix.proven) == ("review", True) for each in drafts)
    return {str(each.answers[0].role): each for each in drafts if each.insertions}


def changed(folder: Path, old: str, new: str) -> Path:
    text = (folder / "main.tf").read_text()
    assert old in text
    (folder / "main.tf").write_text(text.replace(old, new, 1))
    return folder


def test_what_only_roles_of_tasks_share_gets_the_service_once(folder: Path) -> None:
    drafts = found(folder)
    assert set(drafts) == ROLES
    first, second = drafts["aws_iam_role.web_execution"], drafts["aws_iam_role.web_task"]
    assert first.insertions == second.insertions
    assert first.insertions[0].text == ', "ecs-tasks.amazonaws.com"'
    assert "the trust policy of aws_iam_role.web_execution and aws_iam_role.web_task" in first.fix.title


def test_a_local_value_is_changed_as_a_document_is(folder: Path) -> None:
    draft = found(folder)['aws_iam_role.jobs["execution"]']
    assert [each.text for each in draft.insertions] == ["[", ', "ecs-tasks.amazonaws.com"]']
    assert draft.fix.title.endswith(
        'local.trust, the trust policy of aws_iam_role.jobs["execution"] and its other instance'
    )


def test_what_a_role_of_instances_shares_is_left_alone(folder: Path) -> None:
    draft = found(folder)["aws_iam_role.batch"]
    assert "a trust policy of its own" in draft.fix.title
    assert "source_policy_documents = [data.aws_iam_policy_document.ec2.json]" in draft.fix.hcl
    assert draft.fix.hcl.endswith("assume_role_policy = data.aws_iam_policy_document.batch_trust.json")


def test_what_something_else_uses_is_left_alone(folder: Path) -> None:
    text = (folder / "main.tf").read_text()
    (folder / "main.tf").write_text(f"{text}\nlocals {{\n  other = data.aws_iam_policy_document.ecs.json\n}}\n")
    drafts = found(folder)
    for name in ("web_execution", "web_task"):
        assert f"data.aws_iam_policy_document.{name}_trust" in drafts[f"aws_iam_role.{name}"].fix.title


def test_a_statement_that_says_allow_gets_the_service(folder: Path) -> None:
    changed(folder, '    actions = ["sts:AssumeRole"]\n', '    effect  = "Allow"\n    actions = ["sts:AssumeRole"]\n')
    draft = found(folder)["aws_iam_role.web_execution"]
    assert draft.insertions[0].text == ', "ecs-tasks.amazonaws.com"'


def test_what_is_written_is_written_once(folder: Path) -> None:
    def fixed() -> tuple[int, tuple[str, ...]]:
        done = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
        return done.changed, done.notes

    assert fixed()[0] == 1
    written, notes = fixed()
    assert written == 0
    assert any("run `terraform plan` again" in each for each in notes)


def test_the_element_of_one_role_is_corrected(tmp_path: Path) -> None:
    draft = found(copied("trust-from-elements", tmp_path))['aws_iam_role.this["worker"]']
    assert draft.insertions[0].text == '"ecs-tasks.amazonaws.com"'
    assert draft.fix.title == (
        'in local.roles, correct `ecs.amazonaws.com` to `ecs-tasks.amazonaws.com`, for aws_iam_role.this["worker"]'
    )


def test_a_condition_on_the_key_stays_and_gets_the_service_beside(tmp_path: Path) -> None:
    folder = copied("trust-from-elements", tmp_path)
    draft = found(folder)['aws_iam_role.cron["hourly"]']
    condition = 'each.key == "nightly" ? "ecs-tasks.amazonaws.com" : "events.amazonaws.com"'
    new = f'concat([{condition}], each.key == "hourly" ? ["ecs-tasks.amazonaws.com"] : [])'
    assert [each.text for each in draft.insertions] == [new]
    changed(folder, condition, 'each.key != "hunter2" && each.key == "nightly" ?' + condition.split("?")[1])
    assert not any("hunter2" in each.fix.diff for each in found(folder).values())


def test_roles_that_no_task_uses_keep_their_trust_policy(tmp_path: Path) -> None:
    folder = copied("trust-from-elements", tmp_path)
    for file in (folder / "main.tf", folder / "plan.json", folder / "applied.plan.json"):
        file.write_text(file.read_text().replace("ecs.amazonaws.com", "events.amazonaws.com"))
    draft = found(folder)['aws_iam_role.this["worker"]']
    new = 'concat([each.value.service], each.key == "worker" ? ["ecs-tasks.amazonaws.com"] : [])'
    assert draft.insertions[0].text == new
    assert draft.fix.title.endswith("the trust policy of aws_iam_role.this, for worker")


def test_a_service_whose_name_only_begins_like_that_of_tasks_is_another_one(tmp_path: Path) -> None:
    folder = copied("trust-from-elements", tmp_path)
    for file in (folder / "main.tf", folder / "plan.json"):
        file.write_text(file.read_text().replace("events.amazonaws.com", "ecs-tasks.amazonaws.com.cn"))
    draft = found(folder)['aws_iam_role.cron["hourly"]']
    assert draft.insertions[0].text.endswith(', each.key == "hourly" ? ["ecs-tasks.amazonaws.com"] : [])')
