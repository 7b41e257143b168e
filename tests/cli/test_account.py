"""What `--account`, `TFCHECK_ACCOUNT` and the input of the action say, and what they decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.atlantis.server import in_process
from tests.cases import TESTDATA
from tests.plan.made import declared
from tfcheck.analysis.options import RunOptions
from tfcheck.cli import action_inputs
from tfcheck.cli import main as cli
from tfcheck.vocabulary.errors import UsageError

pytestmark = pytest.mark.usefixtures("checked_once")
OWN, OTHER = "123456789012", "111122223333"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TFCHECK_ACCOUNT", raising=False)


@pytest.fixture
def plan(tmp_path: Path) -> str:
    """A plan that grants parameters of one account; nothing in it shows in which it works, or which is meant."""
    found: dict[str, Any] = json.loads((TESTDATA / "ssm-parameters" / "plan.json").read_bytes())
    elsewhere = {"policy": f'{{"Version": "2012-10-17", "Statement": [], "Id": "arn:aws:iam::{OTHER}:root"}}'}
    bucket = {"address": "aws_s3_bucket_policy.b", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "b"}
    found["resource_changes"].append(bucket | {"change": {"actions": ["create"], "before": None, "after": elsewhere}})
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(declared(found)), encoding="utf-8")
    (tmp_path / "main.tf").write_text(
        (TESTDATA / "ssm-parameters" / "main.tf").read_text() + 'resource "aws_s3_bucket_policy" "b" {\n}\n'
    )
    return str(path)


def verdict(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Say what becomes of the parameter for which the role has a grant in one account."""
    assert cli.run([*arguments, "--format", "json", "--fail-on", "never"]) == 0
    report = json.loads(capsys.readouterr().out)
    rows = [each for each in report["requirements"] if "one_account" in each["task_definition"]]
    (asked,) = (each for each in rows if "aws_ssm_parameter.token" in each["resource"])
    return str(asked["verdict"])


# What it decides


def test_the_account_decides_what_is_open_without_it(plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(capsys, plan) == "unknown"
    assert verdict(capsys, plan, "--account", OWN) == "allowed"
    assert verdict(capsys, plan, "--account", OTHER) == "denied"


def test_the_variable_says_it_and_the_option_says_it_louder(
    plan: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFCHECK_ACCOUNT", OWN)
    assert verdict(capsys, plan) == "allowed"
    assert verdict(capsys, plan, "--account", OTHER) == "denied"
    monkeypatch.setenv("TFCHECK_ACCOUNT", "")
    assert verdict(capsys, plan) == "unknown"


REFUSED = (
    "ResourceInitializationError: unable to retrieve secrets from ssm: AccessDeniedException: User: "
    "arn:aws:sts::111122223333:assumed-role/parameters-one_account/0123456789abcdef is not authorized to "
    "perform: ssm:GetParameters on resource: arn:aws:ssm:ap-northeast-1:111122223333:parameter/app/token"
)


@pytest.mark.parametrize("command", [["explain", REFUSED], ["fix"]], ids=["explain", "fix"])
def test_the_other_commands_accept_it(command: list[str], plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for account in (OWN, OTHER):
        assert cli.run([*command, "--account", account, plan]) in (0, 1)
        shown.append(capsys.readouterr().out)
    assert shown[0] != shown[1]


def test_the_list_of_changes_accepts_it(monkeypatch: pytest.MonkeyPatch, plan: str) -> None:
    handed: list[object] = []

    def checked(*arguments: object, **_: object) -> tuple[list[object], int]:
        handed.extend(arguments)
        return [], 0

    monkeypatch.setattr("tfcheck.cli.diff.checked", checked)
    assert cli.run(["diff", "--account", OWN, plan]) == 0
    assert RunOptions(account=OWN) in handed


@pytest.mark.parametrize("command", ["plan", "policy-check"])
def test_the_steps_of_atlantis_accept_it(command: str, plan: str, tmp_path: Path) -> None:
    where = Path(plan).parent
    variables = {"PLANFILE": str(where / "tfplan"), "SHOWFILE": plan, "DIR": str(where), "HOME": str(tmp_path)}
    variables |= {"WORKSPACE": "default", "BASE_REPO_OWNER": "acme", "BASE_REPO_NAME": "shop", "PULL_NUM": "1"}
    without, _ = in_process(f"tfcheck atlantis {command}", variables, where)
    with_it, _ = in_process(f"tfcheck atlantis {command} --account {OTHER}", variables, where)
    by_variable, _ = in_process(f"tfcheck atlantis {command}", {**variables, "TFCHECK_ACCOUNT": OTHER}, where)
    assert without != with_it
    assert with_it == by_variable


def test_the_input_of_the_action_says_it() -> None:
    assert action_inputs.inputs({"TFCHECK_PLAN": "plan.json", "TFCHECK_ACCOUNT": f" {OWN}\n"}).account == OWN
    assert action_inputs.inputs({"TFCHECK_PLAN": "plan.json", "TFCHECK_ACCOUNT": ""}).account is None
    with pytest.raises(UsageError) as refused:
        action_inputs.inputs({"TFCHECK_ACCOUNT": "12"})
    assert str(refused.value) == "the input `account` is `12`"


# What is no account

WRONG = [
    "12",
    "1234567890123",
    "12345678901x",
    "１２３４５６７８９０１２",
    "123456789012\n",
    "arn:aws:iam::123456789012:root",
]
COMMANDS = [["check"], ["fix"], ["explain"], ["diff"], ["atlantis", "plan"], ["atlantis", "policy-check"], []]


def refused(capsys: pytest.CaptureFixture[str]) -> list[str]:
    streams = capsys.readouterr()
    assert streams.out == ""
    return streams.err.splitlines()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_not_an_account_is_refused_in_one_line(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in WRONG:
        plans = [] if "atlantis" in command else ["there-is-no-such-plan.json"]
        assert cli.run([*command, *plans, "--account", wrong]) == 2
        first, *rest = refused(capsys)
        assert first.startswith("error: `--account` is `")
        assert rest == ["hint: the number of an AWS account has 12 digits"]


def test_a_wrong_variable_is_called_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFCHECK_ACCOUNT", "12")
    assert cli.run(["check", "there-is-no-such-plan.json"]) == 2
    assert refused(capsys)[0] == "error: TFCHECK_ACCOUNT is `12`"
