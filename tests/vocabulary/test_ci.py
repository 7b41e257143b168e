"""What a CI job's environment shows of the pull request, and what of it goes into a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repository.git import add, git, init
from tests.rows import every_row
from tfcheck.cli import main as cli
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.ci import Event

PLAN = str(Path(__file__).parent.parent.parent / "testdata" / "literal-granted" / "plan.json")
SHA = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"
PULL = {"number": 42, "head": {"sha": SHA, "repo": None}}
RUN = {"head_sha": SHA, "head_repository": {"full_name": "mallory/shop"}, "pull_requests": []}


@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        ("pull_request", {"number": 42, "pull_request": PULL}, Event("pull_request", (42,), SHA)),
        ("pull_request_target", {"pull_request": PULL}, Event("pull_request_target", (42,), SHA)),
        ("issue_comment", {"issue": {"number": 7, "pull_request": {"url": "x"}}}, Event("issue_comment", (7,))),
        ("issue_comment", {"issue": {"number": 7}}, Event("issue_comment")),
        ("issue_comment", {"issue": {"number": 7, "pull_request": None}}, Event("issue_comment")),
        ("workflow_run", {"workflow_run": RUN}, Event("workflow_run", (), SHA, "mallory/shop")),
        ("workflow_run", {"workflow_run": RUN | {"pull_requests": [PULL]}}, Event("workflow_run", (42,), SHA)),
        ("workflow_run", {"workflow_run": RUN | {"head_repository": None}}, Event("workflow_run", (), SHA, "")),
        (
            "workflow_run",
            {"workflow_run": RUN | {"id": 7, "run_attempt": 2, "workflow_id": 3}},
            Event("workflow_run", (), SHA, "mallory/shop", "7.2", "3"),
        ),
        ("push", {"ref": "refs/heads/main", "head_commit": {"id": SHA}}, Event("push")),
        ("pull_request", {"pull_request": PULL | {"head": {"sha": "$(id)"}}}, Event("pull_request", (42,))),
    ],
)
def test_the_event_names_the_pull_request_and_its_head(
    tmp_path: Path, name: str, payload: dict[str, Any], expected: Event
) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(payload), encoding="utf-8")
    assert ci.event({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)}) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pull_request": 3}', b"\xff\xfe"])
def test_an_event_that_cannot_be_read_names_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(content)
    environment = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)}
    assert ci.event(environment) == Event("pull_request")
    assert ci.event({"GITHUB_EVENT_PATH": str(tmp_path)}) == Event("")


@every_row("named", ["acme/shop/x", "acme", "", "acme/shop\n", "acme/<b>"])
def test_what_is_not_a_repository_is_not_taken_for_one(named: str) -> None:
    assert ci.repository({"GITHUB_REPOSITORY": named}) == ""


def test_a_run_is_its_id_and_attempt() -> None:
    assert ci.run_id({"GITHUB_RUN_ID": "7421839201", "GITHUB_RUN_ATTEMPT": "2"}) == "7421839201.2"
    assert ci.run_id({"GITHUB_RUN_ID": "7421839201"}) == "7421839201.1"
    assert ci.run_id({"GITHUB_RUN_ID": "x"}) == ""


@every_row(
    ("directory", "workspace", "target"),
    [
        ("infra/orders", "prod", "infra/orders:prod"),
        ("infra/orders", "default", "infra/orders"),
        (".", "prod", "prod"),
        (None, None, None),
    ],
)
def test_the_target_is_the_directory_and_the_workspace(
    directory: str | None, workspace: str | None, target: str | None
) -> None:
    context = ci.context({"GITHUB_ACTIONS": "true"}, directory, workspace)
    assert context is not None
    assert context.get("target") == target


def test_a_target_can_be_named() -> None:
    assert ci.context({"TFCHECK_TARGET": "blue"}, "infra", "prod") == {"target": "blue"}
    assert ci.context({}, "infra", "prod") is None


def test_the_report_of_a_job_says_where_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"pull_request": PULL}), encoding="utf-8")
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "7421839201",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(file),
    }.items():
        monkeypatch.setenv(name, value)
    cli.run(["--format", "json", "--workspace", "prod", PLAN])
    report = json.loads(capsys.readouterr().out)
    assert report["plan"]["directory"] == "testdata/literal-granted"
    assert report["context"] == {
        "target": "testdata/literal-granted:prod",
        "repository": "acme/shop",
        "pull_request": 42,
        "head_sha": SHA,
        "run": "7421839201.1",
    }


@pytest.mark.parametrize(
    ("event", "checkout", "is_other"),
    [
        ("pull_request_target", "base", True),
        ("pull_request_target", "head", False),
        ("pull_request_target", "merge", False),
        ("workflow_run", "base", True),
        ("workflow_run of a fork", "base", True),
        ("workflow_run of a push", "base", False),
        ("pull_request", "base", False),
    ],
)
def test_a_result_for_the_base_branch_is_not_one_for_the_pull_request(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    event: str,
    checkout: str,
    is_other: bool,
) -> None:
    """By default two events check out the base or the default branch, whose plan is not that of the head."""
    top = init(tmp_path / "shop", "-b", "base")
    case = Path(PLAN).parent
    for name in ("main.tf", "plan.json"):
        add(top, name, text=(case / name).read_text("utf-8"))
    git(top, "commit", "-q", "-m", "base")
    git(top, "switch", "-q", "-c", "head")
    git(top, "commit", "-q", "--allow-empty", "-m", "head")
    git(top, "switch", "-q", "-c", "merge", "base")
    git(top, "merge", "-q", "--no-ff", "-m", "merge", "head")
    base, head = (git(top, "rev-parse", each).strip() for each in ("base", "head"))
    git(top, "switch", "-q", checkout)
    file = tmp_path / "event.json"
    pull = {"number": 42, "head": {"sha": head}}
    event, _, of = event.partition(" of a ")
    source = {"full_name": "mallory/shop" if of == "fork" else "acme/shop"}
    run = {"head_sha": head, "head_repository": source, "pull_requests": [] if of else [pull]}
    file.write_text(json.dumps({"workflow_run": run} if event == "workflow_run" else {"pull_request": pull}), "utf-8")
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_SHA": base,
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(file),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(top)
    status = cli.run(["--format", "json", "plan.json"])
    printed = capsys.readouterr()
    why = (
        f"the sources are those of `{base[:7]}`, which this event checks out by default, not those of the pull request"
    )
    assert status == (3 if is_other else 0)
    assert (why in printed.err) is is_other
    assert is_other or json.loads(printed.out)["context"]["head_sha"] == head


def test_on_a_laptop_a_report_says_nothing_of_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    cli.run(["--format", "json", PLAN])
    assert "context" not in json.loads(capsys.readouterr().out)


@every_row(
    ("job", "workspace", "expected"),
    [
        ("plan: [dev, eu-west-1]", "default", "infra:dev, eu-west-1"),
        ("plan: [dev]", "blue", "infra:blue"),
        ("plan 1/2", None, "infra"),
        ("plan", None, "infra"),
    ],
)
def test_jobs_of_a_matrix_on_gitlab_have_a_target_each(job: str, workspace: str | None, expected: str) -> None:
    """They may plan one directory with other variables, and must not write over each other."""
    context = ci.context({"GITLAB_CI": "true", "CI_JOB_NAME": job}, "infra", workspace)
    assert (context or {})["target"] == expected
