"""Every command that takes a plan takes other stacks beside it, and several plans."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tests.laws import part
from tfcheck.cli.main import run

pytestmark = pytest.mark.usefixtures("own_directory")
SERVICE = str(TESTDATA / "role-in-other-stack" / "plan.json")
STATE = str(TESTDATA / "role-stack" / "state.json")
SHARED = str(TESTDATA / "shared-stack" / "state.json")
FORBIDDEN = "failed to download env files: operation error S3: HeadObject, StatusCode: 403, api error Forbidden"


def test_fix_says_where_it_belongs_that_another_stack_manages(capsys: pytest.CaptureFixture[str]) -> None:
    """What a role lacks goes into the policy that this stack gives it, if it gives one."""
    assert run(["fix", SERVICE, "--context", STATE]) == 0
    streams = capsys.readouterr()
    added = [line for line in streams.out.splitlines() if line.startswith("+ ")]
    assert [line.strip("+ ") for line in added if '"Allow"' in line] == [
        '{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config-files/jobs/secret.env" },'
    ]
    assert "by hand: add an inline policy to aws_iam_role.execution in the stack of state.json\n" in streams.err
    assert "role = aws_iam_role.execution.id" in streams.err
    assert "in the stack of state.json" not in streams.err.replace("aws_iam_role.execution in the stack", "")
    assert "left for you: error[env-file]: a policy denies s3:GetObject on " in streams.err


def test_fix_changes_the_service_s_own_policies_alone(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "service-of-shared-stack" / "plan.json")
    assert run(["fix", plan, "--context", SHARED]) == 0
    streams = capsys.readouterr()
    added = [line for line in streams.out.splitlines() if line.startswith("+resource")]
    assert added == ['+resource "aws_iam_role_policy" "own_start_up" {']
    assert 'Resource = "arn:aws:s3:::acme-data-files"' in streams.out
    assert 'aws_iam_role.this["extended"]' not in streams.err
    assert 'add an inline policy to aws_iam_role.this["open"] in the stack of state.json' in streams.err
    assert 'role = aws_iam_role.this["open"].id' in streams.err


def stacks(folder: Path, *names: str) -> list[str]:
    """Lay stacks into one repository."""
    (folder / ".git").mkdir()
    for name in names:
        shutil.copytree(TESTDATA / name, folder / name)
    return [str(folder / name / "applied.plan.json") for name in names]


def texts(folder: Path) -> dict[str, str]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {each.relative_to(folder).as_posix(): each.read_text(encoding="utf-8") for each in files}


@pytest.mark.long
@pytest.mark.parametrize("reverse", part([False, True], 2))
def test_what_a_role_of_another_plan_lacks_goes_into_the_sources_of_that(
    reverse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    plans = stacks(tmp_path, "service-of-shared-stack", "shared-stack")[:: -1 if reverse else 1]
    before = texts(tmp_path)
    assert run(["fix", "--write", *plans]) == 0
    changed = {name: text for name, text in texts(tmp_path).items() if text != before.get(name)}
    assert {*changed} == {"service-of-shared-stack/main.tf", "shared-stack/main.tf"}
    assert "by hand" not in capsys.readouterr().err
    assert any('"${aws_s3_bucket.files.arn}/granted/prod.env"' in each for each in changed.values())
    assert run(["fix", *plans]) == 0
    again = capsys.readouterr()
    assert again.out == ""
    assert "the sources already grant what the plan lacks" in again.err


def test_fix_without_the_context_guesses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", SERVICE]) == 0
    assert "in the stack of" not in capsys.readouterr().err


def test_a_report_offers_the_same_as_fix(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--format", "json", SERVICE, "--context", STATE])
    found = json.loads(capsys.readouterr().out)["fixes"]
    assert [each["title"] for each in found] == [
        "add a statement to aws_iam_role_policy.jobs",
        "add an inline policy to aws_iam_role.execution in the stack of state.json",
    ]
    assert [(each["proven"], each["safety"], bool(each.get("diff"))) for each in found] == [
        (True, "safe", True),
        (True, "review", False),
    ]


def test_explain_finds_in_the_plan_what_only_the_context_decides(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", FORBIDDEN, SERVICE, "--context", STATE]) == 0
    known = capsys.readouterr().out
    assert "arn:aws:s3:::acme-config-files/jobs/secret.env" in known
    assert run(["explain", FORBIDDEN, SERVICE]) == 0
    assert "something cannot be decided from the plan" in capsys.readouterr().out


def test_diff_accepts_several_plans_and_a_context(capsys: pytest.CaptureFixture[str]) -> None:
    other = str(TESTDATA / "access-changed" / "plan.json")
    assert run(["diff", "--format", "json", SERVICE, other, "--context", STATE]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["plan"]["path"], second["plan"]["path"]) == (SERVICE, other)


@pytest.mark.long
def test_two_plans_are_fixed_in_one_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One repository with two stacks whose files are called alike."""
    (tmp_path / ".git").mkdir()
    for name in ("literal-missing", "locate-forgotten"):
        shutil.copytree(TESTDATA / name, tmp_path / name)
    plans = [str(tmp_path / name / "plan.json") for name in ("literal-missing", "locate-forgotten")]
    assert run(["fix", *plans]) == 0
    changed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("+++ ")]
    assert [each.split("/", 1)[1] for each in changed] == ["literal-missing/main.tf", "locate-forgotten/main.tf"]
    assert run(["fix", "--write", *plans]) == 0
    capsys.readouterr()
    assert run(["fix", *plans]) == 0
    assert capsys.readouterr().out == ""


UNREAD = {
    "text": "not checked: there is no file `absent.json`",
    "json": '"path": "absent.json"',
    "markdown": "❔ **1 plan not checked**",
    "summary": "❔ **1 plan not checked**",
    "sarif": '"executionSuccessful": false',
    "junit": '<testcase classname="absent.json" name="can be read">',
    "github": "::error title=tfcheck::not checked: there is no file `absent.json`",
}


@pytest.mark.parametrize("form", UNREAD)
def test_a_plan_that_cannot_be_read_is_named_in_the_reports_on_the_others(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for plans in ((SERVICE, "absent.json"), ("absent.json", SERVICE)):
        assert run(["--format", form, *plans]) == 3
        shown = capsys.readouterr().out
        assert UNREAD[form] in shown
        Path("report.json").write_text(shown, encoding="utf-8")
    if form == "json":
        assert run(["report", "--format", "github", "--fail-on", "never", "report.json"]) == 3
        assert UNREAD["github"] in capsys.readouterr().out
    run(["--format", form, SERVICE])
    assert UNREAD[form] not in capsys.readouterr().out


@pytest.mark.parametrize("command", [["check"], ["fix"], ["diff"], ["explain", FORBIDDEN]])
@pytest.mark.parametrize(
    ("context", "status", "words"),
    [
        ("absent.json", 3, "absent.json"),
        ("raw.json", 3, "is a raw state, not what `show -json` prints of it"),
        ("broken.json", 3, "broken.json"),
        ("other.json", 3, "neither"),
    ],
)
def test_a_context_that_is_none_is_reported_in_one_line(
    command: list[str],
    context: str,
    status: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("raw.json").write_text('{"version": 4, "serial": 1, "lineage": "a", "resources": []}', encoding="utf-8")
    Path("broken.json").write_text('{"format_version": "1.2", "planned_val', encoding="utf-8")
    Path("other.json").write_text('["plan"]', encoding="utf-8")
    assert run([*command, SERVICE, "--context", context]) == status
    streams = capsys.readouterr()
    first, *rest = streams.err.splitlines()
    assert first.startswith("error: ")
    assert words in first
    assert len(rest) <= 1
    assert "Traceback" not in streams.err


def test_standard_input_is_one_of_them_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-", "--context", "-"]) == 2
    assert "standard input is both a plan and the context" in capsys.readouterr().err
    assert run(["explain", "-", SERVICE, "--context", "-"]) == 2
    assert "standard input is both the text and a plan" in capsys.readouterr().err
    text = io.TextIOWrapper(io.BytesIO(Path(STATE).read_bytes()))
    monkeypatch.setattr("sys.stdin", text)
    assert run(["--format", "json", SERVICE, "--context", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["summary"]["unknown"] == 0


def test_a_plan_that_is_its_own_context_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    alone = run(["--format", "json", "--fail-on", "never", SERVICE]), json.loads(capsys.readouterr().out)
    beside = run(["--format", "json", "--fail-on", "never", SERVICE, "--context", SERVICE])
    found = json.loads(capsys.readouterr().out)
    assert (beside, found["requirements"]) == (alone[0], alone[1]["requirements"])
    assert any("is already checked as a plan: it is not used as context" in each for each in found["notes"])
