"""What Atlantis documents of steps, hooks and comments, as far as tfcheck meets it.

The environments are those of https://www.runatlantis.io/docs/custom-workflows#custom-run-command and
https://www.runatlantis.io/docs/post-workflow-hooks#custom-run-command; the rules for comments and policy checks are
those of Atlantis's own source (`server/events/markdown_renderer.go`, `models/models.go`, `project_command_runner.go`).
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests.pull_request.fake import SHA, FakeGitHub
from tests.pull_request.one_job import CLOCK
from tfcheck.cli import main as cli

ROOT = Path(__file__).parents[2]
TESTDATA = ROOT / "testdata"
CANARY = "canary-4c1f"
TOKEN = f"ghp_{CANARY}"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
Run = Callable[[str, dict[str, str], Path], tuple[str, int]]


@dataclass
class Result:
    """What one step or hook printed, on both streams together, and its exit status."""

    output: str
    status: int

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


@dataclass
class Project:
    directory: str = "infra/orders"
    workspace: str = "default"
    name: str = ""
    case: str = "literal-missing"

    @property
    def file(self) -> str:
        """Name the files of the plan as Atlantis does."""
        return f"{self.name.replace('/', '::')}-{self.workspace}" if self.name else self.workspace


@dataclass
class Atlantis:
    """One server with one pull request."""

    folder: Path
    github: dict[str, str]
    run: Run
    commit: str = SHA
    branch: str = "feature"
    url: str = "https://github.com/acme/shop/pull/42"
    settings: dict[str, str] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.server = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ATLANTIS_GH_TOKEN": TOKEN,
            "ATLANTIS_GH_WEBHOOK_SECRET": CANARY,
            "AWS_SECRET_ACCESS_KEY": CANARY,
            **self.github,
        }

    @property
    def store(self) -> Path:
        return self.data / "tfcheck"

    def kept(self) -> list[Path]:
        return sorted(self.store.rglob("*.json"))

    def clone(self, workspace: str = "default") -> Path:
        made = self.data / "repos" / "acme" / "shop" / "42" / workspace
        (made / ".git").mkdir(parents=True, exist_ok=True)
        return made

    def both(self) -> dict[str, str]:
        return {
            "BASE_BRANCH_NAME": "main",
            "BASE_REPO_NAME": "shop",
            "BASE_REPO_OWNER": "acme",
            "COMMENT_ARGS": "",
            "HEAD_BRANCH_NAME": self.branch,
            "HEAD_COMMIT": self.commit,
            "HEAD_REPO_NAME": "shop",
            "HEAD_REPO_OWNER": "acme",
            "PULL_AUTHOR": "dev",
            "PULL_NUM": "42",
            "PULL_URL": self.url,
            "USER_NAME": "dev",
        }

    def of_step(self, project: Project) -> tuple[dict[str, str], Path]:
        """Return the environment of a `run` step, and its directory."""
        directory = self.clone(project.workspace) / project.directory
        names = {
            "ATLANTIS_TERRAFORM_VERSION": "1.11.4",
            "DIR": str(directory),
            "PLANFILE": str(directory / f"{project.file}.tfplan"),
            "POLICYCHECKFILE": str(directory / f"{project.file}-policyout.json"),
            "PROJECT_NAME": project.name,
            "REPO_REL_DIR": project.directory,
            "SHOWFILE": str(directory / f"{project.file}.json"),
            "WORKSPACE": project.workspace,
        }
        return {**self.server, **self.both(), **names, **self.settings}, directory

    def check_out(self, project: Project, *, show: bool = True) -> None:
        """Do what the steps `plan` and `show` do; without `show` as in a plan with remote operations."""
        directory = self.clone(project.workspace) / project.directory
        directory.mkdir(parents=True, exist_ok=True)
        case = TESTDATA / project.case
        shutil.copy(case / "main.tf", directory)
        (directory / f"{project.file}.tfplan").write_bytes(b"plan")
        if show:
            shutil.copy(case / "plan.json", directory / f"{project.file}.json")

    def step(self, command: str, project: Project) -> Result:
        """Run a `run` step; the streams are one, without colours."""
        variables, directory = self.of_step(project)
        return self._ran(command, variables, directory)

    def plan(self, project: Project, command: str = "tfcheck atlantis plan") -> Result:
        self.check_out(project)
        return self.step(command, project)

    def hook(self, command: str = "tfcheck atlantis publish", *, failed: bool = False, only: str = "") -> Result:
        """Run a post-workflow hook of the command `plan`."""
        directory = self.clone()
        names = {
            "COMMAND_HAS_ERRORS": "true" if failed else "false",
            "COMMAND_NAME": "plan",
            "DIR": str(directory),
            "OUTPUT_STATUS_FILE": str(directory / "OUTPUT_STATUS_FILE"),
            "PROJECT_NAME": only,
        }
        head = directory / ".git" / "HEAD"  # steps take the sources for those of a directory without git
        head.write_text(f"{self.commit}\n", encoding="utf-8")
        result = self._ran(command, {**self.server, **self.both(), **names, **self.settings}, directory)
        head.unlink()
        return result

    def description(self) -> str:
        """Return what Atlantis would show beside the status of the last hook."""
        file = self.clone() / "OUTPUT_STATUS_FILE"
        return file.read_text(encoding="utf-8").strip("\n") if file.exists() else ""

    def delete_plans(self) -> None:
        """Do what Atlantis does before it plans all projects."""
        for file in self.data.rglob("*.tfplan"):
            file.unlink()

    def push(self, commit: str, github: FakeGitHub) -> None:
        """Let a new commit come: Atlantis clones anew."""
        self.commit = commit
        shutil.rmtree(self.data / "repos", ignore_errors=True)
        github.open_pull(sha=commit)

    def _ran(self, command: str, variables: dict[str, str], directory: Path) -> Result:
        output, status = self.run(command, variables, directory)
        self.printed.append(output)
        return Result(ANSI.sub("", output), status)

    def assert_nothing_leaked(self, github: FakeGitHub) -> None:
        """No secret and no path of the server is anywhere that people look, and no token in a file."""
        seen = [*self.printed, self.description(), *(str(each) for each in github.bodies)]
        assert not [text for text in seen if CANARY in text or str(self.data) in text]
        assert not [path for path in self.kept() if CANARY in path.read_text(encoding="utf-8")]


def in_process(command: str, variables: dict[str, str], directory: Path) -> tuple[str, int]:
    """Run `tfcheck ...` in this process, which is all the same to it."""
    name, *arguments = shlex.split(command)
    assert name == "tfcheck"
    both = io.StringIO()
    with patch.dict(os.environ, variables, clear=True), chdir(directory), redirect_stdout(both), redirect_stderr(both):
        status = cli.run(arguments)
    return both.getvalue(), status


def in_dash(bin: Path) -> Run:
    """Run commands as Atlantis does on the Debian image, whose `sh` is dash; `bin` holds `tfcheck`."""
    bin.mkdir(exist_ok=True)
    script = bin / "tfcheck"
    path = f"{ROOT / 'src'}:{CLOCK}"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} -m tfcheck "$@"\n', encoding="utf-8")
    script.chmod(0o755)

    def run(command: str, variables: dict[str, str], directory: Path) -> tuple[str, int]:
        done = subprocess.run(
            ["dash", "-c", command],
            cwd=directory,
            env={**variables, "PATH": f"{bin}:{variables['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=600,
        )
        return done.stdout, done.returncode

    return run


# What Atlantis makes of what is printed.

PLAN_COUNTS = re.compile(r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy.")
NO_CHANGES = re.compile(r"No changes. (Infrastructure is up-to-date|Your infrastructure matches the configuration).")
OUTSIDE = re.compile(r"Note: Objects have changed outside of Terraform")
DIFF_KEYWORD = re.compile(
    r"^( +)([-+~]\s)(.*)(\s=\s|\s->\s|<<|\{|\(known after apply\)| {2,}[^ ]+:.*)(.*)", re.MULTILINE
)
DIFF_LIST = re.compile(r'^( +)([-+~]\s)(".*",)', re.MULTILINE)
DIFF_TILDE = re.compile(r"^~", re.MULTILINE)
FAILED = re.compile(r'([1-9][0-9]* failure|failures": \[)')
CONFTEST = re.compile(r"\d+ tests?, \d+ passed, \d+ warnings?, \d+ failures?, \d+ exceptions?")
ITEM = re.compile(r"^FAIL.*", re.MULTILINE)


def comment(outputs: list[str]) -> str:
    """Write the comment about a plan: the outputs of all steps in one fence, folded where they are long."""
    text = "\n".join(each for each in outputs if each)
    fence = f"```diff\n{text}\n```"
    folded = len(text.split("\n")) > 12
    return f"<details><summary>Show Output</summary>\n\n{fence}\n</details>" if folded else fence


def rewritten(text: str) -> str:
    """Do what `--enable-diff-markdown-format` does to the output."""
    text = DIFF_KEYWORD.sub(r"\2\1\3\4\5", text)
    text = DIFF_LIST.sub(r"\2\1\3", text)
    return DIFF_TILDE.sub("!", text)


def passes(output: str) -> bool:
    """Judge a custom policy check."""
    return not output.startswith("FAIL") and FAILED.search(output) is None
