"""The workflows of the page on the action, run by act exactly as printed, against the fake GitHub.

The actions that they use beside tfcheck are replaced by folders of this machine: a terraform that shows plans of the
test data, and artifacts that are copies of files. They run where tests/pull_request/test_act.py does.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pull_request.fake import REPOSITORY, SHA, FakeGitHub, says
from tests.pull_request.test_act import FORK, ROOT, act_program, checkout, pull, pytestmark, where

__all__ = ["pytestmark", "where"]

ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "github-action.md").read_text(encoding="utf-8")
PRINTED = re.findall(r"^## ([^\n]+)|^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
TERRAFORM = """#!/bin/sh
case "$1 $TF_WORKSPACE" in
  init*) echo "Initializing the backend..." ;;
  plan*) : > tfplan ;;
  "show prod") cat "{case}/applied.plan.json" ;;
  show*) cat "{case}/plan.json" ;;
esac
"""
CASE = ROOT / "testdata" / "literal-missing"
SETUP = 'echo "$PROGRAMS" >> "$GITHUB_PATH"'
UPLOAD = 'mkdir -p "$ARTIFACTS/$NAME" && cp "$FILE" "$ARTIFACTS/$NAME/"'
DOWNLOAD = 'mkdir -p "$FILE" && cp "$ARTIFACTS"/${PATTERN:-$NAME}/* "$FILE/"'
SARIF = 'mkdir -p "$ARTIFACTS/sarif" && cp "$SARIF" "$ARTIFACTS/sarif/"'
OTHERS = {
    "hashicorp/setup-terraform": ("", SETUP, ("terraform_wrapper",)),
    "actions/upload-artifact": ("", UPLOAD, ("name", "path")),
    "actions/download-artifact": (
        "",
        DOWNLOAD,
        ("name", "path", "pattern", "merge-multiple", "run-id", "github-token"),
    ),
    "github/codeql-action": ("upload-sarif", SARIF, ("sarif_file",)),
}
Runs = Callable[..., tuple[int, str]]


def examples(section: str) -> list[str]:
    """Return the workflows that are printed below a heading."""
    found: dict[str, list[str]] = {}
    heading = ""
    for title, text in PRINTED:
        heading = title or heading
        found.setdefault(heading, []).extend([text] if text else [])
    return found[section]


@pytest.fixture
def runs(where: dict[str, str], tmp_path: Path) -> Runs:
    """Return the function that runs a workflow in a repository with the configuration of `infra/orders`."""
    source, top, artifacts = tmp_path / "tfcheck", tmp_path / "repository", tmp_path / "artifacts"
    checkout(source)
    for name in ("infra/orders/main.tf", "main.tf"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CASE / "main.tf", top / name)
    shutil.copy2(CASE / "plan.json", top)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "terraform").write_text(TERRAFORM.format(case=CASE), encoding="utf-8")
    (programs / "terraform").chmod(0o755)

    def run(event: str, workflow: str, payload: dict[str, Any], *options: str) -> tuple[int, str]:
        file = top / ".github" / "workflows" / "plan.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(workflow, encoding="utf-8")
        local = {f"acme/tfcheck@{'0123456789abcdef' * 2}01234567": source} | replaced(workflow + ACTION, tmp_path)
        replacing = [word for name, folder in local.items() for word in ("--local-repository", f"{name}={folder}")]
        extra = ["--env", f"PROGRAMS={programs}", "--env", f"ARTIFACTS={artifacts}"]
        return act_program(
            top, where, tmp_path, event, ".github/workflows/plan.yml", payload, *replacing, *extra, *options
        )

    return run


def replaced(workflow: str, folder: Path) -> dict[str, Path]:
    """Write a folder for each other action that a workflow uses."""
    found = {}
    for name, commit in re.findall(r"uses: ([\w-]+/[\w-]+)[\w/-]*@([0-9a-f]{40})", workflow):
        if name not in OTHERS:
            continue
        below, script, inputs = OTHERS[name]
        place = folder / "actions" / name
        (place / below).mkdir(parents=True, exist_ok=True)
        variables = {"NAME": "name", "FILE": "path", "PATTERN": "pattern", "SARIF": "sarif_file"}
        step = {
            "shell": "bash",
            "run": script,
            "env": {each: f"${{{{ inputs.{of} }}}}" for each, of in variables.items() if of in inputs},
        }
        action = {
            "name": name,
            "description": name,
            "inputs": {each: {"description": each} for each in inputs},
            "runs": {"using": "composite", "steps": [step]},
        }
        (place / below / "action.yml").write_text(json.dumps(action), encoding="utf-8")
        subprocess.run(["git", "init", "-q", str(place)], check=True)
        found[f"{name}@{commit}"] = place
    return found


def test_the_plan_in_the_same_job(github: FakeGitHub, runs: Runs) -> None:
    (workflow,) = examples("Plan in the same job")
    status, log = runs("pull_request", workflow, pull(REPOSITORY))
    assert status == 1, log
    (comment,) = github.by()
    assert comment["body"].split("\n")[1] == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    assert f"/blob/{SHA}/infra/orders/main.tf#L" in comment["body"]


def test_a_push_has_no_pull_request_to_comment_on(github: FakeGitHub, runs: Runs) -> None:
    (workflow,) = examples("Plan in the same job")
    status, log = runs(
        "push", workflow.replace("on: pull_request", "on: push"), {"ref": "refs/heads/main", "after": SHA}
    )
    assert status == 1, log
    assert github.comments == {}
    assert "no comment: the event `push` has no pull request" in log


def test_a_fork_has_the_report_in_the_log_and_the_summary(github: FakeGitHub, runs: Runs) -> None:
    (workflow,) = examples("Plan in the same job")
    github.open_pull(source=FORK)
    github.fault("POST", "/issues/", says(403, "Resource not accessible by integration"), times=99)
    status, log = runs("pull_request", workflow, pull(FORK, "mallory"))
    assert status == 1, log
    assert github.comments == {}
    assert len(re.findall("no comment on the pull request", log)) == 1


def test_a_matrix_becomes_one_comment(github: FakeGitHub, runs: Runs) -> None:
    (workflow,) = examples("Several plans, one comment")
    status, log = runs("pull_request", workflow, pull(REPOSITORY))
    assert status == 1, log
    (comment,) = github.by()
    assert comment["body"].split("\n")[1].endswith("in `infra/orders:dev`, `infra/orders:prod`")
    assert "result" not in comment["body"].split("\n")[1]


def test_a_fork_is_commented_on_by_the_second_workflow(github: FakeGitHub, runs: Runs, tmp_path: Path) -> None:
    first, second = examples("Forks and Dependabot")
    github.open_pull(source=FORK)
    status, log = runs("pull_request", first, pull(FORK, "mallory"))
    assert status == 1, log
    assert github.comments == {}
    assert (tmp_path / "artifacts" / "tfcheck" / "orders.json").exists()
    about = {"head_sha": SHA, "head_repository": {"full_name": FORK}, "pull_requests": [], "event": "pull_request"}
    status, log = runs("workflow_run", second, {"workflow_run": {**about, "id": 7}})
    assert status == 0, log
    assert len(github.by()) == 1


def test_sarif_and_the_page_are_there_to_upload(github: FakeGitHub, runs: Runs, tmp_path: Path) -> None:
    for section, folder in (("Code scanning", "sarif"), ("A page for the browser", "tfcheck-page")):
        (workflow,) = examples(section)
        status, log = runs("pull_request", workflow, pull(REPOSITORY))
        assert status == 1, log
        (made,) = (tmp_path / "artifacts" / folder).iterdir()
        assert made.stat().st_size > 1000
    assert len(github.by()) == 1
