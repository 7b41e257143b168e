"""Every command of the documentation runs as it is printed, and prints what the page shows.

A block runs in a directory of its own with the files that a reader would have: a plan with its sources, other plans,
saved reports, a state of another stack, a baseline; the last TOML block above it is its `tfcheck.toml`. A line with a
pipe runs in a shell, where a terraform shows that plan. What cannot run is listed in `NOT_RUN`, with the reason.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tests.cli.pages import DOCS, PAGES, PROGRAM, ROOT, SYNOPSIS, Command, blocks, everything
from tfcheck.cli import clock
from tfcheck.cli.main import run

pytestmark = pytest.mark.usefixtures("checked_once")
#: Commands that no test can run, or that other tests run.
NOT_RUN = {
    "tfcheck comment*": "needs a host: tests/pull_request/test_cli_comment.py has a fake one",
    "tfcheck atlantis*": "needs an Atlantis server: tests/atlantis/test_docs.py runs each line of the page in one",
    "tfcheck fix PLAN --only": "the beginning of a line that a shell completes: tests/cli/test_completion.py",
    "tfcheck fix --interactive *": "asks on a terminal: tests/fix/test_hunks.py answers",
    "eval *": "the start-up file of a shell: tests/cli/test_completion.py has real shells",
    "_TFCHECK_COMPLETE=*": "the start-up file of a shell: tests/cli/test_completion.py has real shells",
    "terraform *": "needs providers and an account; the sample plan is what it prints",
    "(cd ../platform && terraform *": "needs providers and an account; the sample has the state that it prints",
    "terragrunt *": "needs Terragrunt, providers and an account",
    "cdktf synth": "needs Node.js and packages from the network",
    "cd cdktf.out/*": "the directory is made by cdktf",
    "git add *": "needs a repository, and does nothing that tfcheck sees",
    "pip install .*": "needs the network; `make package` and the release workflow install the package",
    "pipx install .*": "needs the network and pipx",
    "make *": "takes minutes, or runs this test; `test_make_has_every_target` looks for the target",
    ".venv/bin/python -m pytest *": "runs tests; `test_what_a_command_names_is_there` looks for the file",
    "python -m benchmarks.*": "takes minutes; `test_what_a_command_names_is_there` looks for the module",
    "apt-get *": "the image of an Atlantis server, which needs docker and the network",
    "python3 -m venv *": "the image of an Atlantis server, which needs docker and the network",
    "docker *": "needs docker: the workflow is its test",
    "set -e": "an instruction to the shell of a hook",
}
#: Words that a page writes for what the reader fills in.
PLACEHOLDERS = {"PLAN": "plan.json", "ID": "env-file"}
REASON = "ResourceInitializationError: failed to download env files: AccessDenied: Access Denied status code: 403"
#: The programs of a reader's machine, as far as the lines with tfcheck use them.
PROGRAMS = {
    "terraform": "cat orders.plan.json",
    "terragrunt": 'echo \'{"WorkingDir": "."}\'',
    "jq": "cat >/dev/null; echo .",
    "aws": f"echo '{REASON}'",
    "tfcheck": f'exec {sys.executable} -m tfcheck "$@"',
}
BLOCKS = everything()
ALL = [each for block in BLOCKS for each in block]


def reason_not_to_run(command: Command) -> str:
    return next((pattern for pattern in NOT_RUN if fnmatchcase(command.line, pattern)), "")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what a reader has: a repository, and that of the platform beside it."""
    top = tmp_path_factory.mktemp("reader")
    here = top / "orders"
    shutil.copytree(TESTDATA / "literal-missing", here, ignore=shutil.ignore_patterns("expect.json", "tfplan"))
    for name, case in (
        ("network", "role-stack"),
        ("platform", "shared-stack"),
        ("services", "service-of-shared-stack"),
    ):
        shutil.copy(TESTDATA / case / "plan.json", here / f"{name}.plan.json")
    for name in ("orders.plan.json", "spacelift.plan.json"):
        shutil.copy(here / "plan.json", here / name)
    (top / "platform").mkdir()
    shutil.copy(TESTDATA / "role-stack" / "state.json", top / "platform" / "platform.json")
    (here / "reports").mkdir()
    plan = str(here / "plan.json")
    for name in ("report.json", "orders.json", "billing.json", "reports/orders.json", "reports/billing.json"):
        assert run([plan, "--format", "json", "--fail-on", "never", "--output", str(here / name)]) == 0
    assert run(["baseline", plan, "--output", str(here / "tfcheck-baseline.json")]) == 0
    (top / "bin").mkdir()
    for name, script in PROGRAMS.items():
        (top / "bin" / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (top / "bin" / name).chmod(0o755)
    return top


@pytest.fixture
def reader(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = shutil.copytree(sample, tmp_path / "reader")
    monkeypatch.setattr(clock, "today", lambda: "2026-06-15")
    for name, value in {
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PATH": f"{top / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "REASON": REASON,
        "TASK": "0123456789abcdef",
    }.items():
        monkeypatch.setenv(name, value)
    return top / "orders"


class Outcome:
    """What a command printed, and how it ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


def carry_out(
    command: Command, where: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Outcome:
    in_repository = "testdata/" in command.line
    monkeypatch.chdir(ROOT if in_repository else where)
    if not in_repository and command.config:
        Path("tfcheck.toml").write_text(command.config, encoding="utf-8")
    if command.needs_shell:
        done = subprocess.run(["sh", "-c", command.line], capture_output=True, encoding="utf-8", timeout=600)
        return Outcome(done.returncode, done.stdout, done.stderr)
    capsys.readouterr()
    status = run([PLACEHOLDERS.get(each, each) for each in command.words])
    return Outcome(status, *capsys.readouterr())


def shows(output: str, printed: str) -> bool:
    """Whether a page shows what was printed; `...` on a line of its own is for lines that the page leaves out."""
    parts = [re.escape(each) for each in re.split(r"^\.\.\.\n", output, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


RUN = [[each for each in block if each.calls_tfcheck and not reason_not_to_run(each)] for block in BLOCKS]


@pytest.mark.long
@pytest.mark.parametrize("block", [each for each in RUN if each], ids=lambda block: str(block[0]).partition(": ")[0])
def test_a_command_does_what_its_page_shows(
    block: list[Command], reader: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in block:
        if command.is_inline and is_name(command):
            continue
        done = carry_out(command, reader, capsys, monkeypatch)
        if command.output:
            assert any(shows(command.output, each) for each in (done.out, done.err, done.out + done.err)), (
                f"{command} shows something else than\n{done.out}{done.err}"
            )
        else:
            assert (done.status in (0, 1), "error: " in done.err) == (True, False), f"{command}\n{done.out}{done.err}"


def is_name(command: Command) -> bool:
    """Whether the text only names a command and its options, without what it is about."""
    return all(re.fullmatch(r"[a-z-]+", each) for each in command.words) and command.words != ["--version"]


def test_every_command_runs_or_has_a_reason_not_to() -> None:
    assert [str(each) for each in ALL if not each.calls_tfcheck and not reason_not_to_run(each)] == []


def test_every_reason_is_needed() -> None:
    assert {*NOT_RUN} == {found for each in ALL if (found := reason_not_to_run(each))}
    named = {found for each in NOT_RUN.values() for found in re.findall(r"tests/[\w/]+\.py", each)}
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_commands_are_in_blocks_that_say_so() -> None:
    unmarked = [
        f"{page.name}:{block.place}: {line}"
        for page in PAGES
        for block in blocks(page)
        if block.language in ("", "text")
        for line in block.text.splitlines()
        if PROGRAM.match(line) and not SYNOPSIS.search(line)
    ]
    assert unmarked == []


def test_the_commands_are_found() -> None:
    ran = [each for block in RUN for each in block if not (each.is_inline and is_name(each))]
    assert len(ran) > 60
    assert {each.page.name for each in ran} >= {"README.md", "usage.md", "ci.md", "recipes.md", "queries.md", "fix.md"}


def test_make_has_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = {found[1] for each in ALL if (found := re.match(r"make ([a-z]+)", each.line))}
    assert wanted <= {*re.findall(r"^([a-z]+):", makefile, re.MULTILINE)}
    assert len(wanted) > 5


def test_what_a_command_names_is_there() -> None:
    for each in ALL:
        for name in re.findall(r"(?:tests|testdata)/[\w./-]+", each.line):
            assert (ROOT / name).exists(), each
        for module in re.findall(r"python -m ((?:benchmarks|scripts|tests)[\w.]+)", each.line):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists(), each


REFUSED = {each.config for each in ALL if each.output.startswith("error: ")}
CONFIGURATIONS = [block.text for page in PAGES for block in blocks(page) if block.language == "toml"]


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))
def test_a_configuration_on_a_page_is_read(
    text: str, reader: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reader)
    Path("tfcheck.toml").write_text(text, encoding="utf-8")
    assert run(["config"]) == (2 if text in REFUSED else 0)


COMMENTS = [(page, block) for page in PAGES for block in blocks(page) if "# tfcheck:ignore" in block.text]


@pytest.mark.parametrize(("page", "block"), COMMENTS, ids=lambda each: getattr(each, "name", None))
def test_a_comment_on_a_page_waives(
    page: Path, block: object, reader: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reader)
    sources = Path("main.tf").read_text(encoding="utf-8")
    begin = 'resource "aws_ecs_task_definition" "orders" {\n'
    text = getattr(block, "text", "")
    assert begin in text
    Path("main.tf").write_text(sources.replace(begin, text), encoding="utf-8")
    assert run(["plan.json", "--query", "findings[].waived.until"]) == 0
    assert "2027-03-" in capsys.readouterr().out


def test_the_pages_have_comments_that_waive() -> None:
    assert {page for page, _ in COMMENTS} == {DOCS / "getting-started.md", DOCS / "configuration.md"}
