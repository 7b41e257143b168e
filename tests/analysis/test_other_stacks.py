"""A plan is judged with other stacks beside it: what they hold exists, before the change and after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from tests.cases import TESTDATA
from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Session
from tfcheck.analysis.stacks import short_names
from tfcheck.cli import main as cli
from tfcheck.cli.report import FORMATS
from tfcheck.report.access_map import access_map
from tfcheck.report.map_json import map_json
from tfcheck.report.markdown import markdown
from tfcheck.report.text import text
from tfcheck.vocabulary.finding import Answer, Reason, Report

pytestmark = pytest.mark.usefixtures("own_directory")
SERVICE = TESTDATA / "role-in-other-stack"
PLATFORM = TESTDATA / "role-stack"
STATE = str(PLATFORM / "state.json")
LOOKED_UP, LITERAL = "data.aws_iam_role.execution", "arn:aws:iam::123456789012:role/acme-jobs"
CANARY = "canary-7f3a"

#: Container, place, action and verdict, with what decides it.
ROWS = (
    ("jobs", "/executionRoleArn", "sts:AssumeRole", "allowed", "aws_iam_role.jobs"),
    ("jobs", "/0/environmentFiles/0", "s3:GetObject", "allowed", ""),
    ("jobs", "/0/environmentFiles/0", "s3:GetBucketLocation", "allowed", "aws_iam_policy.jobs"),
    ("jobs", "/0/environmentFiles/1", "s3:GetObject", "allowed", "aws_iam_policy.jobs"),
    ("jobs", "/0/environmentFiles/1", "kms:Decrypt", "allowed", "aws_iam_policy.jobs"),
    ("jobs", "/0/environmentFiles/2", "s3:GetObject", "denied", "aws_iam_policy.jobs"),
    ("web", "/0/environmentFiles/0", "s3:GetObject", "allowed", "aws_iam_role_policy.env_files"),
    ("web", "/0/environmentFiles/0", "kms:Decrypt", "denied", ""),
    ("web", "/0/environmentFiles/1", "s3:GetObject", "denied", "aws_s3_bucket_policy.config"),
)

Change = Callable[[dict[str, Any]], None]


def checked(plan: Path, *context: str) -> Report:
    (found,) = Session((str(plan),), context, options=RunOptions(fixes=True)).check(str(plan))
    return found.report


def row(report: Report, task: str, pointer: str, action: str) -> Answer:
    wanted = (f"aws_ecs_task_definition.{task}", pointer, action)
    (found,) = (
        each
        for each in report.answers
        if (each.requirement.task_definition, each.requirement.pointer, each.requirement.action) == wanted
    )
    return found


@pytest.mark.parametrize("name", ["plan.json", "applied.plan.json"])
@pytest.mark.parametrize("context", ["state.json", "applied.plan.json"])
def test_a_role_of_another_stack_is_complete(name: str, context: str) -> None:
    report = checked(SERVICE / name, str(PLATFORM / context))
    label = context if context != name else f"{PLATFORM.name}/{context}"
    for task, pointer, action, verdict, policy in ROWS:
        found = row(report, task, pointer, action)
        assert (found.verdict.value, found.role) == (verdict, LITERAL if task == "jobs" else LOOKED_UP)
        named = [each.policy for each in found.evidence]
        assert not policy or f"{label}: {policy}" in named
        if name.startswith("applied"):
            assert found.before is found.verdict


def test_the_context_has_no_places_changes_or_findings_of_its_own() -> None:
    report = checked(SERVICE / "plan.json", STATE)
    assert report.task_definitions == ("aws_ecs_task_definition.jobs", "aws_ecs_task_definition.web")
    evidence = [each for answer in report.answers for each in answer.evidence]
    assert all(each.location is None for each in evidence if each.policy.startswith("state.json: "))
    assert any(each.location is not None for each in evidence)
    diffs = [each.fix.diff for each in report.findings if each.fix is not None]
    assert [bool(each) for each in diffs] == [
        True,
        False,
    ]  # what this stack gives its role, and what only the other can
    assert {each.rule for each in report.findings} == {"env-file", "decrypt"}


def test_a_log_group_of_another_stack_exists() -> None:
    assert "log-group-absent" in {each.rule for each in checked(SERVICE / "plan.json").findings}


def test_a_plan_that_is_not_applied_yet_is_not_taken_for_the_role() -> None:
    """Its account is not known, so that it may be another role of that name; the bucket's policy counts."""
    report = checked(SERVICE / "plan.json", str(PLATFORM / "plan.json"))
    assert row(report, "web", "/0/environmentFiles/0", "s3:GetObject").verdict.value == "unknown"
    assert row(report, "web", "/0/environmentFiles/1", "s3:GetObject").reason is Reason.EXPLICIT_DENY
    name = f"{PLATFORM.name}/plan.json: aws_iam_role.jobs"
    assert f"{name} may be the role {LITERAL}, but its account is not known: pass --account" in report.notes
    in_map = json.dumps(map_json(report.plan, access_map(report)))
    for shown in (text(report), markdown([report]).replace("`", ""), in_map):
        assert "Pass --account ID: another stack has a role of this name, and its account is not known." in shown
        assert "Pass the state of the stack that manages the role" not in shown


def test_plans_of_one_call_are_the_context_of_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    service, platform = str(SERVICE / "plan.json"), str(PLATFORM / "applied.plan.json")
    cli.run(["--format", "json", "--fail-on", "never", service, platform])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["plan"]["path"], second["plan"]["path"]) == (service, platform)
    assert first["summary"] == {**first["summary"], "task_definitions": 2, "allowed": 15, "denied": 4, "unknown": 0}
    assert second["requirements"] == []


def test_what_a_plan_of_the_call_changes_is_part_of_the_change(capsys: pytest.CaptureFixture[str]) -> None:
    service, stack = (
        str(TESTDATA / each) for each in ("service-of-changed-stack/applied.plan.json", "changed-stack/plan.json")
    )
    (one,) = Session((service, stack)).check(service)
    changes = {each.task_definition.split('"')[1]: each.change for each in one.report.task_changes}
    assert changes == {"web": "broken", "jobs": "fixed", "mail": "still_broken"}
    assert {(each.role.rpartition("/")[2], each.action, each.change) for each in one.report.access_changes} == {
        ("web-execution", "s3:GetObject", "revoked"),
        ("jobs-execution", "s3:GetObject", "granted"),
    }
    assert {(each.task_definition.split('"')[1], each.change) for each in one.report.findings} == {
        ("web", "introduced"),
        ("mail", "existing"),
    }
    assert cli.run([service, stack, "--new-only"]) == 1
    assert cli.run([service, str(TESTDATA / "changed-stack" / "applied.plan.json"), "--new-only"]) == 0
    capsys.readouterr()


def test_what_the_context_will_hold_counts_as_there_before() -> None:
    service, stack = TESTDATA / "service-of-changed-stack", TESTDATA / "changed-stack"
    for context in ("plan.json", "applied.plan.json"):
        (one,) = Session((str(service / "applied.plan.json"),), (str(stack / context),)).check(
            str(service / "applied.plan.json")
        )
        assert {each.change for each in one.report.task_changes} == {"still_broken"}
        assert one.report.access_changes == ()


def test_one_plan_that_cannot_be_read_does_not_keep_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--format", "json", str(SERVICE / "plan.json"), "absent.json"]) == 3
    streams = capsys.readouterr()
    assert json.loads(streams.out)["summary"]["task_definitions"] == 2
    assert "absent.json" in streams.err


@pytest.mark.parametrize("text", ['{"version": 4, "serial": 1, "lineage": "a", "resources": []}', "{}", "nothing"])
def test_a_context_that_is_none_stops_the_run(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "terraform.tfstate"
    path.write_text(text, encoding="utf-8")
    assert cli.run([str(SERVICE / "plan.json"), "--context", str(path)]) == 3
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("error: ")
    assert "terraform.tfstate" in streams.err.splitlines()[0]


def test_files_of_one_name_are_distinguished() -> None:
    assert short_names(["a/plan.json", "b/state.json"]) == {"a/plan.json": "plan.json", "b/state.json": "state.json"}
    assert short_names(["a/plan.json", "b/plan.json"]) == {"a/plan.json": "a/plan.json", "b/plan.json": "b/plan.json"}
    deep = ["/srv/x/a/state.json", "/srv/x/b/state.json", "state.json"]
    assert list(short_names(deep).values()) == ["a/state.json", "b/state.json", "state.json"]


# What other stacks give to what is in the plan


def given_to(role: str) -> Change:
    """Let the platform's stack grant its files to a role that another stack creates."""

    def change(resource: dict[str, Any]) -> None:
        if resource["address"] == "aws_iam_role_policy.env_files":
            policy = json.loads(resource["values"]["policy"])
            policy["Statement"][0] |= {"Action": "*", "Resource": "*"}
            resource["values"] |= {"role": role, "policy": json.dumps(policy)}

    return change


@pytest.mark.parametrize(
    ("name", "sources", "verdict"),
    [("applied.plan.json", True, "allowed"), ("applied.plan.json", False, "unknown"), ("plan.json", True, "unknown")],
)
def test_a_policy_that_another_stack_attaches_counts(name: str, sources: bool, verdict: str, tmp_path: Path) -> None:
    """A state alone does not show the account of a policy, nor a plan that of a role to be made.

    It may be for another role of that name.
    """
    plan = TESTDATA / "literal-missing" / name
    if sources:
        copy(PLATFORM / "main.tf", tmp_path)
    (role,) = (each for each in json.loads(plan.read_bytes())["resource_changes"] if each["type"] == "aws_iam_role")
    denied = [each for each in checked(plan).answers if each.verdict.value == "denied"]
    report = checked(plan, changed(tmp_path, given_to(role["change"]["after"]["name"])))
    assert denied
    after = {each.requirement: each for each in report.answers}
    assert {after[each.requirement].verdict.value for each in denied} == {verdict}


def test_a_policy_that_another_stack_sets_on_a_bucket_of_the_plan_counts(tmp_path: Path) -> None:
    bucket = "arn:aws:s3:::acme-config-files"
    plan = TESTDATA / "bucket-by-variable" / "applied.plan.json"
    name = next(
        each.requirement.resource for each in checked(plan).answers if each.requirement.action == "s3:GetBucketLocation"
    )
    assert isinstance(name, str)

    def change(resource: dict[str, Any]) -> None:
        if resource["type"] == "aws_s3_bucket_policy":
            text = resource["values"]["policy"].replace(f"{bucket}/web/private", name)
            resource["values"] |= {"bucket": name.rpartition(":")[2], "policy": text}

    report = checked(plan, changed(tmp_path, change))
    denied = [each for each in report.answers if each.reason is Reason.EXPLICIT_DENY]
    assert {each.requirement.action for each in denied} == {"s3:GetObject"}
    assert {each.evidence[0].policy for each in denied} == {"state.json: aws_s3_bucket_policy.config"}


# What must not be taken for what it is not


def changed(tmp_path: Path, change: Change) -> str:
    """Write the state of the platform with something changed in each of its resources."""
    document = json.loads(Path(STATE).read_bytes())
    for resource in document["values"]["root_module"]["resources"]:
        change(resource)
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def in_other_account(resource: dict[str, Any]) -> None:
    if resource["type"].startswith("aws_iam_"):
        resource["values"] = json.loads(json.dumps(resource["values"]).replace("123456789012", "210987654321"))


def test_a_role_of_that_name_in_another_account_is_another_role(tmp_path: Path) -> None:
    report = checked(SERVICE / "plan.json", changed(tmp_path, in_other_account))
    found = row(report, "jobs", "/0/environmentFiles/2", "s3:GetObject")
    assert (found.verdict.value, found.reason) == ("unknown", Reason.ROLE_OUTSIDE_PLAN)
    assert row(report, "web", "/0/environmentFiles/0", "s3:GetObject").verdict.value == "unknown"


@pytest.mark.parametrize("name", ["literal-granted", "explicit-deny", "regression-on-update", "two-policies-one-name"])
def test_a_copy_of_the_plan_beside_it_changes_nothing(name: str, tmp_path: Path) -> None:
    """Every address and name is there twice: the plan's own count."""
    case = TESTDATA / name
    other = tmp_path / "copy.json"
    other.write_bytes((case / "plan.json").read_bytes())
    alone, beside = checked(case / "plan.json"), checked(case / "plan.json", str(other))
    assert beside.answers == alone.answers
    assert beside.findings == alone.findings


def test_what_the_plan_removes_is_not_remembered_by_the_context(tmp_path: Path) -> None:
    """A state lists in `inline_policy` also what other stacks gave the role: they speak for that themselves."""
    plan = json.loads((SERVICE / "applied.plan.json").read_bytes())
    for resource in plan["resource_changes"]:
        if resource["address"] == "aws_iam_role_policy.jobs":
            resource["change"] |= {"actions": ["delete"], "after": None}
            policy = {"name": resource["change"]["before"]["name"], "policy": resource["change"]["before"]["policy"]}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")

    def remember(resource: dict[str, Any]) -> None:
        if resource["address"] == "aws_iam_role.jobs":
            resource["values"]["inline_policy"] = [policy]

    report = checked(path, changed(tmp_path, remember))
    found = row(report, "jobs", "/0/environmentFiles/0", "s3:GetObject")
    assert (found.verdict.value, found.before and found.before.value) == ("denied", "allowed")


# Nothing secret is shown


def secret(resource: dict[str, Any]) -> None:
    if resource["type"] in ("aws_iam_role_policy", "aws_iam_policy", "aws_s3_bucket_policy"):
        resource["values"]["policy"] = resource["values"]["policy"].replace("web/*", f"{CANARY}/*")
        resource["values"]["policy"] = resource["values"]["policy"].replace("jobs/shared.env", f"jobs/{CANARY}")
        resource["sensitive_values"] = {"policy": True}
    if resource["type"] == "aws_s3_bucket_server_side_encryption_configuration":
        default = resource["values"]["rule"][0]["apply_server_side_encryption_by_default"][0]
        default["kms_master_key_id"] = f"arn:aws:kms:ap-northeast-1:123456789012:key/{CANARY}"
        mask = {"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}
        resource["sensitive_values"] = {"rule": [mask]}


@pytest.mark.parametrize("form", ["text", "json", *FORMATS])
def test_no_format_shows_a_sensitive_value_of_the_context(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = changed(tmp_path, secret)
    assert CANARY in Path(state).read_text(encoding="utf-8")
    assert cli.run(["--format", form, "--fail-on", "error", str(SERVICE / "plan.json"), "--context", state]) == 1
    streams = capsys.readouterr()
    out = streams.out.replace("<wbr>", "")  # where a page for a browser may break a name
    assert "aws_ecs_task_definition.web" in out
    assert CANARY not in out + streams.err
