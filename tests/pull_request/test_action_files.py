"""What the GitHub Action is made of: action.yml, its script, what it installs, the workflows and the examples."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from scripts.lock_action import LOCK, wanted
from tests.report.samples import MIXED
from tests.rows import every_row
from tfcheck.cli.action import outputs
from tfcheck.cli.action_inputs import inputs

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "github-action.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml")) + sorted(
    Path(__file__).parent.glob("workflows/*.yml")
)
STEP, UPLOAD = ACTION["runs"]["steps"]
PLAN = ROOT / "testdata" / "literal-granted" / "plan.json"


def tool(name: str) -> str:
    """Find a tool beside this Python or on PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def variable(name: str) -> str:
    return f"TFCHECK_{name.upper().replace('-', '_')}"


def test_every_input_reaches_the_command_as_a_variable_and_by_no_other_way() -> None:
    handed = {variable(name): f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    assert STEP["env"] == handed
    assert "${{" not in STEP["run"]
    assert (STEP["shell"], ACTION["runs"]["using"]) == ("bash", "composite")


def test_the_page_is_uploaded_under_the_name_that_the_comment_links_to() -> None:
    assert UPLOAD["if"] == "${{ !cancelled() && inputs.html-artifact && steps.check.outputs.html-file }}"
    assert UPLOAD["with"] == {"name": "${{ inputs.html-artifact }}", "path": "${{ steps.check.outputs.html-file }}"}
    assert UPLOAD["continue-on-error"] is True
    assert re.fullmatch(r"actions/upload-artifact@[0-9a-f]{40}", UPLOAD["uses"])


class Asked(dict[str, str]):
    """Variables that remember which of them were looked at."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def test_the_inputs_are_those_that_are_read_and_the_defaults_are_the_same() -> None:
    defaults = {variable(name): str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
    asked = Asked(defaults | {"TFCHECK_PLAN": "x"})
    assert inputs(asked) == inputs({"TFCHECK_PLAN": "x"})
    elsewhere = {"TFCHECK_CONFIG", "TFCHECK_TARGET", "TFCHECK_GITHUB_TOKEN", "TFCHECK_PYTHON"}
    assert {name for name in asked.names if name.startswith("TFCHECK_")} | elsewhere == set(defaults)


def test_the_outputs_are_those_that_are_written() -> None:
    names = {*outputs([MIXED]), "exit-code", "comment-id", "comment-url", "report-json", "sarif-file", "html-file"}
    assert set(ACTION["outputs"]) == names
    for name, each in ACTION["outputs"].items():
        assert each["value"] == f"${{{{ steps.check.outputs.{name} }}}}"


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))


@every_row("line", wanted())
def test_what_the_action_installs_is_what_the_package_wants(line: str) -> None:
    requirement = Requirement(line)
    assert requirement.specifier.contains(locked()[requirement.name]), "run `python -m scripts.lock_action`"


def test_everything_is_installed_by_hash_and_no_place_is_named() -> None:
    text = LOCK.read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\w)", text.split("\n", 1)[1].strip())
    assert len(packages) == len(locked())
    assert all("--hash=sha256:" in each for each in packages)
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_examples_use_inputs_that_there_are_and_pinned_actions(example: str) -> None:
    workflow = yaml.safe_load(example)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if step.get("uses", "").startswith("acme/tfcheck@")]
    assert ours
    assert all(set(step["with"]) <= set(ACTION["inputs"]) for step in ours)
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    assert workflow["permissions"] == {}


def test_only_one_page_prints_workflows() -> None:
    blocks = (
        (page, text) for page in PAGES for text in re.findall(r"```ya?ml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    )
    assert {page.name for page, text in blocks if re.search(r"^\s*(jobs|runs-on|uses):", text, re.MULTILINE)} == {
        "github-action.md"
    }


@pytest.fixture
def examples(tmp_path: Path) -> list[str]:
    """Write the examples of the page as workflows."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, example in enumerate(EXAMPLES):
        (folder / f"{number}.yml").write_text(example, encoding="utf-8")
    return [str(each) for each in folder.iterdir()]


def passes(*command: str) -> None:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_action_and_the_workflows_are_what_github_takes(examples: list[str]) -> None:
    check = tool("check-jsonschema")
    passes(check, "--builtin-schema", "vendor.github-actions", "action.yml")
    passes(check, "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS), *examples)


def test_nothing_in_the_action_and_the_workflows_can_be_abused(examples: list[str]) -> None:
    check = tool("zizmor")
    passes(
        check,
        "--offline",
        "--no-progress",
        "--persona",
        "pedantic",
        "--config",
        ".github/zizmor.yml",
        "action.yml",
        *map(str, WORKFLOWS),
        *examples,
    )


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a job in which an earlier step has installed tfcheck already."""
    bash = shutil.which("bash")
    alone = subprocess.run([sys.executable, "-I", "-c", "import tfcheck"], capture_output=True)
    if bash is None or os.name == "nt" or alone.returncode:
        pytest.skip("needs bash, and a Python in which tfcheck is installed")
    environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT)}
    sums = subprocess.run(["cksum"], input=str(ROOT).encode(), capture_output=True, check=True).stdout
    folder = tmp_path / f"tfcheck-{sums.split()[0].decode()}"
    (folder / "bin").mkdir(parents=True)
    (folder / "ready").touch()
    runner = folder / "bin" / "python"
    runner.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    runner.chmod(0o755)
    return environment


def script(environment: dict[str, str], here: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(ROOT / "scripts" / "action.sh")], cwd=here, env=environment, capture_output=True, encoding="utf-8"
    )


def test_the_script_runs_the_checkout_and_nothing_of_the_directory_it_works_in(
    installed: dict[str, str], tmp_path: Path
) -> None:
    for name in ("click", "urllib3", "tfcheck", "msgspec"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the pull request ran its code')", encoding="utf-8")
    environment = installed | {"TFCHECK_PLAN": str(PLAN), "TFCHECK_COMMENT": "off", "PYTHONPATH": str(tmp_path)}
    run = script(environment, tmp_path)
    assert run.returncode == 0, run.stderr
    assert "3 permissions checked" in run.stdout


def test_what_installs_tfcheck_does_not_get_the_path_of_other_modules(
    installed: dict[str, str], tmp_path: Path
) -> None:
    """A build started by pip would import the pull request's modules if the job's PYTHONPATH named its checkout."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = f'#!/bin/sh\necho "$*" >>"{tmp_path}/ran"\nenv | grep "^PYTHON" >>"{tmp_path}/variables"\nexit 0\n'
    for name in ("python3", "uv"):
        (programs / name).write_text(program, encoding="utf-8")
        (programs / name).chmod(0o755)
    for ready in tmp_path.glob("tfcheck-*/ready"):
        ready.unlink()
    environment = installed | {"TFCHECK_PLAN": str(PLAN), "TFCHECK_COMMENT": "off"}
    environment |= {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"}
    environment |= {"PYTHONPATH": str(tmp_path), "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONHOME": str(tmp_path)}
    run = script(environment, tmp_path)
    assert run.returncode == 0, run.stderr
    assert len((tmp_path / "ran").read_text().splitlines()) == 4
    assert (tmp_path / "variables").read_text() == ""


def test_what_the_checkout_contains_is_neither_settings_nor_a_cache_of_what_installs_tfcheck(
    installed: dict[str, str], tmp_path: Path
) -> None:
    """HOME may name the checkout: pip would start the Python of its `pip.conf`, uv install what its cache contains."""
    programs, checkout = tmp_path / "programs", tmp_path / "checkout"
    (checkout / ".config").mkdir(parents=True)
    programs.mkdir()
    program = f'#!/bin/sh\necho "$HOME $XDG_CONFIG_HOME $*" >>"{tmp_path}/ran"\n'
    for name in ("python3", "uv"):
        (programs / name).write_text(program, encoding="utf-8")
        (programs / name).chmod(0o755)
    for ready in tmp_path.glob("tfcheck-*/ready"):
        ready.unlink()
    environment = installed | {"TFCHECK_PLAN": str(PLAN), "TFCHECK_COMMENT": "off", "GITHUB_WORKSPACE": str(checkout)}
    environment |= {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"}
    environment |= {"HOME": str(checkout), "XDG_CONFIG_HOME": str(checkout / ".config")}
    run = script(environment, checkout)
    assert run.returncode == 0, run.stderr
    installs = [line for line in (tmp_path / "ran").read_text().splitlines() if " pip install " in line]
    assert len(installs) == 2
    assert all(line.startswith(f"{tmp_path} {tmp_path} --no-config --no-cache ") for line in installs)


def test_a_value_is_never_a_command(installed: dict[str, str], tmp_path: Path) -> None:
    name = "$(touch pwned)`touch pwned`;touch pwned\n::set-output name=x::y"
    run = script(installed | {"TFCHECK_PLAN": name, "TFCHECK_COMMENT": "off"}, tmp_path)
    assert run.returncode == 3
    assert not (tmp_path / "pwned").exists()
    assert not re.search(r"^::set-output", run.stdout, re.MULTILINE)


@pytest.mark.parametrize("old", ["#!/bin/sh\nexit 1\n", None], ids=["too old", "none"])
def test_without_a_python_that_will_do_the_script_says_which(
    installed: dict[str, str], tmp_path: Path, old: str | None
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "cksum", "cut", "touch"):
        (programs / name).symlink_to(shutil.which(name) or "")
    for name in ("python3", "python") if old else ():
        (programs / name).write_text(old or "", encoding="utf-8")
        (programs / name).chmod(0o755)
    run = script(installed | {"PATH": str(programs), "RUNNER_TEMP": str(programs)}, tmp_path)
    assert run.returncode == 2
    assert "::error title=tfcheck::tfcheck needs Python 3.11 or newer" in run.stdout
