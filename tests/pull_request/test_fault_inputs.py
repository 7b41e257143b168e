"""The real commands with what people really pass: odd inputs, plans that are missing, and what leaves findings out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from tests.laws import part
from tests.pull_request.arranged import ours
from tests.pull_request.one_job import ROOT, Ended, command, earlier, ended, variables
from tests.pull_request.second_server import HEAD, SecondServer, Step, after, resets, says, sends

MISSING, GRANTED = ROOT / "testdata/literal-missing", ROOT / "testdata/literal-granted"
Run = Callable[..., Ended]


@pytest.fixture
def action(server: SecondServer, tmp_path: Path) -> Run:
    """Return the function that runs the action with inputs."""

    def run(**inputs: str) -> Ended:
        output = {"GITHUB_OUTPUT": str(tmp_path / "output"), "RUNNER_TEMP": str(tmp_path)}
        given = {f"TFCHECK_{name.upper()}": value for name, value in inputs.items()}
        return ended(command(tmp_path, variables(server, tmp_path) | output | given, "github"))

    return run


def title(server: SecondServer) -> str:
    (comment,) = server.ours()
    found: str = comment["body"].split("\n")[1]
    return found


@pytest.mark.parametrize(
    ("inputs", "comments"),
    [
        ({"comment": "True", "summary": "FALSE", "strict": "false", "annotations": "False"}, 1),
        ({"comment": "FALSE", "summary": "", "suggestions": "False"}, 0),
        ({"comment": "off", "strict": "TRUE", "new_only": ""}, 0),
    ],
)
def test_booleans_in_any_case(server: SecondServer, action: Run, inputs: dict[str, str], comments: int) -> None:
    assert action(plan=str(MISSING / "plan.json"), **inputs).status == 1
    assert len(server.ours()) == comments


def test_one_missing_plan_of_several_is_missing(server: SecondServer, action: Run) -> None:
    end = action(plan=f"{GRANTED / 'plan.json'}\nnowhere.json\n{GRANTED}/nothing-*.json")
    assert end.status == 3
    assert "2 results missing" in title(server)
    assert "✅" not in title(server)


def test_patterns_that_match_nothing_are_not_an_all_clear(server: SecondServer, action: Run) -> None:
    server.put(earlier())
    assert action(plan="plans/*.json").status == 3
    assert not any("resolved" in each["body"] or "✅" in each["body"] for each in server.ours())


def test_what_the_wrapper_of_setup_terraform_prints_is_passed_over(
    server: SecondServer, action: Run, tmp_path: Path
) -> None:
    plan = (MISSING / "plan.json").read_text(encoding="utf-8")
    noise = f"[command]/opt/terraform show -json tfplan\n{plan}\n::debug::Terraform exited with code 0.\n"
    (tmp_path / "plan.json").write_text(noise, encoding="utf-8")
    assert action(plan="plan.json", sources=str(MISSING)).status == 1
    assert title(server).startswith("### ❌")


def test_half_a_plan_is_not_an_all_clear(server: SecondServer, action: Run, tmp_path: Path) -> None:
    server.put(earlier())
    plan = (GRANTED / "plan.json").read_bytes()
    (tmp_path / "plan.json").write_bytes(plan[: len(plan) // 2])
    assert action(plan="plan.json", comment_id="orders").status == 3
    assert "1 result missing" in title(server)


WAIVER = """
[[waiver]]
rule = "env-file"
address = "*"
resource = "*"
reason = "the other stack grants it"
"""


FILE = b'{"filename": "main.tf", "status": "added"}'


@pytest.fixture
def checked(server: SecondServer, tmp_path: Path) -> Run:
    """Return the function that saves the report of a plan that lacks a permission, and comments on it."""
    environment = variables(server, tmp_path)
    plan = str(MISSING / "plan.json")

    def run(configuration: str, *arguments: str, check: tuple[str, ...] = (), baseline: bool = False) -> Ended:
        (tmp_path / "tfcheck.toml").write_text(configuration, encoding="utf-8")
        config = ("--config", "tfcheck.toml")
        found = command(tmp_path, environment, plan, "--format", "json", "--output", "report.json", *config, *check)
        assert ended(found).status in (0, 1)
        if baseline:
            assert ended(command(tmp_path, environment, "baseline", plan, "--config", "off")).status == 0
        return ended(command(tmp_path, environment, "comment", "--id", "orders", *config, *arguments, "report.json"))

    return run


WAYS = ("baseline", "ignored", "ignored by the comment", "waived")


@pytest.mark.parametrize(("way", "on_clean"), part([*product(WAYS, ("update", "delete", "minimize"))], 2))
def test_what_is_left_out_is_never_resolved(server: SecondServer, checked: Run, way: str, on_clean: str) -> None:
    ours()(server)
    arguments = ("--on-clean", on_clean)
    match way:
        case "baseline":
            end = checked("", *arguments, "--baseline", "tfcheck-baseline.json", baseline=True)
        case "ignored":
            end = checked('ignore = ["*"]', *arguments, check=("--ignore", "*"))
        case "ignored by the comment":
            end = checked("", *arguments, "--ignore", "*")
        case _:
            server.files = [{"filename": "tfcheck.toml", "status": "added", "sha": "0" * 40}]
            end = checked(WAIVER, *arguments)
    assert end.status == 0, end.output
    assert title(server).startswith(("### ⚠️", "### ❔")), title(server)
    assert not any(word in title(server) for word in ("resolved", "can start"))
    assert f"sha={HEAD}" in server.ours()[0]["body"]


def test_what_was_waived_before_does_not_keep_the_comment(server: SecondServer, checked: Run) -> None:
    ours()(server)
    end = checked(WAIVER, "--on-clean", "delete")
    assert "comment deleted, no finding is open any more" in end.output
    assert server.ours() == []


@pytest.mark.parametrize("step", [says(500), sends(b"{}"), sends(b"[" + b",".join([FILE] * 3000) + b"]")])
def test_a_waiver_of_which_nobody_says_how_old_it_is_keeps_the_comment(
    server: SecondServer, checked: Run, step: Step
) -> None:
    ours()(server)
    server.when("/files", step)
    assert "comment updated" in checked(WAIVER, "--on-clean", "delete").output
    assert "**Waived**" in server.ours()[0]["body"]


def test_findings_that_do_not_fail_the_run_are_in_the_title(server: SecondServer, checked: Run) -> None:
    assert checked('fail-on = "never"').status == 0
    assert title(server).startswith("### ❌ tfcheck: 1 task definition will not start")


def test_a_configuration_that_is_wrong_is_a_wrong_call(server: SecondServer, checked: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("fail-on = [", encoding="utf-8")
    assert checked("", "--config", "bad.toml").status == 2
    assert server.writes() == []


REVIEW, REMARKS, FILES = "^POST .*/reviews", "pulls/42/comments", "pulls/42/files"
#: What goes wrong with the suggestion, how many there are in the end, and whether a warning says why.
SUGGESTED: dict[str, tuple[str, Step, int, int, bool]] = {
    "nothing": ("never", resets, 0, 1, False),
    "lost: 502": (REVIEW, after(says(502)), 1, 1, False),
    "lost: reset": (REVIEW, after(resets), 1, 1, False),
    "lost: another JSON": (REVIEW, after(sends(b"{}", 201)), 1, 1, False),
    "before: 502": (REVIEW, says(502), 1, 1, False),
    "a limit": (REVIEW, says(429, "slow down", retry_after="5"), 1, 1, False),
    "422": (REVIEW, says(422, "line must be part of the diff"), 1, 1, False),
    "403": (REVIEW, says(403, "no"), 9, 0, True),
    "files: 500": (FILES, says(500), 99, 0, True),
    "files: HTML": (FILES, sends(b"<html>"), 99, 0, True),
    "remarks: null": (REMARKS, sends(b"null"), 99, 0, True),
}


@pytest.mark.parametrize(("pattern", "step", "times", "number", "warned"), SUGGESTED.values(), ids=SUGGESTED)
def test_a_suggestion_is_there_once_and_never_costs_the_comment(
    server: SecondServer, tmp_path: Path, pattern: str, step: Step, times: int, number: int, warned: bool
) -> None:
    name = "testdata/literal-missing/main.tf"
    content = (ROOT / name).read_bytes()
    lines = content.decode().split("\n")[:-1]
    patch = "\n".join([f"@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)])
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    server.files = [{"filename": name, "status": "added", "sha": blob, "patch": patch}]
    server.when(pattern, step, times)
    given = {"TFCHECK_PLAN": str(MISSING / "plan.json"), "RUNNER_TEMP": str(tmp_path)}
    end = ended(command(ROOT, variables(server, tmp_path) | given, "github"))
    assert end.status == 1
    assert title(server).startswith("### ❌")
    assert len(server.remarks) == number, end.output
    assert ("no suggestions beside lines" in end.output) is warned
    assert server.wrong == []
