"""What is published: no value of a plan reaches a comment, the summary, the outputs or Atlantis's store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.cases import TESTDATA
from tests.laws import part, some
from tests.pull_request.fake import SHA, TOKEN, FakeGitHub, serving
from tests.pull_request.job import Clock, event, variables
from tests.test_canary import (
    CANARY,
    CASES,
    SID,
    Poison,
    broken_definitions,
    broken_policies,
    environment,
    odd_definitions,
    other_resources,
    sensitive_definitions,
    sensitive_policies,
)
from tfcheck.cli.main import run

POISONS = (
    *(environment, sensitive_definitions, broken_definitions, odd_definitions),
    *(broken_policies, sensitive_policies, other_resources),
)
#: By default every second of these: each poison in two or three cases, and in plans both before and after the apply.
PAIRS = part([(poison, case) for poison in POISONS for case in CASES], 4)


@pytest.mark.parametrize(("poison", "case"), PAIRS)
def test_nothing_that_is_published_shows_a_value(
    poison: Poison, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for plan in some(["plan.json", "applied.plan.json"], PAIRS.index((poison, case))):
        place = tmp_path / plan.removesuffix(".json")
        folder = shutil.copytree(TESTDATA / case, place / case)
        document = json.loads((folder / plan).read_text(encoding="utf-8"))
        poison(document)
        (folder / "plan.json").write_text(json.dumps(document), encoding="utf-8")
        published = everything_published(folder, place, monkeypatch) + "".join(capsys.readouterr())
        assert "aws_ecs_task_definition." in published
        assert [each for each in (CANARY, SID) if each in published] == []


def test_nothing_that_is_published_shows_what_else_the_job_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The title and the text of a pull request, its labels, who opened it, and variables for Terraform."""
    folder = shutil.copytree(TESTDATA / "literal-missing", tmp_path / "case")
    label = {"name": CANARY, "description": CANARY}
    pull = {"number": 42, "head": {"sha": SHA, "label": CANARY}, "title": CANARY, "body": CANARY, "labels": [label]}
    payload = {"number": 42, "pull_request": pull | {"user": {"login": CANARY}}, "sender": {"login": CANARY}}
    names = (
        "TF_VAR_token",
        "PULL_TITLE",
        "PULL_AUTHOR",
        "USER_NAME",
        "COMMENT_ARGS",
        "GITHUB_ACTOR",
        "AWS_SECRET_ACCESS_KEY",
    )
    job_variables = dict.fromkeys(names, CANARY) | event(tmp_path, "pull_request", payload)
    published = everything_published(folder, tmp_path, monkeypatch, job_variables) + "".join(capsys.readouterr())
    assert "aws_ecs_task_definition." in published
    assert CANARY not in published


def test_a_published_waiver_does_not_say_what_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(TESTDATA / "literal-missing", tmp_path / "case")
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    plan["variables"] = {"token": {"value": CANARY}}
    plan["configuration"]["root_module"]["variables"] = {"token": {"sensitive": True}}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    main = (folder / "main.tf").read_text(encoding="utf-8")
    comment = f"# tfcheck:ignore env-file -- {CANARY}\n"
    (folder / "main.tf").write_text(main.replace('resource "aws_ecs_task', f'{comment}resource "aws_ecs_task'), "utf-8")
    published = everything_published(folder, tmp_path, monkeypatch) + "".join(capsys.readouterr())
    assert "(sensitive)" in published
    assert CANARY not in published


def everything_published(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return what the action and Atlantis's step send and write for the plan in a folder, with `more` variables."""
    github, out = FakeGitHub(), tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", Clock().patience)
    monkeypatch.chdir(folder)
    with serving(github) as where:
        job_variables = variables(tmp_path, where) | {
            "TFCHECK_GITHUB_TOKEN": TOKEN,
            "TFCHECK_PLAN": "plan.json",
            "TFCHECK_COMMENT_WHEN": "always",
            "TFCHECK_SARIF_FILE": str(out / "sarif"),
            "TFCHECK_HTML_FILE": str(out / "html"),
            "TFCHECK_OUTPUT_JSON": str(out / "json"),
            "GITHUB_OUTPUT": str(out / "outputs"),
            "GITHUB_STEP_SUMMARY": str(out / "summary"),
            "SHOWFILE": str(folder / "plan.json"),
            "PLANFILE": str(folder / "none"),
            "BASE_REPO_OWNER": "acme",
            "BASE_REPO_NAME": "shop",
            "PULL_NUM": "42",
            "HEAD_COMMIT": "a" * 40,
            "TFCHECK_ATLANTIS_DIR": str(out / "store"),
            **more,
        }
        for name, value in job_variables.items():
            monkeypatch.setenv(name, value)
        assert run(["github", "--debug"]) in (0, 1)
        assert run(["atlantis", "plan"]) in (0, 1)
    assert github.by()
    assert github.problems == []
    assert (out / "store").exists()
    files = [each.read_text(encoding="utf-8") for each in out.rglob("*") if each.is_file()]
    return "".join((json.dumps(github.bodies), *files))
