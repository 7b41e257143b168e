"""Does what docs/atlantis.md shows work, exactly as it is written?"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from tests.atlantis.server import CONFTEST, ROOT, TESTDATA, Atlantis, Project, in_dash, in_process, passes
from tests.pull_request.fake import FakeGitHub, serving
from tfcheck.hcl.formats.yaml import decode
from tfcheck.symbolic.value import is_known

PAGE = (ROOT / "docs" / "atlantis.md").read_text(encoding="utf-8")
#: The keys that Atlantis knows: https://www.runatlantis.io/docs/server-side-repo-config#reference and
#: https://www.runatlantis.io/docs/policy-checking
REPO = {"id", "workflow", "post_workflow_hooks", "policy_check", "custom_policy_check"}
HOOK = {"run", "description", "commands"}
POLICIES = {"owners", "sticky_policy_approvals", "policy_item_regex", "policy_sets"}


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```([a-z]*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def configurations() -> list[dict[str, Any]]:
    """Yield every YAML block, read as data; a fragment begins with a dash."""
    found = [decode(each) for each in blocks("yaml") if not each.lstrip().startswith("-")]
    assert all(is_known(each) and isinstance(each, dict) for each in found)
    return [each for each in found if isinstance(each, dict)]


def servers() -> list[dict[str, Any]]:
    return [each for each in configurations() if "repos" in each]


def commands(steps: list[Any]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, dict):
            run = step["run"]
            yield run["command"] if isinstance(run, dict) else run


def of_stage(stage: str) -> list[str]:
    found = [server["workflows"]["tfcheck"].get(stage, {"steps": []})["steps"] for server in servers()]
    return [command for steps in found for command in commands(steps)]


def fragments() -> list[str]:
    """Return the lines of blocks that show one step or hook only."""
    return re.findall(r"^```yaml\n +- run: (.+)\n```$", PAGE, re.MULTILINE)


def hooks() -> list[str]:
    return [
        hook["run"] for server in servers() for repo in server["repos"] for hook in repo.get("post_workflow_hooks", [])
    ]


def test_there_are_three_whole_configurations() -> None:
    assert len(servers()) == 3
    for server in servers():
        [repo] = server["repos"]
        assert set(repo) <= REPO
        assert set(server["workflows"]) == {repo["workflow"]}
        assert all(set(hook) == HOOK and hook["commands"] == "plan" for hook in repo.get("post_workflow_hooks", []))
        assert set(server.get("policies", {})) <= POLICIES
        steps = server["workflows"]["tfcheck"]["plan"]["steps"]
        announced = bool(repo.get("post_workflow_hooks"))
        assert steps[:1] == [{"run": "tfcheck atlantis announce"}] or not announced
        assert steps[announced : announced + 3] == ["init", "plan", "show"]


def test_the_page_runs_each_command_somewhere() -> None:
    assert of_stage("plan") == ["tfcheck atlantis plan", "tfcheck atlantis announce", "tfcheck atlantis plan"]
    assert of_stage("policy_check") == ["tfcheck atlantis policy-check"]
    assert hooks() == ["tfcheck atlantis publish"]
    assert fragments() == [
        "tfcheck atlantis plan --fail-on error",
        "tfcheck atlantis plan --context platform.json",
        "tfcheck atlantis publish --dry-run",
    ]


@pytest.fixture
def in_shell(tmp_path: Path, github: FakeGitHub) -> Iterator[Atlantis]:
    with serving(github) as where:
        made = Atlantis(tmp_path, where, in_dash(tmp_path / "bin"))
        yield made
        made.assert_nothing_leaked(github)


def test_the_lines_of_the_page_run_in_dash(in_shell: Atlantis, github: FakeGitHub) -> None:
    project = Project(name="orders-prod", workspace="prod")
    in_shell.branch = "$(touch hacked);`id`'\"&|"
    in_shell.check_out(project)
    assert in_shell.step("tfcheck atlantis announce", project).output == ""
    for command in {*of_stage("plan")} - {"tfcheck atlantis announce"}:
        assert in_shell.plan(project, command).lines[0] == "tfcheck: 1 of 1 task definitions will not start"
    for command in of_stage("policy_check"):
        judged = in_shell.step(command, project)
        assert judged.status == 0
        assert not passes(judged.output)
    for command in hooks():
        assert in_shell.hook(command).lines[1].startswith("comment created")
    [stopping, beside, looking] = fragments()
    assert in_shell.step(stopping, project).status == 1
    copy(TESTDATA / "role-stack" / "state.json", in_shell.of_step(project)[1] / "platform.json")
    assert in_shell.step(beside, project).status == 0
    asked = len(github.requests)
    assert in_shell.hook(looking).lines[1] == "no comment: --dry-run"
    assert len(github.requests) == asked
    [tried] = blocks("sh")
    assert in_shell.hook(tried).status == 0
    assert not [*in_shell.folder.rglob("hacked")]


def test_the_image_is_made_by_lines_that_a_plain_shell_reads() -> None:
    [recipe] = blocks("dockerfile")
    runs = re.findall(r"^RUN (.*(?:\\\n.*)*)$", recipe, re.MULTILINE)
    assert len(runs) == 3
    for line in runs:
        assert subprocess.run(["dash", "-n", "-c", line], check=False).returncode == 0
    assert recipe.rstrip().split("\n")[-2] == "USER atlantis"


def test_what_the_page_shows_is_what_is_printed(atlantis: Atlantis) -> None:
    [fence] = blocks("diff")
    assert atlantis.plan(Project("infra/orders")).output == fence
    [conftest] = [each for each in blocks("") if each.startswith("FAIL")]
    assert atlantis.step("tfcheck atlantis policy-check", Project("infra/orders")).output == conftest
    assert CONFTEST.search(conftest)


def test_every_option_that_the_page_names_is_there(tmp_path: Path) -> None:
    help_text = "".join(
        in_process(f"tfcheck atlantis {name} --help", {}, tmp_path)[0]
        for name in ("announce", "plan", "policy-check", "publish")
    )
    others = {
        "--repo-config",
        "--enable-policy-checks",
        "--hide-prev-plan-comments",
        "--version",
        "--no-install-recommends",
        "--no-cache-dir",
    }
    named = set(re.findall(r"--[a-z-]+[a-z]", PAGE)) - others - {"--no-cache"}
    assert named == set(re.findall(r"--[a-z-]+[a-z]", help_text)) - {"--help"}
