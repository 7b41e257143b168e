"""What a waiver of unknown answers accepts: them, and nothing that is decided."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tests.repository.git import git, init
from tfcheck.cli import clock
from tfcheck.cli.main import run

pytestmark = pytest.mark.usefixtures("checked_once")
REASON = "the platform team keeps that role"
LITERAL = "aws_ecs_task_definition.literal"
WAIVER = f'[[waiver]]\nrule = "*"\nverdict = "unknown"\naddress = "{LITERAL}"\nresource = "*"\nreason = "{REASON}"\n'
FORMATS = ["text", "json", "markdown", "summary", "sarif", "junit", "github", "gitlab", "bitbucket", "html"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plan with unknown answers about one task definition, denied ones about another, and allowed ones."""
    tree = init(tmp_path / "repository")
    for name in ("main.tf", "plan.json"):
        shutil.copy(TESTDATA / "role-outside-plan" / name, tree)
    (tree / "tfcheck.toml").write_text(WAIVER, encoding="utf-8")
    git(tree, "add", ".")
    monkeypatch.chdir(tree)
    monkeypatch.setattr(clock, "today", lambda: "2026-06-15")
    for name in ("GITHUB_ACTIONS", "TFCHECK_CONFIG", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tree


def strict(*options: str) -> int:
    """Check so that only unknown answers fail the run."""
    return run(["plan.json", "--strict", "--fail-on", "never", *options])


def test_an_accepted_unknown_answer_fails_no_strict_run(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert strict() == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"waived: env-file of {LITERAL}: {REASON}" in shown
    assert "cannot be decided" not in shown
    assert strict("--config", "off") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_it_is_waived_in_every_format(form: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert strict("--format", form) == 0
    shown = capsys.readouterr().out
    assert REASON in " ".join(shown.split())
    strict("--format", "json", "--output", "saved.json")
    capsys.readouterr()
    again = ["report", "saved.json", "--format", form, "--strict", "--fail-on", "never", "--config", "off"]
    assert run(again) == 0
    assert REASON in " ".join(capsys.readouterr().out.split())


def test_the_answers_stay_unknown(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strict("--format", "json")
    report = json.loads(capsys.readouterr().out)
    assert report["summary"]["unknown"] == 3
    waived = [each for each in report["findings"] if each["waived"]]
    assert {(each["rule"], each["task_definition"]) for each in waived} == {("trust", LITERAL), ("env-file", LITERAL)}
    assert [each["state"] for each in report["waivers"]] == ["used"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("", ""), 0),
        (('verdict = "unknown"\n', ""), 1),
        ((LITERAL, "aws_ecs_task_definition.none"), 1),
        (('rule = "*"', 'rule = "trust"'), 1),
        (('resource = "*"', 'resource = "arn:aws:s3:::acme-config/other"'), 1),
        (("reason", "until = 2026-06-14\nreason"), 1),
        (("reason", "until = 2026-06-15\nreason"), 0),
    ],
)
def test_it_accepts_only_what_it_is_about(checkout: Path, change: tuple[str, str], status: int) -> None:
    (checkout / "tfcheck.toml").write_text(WAIVER.replace(*change), encoding="utf-8")
    assert strict() == status


def test_what_is_denied_is_never_accepted_by_it(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "tfcheck.toml").write_text(WAIVER.replace(LITERAL, "*"), encoding="utf-8")
    assert run(["plan.json"]) == 1
    assert "error[env-file]" in capsys.readouterr().out


def test_a_comment_accepts_it_as_well(checkout: Path) -> None:
    (checkout / "tfcheck.toml").unlink()
    text = (checkout / "main.tf").read_text(encoding="utf-8")
    block = 'resource "aws_ecs_task_definition" "literal" {'
    assert block in text
    for comment, status in (
        ("* verdict=unknown resource=*", 0),
        ("* resource=*", 1),
        ("* verdict=denied resource=*", 1),
    ):
        waiver = f"# tfcheck:ignore {comment} -- {REASON}\n"
        (checkout / "main.tf").write_text(text.replace(block, f"{waiver}{block}"), encoding="utf-8")
        assert strict() == status, comment


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"unknown"', '"denied"'), '`verdict` of a waiver is `denied`\nhint: write verdict = "unknown"'),
        (('resource = "*"', 'where = "rule"'), "`where` is about findings, which unknown answers are not"),
    ],
)
def test_a_wrong_one_ends_the_run(
    checkout: Path, change: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "tfcheck.toml").write_text(WAIVER.replace(*change), encoding="utf-8")
    assert strict() == 2
    assert said in capsys.readouterr().err


def test_fix_leaves_it_alone(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["fix", "plan.json", "--only", LITERAL])
    assert "literal" not in capsys.readouterr().out
