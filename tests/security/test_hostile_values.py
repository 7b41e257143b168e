"""Names that somebody chose to break out: of files, keys, containers, inputs of the action and variables of the job."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bombs.stack import ACCOUNT, plan, policy, role, row, statements
from tests.laws import some
from tests.pull_request.fake import TOKEN, FakeGitHub, serving
from tests.pull_request.job import Clock, variables
from tests.report.github_markdown import assert_harmless
from tests.repository.git import add, git, init
from tests.security.checkout import CASES
from tfcheck.cli import main as cli
from tfcheck.cli.report import FORMATS

pytestmark = pytest.mark.usefixtures("checked_once")
NAMES = (
    *("a\n::set-output name=x::y", "\r\n::warning::z", "%0A::error::x", "\u2028::notice::q", "\x1b[2J\x1b[31mred"),
    *("\x9b31m", "\u202egnp.exe", "`|`", "</code><img src=x onerror=alert(1)>", "@everyone #1", "-->", "]]>"),
    *("##vso[task.setvariable variable=x]y", "a ##[set-output name=x]y", "##teamcity[x]", "a ::add-mask::x " * 9),
    *("$(touch pwned)", "`touch pwned`", "[x](https://evil.test)", "--format"),
)
#: What moves the cursor or others, and what nobody sees.
UNSEEN = ("\x1b", "\x9b", "\x00", "\u202e", "\u2028")
OURS = re.compile(r"::(?:(?:error|warning|notice)(?: (?:title|file)=|::)|stop-commands::[0-9a-f]{32}$|[0-9a-f]{32}::$)")
INPUTS = (
    *("PLAN", "REPORT", "EXPECT_REPORTS", "SOURCES", "CONTEXT", "ACCOUNT", "CONFIG", "FAIL_ON", "NEW_ONLY", "STRICT"),
    *("SELECT", "IGNORE", "SEVERITY", "BASELINE", "COMMENT", "COMMENT_AUTHOR", "COMMENT_WHEN", "ON_CLEAN"),
    *("SUGGESTIONS", "MAX_SUGGESTIONS", "ANNOTATIONS", "SUMMARY", "PR_NUMBER", "TARGET", "COMMENT_ID", "WORKSPACE"),
)
#: So many commands and inputs are tried with each name by default: each of them with two names or more.
PART = 3
MAIN = """\
resource "aws_iam_role" "execution" {
  name = "execution"
}
resource "aws_ecs_task_definition" "app" {
  family = "x"
}
"""


@pytest.fixture(params=NAMES, ids=ascii)
def name(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Stand in a repository in which everything that can be is called like this."""
    name: str = request.param
    tree = init(tmp_path / "tree")
    (tree / "plan.json").write_text(json.dumps(plan_with_name(name)), encoding="utf-8")
    waiver = f'[[waiver]]\nrule = "image-*"\naddress = "*"\nreason = {json.dumps(name)}\n'
    add(tree, f"m{name.replace('/', '_')}.tf", text=MAIN)
    add(tree, "tfcheck.toml", text=waiver)
    monkeypatch.chdir(tree)
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", Clock().patience)
    return name


def plan_with_name(name: str) -> dict[str, object]:
    arn = f"arn:aws:s3:::config/{name}.env"
    logs = {"awslogs-group": name, "awslogs-region": name, "awslogs-stream-prefix": name}
    container = {
        "name": name,
        "image": name,
        "environmentFiles": [{"type": name, "value": arn}, {"type": "s3", "value": arn}],
        "secrets": [{"name": name, "valueFrom": name}],
        "logConfiguration": {"logDriver": "awslogs", "options": logs},
    }
    values = {
        "family": name,
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/execution",
        "container_definitions": json.dumps([container]),
    }
    address = f"aws_ecs_task_definition.app[{json.dumps(name, ensure_ascii=False)}]"
    return plan(role(), policy(statements(f"arn:aws:s3:::other/{name}")), row(address, values, "arn", index=name))


def broken_out(said: str) -> Iterator[str]:
    """Yield what must not be in the text of a report."""
    yield from (ascii(each) for each in UNSEEN if each in said)
    for line in re.split(r"\r\n|\n|\r", said):
        line = line.lstrip()
        if (line.startswith("::") and not OURS.match(line)) or re.search(r"##\w*\[", line):
            yield line


def test_no_output_is_more_than_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    commands = (
        *(["check", "plan.json", "--format", each] for each in FORMATS),
        *(["check", "plan.json", "--verbose", "--expand"], ["diff", "plan.json"], ["show", "plan.json"], ["config"]),
        *(
            ["fix", "plan.json"],
            ["explain", name, "plan.json"],
            ["baseline", "plan.json", "--output", "-"],
            ["check", name],
        ),
        *(["check", "plan.json", each, name] for each in ("--select", "--context", "--workspace", "--query")),
        *(["report", name], ["rules", name]),
    )
    for command in some(commands, PART * NAMES.index(name), PART):
        assert cli.run(command) in (0, 1, 2, 3), command
        streams = capsys.readouterr()
        assert list(broken_out(streams.out + "\n" + streams.err)) == [], command
        if command[-1] in ("markdown", "summary"):
            assert_harmless(streams.out)
        assert command[-1] != "html" or "<img" not in streams.out
    assert not Path("pwned").exists()


def test_no_change_contains_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A diff cannot be escaped: such a change is left to its reader."""
    for each in ("main.tf", "plan.json"):
        text = (CASES / "literal-missing" / each).read_text(encoding="utf-8")
        (tmp_path / each).write_text(text.replace("prod.env", "##vso[task.setvariable variable=x]y.env"), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["fix", "plan.json"]) == 0
    streams = capsys.readouterr()
    assert "by hand: add an inline policy" in streams.err
    assert list(broken_out(streams.out + "\n" + streams.err)) == []


def test_a_diff_names_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree, name = init(tmp_path / "tree"), "##vso[task.setvariable variable=x]y.tf"
    (tree / "plan.json").write_bytes((CASES / "literal-missing" / "plan.json").read_bytes())
    add(tree, name, text=(CASES / "literal-missing" / "main.tf").read_text(encoding="utf-8"))
    monkeypatch.chdir(tree)
    assert cli.run(["fix", "plan.json"]) == 0
    streams = capsys.readouterr()
    assert list(broken_out(streams.out + "\n" + streams.err)) == []
    git(tree, "apply", stdin=streams.out)
    assert "s3:GetBucketLocation" in (tree / name).read_text(encoding="utf-8")


def test_a_command_to_copy_does_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "$(touch pwned).json"
    Path("main.tf").write_bytes((CASES / "literal-missing" / "main.tf").read_bytes())
    Path(name).write_bytes((CASES / "literal-missing" / "plan.json").read_bytes())
    cli.run([name])
    cli.run(["report", name])
    streams = capsys.readouterr()
    assert f"tfcheck fix '{name}' --write" in streams.out
    assert f"`tfcheck '{name}'`" in streams.err


def test_no_value_of_the_job_is_more_than_text(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, github = tmp_path / "out", FakeGitHub()
    out.mkdir()
    names = ("TFCHECK_TARGET", "TFCHECK_COMMENT_ID", "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "GITHUB_WORKFLOW")
    chosen = dict.fromkeys((*names, "GITHUB_JOB"), name.replace("\x00", ""))
    with serving(github) as where:
        environment = (
            variables(out, where) | chosen | {"GITHUB_REF": f"refs/heads/{name}", "TFCHECK_GITHUB_TOKEN": TOKEN}
        )
        environment |= {"TFCHECK_PLAN": "plan.json", "TFCHECK_COMMENT_WHEN": "always", "RUNNER_TEMP": str(out)}
        environment |= {"GITHUB_OUTPUT": str(out / "output"), "GITHUB_STEP_SUMMARY": str(out / "summary")}
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        assert cli.run(["github"]) in (0, 1)
    written = [each.read_text(encoding="utf-8") for each in (out / "output", out / "summary")]
    said = "\n".join((*capsys.readouterr(), *written, json.dumps(github.bodies, ensure_ascii=False)))
    assert github.by()
    assert list(broken_out(said)) == []
    assert all("=" in line for line in written[0].splitlines())
    assert not Path("pwned").exists()


def test_no_input_of_the_action_is_more_than_text(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in some(INPUTS, PART * NAMES.index(name), PART):
        with monkeypatch.context() as patch:
            patch.setenv("GITHUB_ACTIONS", "true")
            patch.setenv("TFCHECK_PLAN", "plan.json")
            patch.setenv("TFCHECK_COMMENT", "off")
            patch.setenv("RUNNER_TEMP", str(tmp_path))
            patch.setenv(f"TFCHECK_{variable}", name)
            assert cli.run(["github"]) in (0, 1, 2, 3), variable
        assert list(broken_out("\n".join(capsys.readouterr()))) == [], variable
    assert not Path("pwned").exists()
