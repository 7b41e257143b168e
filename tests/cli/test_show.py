"""`tfcheck show`: the access map of a plan in a terminal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tfcheck.cli.main import run
from tfcheck.cli.show import matching_addresses
from tfcheck.vocabulary.errors import UsageError

pytestmark = pytest.mark.usefixtures("checked_once")
TWELVE = str(TESTDATA / "twelve-services" / "plan.json")
ONE = str(TESTDATA / "literal-missing" / "plan.json")
THIRTY = str(TESTDATA / "thirty-services" / "plan.json")


@pytest.fixture(autouse=True)
def _wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def show_output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["show", *arguments]) == 0
    return capsys.readouterr().out


def test_every_task_definition_has_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    text = show_output(capsys, TWELVE)
    assert text.startswith(f"{TWELVE}: 8 of 12 task definitions will not start\n\n")
    assert len(text.split("\n\n")) == 13


def test_one_task_definition_is_chosen_by_a_part_of_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    whole = show_output(capsys, TWELVE, "module.billing.aws_ecs_task_definition.this")
    assert show_output(capsys, TWELVE, "billing") == whole
    assert "module.cart" not in whole
    assert "1 of 1 task definitions will not start" in whole


def test_instances_are_folded_unless_all_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "aws_ecs_task_definition.svc[*] (30 instances)" in show_output(capsys, THIRTY)
    assert show_output(capsys, THIRTY, "--expand").count('✗ aws_ecs_task_definition.svc["svc') == 30


def test_colours_are_for_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in show_output(capsys, ONE)
    assert "\x1b[31m" in show_output(capsys, ONE, "--color", "always")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in show_output(capsys, ONE, "--color", "auto")


def test_it_is_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(show_output(capsys, TWELVE, "search", "--format", "json"))
    (task,) = data["task_definitions"]
    assert task["address"] == "module.search.aws_ecs_task_definition.this"
    (role,) = task["roles"]
    assert role["kind"] == "execution"
    calls = [call for policy in role["policies"] for each in policy["statements"] for call in each["calls"]]
    assert {call["verdict"] for call in calls} == {"allowed"}
    assert all(call["requirements"] for call in calls)


@pytest.mark.parametrize(
    ("task", "hint"),
    [
        ("biling", "did you mean `module.billing.aws_ecs_task_definition.this`?"),
        ("x" * 12, 'the plan has aws_ecs_task_definition.jobs, aws_ecs_task_definition.svc["a"]'),
        ("aws_ecs", "write more of one of them: aws_ecs_task_definition.jobs, aws_ecs_task_definition.svc[*], module"),
    ],
)
def test_a_name_that_means_none_or_several_is_refused(task: str, hint: str) -> None:
    names = ("jobs", 'svc["a"]', 'svc["b"]')
    addresses = [*(f"aws_ecs_task_definition.{name}" for name in names), "module.billing.aws_ecs_task_definition.this"]
    with pytest.raises(UsageError) as refused:
        matching_addresses(task, addresses)
    assert (refused.value.hint or "").startswith(hint)


def test_a_block_means_all_its_instances() -> None:
    addresses = [f'aws_ecs_task_definition.svc["svc{number}"]' for number in range(9)]
    assert matching_addresses("aws_ecs_task_definition.svc[*]", addresses) == set(addresses)
    assert matching_addresses("svc", addresses) == set(addresses)
    assert matching_addresses("svc7", addresses) == {addresses[7]}


def test_a_whole_name_counts_before_a_part_of_another() -> None:
    addresses = ["aws_ecs_task_definition.web", "aws_ecs_task_definition.web_admin", 'module.a["web"].x.y']
    assert matching_addresses("web_admin", addresses) == {addresses[1]}
    assert matching_addresses("admin", addresses) == {addresses[1]}
    with pytest.raises(UsageError):
        matching_addresses("web", addresses)


def test_a_plan_without_task_definitions_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "lending-stack" / "plan.json")
    assert "no ECS task definition in this plan" in show_output(capsys, plan)
    assert run(["show", plan, "web"]) == 2
    assert "hint: the plan has none" in capsys.readouterr().err


def test_a_plan_that_cannot_be_read_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(TESTDATA / "nothing.json"), "web"]) == 3
    assert capsys.readouterr().out == ""


def test_it_says_why_sources_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ONE, tmp_path)
    (tmp_path / "main.tf").write_text('resource "aws_iam_role" "execution" {}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    note = "note: sources in `.` are not used: only the plan has `aws_ecs_task_definition.orders`\n"
    assert run(["show", "plan.json"]) == 0
    assert capsys.readouterr().err == note
    assert run(["explain", "failed to download env files: AccessDenied", "plan.json"]) == 0
    assert capsys.readouterr().err == note
    assert run(["show", "plan.json", "--query", "@"]) == 0
    assert capsys.readouterr().err == ""
